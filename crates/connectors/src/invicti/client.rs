//! Invicti's endpoints, one function each.

use std::path::Path;

use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{Answer, Request, Unreadable, VendorHttp, WriteError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::model::{Account, Agent, CreatedScans, Id, License, Page, Policy, ScanTask, is_id, is_same_id};
use super::paging::{self, Listed, PAGE_SIZE};
use crate::contract::CallError;
use crate::outcome;

#[derive(Debug)]
pub(super) struct Client {
    http: VendorHttp,
    /// HTTP Basic: user id and token.
    headers: [(&'static str, Secret); 1],
}

/// What a scan can be told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Pause,
    Resume,
    Cancel,
}

impl Command {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pause => ("pause the scan", "pause"),
            Self::Resume => ("resume the scan", "resume"),
            Self::Cancel => ("cancel the scan", "cancel"),
        }
    }
}

impl Listed for ScanTask {
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Listed for Policy {
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Listed for Agent {
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Client {
    /// `authorization`: the whole value of the header.
    pub(super) const fn new(http: VendorHttp, authorization: Secret) -> Self {
        Self { http, headers: [("Authorization", authorization)] }
    }

    pub(super) async fn account(&self) -> Result<Account, CallError> {
        Ok(self.get("read the account", &["account", "me"], &[]).await?.0)
    }

    /// `None`: the account may not read it.
    pub(super) async fn license(&self) -> Result<Option<License>, CallError> {
        match self.get("read the licence", &["account", "license"], &[]).await {
            Ok((license, _)) => Ok(Some(license)),
            Err(error) if is_denied(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every scan that is not deleted.
    pub(super) async fn scans(&self) -> Result<(Vec<ScanTask>, Timestamp), CallError> {
        let (mut scans, at) = self.list("list the scans", "scans").await?;
        scans.retain(|scan: &ScanTask| scan.deleted_on.is_empty());
        Ok((scans, at))
    }

    /// `None`: there is no such scan.
    pub(super) async fn scan(&self, id: &str) -> Result<Option<(ScanTask, Timestamp)>, CallError> {
        if !is_id(id) {
            return Ok(None);
        }
        let segments = ["api", "1.0", "scans", "detail", id];
        let request = Request::new("read the scan", &segments).headers(&self.headers);
        let answer = match self.http.get(&request).await {
            Ok(answer) => answer,
            Err(error) if error.status() == Some(404) => return Ok(None),
            Err(error) => return Err(outcome::of_read(&error)),
        };
        let task: ScanTask = read(&answer)?;
        if !is_same_id(&task.id.0, id) {
            return Err(outcome::garbage(format!(
                "read the scan at {}: asked for scan {id} and got another one (a proxy mixing up answers?)",
                self.http.host()
            )));
        }
        Ok(Some((task, answer.asked_at)).filter(|(task, _)| task.deleted_on.is_empty()))
    }

    pub(super) async fn policies(&self) -> Result<Vec<Policy>, CallError> {
        Ok(self.list("list the scan policies", "scanpolicies").await?.0)
    }

    pub(super) async fn agents(&self) -> Result<Vec<Agent>, CallError> {
        Ok(self.list("list the agents", "agents").await?.0)
    }

    /// Whether the account may see the agents.
    pub(super) async fn may_list_agents(&self) -> Result<bool, CallError> {
        let query = [("page", "1"), ("pageSize", "1")];
        match self.get::<Page<Agent>>("list the agents", &["agents", "list"], &query).await {
            Ok(_) => Ok(true),
            Err(error) if is_denied(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a scan, which begins at once; its id.
    pub(super) async fn create(&self, body: &Value) -> Result<String, CallError> {
        self.created("create the scan", "new", body).await
    }

    /// Makes a scan from a profile, which begins at once; its id.
    pub(super) async fn create_with_profile(&self, profile: &str, target: &str) -> Result<String, CallError> {
        let body = json!({"ProfileName": profile, "TargetUri": target});
        self.created("create the scan from the profile", "newwithprofile", &body).await
    }

    /// Makes a profile; nothing begins to scan by it.
    pub(super) async fn create_profile(&self, body: &Value) -> Result<(), CallError> {
        match self.post("create the scan profile", &["scanprofiles", "new"], body).await {
            Ok(_) => Ok(()),
            // At worst a profile is left that nobody uses.
            Err(WriteError::Unknown(error) | WriteError::NotDone(error)) => match error.status() {
                Some(400..=499) => Err(outcome::of_write(&WriteError::NotDone(error))),
                _ => Err(outcome::of_read(&error)),
            },
        }
    }

    /// The vendor's word for how it went: 200 alone says nothing.
    pub(super) async fn command(&self, id: &str, command: Command) -> Result<String, CallError> {
        let (what, word) = command.words();
        self.answered(what, &["scans", word], id, &json!(id)).await
    }

    pub(super) async fn delete(&self, id: &str) -> Result<String, CallError> {
        self.answered("delete the scan", &["scans", "delete"], id, &json!([id])).await
    }

    /// The list of vulnerabilities as JSON.
    pub(super) async fn download(&self, id: &str, into: &Path, cap: u64) -> Result<u64, CallError> {
        let segments = ["api", "1.0", "scans", "report"];
        let query = [("id", id), ("type", "Vulnerabilities"), ("format", "Json")];
        let request = Request::new("download the report", &segments).with_slash().query(&query).headers(&self.headers);
        self.http.download(&request, into, cap).await.map_err(|error| match error.status() {
            // Whether the scan is gone or just its report shows when it is prepared again.
            Some(404 | 410) => CallError::Failed {
                kind: ConditionKind::VendorError,
                detail: format!("{error}: the report is not there; it will be asked for anew"),
                retry_after: None,
            },
            _ => outcome::of_read(&error),
        })
    }

    async fn list<T: Listed + DeserializeOwned>(
        &self,
        what: &'static str,
        things: &str,
    ) -> Result<(Vec<T>, Timestamp), CallError> {
        let size = PAGE_SIZE.to_string();
        paging::whole(what, |number| {
            let size = &size;
            async move {
                let number = number.to_string();
                let query = [("page", number.as_str()), ("pageSize", size.as_str())];
                self.get::<Page<T>>(what, &[things, "list"], &query).await
            }
        })
        .await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<(T, Timestamp), CallError> {
        let segments = [&["api", "1.0"], path].concat();
        let request = Request::new(what, &segments).query(query).headers(&self.headers);
        let answer = self.http.get(&request).await.map_err(|error| outcome::of_read(&error))?;
        Ok((read(&answer)?, answer.asked_at))
    }

    async fn post<B: Serialize + Sync>(
        &self,
        what: &'static str,
        path: &[&str],
        body: &B,
    ) -> Result<Answer, WriteError> {
        let segments = [&["api", "1.0"], path].concat();
        self.http.post_json(&Request::new(what, &segments).headers(&self.headers), body).await
    }

    async fn created(&self, what: &'static str, call: &str, body: &Value) -> Result<String, CallError> {
        let answer = self.post(what, &["scans", call], body).await.map_err(|error| match error {
            // There is no thing yet that could be gone.
            WriteError::NotDone(error) if error.status() == Some(404) => {
                CallError::Refused { detail: error.to_string(), by_licence: false }
            }
            other => outcome::of_write(&other),
        })?;
        let created: CreatedScans = answer.json().map_err(|error| outcome::unknown(&error))?;
        let detail = format!("{what}: Invicti accepted it and named no scan");
        created.first_id().ok_or(CallError::Unknown { detail })
    }

    async fn answered(&self, what: &'static str, path: &[&str], id: &str, body: &Value) -> Result<String, CallError> {
        if !is_id(id) {
            return Err(CallError::Gone { detail: format!("{what}: Invicti cannot have a scan of such an id") });
        }
        let answer = self.post(what, path, body).await.map_err(|error| outcome::of_write(&error))?;
        if answer.is_html() {
            return Err(outcome::unknown(&answer.unreadable(Unreadable::Html)));
        }
        answer.json().map_err(|error| outcome::unknown(&error))
    }
}

/// The account lacks the right.
fn is_denied(error: &CallError) -> bool {
    matches!(error, CallError::Failed { kind: ConditionKind::Permission, .. })
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CallError> {
    answer.json().map_err(|error| outcome::of_read(&error))
}
