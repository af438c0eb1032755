//! Nessus' endpoints, one function each, and the log-in around them.

use std::path::Path;

use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{Answer, NetError, Request, VendorHttp, WriteError};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::model::{
    CreatedAnswer, DetailAnswer, ExportAnswer, Folder, FoldersAnswer, LaunchAnswer, Properties, Scanner,
    ScannersAnswer, ScansAnswer, SessionAnswer, StatusAnswer, TemplatesAnswer,
};
use crate::contract::CallError;
use crate::outcome;

#[derive(Debug)]
pub(super) struct Client {
    http: VendorHttp,
    access: Access,
}

/// How a request proves who it is.
#[derive(Debug)]
pub(super) enum Access {
    /// The whole value of `X-ApiKeys`.
    Keys(Secret),
    /// A user's session; the token is made on the first call and again when Nessus has forgotten it.
    Session { username: Secret, password: Secret, token: Mutex<Option<Secret>> },
}

/// What a scan can be told; the word is the last part of the path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Launch,
    Pause,
    Resume,
    Stop,
}

impl Command {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Launch => ("launch the scan", "launch"),
            Self::Pause => ("pause the scan", "pause"),
            Self::Resume => ("resume the scan", "resume"),
            Self::Stop => ("stop the scan", "stop"),
        }
    }
}

/// Whether the API for creating and controlling is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ControlApi {
    On,
    Off(String),
    /// The look told nothing.
    Unclear,
}

