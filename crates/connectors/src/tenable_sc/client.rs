//! Security Center's endpoints, one function each.

use std::path::Path;

use scanhelm_core::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::access::Access;
use super::model::{
    Analysis, Choice, Definition, Identified, Launched, Listed, Outcome, PluginCount, Relation, Scanner, SeverityCount,
    System, Zone,
};
use super::wire::{Heard, Trouble, Wire};
use crate::contract::CallError;
use crate::outcome;

/// What a list of definitions is asked for. `id` and `uuid` come unasked.
const OF_LISTED_SCAN: &str = "id,name,description,owner,policy,repository,zone,schedule";
const OF_SCAN: &str = "id,name,description,owner,policy,repository,zone,schedule,ipList,assets";
/// What a list of results is asked for; there may be one for each day of a year and definition.
const OF_LISTED_RESULT: &str = "id,name,status,importStatus,downloadAvailable,scan,startTime,finishTime,completedChecks,\
                                totalChecks,resultType";
const OF_RESULT: &str = "id,name,status,importStatus,downloadAvailable,scan,startTime,finishTime,completedChecks,\
                         totalChecks,resultType,errorDetails,importErrorDetails,details,owner,repository,progress";

/// Asked for without a window, Security Center lists only the results that were made in the last 30 days, and an older
/// one would look deleted. The window is fixed and not taken from our clock: a clock that is slow would hide the newest.
const WINDOW: [(&str, &str); 2] = [
    // 2000: before the first Security Center.
    ("startTime", "946684800"),
    // 2100.
    ("endTime", "4102444800"),
];

/// Larger reports of one run are not known; this bounds what a hostile server can write to the disk.
const MAX_REPORT_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// What a run can be told; the word is the last part of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Pause,
    Resume,
    Stop,
}

impl Order {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pause => ("pause the run", "pause"),
            Self::Resume => ("resume the run", "resume"),
            Self::Stop => ("stop the run", "stop"),
        }
    }
}

/// Something read, when it was asked for, and what Security Center's own clock showed.
#[derive(Debug)]
pub(super) struct Seen<T> {
    pub(super) value: T,
    pub(super) at: Timestamp,
    pub(super) vendor_now: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Client {
    wire: Wire,
}

impl Client {
    pub(super) const fn new(http: scanhelm_net::VendorHttp, access: Access) -> Self {
        Self { wire: Wire::new(http, access) }
    }

    /// `None`: this version tells nothing to this user.
    pub(super) async fn system(&self) -> Result<Option<System>, CallError> {
        match self.wire.get("read the system's facts", &["rest", "system"], &[]).await {
            Ok(heard) => heard.read().map(|system| Some(system.value)),
            // 5.20 was recorded to refuse it without a reason.
            Err(Trouble::Net(error)) if error.status() == Some(403) => Ok(None),
            Err(Trouble::Refused(refusal)) if !refusal.is_about_login() => Ok(None),
            Err(trouble) => Err(trouble.of_read()),
        }
    }

    pub(super) async fn definitions(&self) -> Result<Seen<Vec<Definition>>, CallError> {
        self.listed("list the scans", "scan", &[("fields", OF_LISTED_SCAN)]).await
    }

    /// Every result there is, whenever it was made.
    pub(super) async fn results(&self) -> Result<Seen<Vec<Outcome>>, CallError> {
        let [start, end] = WINDOW;
        self.listed("list the scan results", "scanResult", &[("fields", OF_LISTED_RESULT), start, end]).await
    }

    /// `None`: there is no such scan.
    pub(super) async fn definition(&self, id: &str) -> Result<Option<Seen<Definition>>, CallError> {
        let found: Option<Seen<Definition>> = self.one("read the scan", &["rest", "scan", id], OF_SCAN).await?;
        self.echoed(id, found, |scan| scan.id.0.as_str())
    }

    /// `None`: there is no such result.
    pub(super) async fn result(&self, id: &str) -> Result<Option<Seen<Outcome>>, CallError> {
        let found: Option<Seen<Outcome>> =
            self.one("read the scan result", &["rest", "scanResult", id], OF_RESULT).await?;
        self.echoed(id, found, |result| result.id.0.as_str())
    }

    pub(super) async fn scanners(&self) -> Result<Vec<Scanner>, CallError> {
        let fields = [("fields", "id,name,status,version")];
        Ok(self.plain("list the scanners", "scanner", &fields).await?.value)
    }

    pub(super) async fn zones(&self) -> Result<Vec<Zone>, CallError> {
        let fields = [("fields", "id,name,scanners")];
        Ok(self.plain("list the scan zones", "zone", &fields).await?.value)
    }

    pub(super) async fn policies(&self) -> Result<Vec<Choice>, CallError> {
        Ok(self.listed("list the policies", "policy", &[("fields", "id,name,description")]).await?.value)
    }

    pub(super) async fn repositories(&self) -> Result<Vec<Choice>, CallError> {
        let fields = [("fields", "id,name,description,dataFormat")];
        Ok(self.plain("list the repositories", "repository", &fields).await?.value)
    }

    /// The new definition's id.
    pub(super) async fn create(&self, body: &Value) -> Result<String, CallError> {
        let heard = self.wire.post("create the scan", &["rest", "scan"], body).await.map_err(Trouble::of_write)?;
        heard.read_written::<Identified>().map(|created| created.id.0)
    }

