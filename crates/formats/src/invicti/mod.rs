//! The list of vulnerabilities of one scan as Invicti Enterprise, Netsparker Enterprise and Acunetix 360 (one product
//! under three names) export it: JSON and XML. Scanhelm's connector downloads the JSON and puts in front of it what the
//! product's API says about the scan (`{"Scan": ..., "Report": ...}`).
//!
//! Decisions a reader of findings should know:
//! - **Location** is the page without its query, and the parameters that the scanner marks as vulnerable. The method
//!   takes part only with such a parameter: for the rest it depends on how the crawler came by.
//! - **`LookupId`** names the issue at the vendor. It stands in the evidence and identifies nothing: old exports lack it.
//! - **Issues in the state `FixedConfirmed`** are left out: the vendor's own retest says that they are gone.
//! - **CVEs** are not given, only titles of known vulnerabilities, which stand in the evidence.
//! - **Times** of the report are written in the account's own culture without a zone (`03/02/2019 15:50:29`,
//!   `2024-10-08 02:33 PM`), so they are not read. Those of the scan in front of it are.
//! - **Coverage** is known only with the scan in front: a full scan of a whole site covered the site. A retest, an
//!   incremental scan or the scan of a part of a site never closes anything.

mod issue;
mod json;
mod scan;
mod xml;

pub(crate) use json::FORMAT;
use scan::Scan;
use scanhelm_core::asset::AssetRecord;
pub(crate) use xml::FORMAT as XML;

use crate::report::{CoveredAsset, ReportHeader, ReportItem};
use crate::site::{page, site};

const SCANNER: &str = "invicti";

/// What stands in front of the issues.
struct Beginning {
    asset: AssetRecord,
    items: [ReportItem; 2],
    footer: ReportItem,
}

impl Beginning {
    /// `None`: the target is no web address.
    fn of(target: &str, scan: Option<&Scan>) -> Option<Self> {
        let target_page = page(target)?;
        let asset = site(&target_page);
        let (started_at, ended_at) = (scan.and_then(Scan::started_at), scan.and_then(Scan::finished_at));
        let header = ReportHeader {
            scanner: SCANNER.to_owned(),
            scanner_version: None,
            scan_name: Some(target_page.clone()),
            policy: scan.and_then(Scan::policy),
            started_at,
            finished_at: ended_at,
            targets: vec![target_page],
            note: None,
        };
        let covered = CoveredAsset {
            asset: asset.clone(),
            started_at,
            finished_at: ended_at.filter(|_| scan.is_some_and(Scan::covers_the_site)),
            authenticated: None,
        };
        let footer = ReportItem::Footer { finished_at: ended_at, complete: true, blind: false, problems: vec![] };
        Some(Self { asset, items: [ReportItem::Header(header), ReportItem::Asset(covered)], footer })
    }
}
