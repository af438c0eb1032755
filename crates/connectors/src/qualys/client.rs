//! Qualys' endpoints, one function each. Reads are GETs, so that `net` may repeat them; commands are forms, sent once.

use std::collections::HashSet;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::text::single_line;
use scanhelm_net::{Answer, NetError, NetErrorKind, Request, VendorHttp};
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::{self, Complaint};
use super::map;
use super::model::{
    Appliance, ApplianceListOutput, ListedScan, OptionProfile, OptionProfiles, ScanListOutput, SimpleReturn,
};
use crate::contract::CallError;
use crate::outcome;

const SCANS: &[&str] = &["api", "2.0", "fo", "scan"];
const APPLIANCES: &[&str] = &["api", "2.0", "fo", "appliance"];
const PROFILES: &[&str] = &["api", "2.0", "fo", "subscription", "option_profile", "vm"];
const ACTIVITY: &[&str] = &["api", "2.0", "fo", "activity_log"];

/// Qualys lists the scans of the last 30 days unless it is told a day; this one is before its first.
const EVER: (&str, &str) = ("launched_after_datetime", "1999-01-01");
/// Lists of scans are not paged as far as anybody wrote down; a list that is all the same must end.
const MOST_PAGES: usize = 1000;

#[derive(Debug)]
pub(super) struct Client {
    http: VendorHttp,
    username: String,
    headers: [(&'static str, Secret); 3],
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Pause,
    Resume,
    Cancel,
    Delete,
}

impl Command {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pause => ("pause the scan", "pause"),
            Self::Resume => ("resume the scan", "resume"),
            Self::Cancel => ("cancel the scan", "cancel"),
            Self::Delete => ("delete the scan", "delete"),
        }
    }
}

impl Client {
    pub(super) fn new(http: VendorHttp, username: &Secret, password: &Secret) -> Self {
        let login = STANDARD.encode(format!("{}:{}", username.expose(), password.expose()));
        let headers = [
            ("Authorization", Secret::new(format!("Basic {login}"))),
            // Without it Qualys refuses every call.
            ("X-Requested-With", Secret::new("Scanhelm")),
            ("Accept", Secret::new("*/*")),
        ];
        Self { http, username: username.expose().to_owned(), headers }
    }

    /// The role of the account, as its own latest entry in the activity log tells it; `None` where the log does not.
    pub(super) async fn role(&self) -> Result<Option<String>, CallError> {
        let query = [("action", "list"), ("username", self.username.as_str()), ("truncation_limit", "1")];
        let what = "read the activity log";
        let answer = self.get(what, ACTIVITY, &query).await?;
        if let Some(complaint) = Complaint::find(&self.said_of(what), &answer.body) {
            self.heed(&answer.body);
            return Err(complaint.of_read());
        }
        Ok(role_in(&String::from_utf8_lossy(&answer.body)))
    }

    /// Every scan, once each.
    pub(super) async fn scans(&self) -> Result<(Vec<ListedScan>, Timestamp), CallError> {
        self.pages("list the scans", &[EVER]).await
    }

    /// `None`: there is no such scan.
    pub(super) async fn scan(&self, reference: &str) -> Result<Option<(ListedScan, Timestamp)>, CallError> {
        if !map::is_reference(reference) {
            return Ok(None);
        }
        let (mut scans, at) = match self.pages("read the scan", &[("scan_ref", reference), EVER]).await {
            Err(CallError::Gone { .. }) => return Ok(None),
            other => other?,
        };
        if scans.iter().any(|scan| scan.reference.trim() != reference) {
            return Err(outcome::garbage(format!(
                "read the scan at {}: asked for {reference} and got another one (a proxy mixing up answers?)",
                self.http.host()
            )));
        }
        Ok(scans.pop().map(|scan| (scan, at)))
    }

    /// As old as its first page.
    async fn pages(
        &self,
        what: &'static str,
        filter: &[(&str, &str)],
    ) -> Result<(Vec<ListedScan>, Timestamp), CallError> {
        let asked = [&[("action", "list"), ("show_ags", "1"), ("show_op", "1"), ("show_status", "1")], filter].concat();
        let mut query: Vec<(String, String)> =
            asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut scans: Vec<ListedScan> = Vec::new();
        let mut known = HashSet::new();
        let mut began = None;
        for _ in 0..MOST_PAGES {
            let pairs: Vec<(&str, &str)> = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let answer = self.get(what, SCANS, &pairs).await?;
            let began = *began.get_or_insert(answer.asked_at);
            let page: ScanListOutput = self.read(what, &answer, "SCAN_LIST_OUTPUT")?;
            let next = page.response.next_page().map(|url| self.page_query(what, url)).transpose()?;
            let before = scans.len();
            for scan in page.response.into_scans() {
                if scan.reference.trim().is_empty() {
                    return Err(self.garbage(what, "a scan has no reference"));
                }
                if known.insert(scan.reference.trim().to_owned()) {
                    scans.push(scan);
                }
            }
            match next {
                None => return Ok((scans, began)),
                Some(_) if scans.len() == before => {
                    return Err(self
                        .garbage(what, "a page brings nothing new and names a next one: the list turns in a circle"));
                }
                Some(next) => query = next,
            }
        }
        Err(self.garbage(what, &format!("the list does not end within {MOST_PAGES} pages")))
    }