    /// The new result's id.
    pub(super) async fn launch(&self, id: &str) -> Result<String, CallError> {
        let segments = ["rest", "scan", id, "launch"];
        let heard = self.wire.post("launch the scan", &segments, &json!({})).await.map_err(Trouble::of_write)?;
        heard.read_written::<Launched>().map(|launched| launched.result.id.0)
    }

    pub(super) async fn order(&self, result: &str, order: Order) -> Result<(), CallError> {
        let (what, word) = order.words();
        let segments = ["rest", "scanResult", result, word];
        self.wire.post(what, &segments, &json!({})).await.map(drop).map_err(Trouble::of_write)
    }

    /// Already gone is success.
    pub(super) async fn delete_definition(&self, id: &str) -> Result<(), CallError> {
        gone_is_done(self.wire.delete("delete the scan", &["rest", "scan", id]).await)
    }

    /// Already gone is success.
    pub(super) async fn delete_result(&self, id: &str) -> Result<(), CallError> {
        gone_is_done(self.wire.delete("delete the scan result", &["rest", "scanResult", id]).await)
    }

    /// Writes the zip archive of a run's results.
    pub(super) async fn download(&self, result: &str, into: &Path) -> Result<u64, CallError> {
        let segments = ["rest", "scanResult", result, "download"];
        let wish = json!({"downloadType": "v2"});
        let outcome = self.wire.download("download the results", &segments, &wish, into, MAX_REPORT_BYTES).await;
        outcome.map_err(|trouble| match trouble.of_read() {
            // What a missing run means is told when the report is prepared, which comes next.
            CallError::Gone { detail } => outcome::vendor_error(detail),
            other => other,
        })
    }

    /// What a tool of the analysis says of one run.
    pub(super) async fn severities(&self, result: &str) -> Result<Vec<SeverityCount>, CallError> {
        Ok(self.analysis::<SeverityCount>(result, "sumseverity", 10).await?.results)
    }

    /// The worst plugins of one run.
    pub(super) async fn plugins(&self, result: &str, most: usize) -> Result<Vec<PluginCount>, CallError> {
        Ok(self.analysis::<PluginCount>(result, "sumid", most).await?.results)
    }

    async fn analysis<T: DeserializeOwned>(
        &self,
        result: &str,
        tool: &str,
        most: usize,
    ) -> Result<Analysis<T>, CallError> {
        let body = json!({
            "type": "vuln",
            "sourceType": "individual",
            "scanID": result,
            "sortField": "severity",
            "sortDir": "desc",
            "query": {
                "type": "vuln",
                "tool": tool,
                "scanID": result,
                "view": "all",
                "startOffset": 0,
                "endOffset": most,
                "filters": [],
            },
        });
        // A question, though it is posted: an answer that is lost has changed nothing.
        let heard = self.wire.post("analyse the run", &["rest", "analysis"], &body).await.map_err(Trouble::of_read)?;
        heard.read().map(|seen| seen.value)
    }

    async fn one<T: DeserializeOwned>(
        &self,
        what: &'static str,
        segments: &[&str],
        fields: &str,
    ) -> Result<Option<Seen<T>>, CallError> {
        match self.wire.get(what, segments, &[("fields", fields)]).await {
            Ok(heard) => heard.read().map(Some),
            Err(trouble) if trouble.is_missing() => Ok(None),
            Err(trouble) => Err(trouble.of_read()),
        }
    }

    fn echoed<T>(
        &self,
        id: &str,
        found: Option<Seen<T>>,
        echo: impl Fn(&T) -> &str,
    ) -> Result<Option<Seen<T>>, CallError> {
        match found {
            Some(seen) if echo(&seen.value) != id => Err(outcome::garbage(format!(
                "{}: asked for number {id} and got another one (a proxy mixing up answers?)",
                self.wire.host()
            ))),
            found => Ok(found),
        }
    }

    /// A list that comes as what is usable and what is manageable; each object once.
    async fn listed<T: DeserializeOwned>(
        &self,
        what: &'static str,
        segment: &str,
        query: &[(&str, &str)],
    ) -> Result<Seen<Vec<T>>, CallError> {
        let heard = self.asked(what, segment, query).await?;
        let Seen { value, at, vendor_now } = heard.read::<Listed<T>>()?;
        match value.all() {
            Some(value) => Ok(Seen { value, at, vendor_now }),
            None => Err(outcome::garbage(format!(
                "{what} at {}: the answer holds neither usable nor manageable ones",
                self.wire.host()
            ))),
        }
    }

    async fn plain<T: DeserializeOwned>(
        &self,
        what: &'static str,
        segment: &str,
        query: &[(&str, &str)],
    ) -> Result<Seen<Vec<T>>, CallError> {
        self.asked(what, segment, query).await?.read()
    }

    async fn asked(&self, what: &'static str, segment: &str, query: &[(&str, &str)]) -> Result<Heard, CallError> {
        self.wire.get(what, &["rest", segment], query).await.map_err(Trouble::of_read)
    }
}

impl Zone {
    /// The zone sends to exactly this scanner.
    pub(super) fn is_only(&self, scanner: &str) -> bool {
        matches!(self.scanners.as_slice(), [Relation { id: Some(id), .. }] if id == scanner)
    }
}

fn gone_is_done(outcome: Result<Heard, Trouble>) -> Result<(), CallError> {
    match outcome {
        Ok(_) => Ok(()),
        Err(trouble) if trouble.is_missing() => Ok(()),
        Err(trouble) => Err(trouble.of_write()),
    }
}