type Headers = [(&'static str, Secret); 1];

impl Client {
    pub(super) const fn new(http: VendorHttp, access: Access) -> Self {
        Self { http, access }
    }

    /// The server's own status word; `None` where it has no such page.
    pub(super) async fn server_status(&self) -> Result<Option<String>, CallError> {
        let answer = self.get("read the server status", &["server", "status"], &[]).await?;
        Ok(found(answer)?.map(|answer| read::<StatusAnswer>(&answer)).transpose()?.map(|status| status.status))
    }

    pub(super) async fn properties(&self) -> Result<Properties, CallError> {
        let answer = self.get("read the server properties", &["server", "properties"], &[]).await?;
        Ok(found(answer)?.map(|answer| read(&answer)).transpose()?.unwrap_or_default())
    }

    pub(super) async fn scans(&self) -> Result<(ScansAnswer, Timestamp), CallError> {
        let answer = self.get("list the scans", &["scans"], &[]).await?.map_err(|error| outcome::of_read(&error))?;
        Ok((read(&answer)?, answer.asked_at))
    }

    /// `None`: there is no such scan.
    pub(super) async fn detail(&self, id: &str) -> Result<Option<(DetailAnswer, Timestamp)>, CallError> {
        let answer = self.get("read the scan", &["scans", id], &[]).await?;
        let Some(answer) = found(answer)? else { return Ok(None) };
        let detail: DetailAnswer = read(&answer)?;
        if detail.info.object_id.as_ref().is_some_and(|echoed| echoed.0 != id) {
            return Err(outcome::garbage(format!(
                "read the scan at {}: asked for scan {id} and got another one (a proxy mixing up answers?)",
                self.http.host()
            )));
        }
        Ok(Some((detail, answer.asked_at)))
    }

    pub(super) async fn folders(&self) -> Result<Vec<Folder>, CallError> {
        let answer =
            self.get("list the folders", &["folders"], &[]).await?.map_err(|error| outcome::of_read(&error))?;
        Ok(read::<FoldersAnswer>(&answer)?.folders)
    }

    pub(super) async fn scanners(&self) -> Result<Vec<Scanner>, CallError> {
        let answer =
            self.get("list the scanners", &["scanners"], &[]).await?.map_err(|error| outcome::of_read(&error))?;
        Ok(read::<ScannersAnswer>(&answer)?.scanners)
    }

    pub(super) async fn templates(&self) -> Result<TemplatesAnswer, CallError> {
        let segments = ["editor", "scan", "templates"];
        let answer = self.get("list the templates", &segments, &[]).await?.map_err(|error| outcome::of_read(&error))?;
        read(&answer)
    }

    /// The new scan's id.
    pub(super) async fn create(&self, body: &Value) -> Result<String, CallError> {
        let answer = self.post("create the scan", &["scans"], &[], body).await?;
        answer.json::<CreatedAnswer>().map(|created| created.scan.id.0).map_err(|error| outcome::unknown(&error))
    }

    /// The uuid of the new run, when the answer to a launch has one.
    pub(super) async fn command(&self, id: &str, command: Command) -> Result<Option<String>, CallError> {
        let (what, word) = command.words();
        let answer = self.post(what, &["scans", id, word], &[], &json!({})).await?;
        if answer.is_html() {
            return Err(outcome::unknown(&answer.unreadable(scanhelm_net::Unreadable::Html)));
        }
        Ok(answer.json::<LaunchAnswer>().ok().map(|launched| launched.scan_uuid).filter(|uuid| !uuid.is_empty()))
    }

    pub(super) async fn delete(&self, id: &str) -> Result<(), CallError> {
        let headers = self.headers().await?;
        let segments = ["scans", id];
        let request = |headers| Request::new("delete the scan", &segments).headers(headers);
        let mut outcome = self.http.delete(&request(&headers)).await;
        if let Some(renewed) = self.renewed(outcome.as_ref().err().map(WriteError::net), &headers).await? {
            outcome = self.http.delete(&request(&renewed)).await;
        }
        match outcome {
            Ok(answer) if answer.is_html() => Err(outcome::unknown(&answer.unreadable(scanhelm_net::Unreadable::Html))),
            Ok(_) => Ok(()),
            Err(error) if error.net().status() == Some(404) => Ok(()),
            Err(error) => Err(of_write(&error)),
        }
    }

    /// Sends a creation that lacks everything a creation needs: with the API on it is turned away as incomplete,
    /// with the API off as not available. Nothing can come of it.
    pub(super) async fn probe_control_api(&self) -> Result<ControlApi, CallError> {
        let headers = self.headers().await?;
        let request = Request::new("ask for the control API", &["scans"]).headers(&headers);
        Ok(match self.http.post_json(&request, &json!({})).await {
            Ok(_) => ControlApi::Unclear,
            Err(error) => match (error.net().status(), &error.net().kind) {
                (Some(412), _) => ControlApi::Off(error.net().to_string()),
                (_, scanhelm_net::NetErrorKind::NoAnswer { .. }) => ControlApi::Off(format!(
                    "{}: newer builds without the control API answer a creation by hanging up",
                    error.net()
                )),
                (Some(400 | 404 | 405 | 422), _) => ControlApi::On,
                _ => ControlApi::Unclear,
            },
        })
    }

    /// Asks for a report; where to look for it. A lost answer leaves at most a stray export, which expires.
    pub(super) async fn request_export(&self, id: &str, history: Option<&str>) -> Result<ExportAnswer, CallError> {
        let query: Vec<(&str, &str)> = history.map(|history| ("history_id", history)).into_iter().collect();
        let answer = self
            .post("ask for the report", &["scans", id, "export"], &query, &json!({"format": "nessus"}))
            .await
            .map_err(|error| match error {
                CallError::Unknown { detail } => {
                    CallError::Failed { kind: ConditionKind::VendorError, detail, retry_after: None }
                }
                other => other,
            })?;
        read(&answer)
    }

    /// `None`: the export is gone.
    pub(super) async fn export_status(&self, segments: &[&str]) -> Result<Option<String>, CallError> {
        let answer = self.get("look for the report", segments, &[]).await?;
        Ok(found(answer)?.map(|answer| read::<StatusAnswer>(&answer)).transpose()?.map(|status| status.status))
    }

    pub(super) async fn download(&self, segments: &[&str], into: &Path, cap: u64) -> Result<u64, CallError> {
        let headers = self.headers().await?;
        let request = |headers| Request::new("download the report", segments).headers(headers);
        let mut outcome = self.http.download(&request(&headers), into, cap).await;
        if let Some(renewed) = self.renewed(outcome.as_ref().err(), &headers).await? {
            outcome = self.http.download(&request(&renewed), into, cap).await;
        }
        outcome.map_err(|error| match error.status() {
            Some(404) => CallError::Failed {
                kind: ConditionKind::VendorError,
                detail: format!("{error}: the report has expired there and will be asked for anew"),
                retry_after: None,
            },
            _ => outcome::of_read(&error),
        })
    }

    /// The outer error is about logging in, the inner one about the call.
    async fn get(
        &self,
        what: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Result<Answer, NetError>, CallError> {
        let headers = self.headers().await?;
        let request = Request::new(what, segments).query(query);
        let outcome = self.http.get(&request.headers(&headers)).await;
        match self.renewed(outcome.as_ref().err(), &headers).await? {
            Some(renewed) => Ok(self.http.get(&request.headers(&renewed)).await),
            None => Ok(outcome),
        }
    }

    async fn post(
        &self,
        what: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, CallError> {
        let headers = self.headers().await?;
        let request = Request::new(what, segments).query(query);
        let mut outcome = self.http.post_json(&request.headers(&headers), body).await;
        if let Some(renewed) = self.renewed(outcome.as_ref().err().map(WriteError::net), &headers).await? {
            outcome = self.http.post_json(&request.headers(&renewed), body).await;
        }
        outcome.map_err(|error| of_write(&error))
    }

    async fn headers(&self) -> Result<Headers, CallError> {
        match &self.access {
            Access::Keys(value) => Ok([("X-ApiKeys", value.clone())]),
            Access::Session { username, password, token } => {
                let mut token = token.lock().await;
                let cookie = match &*token {
                    Some(known) => known.clone(),
                    None => token.insert(self.log_in(username, password).await?).clone(),
                };
                Ok([("X-Cookie", cookie)])
            }
        }
    }

    /// After a 401 with a session: fresh headers, once. 401 means that nothing was done, so a write may go again. API
    /// keys cannot be renewed, and a wrong password is never tried twice in one call.
    async fn renewed(&self, error: Option<&NetError>, used: &Headers) -> Result<Option<Headers>, CallError> {
        let Access::Session { token, .. } = &self.access else { return Ok(None) };
        if error.and_then(NetError::status) != Some(401) {
            return Ok(None);
        }
        {
            let mut token = token.lock().await;
            let [(_, stale)] = used;
            // Another call may have renewed it meanwhile.
            if token.as_ref() == Some(stale) {
                *token = None;
            }
        }
        self.headers().await.map(Some)
    }

    async fn log_in(&self, username: &Secret, password: &Secret) -> Result<Secret, CallError> {
        let request = Request::new("log in", &["session"]);
        let body = json!({"username": username.expose(), "password": password.expose()});
        let answer = self.http.post_json(&request, &body).await.map_err(|error| match error.net().status() {
            // A refused log-in is about the credentials, whichever 4xx says so. Logging in twice harms nothing, so
            // a lost answer is an ordinary failure.
            Some(400 | 401 | 403) => CallError::Failed {
                kind: ConditionKind::Authentication,
                detail: error.net().to_string(),
                retry_after: None,
            },
            _ => outcome::of_read(error.net()),
        })?;
        let session: SessionAnswer = read(&answer)?;
        Ok(Secret::new(format!("token={}", session.token)))
    }
}

/// 404 as `None`.
fn found(answer: Result<Answer, NetError>) -> Result<Option<Answer>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(outcome::of_read(&error)),
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CallError> {
    answer.json().map_err(|error| outcome::of_read(&error))
}

/// 412 is how Nessus Professional and Expert say that their licence has no control API.
fn of_write(error: &WriteError) -> CallError {
    match error {
        WriteError::NotDone(error) if error.status() == Some(412) => CallError::Refused {
            detail: format!("{error}. Nessus Professional and Expert can be read through their API, not controlled"),
            by_licence: true,
        },
        other => outcome::of_write(other),
    }
}