    /// The query of the next page. Only the query is taken, and only of an address on the same host: an address is
    /// hostile text, and the credentials go with the request.
    fn page_query(&self, what: &str, address: &str) -> Result<Vec<(String, String)>, CallError> {
        let url: Url =
            address.parse().map_err(|_| self.garbage(what, "the address of the next page cannot be read"))?;
        let host = url.host_str().zip(url.port_or_known_default()).map(|(host, port)| format!("{host}:{port}"));
        if host.as_deref() != Some(self.http.host()) {
            let named = single_line(url.host_str().unwrap_or("no host"), 100);
            return Err(self.garbage(
                what,
                &format!("the next page is said to be at {named}. Pages are only followed on the address of the integration; enter the API server's own address as base URL"),
            ));
        }
        let path: Vec<&str> = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
        if !path.ends_with(SCANS) {
            return Err(self.garbage(what, "the next page is said to be something else than a list of scans"));
        }
        Ok(url.query_pairs().into_owned().collect())
    }

    pub(super) async fn appliances(&self) -> Result<Vec<Appliance>, CallError> {
        let what = "list the scanner appliances";
        let answer = self.get(what, APPLIANCES, &[("action", "list"), ("output_mode", "full")]).await?;
        Ok(self.read::<ApplianceListOutput>(what, &answer, "APPLIANCE_LIST_OUTPUT")?.response.list.appliances)
    }

    pub(super) async fn option_profiles(&self) -> Result<Vec<OptionProfile>, CallError> {
        let what = "list the option profiles";
        let answer = self.get(what, PROFILES, &[("action", "list")]).await?;
        Ok(self.read::<OptionProfiles>(what, &answer, "OPTION_PROFILES")?.profiles)
    }

    /// The new scan's reference.
    pub(super) async fn launch(&self, fields: &[(&str, &str)]) -> Result<String, CallError> {
        let what = "launch the scan";
        let answer = self.send(what, &[&[("action", "launch")], fields].concat()).await?;
        match answer.item("REFERENCE").filter(|reference| map::is_reference(reference)) {
            Some(reference) => Ok(reference.to_owned()),
            None => Err(CallError::Unknown {
                detail: format!("{what} at {}: Qualys accepted it and told no reference", self.http.host()),
            }),
        }
    }

    pub(super) async fn command(&self, reference: &str, command: Command) -> Result<(), CallError> {
        if !map::is_reference(reference) {
            let reference = single_line(reference, 100);
            return Err(CallError::Gone {
                detail: format!("`{reference}` is no reference of a vulnerability scan of Qualys"),
            });
        }
        let (what, action) = command.words();
        self.send(what, &[("action", action), ("scan_ref", reference)]).await.map(drop)
    }

    /// The results of one scan into a file, in the form that names titles and CVEs beside the QIDs.
    pub(super) async fn results(&self, reference: &str, into: &Path, cap: u64) -> Result<u64, CallError> {
        let query =
            [("action", "fetch"), ("scan_ref", reference), ("mode", "extended"), ("output_format", "json_extended")];
        let request = Request::new("download the results", SCANS).with_slash().query(&query).headers(&self.headers);
        // Qualys has been seen to label this JSON as a web page.
        self.http.download(&request.mislabelled(), into, cap).await.map_err(|error| self.failed(&error))
    }

    async fn get(&self, what: &'static str, endpoint: &[&str], query: &[(&str, &str)]) -> Result<Answer, CallError> {
        let request = Request::new(what, endpoint).with_slash().query(query).headers(&self.headers);
        self.http.get(&request).await.map_err(|error| self.failed(&error))
    }

    async fn send(&self, what: &'static str, fields: &[(&str, &str)]) -> Result<SimpleReturn, CallError> {
        let request = Request::new(what, SCANS).with_slash().headers(&self.headers);
        match self.http.post_form(&request, fields).await {
            Ok(answer) => {
                self.heed(&answer.body);
                answer::accepted(&self.said_of(what), &answer)
            }
            Err(error) => {
                self.heed(error.net().body());
                Err(answer::of_write(&error))
            }
        }
    }

    fn read<T: DeserializeOwned>(&self, what: &str, answer: &Answer, root: &str) -> Result<T, CallError> {
        self.heed(&answer.body);
        answer::read(&self.said_of(what), answer, root)
    }

    fn failed(&self, error: &NetError) -> CallError {
        if let NetErrorKind::Status { .. } = error.kind {
            self.heed(error.body());
        }
        answer::of_read(error)
    }

    /// A wait that only the answer's text tells is kept like one in its headers.
    pub(super) fn heed(&self, body: &[u8]) {
        if let Some(pause) = Complaint::find("", body).and_then(|complaint| complaint.pause()) {
            self.http.hold(pause);
        }
    }

    pub(super) fn said_of(&self, what: &str) -> String {
        format!("{what} at {}", self.http.host())
    }

    fn garbage(&self, what: &str, detail: &str) -> CallError {
        CallError::Failed {
            kind: ConditionKind::Garbage,
            detail: format!("{what} at {}: {detail}", self.http.host()),
            retry_after: None,
        }
    }
}

/// The activity log is CSV between marks.
fn role_in(log: &str) -> Option<String> {
    let body = log.split_once("BEGIN_RESPONSE_BODY_CSV")?.1.split_once("----END_RESPONSE_BODY_CSV")?.0;
    let mut table = csv::Reader::from_reader(body.trim_start().as_bytes());
    let column = table.headers().ok()?.iter().position(|name| name.eq_ignore_ascii_case("user role"))?;
    let role = table.records().next()?.ok()?.get(column).map(|role| single_line(role, 100))?;
    (!role.is_empty()).then_some(role)
}
