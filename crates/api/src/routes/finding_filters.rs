//! What lists, counts and exports of findings are filtered by: how it is read, and how it is documented. Each stands here
//! once, so that no operation reads what its document leaves out.

use scanhelm_core::Error;
use scanhelm_core::compliance::Tag;
use scanhelm_core::finding::FindingState as CoreFindingState;
use scanhelm_core::ids::{AssetId, ScanId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_hub::FindingFilter;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::Api;
use crate::dto::person::OwnerQuery;
use crate::dto::words::{FindingState, Severity, Time};
use crate::extract::{Filters, QueryReader};

/// Documents what [`common`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is used: the parameters are read one by one")]
pub(super) struct CommonFilters {
    /// Any of these.
    severity: Option<Vec<Severity>>,
    /// Any of these.
    status: Option<Vec<FindingState>>,
    /// Seen by this scanner product.
    scanner: Option<String>,
    asset_id: Option<Uuid>,
    /// The id of a member, `me`, `none`, or `gone`: somebody who left.
    owner: Option<String>,
    #[param(example = "CVE-2021-44228")]
    cve: Option<String>,
    /// With a weakness that speaks against this requirement, by its CWEs or its scanners' rules; `GET /meta/compliance` lists them.
    #[param(example = "owasp-2021:A03")]
    compliance: Option<String>,
    /// Known to be exploited, or not known to be.
    kev: Option<bool>,
    /// At least this probability, 0 to 1.
    epss_min: Option<f64>,
    /// At least this risk score, 0 to 100.
    risk_min: Option<u8>,
    /// Due before this time, and neither gone nor waived.
    due_before: Option<Time>,
    /// `true`: due by now, and neither gone nor waived.
    overdue: Option<bool>,
    /// A text in the title, the CVEs or the location, or the first 16 or more digits of the fingerprint.
    q: Option<String>,
    /// Of findings that are one weakness to several scanners only the strongest that matches.
    grouped: Option<bool>,
}

/// Documents what [`everywhere`] reads besides.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is used: the parameters are read one by one")]
pub(super) struct QueueFilters {
    /// Seen by the latest run of this scan.
    scan_id: Option<Uuid>,
    cwe: Option<u32>,
    first_seen_after: Option<Time>,
    first_seen_before: Option<Time>,
    last_seen_after: Option<Time>,
    last_seen_before: Option<Time>,
}

/// Filters in which the caller may be meant.
pub(super) struct AskedFilter {
    filter: FindingFilter,
    owner: Option<OwnerQuery>,
}

impl AskedFilter {
    pub(super) async fn meant(self, api: &Api, grant: &Grant) -> Result<FindingFilter, Error> {
        let Self { mut filter, owner } = self;
        if let Some(owner) = owner {
            filter.owner = Some(owner.filter(api.hub.findings().person(grant).await?)?);
        }
        Ok(filter)
    }
}

pub(super) struct FindingList {
    pub(super) asked: AskedFilter,
    pub(super) page: PageRequest,
}

pub(super) const SORTS: &[&str] = &["severity", "last_seen_at", "first_seen_at", "title", "risk", "due_at"];

/// The filters that also hold within one scan.
fn common(query: &mut QueryReader) -> AskedFilter {
    let filter = FindingFilter {
        severity: query.words("severity"),
        status: query.words::<FindingWord>("status").into_iter().map(|word| word.0).collect(),
        scanner: query.text("scanner"),
        asset_id: query.id("asset_id", AssetId),
        cve: query.text("cve"),
        compliance: query.parsed::<Tag>("compliance", "a tag such as `owasp-2021:A03`; see `GET /meta/compliance`"),
        q: query.text("q"),
        grouped: query.flag("grouped").unwrap_or_default(),
        kev: query.flag("kev"),
        epss_min: share(query, "epss_min"),
        risk_min: query.parsed("risk_min", "a whole number from 0 to 100"),
        due_before: query.time("due_before"),
        overdue: query.flag("overdue").unwrap_or_default(),
        ..FindingFilter::default()
    };
    let owner = query.parsed("owner", "the id of a member, `me`, `none` or `gone`");
    AskedFilter { filter, owner }
}

/// Core's error of an unknown state speaks of a field; here the parameter is named by the reader.
pub(super) struct FindingWord(pub(super) CoreFindingState);

impl std::str::FromStr for FindingWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            let known: Vec<_> = CoreFindingState::ALL.iter().map(|state| state.as_str()).collect();
            format!("Use one of: {}", known.join(", "))
        })
    }
}

impl Filters for FindingList {
    fn read(query: &mut QueryReader) -> Self {
        Self { asked: common(query), page: query.page("-severity", SORTS) }
    }
}

/// The filters of the whole queue.
pub(super) fn everywhere(query: &mut QueryReader) -> AskedFilter {
    let AskedFilter { filter, owner } = common(query);
    let filter = FindingFilter {
        scan_id: query.id("scan_id", ScanId),
        cwe: query.parsed("cwe", "a CWE number"),
        first_seen_after: query.time("first_seen_after"),
        first_seen_before: query.time("first_seen_before"),
        last_seen_after: query.time("last_seen_after"),
        last_seen_before: query.time("last_seen_before"),
        ..filter
    };
    AskedFilter { filter, owner }
}

/// A number from 0 to 1.
fn share(query: &mut QueryReader, name: &str) -> Option<f64> {
    let share: f64 = query.parsed(name, "a number from 0 to 1")?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    query.refuse(name, "out_of_range", "A number from 0 to 1.");
    None
}
