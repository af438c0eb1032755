//! One alert, whichever form tells it.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::SCANNER;
use crate::gathered::{bare, filled};
use crate::html::text_of;
use crate::prose::{labelled, paragraphs};
use crate::site::{page, page_on, site};
use crate::weakness::{cves_in, push_new};

/// How many instances of one place are shown.
const SHOWN: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Alert {
    pub(super) plugin: String,
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) risk: String,
    pub(super) risk_words: String,
    pub(super) confidence: String,
    /// HTML, as the next three.
    pub(super) description: String,
    pub(super) solution: String,
    pub(super) other: String,
    pub(super) references: String,
    pub(super) cwe: String,
    pub(super) tags: Vec<String>,
    pub(super) instances: Vec<Instance>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instance {
    pub(super) uri: String,
    pub(super) method: String,
    pub(super) parameter: String,
    pub(super) attack: String,
    pub(super) evidence: String,
    pub(super) other: String,
    pub(super) request: String,
    pub(super) response: String,
}

/// The site that a report names; `None` for what is no web address.
pub(super) fn named_site(name: &str) -> Option<AssetRecord> {
    page(name).map(|page| site(&page))
}

impl Alert {
    /// One finding for each page, method and parameter.
    pub(super) fn findings(mut self, on: &str) -> Result<Vec<FindingRecord>, String> {
        let id = [&self.reference, &self.plugin].into_iter().find(|id| !id.trim().is_empty());
        let id = single_line(id.ok_or("it has no plugin id, so nothing says what it is")?, 64);
        let severity = match self.risk.trim() {
            "3" => Severity::High,
            "2" => Severity::Medium,
            "1" => Severity::Low,
            "0" => Severity::Info,
            other => return Err(format!("`{}` is no risk code", single_line(other, 64))),
        };
        let (mut cves, mut references) = (vec![], vec![]);
        for tag in &self.tags {
            cves_in(tag, &mut cves);
        }
        for line in text_of(&self.references).split_whitespace().filter(|word| word.starts_with("http")) {
            push_new(&mut references, single_line(line, 2000));
        }
        let mut places: BTreeMap<(String, String, String), Vec<Instance>> = BTreeMap::new();
        for instance in std::mem::take(&mut self.instances) {
            let url = page_on(&instance.uri, on).unwrap_or_default();
            let method = single_line(&instance.method, 20);
            let parameter = single_line(&instance.parameter, 300);
            places.entry((url, method, parameter)).or_default().push(instance);
        }
        let title = [&self.name, &id].into_iter().find(|name| !name.trim().is_empty());
        let title = single_line(title.unwrap_or(&id), 500);
        let finding = |((url, method, parameter), mut instances): ((String, String, String), Vec<Instance>)| {
            instances.sort_unstable();
            let asset = named_site(on).or_else(|| named_site(&url)).ok_or("it names no web address")?;
            let location = match url.is_empty() {
                true => Location::Asset,
                false => Location::Web { url, method: filled(method), parameter: filled(parameter) },
            };
            Ok(FindingRecord {
                vendor_severity: filled(single_line(&self.risk_words, 60)),
                cves: cves.clone(),
                cwes: self.cwe.trim().parse().ok().filter(|number| *number > 0).into_iter().collect(),
                description: paragraphs([text_of(&self.description), text_of(&self.other)]),
                solution: filled(text_of(&self.solution)),
                evidence: self.evidence(&instances),
                references: references.clone(),
                ..bare(SCANNER, id.clone(), title.clone(), severity, &asset, location)
            })
        };
        places.into_iter().map(finding).collect()
    }

    fn evidence(&self, instances: &[Instance]) -> Option<String> {
        let mark = if self.confidence.trim() == "0" { "Marked in ZAP as false positive" } else { "" };
        let shown = instances.iter().take(SHOWN).map(Instance::text);
        let more = instances.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!("And {more} more of the same place") } else { String::new() };
        paragraphs([mark.to_owned()].into_iter().chain(shown).chain([more]))
    }
}

impl Instance {
    fn text(&self) -> String {
        let lines = [
            labelled("Address", &self.uri),
            labelled("Attack", &self.attack),
            labelled("Evidence", &self.evidence),
            labelled("Other", &self.other),
            labelled("Request", &self.request),
            labelled("Response", &self.response),
        ];
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }
}
