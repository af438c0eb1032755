//! Report readers and writers: bytes in, iterator of records out; records in, bytes out.
//!
//! A report is hostile input: it comes from a vendor's server, from a pipeline or from a person, and holds what
//! scanned targets answered. So every reader works in bounded memory whatever the size of the report, refuses what
//! has no place in one (declared entities, bombs), and never ends well on a report that was cut short: a half report taken
//! for a whole one would close findings that are still there. One bad record, on the other hand, costs only
//! itself: it becomes [`ReportItem::Rejected`] and the rest is read.
//!
//! A format is one file or folder and one line in `registry.rs`. What the formats share:
//! `input` unpacks gzip and ZIP and turns any input into clean UTF-8 with limits, `spool` keeps one for a second look,
//! `feed` reads public facts about vulnerabilities; `mapped` reads JSON of tools that are nobody's format; `xml`, `json` and `table` are pull parsers with limits, `site` spells web addresses alike, `html` makes text of
//! markup, `source_tree` makes paths relative and reads matched lines, `weakness` finds CVE and CWE numbers.

mod acunetix;
mod anchore;
mod appscan;
mod aqua;
mod audit;
mod aws;
mod bandit;
mod blackduck;
mod burp;
mod checkmarx;
mod code_report;
mod columns;
mod cvss;
mod cyclonedx;
mod defender;
mod dependency_track;
mod error;
pub mod feed;
mod format;
mod fortify;
mod gathered;
mod generic;
mod github;
mod gitlab;
mod greenbone;
mod grype;
mod guarddog;
mod html;
mod input;
mod insightappsec;
mod insightvm;
mod inventory;
mod invicti;
mod json;
mod lint;
mod mapped;
mod masscan;
mod mend;
mod mobsf;
mod nessus;
mod network;
mod nikto;
mod nmap;
mod nuclei;
mod options;
mod own;
mod package;
mod packed;
mod prisma;
mod prose;
mod qualys;
mod registry;
mod report;
mod sample;
mod sarif;
mod secrets;
mod semgrep;
mod semgrep_platform;
mod site;
mod snyk;
mod snyk_api;
mod sonarqube;
mod sonatype;
mod source_tree;
mod spdx;
mod spool;
mod sqlmap;
mod ssh_audit;
mod stackhawk;
mod steps;
mod table;
mod tls;
mod trivy;
mod veracode;
mod wapiti;
mod weakness;
mod wiz;
pub mod write;
mod xml;
mod xray;
mod zap;

use std::io::Read;

pub use error::ReadError;
pub use format::Format;
pub use inventory::{components, components_of_run};
pub use mapped::{FieldPath, Mapping, read_mapped};
pub use options::{Limits, ReadOptions};
pub use registry::{by_id, candidates, formats};
pub use report::{CoveredAsset, Report, ReportHeader, ReportItem};
pub use site::{page, scanned_site};

/// Recognises a report by its content (or takes `options.format` at its word) and starts reading it.
///
/// The input may be gzipped, or the one file of a ZIP archive, and in any encoding that it declares. The name of the file plays no part: names lie.
///
/// # Errors
/// When no format fits, and when the beginning of the report is already broken. Reports in which what belongs to a record
/// may stand behind it are checked to their end here; the others are checked while they are read.
pub fn open(input: Box<dyn Read + Send>, options: &ReadOptions) -> Result<Report, ReadError> {
    let input = input::Input::open(input, &options.limits)?;
    let format = registry::recognise(&input.sample, options)?;
    let reader = (format.open)(input, options)?;
    Ok(Report::new(format, reader))
}
