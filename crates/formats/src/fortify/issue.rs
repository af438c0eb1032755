//! What both layouts hold of an issue.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::SCANNER;
use crate::code_report::Place;
use crate::gathered::{bare, filled};
use crate::weakness::cwes_in;

#[derive(Default)]
pub(super) struct Issue<'a> {
    pub(super) instance: &'a str,
    pub(super) category: String,
    pub(super) kingdom: &'a str,
    pub(super) path: &'a str,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) description: String,
    pub(super) solution: &'a str,
    pub(super) code: &'a str,
    /// Texts that name CWEs: `CWE ID 22, CWE ID 73`.
    pub(super) cwes: &'a str,
}

impl Issue<'_> {
    pub(super) fn finding(self, severity: Severity, word: String, place: &Place) -> Result<FindingRecord, String> {
        if self.category.is_empty() || self.instance.is_empty() {
            return Err("it has no category or no instance id".to_owned());
        }
        let mut cwes = vec![];
        cwes_in(&self.cwes.replace("CWE ID ", "CWE-"), &mut cwes);
        let path = place.tree.relative(self.path);
        let location = match path.is_empty() {
            true => Location::Asset,
            false => {
                Location::Code { path, line: self.line.filter(|line| *line > 0), column: self.column, source: None }
            }
        };
        Ok(FindingRecord {
            vendor_severity: Some(word),
            check: Some(self.instance.to_ascii_uppercase()),
            cwes,
            family: filled(self.kingdom),
            description: filled(self.description),
            solution: filled(self.solution),
            evidence: filled(self.code),
            ..bare(SCANNER, self.category.clone(), single_line(&self.category, 200), severity, &place.asset, location)
        })
    }
}
