//! How the report of a scanner is read, as its definition says.

use std::collections::BTreeMap;

use scanhelm_core::text::{nearest, single_line};
use scanhelm_formats::{FieldPath, Mapping};
use toml::Spanned;

use super::reading::Reading;
use super::written::{WrittenMapping, WrittenScanner};
use crate::target::TargetKind;

impl Reading<'_> {
    /// A reader of ours, or where the report has what.
    pub(super) fn format(&mut self, written: &WrittenScanner, kind: TargetKind) -> Option<(String, Option<Mapping>)> {
        match (&written.format, &written.json) {
            (Some(format), None) => {
                let id = format.get_ref();
                if let Some(known) = scanhelm_formats::by_id(id) {
                    return Some((known.id.to_owned(), None));
                }
                let ids = || scanhelm_formats::formats().iter().map(|format| format.id);
                let shown = single_line(id, 60);
                self.wrong(
                    format,
                    match nearest(id, ids()) {
                        Some(near) => format!("there is no format `{shown}`; did you mean `{near}`?"),
                        None => format!(
                            "there is no format `{shown}`; the formats are {}; for other JSON write [scanner.json]",
                            ids().collect::<Vec<_>>().join(", ")
                        ),
                    },
                );
                None
            }
            (None, Some(json)) => self.mapping(json, kind).map(|mapping| (String::new(), Some(mapping))),
            (None, None) => {
                self.wrong(
                    &written.id,
                    "nothing says how its report is read; name a `format` such as \"sarif\", or write [scanner.json]",
                );
                None
            }
            (Some(format), Some(_)) => {
                self.wrong(format, "`format` and [scanner.json] both say how its report is read; drop one of them");
                None
            }
        }
    }

    fn mapping(&mut self, json: &Spanned<WrittenMapping>, kind: TargetKind) -> Option<Mapping> {
        let written = json.get_ref();
        let path = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<FieldPath>().ok());
        let rule = written.rule.get_ref().parse().unwrap_or_default();
        if rule == FieldPath::default() {
            self.wrong(&written.rule, "`rule` is empty; name the field that says which rule was broken");
        }
        let place = match kind {
            TargetKind::Files => vec![("path", &written.path)],
            TargetKind::Site => vec![("url", &written.url)],
            TargetKind::Host => vec![("host", &written.host)],
            TargetKind::Machine => vec![("host", &written.host), ("path", &written.path)],
        };
        if place.iter().all(|(_, field)| field.is_none()) {
            let names: Vec<String> = place.iter().map(|(name, _)| format!("`{name}`")).collect();
            self.wrong(json, format!("nothing says where a finding is; name the field with {}", names.join(" or ")));
        }
        if written.severity.is_none() && written.usual_severity.is_none() {
            self.wrong(json, "no finding has a severity; name its field with `severity`, or give a `usual_severity`");
        }
        let mut severities = BTreeMap::new();
        for (word, severity) in &written.severities {
            match severity.get_ref().parse() {
                Ok(known) => drop(severities.insert(word.to_lowercase(), known)),
                Err(error) => self.wrong(severity, error),
            }
        }
        let usual_severity = match written.usual_severity.as_ref().map(|word| (word, word.get_ref().parse())) {
            Some((_, Ok(severity))) => Some(severity),
            Some((word, Err(error))) => {
                self.wrong(word, error);
                None
            }
            None => None,
        };
        Some(Mapping {
            scanner: String::new(),
            findings: written.findings.parse().unwrap_or_default(),
            problems: path(&written.problems),
            rule,
            title: path(&written.title),
            severity: path(&written.severity),
            severities,
            usual_severity,
            path: path(&written.path),
            line: path(&written.line),
            url: path(&written.url),
            host: path(&written.host),
            port: path(&written.port),
            cwe: path(&written.cwe),
            cve: path(&written.cve),
            description: path(&written.description),
            remediation: path(&written.remediation),
            reference: path(&written.reference),
        })
    }
}
