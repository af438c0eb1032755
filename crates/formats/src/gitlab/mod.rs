//! GitLab's security reports (`gl-*-report.json`), of every type and of the schema from 2 to 15, which other scanners write
//! too; and its code quality report (Code Climate's issues).
//!
//! The scanner and the rule are those of the analyzer that found it, as the first identifier names them
//! (`bandit_test_id`: `B101` of Bandit). The schema's old `cve` field holds a hash of the matched line, which
//! identifies; schema 15 dropped it, and with it there findings of one rule in one file are numbered by line. A
//! report is complete if its scan says `success`, except for secrets (only the commits of a branch are scanned) and sites
//! (only what a spider found). Its type and analyzer are its policy.

mod place;
mod quality;
mod report;

use crate::format::Format;

pub(crate) const REPORT: Format = report::FORMAT;
pub(crate) const QUALITY: Format = quality::FORMAT;
