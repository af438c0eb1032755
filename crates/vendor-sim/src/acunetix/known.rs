//! What is known of one vulnerability, and how it is shown.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::{Answer, time};
use super::paging::Filter;
use super::state::{Outcome, State, Target};
use super::words::{SEVERITIES, tags, type_id, words};
use crate::clock::Moment;
use crate::ledger::FindingRef;
use crate::sites::Flaw;

/// The status of a vulnerability nobody has judged.
pub(super) const OPEN: &str = "open";

pub(super) fn url(flaw: &Flaw, target: &Target) -> String {
    format!("{}{}", target.site.origin, flaw.path)
}

pub(super) fn references(target: &Target, found: &[(u32, Flaw)]) -> Vec<FindingRef> {
    found.iter().map(|(number, flaw)| reference(target, *number, flaw)).collect()
}

pub(super) fn reference(target: &Target, number: u32, flaw: &Flaw) -> FindingRef {
    let severity = words(flaw.weakness).map_or(0, |words| usize::from(words.severity));
    FindingRef {
        reference: target.vulnerability_id(number),
        asset: target.site.host.clone(),
        check: type_id(flaw.weakness),
        location: format!("{}|{}", url(flaw, target), flaw.parameter.unwrap_or_default()),
        severity: SEVERITIES.get(severity).copied().unwrap_or("info").to_owned(),
    }
}

/// One flaw of a target with what the results know of it.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) target: &'a Target,
    pub(super) number: u32,
    pub(super) flaw: Flaw,
    first: Moment,
    last: Moment,
    /// The result in whose view it is shown.
    result: Option<&'a Outcome>,
}

impl Known<'_> {
    pub(super) fn id(&self) -> String {
        match self.result {
            Some(result) => result.vulnerability_id(self.number),
            None => self.target.vulnerability_id(self.number),
        }
    }

    fn status(&self, state: &State) -> String {
        let verdict = state.verdicts.get(&self.target.vulnerability_id(self.number));
        verdict.cloned().unwrap_or_else(|| OPEN.to_owned())
    }

    pub(super) fn item(&self, state: &State) -> Value {
        let (severity, confidence, name) =
            words(self.flaw.weakness).map_or((0, 0, ""), |words| (words.severity, words.confidence, words.name));
        let mut item = json!({
            "vuln_id": self.id(),
            "vt_id": type_id(self.flaw.weakness),
            "vt_name": name,
            "severity": severity,
            "criticality": self.target.criticality,
            "confidence": confidence,
            "affects_url": url(&self.flaw, self.target),
            "affects_detail": self.flaw.parameter.unwrap_or_default(),
            "status": self.status(state),
            "first_seen": time(self.first),
            "last_seen": time(self.last),
            "target_id": self.target.id,
            "target_description": self.target.description,
            "tags": tags(self.flaw.weakness),
            "loc_id": self.number + 2,
            "source": format!("/Scripts/PerScheme/{:?}.script", self.flaw.weakness),
            "app": "wvs",
            "archived": false,
            "continuous": false,
            "issue_id": null,
            "issue_tracker_id": null,
            "issue_url": null,
            "vt_created": "2021-03-01T00:00:00.000000+00:00",
            "vt_updated": "2024-07-01T00:00:00.000000+00:00",
        });
        if let (Some(_), Some(fields)) = (self.result, item.as_object_mut()) {
            fields.insert("target_vuln_id".to_owned(), json!(self.target.vulnerability_id(self.number)));
        }
        item
    }

    pub(super) fn details(&self, state: &State) -> Value {
        let facts = self.flaw.weakness.facts();
        let references: Vec<Value> = facts
            .cves
            .iter()
            .map(|cve| json!({ "rel": cve, "href": format!("https://nvd.nist.gov/vuln/detail/{cve}") }))
            .collect();
        let details = json!({
            "description": facts.description,
            "details": self.flaw.parameter.map_or(String::new(), |name| format!("Input <b>{name}</b> was set to a test value.")),
            "impact": facts.impact,
            "recommendation": facts.remedy,
            "long_description": "",
            "references": references,
            "cvss2": "",
            "cvss3": facts.cvss3.1,
            "cvss4": "",
            "cvss_score": facts.cvss3.0.parse::<f64>().unwrap_or(0.0),
            "request": self.request(),
            "response_info": "true",
            "highlights": [],
        });
        let mut item = self.item(state);
        if let (Some(fields), Value::Object(more)) = (item.as_object_mut(), details) {
            fields.extend(more);
        }
        item
    }

    fn request(&self) -> String {
        let query = match (self.flaw.method, self.flaw.parameter) {
            ("GET", Some(name)) => format!("?{name}=test"),
            _ => String::new(),
        };
        format!("{} {}{query} HTTP/1.1\r\nHost: {}\r\n\r\n", self.flaw.method, self.flaw.path, self.target.site.host)
    }

    pub(super) fn admitted(&self, state: &State, filters: &[Filter<'_>]) -> Answer<bool> {
        for filter in filters {
            let fits = match filter.name {
                "severity" => words(self.flaw.weakness).is_some_and(|words| filter.admits(words.severity)),
                "status" => filter.admits(self.status(state)),
                "target_id" => filter.admits(&self.target.id),
                "criticality" => filter.admits(self.target.criticality),
                "vt_id" => filter.admits(type_id(self.flaw.weakness)),
                _ => return filter.unknown(),
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// When the flaws of a target were seen.
#[derive(Debug)]
pub(super) struct History<'a> {
    target: &'a Target,
    /// Moment and flaws of each result, oldest first.
    results: Vec<(Moment, &'a Outcome, Vec<u32>)>,
}

impl<'a> History<'a> {
    pub(super) fn of(state: &'a State, target: &'a Target, now: Moment) -> Self {
        let of_target = state.scans.values().filter(|scan| scan.target_id == target.id);
        let mut results: Vec<_> = of_target
            .flat_map(|scan| &scan.results)
            .map(|result| (result.execution.ended.unwrap_or(now), result, result.numbers(now)))
            .collect();
        results.sort_by_key(|(_, result, _)| result.began());
        History { target, results }
    }

    /// The flaws that any result has.
    pub(super) fn numbers(&self) -> BTreeSet<u32> {
        self.results.iter().flat_map(|(_, _, numbers)| numbers.iter().copied()).collect()
    }

    /// `None` when no result has the flaw. `view`: the result in whose view it is shown.
    pub(super) fn known(&self, number: u32, view: Option<&'a Outcome>) -> Option<Known<'a>> {
        let mut seen = self.results.iter().filter(|(_, _, numbers)| numbers.binary_search(&number).is_ok());
        let (first, result, _) = seen.next()?;
        let last = seen.next_back().map_or(*first, |(last, _, _)| *last);
        let flaw = result.survey.flaws(&[number]).pop()?;
        Some(Known { target: self.target, number, flaw, first: *first, last, result: view })
    }
}
