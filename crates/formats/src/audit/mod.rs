//! The auditors of one ecosystem each, which look at a manifest or lock file: npm audit, pip-audit, cargo-audit, cpan-audit, Safety,
//! Retire.js and OSV-Scanner.
//!
//! None of their reports closes a finding. They do not say which manifest of the repository they read, and most not which
//! advisories they had: npm's and PyPI's mirrors answer that all is well because they know nothing.

mod cargo;
mod cpan;
mod npm;
mod osv;
mod pip;
mod retire;
mod safety;

pub(crate) use cargo::FORMAT as CARGO;
pub(crate) use cpan::FORMAT as CPAN;
pub(crate) use npm::FORMAT as NPM;
pub(crate) use osv::FORMAT as OSV;
pub(crate) use pip::FORMAT as PIP;
pub(crate) use retire::FORMAT as RETIRE;
pub(crate) use safety::{FORMAT as SAFETY, LIST as SAFETY_LIST};
use scanhelm_core::asset::AssetRecord;

use crate::json::records::Beginning;
use crate::report::ReportHeader;

fn beginning(scanner: &str, version: Option<String>, asset: &AssetRecord) -> Beginning {
    let header = ReportHeader { scanner: scanner.to_owned(), scanner_version: version, ..ReportHeader::default() };
    let mut beginning = Beginning { header, ..Beginning::default() };
    beginning.cover(asset.clone());
    beginning
}
