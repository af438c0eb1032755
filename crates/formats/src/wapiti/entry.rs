//! One statement about a page, whichever form tells it.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::SCANNER;
use crate::gathered::{bare, filled};
use crate::prose::{labelled, paragraphs};
use crate::site::page_on;
use crate::weakness::{cves_in, cwes_in, push_new};

/// What a category means.
#[derive(Clone, Debug, Default)]
pub(super) struct Category {
    pub(super) description: String,
    pub(super) solution: String,
    /// Titles with addresses.
    pub(super) references: Vec<(String, String)>,
}

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) section: String,
    pub(super) category: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) level: String,
    pub(super) parameter: String,
    pub(super) info: String,
    pub(super) module: String,
    pub(super) request: String,
    pub(super) command: String,
}

impl Entry {
    pub(super) fn finding(
        self,
        meaning: &Category,
        asset: &AssetRecord,
        target: &str,
    ) -> Result<FindingRecord, String> {
        let category = single_line(&self.category, 200);
        if category.is_empty() {
            return Err("it has no category, so nothing says what it is".to_owned());
        }
        let severity = match (self.section.as_str(), self.level.trim()) {
            ("anomalies" | "additionals", _) | (_, "0") => Severity::Info,
            (_, "1") => Severity::Low,
            (_, "2") => Severity::Medium,
            (_, "3") => Severity::High,
            (_, "4") => Severity::Critical,
            (_, other) => return Err(format!("`{}` is no level of Wapiti", single_line(other, 64))),
        };
        let url = page_on(&self.path, target).ok_or_else(|| format!("`{}` is no page", single_line(&self.path, 64)))?;
        let (mut cves, mut cwes, mut references) = (vec![], vec![], vec![]);
        for (title, address) in &meaning.references {
            cwes_in(title, &mut cwes);
            push_new(&mut references, single_line(address, 2000));
        }
        // Of a program that the site runs, where the category tells of known vulnerabilities.
        if self.section != "anomalies" {
            cves_in(&self.info, &mut cves);
        }
        let rule = rule(&category);
        Ok(FindingRecord {
            vendor_severity: filled(single_line(&self.level, 10)),
            check: check(&rule, &self.info),
            cves,
            cwes,
            family: filled(single_line(&self.section, 40)),
            description: filled(meaning.description.clone()),
            solution: filled(meaning.solution.clone()),
            evidence: paragraphs([
                self.info,
                labelled("Module", &self.module),
                self.request,
                labelled("Command", &self.command),
            ]),
            references,
            ..bare(
                SCANNER,
                rule,
                category,
                severity,
                asset,
                Location::Web {
                    url,
                    method: filled(single_line(&self.method, 20)),
                    parameter: filled(single_line(&self.parameter, 300)),
                },
            )
        })
    }
}

/// One name for what versions call differently.
fn rule(category: &str) -> String {
    match category.to_lowercase().as_str() {
        "cross site scripting" => "reflected cross site scripting".to_owned(),
        other => other.to_owned(),
    }
}

/// What a statement of a category that makes several on one page is about.
fn check(rule: &str, info: &str) -> Option<String> {
    let name = if rule.ends_with("flag cookie") {
        info.rsplit_once(':').map(|(_, cookie)| cookie)
    } else if rule == "http secure headers" {
        info.split_whitespace().next()
    } else {
        None
    };
    name.map(|name| single_line(name, 100)).and_then(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_categories_are_one_and_checks_are_told_apart() {
        assert_eq!(rule("Cross Site Scripting"), rule("Reflected Cross Site Scripting"));
        assert_eq!(
            check("httponly flag cookie", "HttpOnly flag is not set in the cookie : sid").as_deref(),
            Some("sid")
        );
        assert_eq!(check("http secure headers", "X-Frame-Options is not set").as_deref(), Some("X-Frame-Options"));
        assert_eq!(check("sql injection", "SQL Injection: x"), None);
    }
}
