//! Acunetix' endpoints, one function each, below `/api/v1` with the key in `X-Auth`.

use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{Answer, NetError, NetErrorKind, Request, Unreadable, VendorHttp, WriteError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::model::{Id, Info, Profile, Scan, ScanResult, Statistics, TargetConfiguration, VulnerabilityKind, Worker};
use super::paging;
use crate::contract::CallError;
use crate::outcome;

#[derive(Debug)]
pub(super) struct Client {
    http: VendorHttp,
    headers: [(&'static str, Secret); 1],
}

/// What a scan can be told; the word is the last part of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Launch,
    Pause,
    Resume,
    Stop,
}

impl Command {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Launch => ("launch the scan", "trigger"),
            Self::Pause => ("pause the scan", "pause"),
            Self::Resume => ("resume the scan", "resume"),
            Self::Stop => ("stop the scan", "abort"),
        }
    }
}

/// No scan has it.
const NO_SCAN: &str = "00000000-0000-0000-0000-000000000000";

impl Client {
    pub(super) fn new(http: VendorHttp, key: Secret) -> Self {
        Self { http, headers: [("X-Auth", key)] }
    }

    pub(super) fn host(&self) -> &str {
        self.http.host()
    }

    /// `None`: 404.
    pub(super) async fn get(
        &self,
        what: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Answer>, CallError> {
        let path = path(segments);
        match self.http.get(&Request::new(what, &path).query(query).headers(&self.headers)).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(of_read(&error)),
        }
    }

    async fn post(&self, what: &'static str, segments: &[&str], body: &Value) -> Result<Answer, WriteError> {
        let path = path(segments);
        self.http.post_json(&Request::new(what, &path).headers(&self.headers), body).await
    }

    /// Versions without the page have none.
    pub(super) async fn info(&self) -> Result<Option<Info>, CallError> {
        let answer = self.get("read the version", &["info"], &[]).await?;
        answer.as_ref().map(read).transpose()
    }

    pub(super) async fn scans(&self) -> Result<(Vec<Scan>, Timestamp), CallError> {
        paging::whole(self, "list the scans", &["scans"], "scans", |scan: &Scan| &scan.scan_id.0).await.map_err(
            |error| match error {
                // The list itself is missing: the address is of something else.
                CallError::Gone { detail } => outcome::garbage(detail),
                other => other,
            },
        )
    }

    /// `None`: there is no such scan.
    pub(super) async fn scan(&self, id: &str) -> Result<Option<(Scan, Timestamp)>, CallError> {
        if Id::of(id).is_none() {
            return Ok(None);
        }
        let Some(answer) = self.get("read the scan", &["scans", id], &[]).await? else { return Ok(None) };
        let scan: Scan = read(&answer)?;
        if scan.scan_id.0 != id {
            return Err(outcome::garbage(format!(
                "read the scan at {}: asked for scan {id} and got another one (a proxy mixing up answers?)",
                self.host()
            )));
        }
        Ok(Some((scan, answer.asked_at)))
    }

    /// Gone with the scan.
    pub(super) async fn results(&self, scan: &str) -> Result<Vec<ScanResult>, CallError> {
        let segments = ["scans", checked(scan)?, "results"];
        let what = "list the runs";
        let (results, _) =
            paging::whole(self, what, &segments, "results", |result: &ScanResult| &result.result_id.0).await?;
        Ok(results)
    }

    pub(super) async fn kinds(&self, scan: &str, result: &str) -> Result<Vec<VulnerabilityKind>, CallError> {
        let segments = ["scans", checked(scan)?, "results", checked(result)?, "vulnerability_types"];
        let what = "list the kinds of weakness";
        let (kinds, _) =
            paging::whole(self, what, &segments, "vulnerability_types", |kind: &VulnerabilityKind| &kind.vt_id.0)
                .await?;
        Ok(kinds)
    }

    /// What the live view of a run tells; a version without it tells nothing.
    pub(super) async fn statistics(&self, scan: &str, result: &str) -> Result<Statistics, CallError> {
        let segments = ["scans", checked(scan)?, "results", checked(result)?, "statistics"];
        let answer = self.get("read the run's statistics", &segments, &[]).await?;
        Ok(answer.as_ref().map(read).transpose()?.unwrap_or_default())
    }

    /// `None`: not to be had, which costs only what a person reads.
    pub(super) async fn vulnerability(
        &self,
        scan: &str,
        result: &str,
        vulnerability: &str,
    ) -> Result<Option<Value>, CallError> {
        let segments = ["scans", checked(scan)?, "results", checked(result)?, "vulnerabilities", vulnerability];
        let answer = self.get("read the vulnerability", &segments, &[]).await?;
        answer.as_ref().map(read).transpose()
    }

    pub(super) async fn target_configuration(&self, target: &str) -> Result<TargetConfiguration, CallError> {
        let segments = ["targets", checked(target)?, "configuration"];
        let answer = self.get("read the target's settings", &segments, &[]).await?;
        Ok(answer.as_ref().map(read).transpose()?.unwrap_or_default())
    }

    pub(super) async fn profiles(&self) -> Result<Vec<Profile>, CallError> {
        self.unpaged("list the scanning profiles", &["scanning_profiles"], "scanning_profiles").await
    }

    /// Gone: this version has no engines to choose from.
    pub(super) async fn workers(&self) -> Result<Vec<Worker>, CallError> {
        self.unpaged("list the engines", &["workers"], "workers").await
    }

    pub(super) async fn workers_of_target(&self, target: &str) -> Result<Vec<Worker>, CallError> {
        let segments = ["targets", checked(target)?, "configuration", "workers"];
        self.unpaged("read the target's engines", &segments, "workers").await
    }

    /// A list that comes in one piece.
    async fn unpaged<T: DeserializeOwned>(
        &self,
        what: &'static str,
        segments: &[&str],
        key: &str,
    ) -> Result<Vec<T>, CallError> {
        let Some(answer) = self.get(what, segments, &[]).await? else {
            return Err(CallError::Gone { detail: format!("{what}: Acunetix has no such thing") });
        };
        let mut members: Map<String, Value> = read(&answer)?;
        let list = members.remove(key).unwrap_or_default();
        serde_json::from_value(list)
            .map_err(|error| outcome::garbage(format!("{what} at {}: the list cannot be read ({error})", self.host())))
    }

    pub(super) async fn pin_worker(&self, target: &str, worker: &str) -> Result<(), CallError> {
        let segments = ["targets", checked(target)?, "configuration", "workers"];
        let body = json!({"worker_id_list": [worker]});
        done(self.post("choose the engine", &segments, &body).await)
    }

    /// The new target's id.
    pub(super) async fn create_target(&self, address: &str, description: &str) -> Result<Id, CallError> {
        let body = json!({"address": address, "description": description, "type": "default", "criticality": 10});
        created(self.post("create the target", &["targets"], &body).await, "target_id")
    }

    /// The new scan's id.
    pub(super) async fn create_scan(&self, body: &Value) -> Result<Id, CallError> {
        created(self.post("create the scan", &["scans"], body).await, "scan_id")
    }

    pub(super) async fn command(&self, scan: &str, command: Command) -> Result<(), CallError> {
        let (what, word) = command.words();
        done(self.post(what, &["scans", checked(scan)?, word], &json!({})).await)
    }

    /// Already gone is success.
    pub(super) async fn delete(&self, what: &'static str, kind: &str, id: &str) -> Result<(), CallError> {
        let path = path(&[kind, checked(id)?]);
        match self.http.delete(&Request::new(what, &path).headers(&self.headers)).await {
            Err(error) if error.net().status() == Some(404) => Ok(()),
            outcome => done(outcome),
        }
    }

    /// Pauses and stops a scan that does not exist. A version that knows the one as well as the other says the same of
    /// both; one without pause says something else. `Some`: there is no pause, and why.
    pub(super) async fn lacks_pause(&self) -> Option<String> {
        let refusal = async |command: Command| {
            let (_, word) = command.words();
            let answer = self.post("look for the pause command", &["scans", NO_SCAN, word], &json!({})).await;
            match answer.err()?.net().kind.clone() {
                NetErrorKind::Status { status, message, .. } => Some((status, message)),
                _ => None,
            }
        };
        let known = refusal(Command::Stop).await?;
        let asked = refusal(Command::Pause).await?;
        let missing = matches!(asked.0, 405 | 501) || (asked.0 == 404 && known != asked);
        missing.then(|| {
            format!(
                "This version of Acunetix has no pause (it answered {} where it knows a command). Stop the scan instead, \
                 or pause it in Acunetix itself.",
                asked.0
            )
        })
    }
}

fn path<'a>(segments: &[&'a str]) -> Vec<&'a str> {
    ["api", "v1"].into_iter().chain(segments.iter().copied()).collect()
}

/// An id that cannot be one of Acunetix' belongs to nothing it has.
fn checked(id: &str) -> Result<&str, CallError> {
    match Id::of(id) {
        Some(_) => Ok(id),
        None => Err(CallError::Gone { detail: "Acunetix has nothing of such an id".to_owned() }),
    }
}

pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CallError> {
    answer.json().map_err(|error| of_read(&error))
}

/// Acunetix answers a key it cannot read with 400, not 401.
fn is_about_the_key(error: &NetError) -> bool {
    match &error.kind {
        NetErrorKind::Status { status: 400, message, .. } => {
            message.to_ascii_lowercase().contains("authorization header")
        }
        _ => false,
    }
}

fn of_read(error: &NetError) -> CallError {
    if is_about_the_key(error) {
        return CallError::Failed { kind: ConditionKind::Authentication, detail: error.to_string(), retry_after: None };
    }
    outcome::of_read(error)
}

fn of_write(error: &WriteError) -> CallError {
    if is_about_the_key(error.net()) { of_read(error.net()) } else { outcome::of_write(error) }
}

fn done(answer: Result<Answer, WriteError>) -> Result<(), CallError> {
    match answer {
        Ok(answer) if answer.is_html() => Err(outcome::unknown(&answer.unreadable(Unreadable::Html))),
        Ok(_) => Ok(()),
        Err(error) => Err(of_write(&error)),
    }
}

/// The id of what was made: the last part of `Location`, of which the rest is never used; some versions also write it
/// into the body.
fn created(answer: Result<Answer, WriteError>, member: &str) -> Result<Id, CallError> {
    let answer = answer.map_err(|error| of_write(&error))?;
    if answer.is_html() {
        return Err(outcome::unknown(&answer.unreadable(Unreadable::Html)));
    }
    let located = answer.location.as_deref().and_then(|location| {
        let path = location.split(['?', '#']).next()?.trim_end_matches('/');
        Id::of(path.rsplit('/').next()?)
    });
    let told = || answer.json::<Value>().ok().and_then(|body| Id::of(body.get(member)?.as_str()?));
    located.or_else(told).ok_or_else(|| {
        let why = Unreadable::Malformed("neither `Location` nor the body names what was made".to_owned());
        outcome::unknown(&answer.unreadable(why))
    })
}
