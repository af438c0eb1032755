//! What a check means.

use scanhelm_core::Severity;
use scanhelm_core::finding::CvssScore;
use scanhelm_core::text::single_line;

use super::severity;
use crate::cvss::cvss;
use crate::prose::paragraphs;
use crate::weakness::{cves_in, push_new};
use crate::xml::Element;

#[derive(Debug)]
pub(super) struct Definition {
    pub(super) title: String,
    /// With Rapid7's own words, or why it has none.
    pub(super) severity: Result<(Severity, String), String>,
    pub(super) cves: Vec<String>,
    pub(super) cvss: Vec<CvssScore>,
    pub(super) family: Option<String>,
    pub(super) description: Option<String>,
    pub(super) solution: Option<String>,
    pub(super) references: Vec<String>,
}

impl Definition {
    /// Of a `<vulnerability>`.
    pub(super) fn of(element: &Element) -> Self {
        let (mut cves, mut references) = (vec![], vec![]);
        for reference in element.at("references").into_iter().flat_map(|all| all.children_named("reference")) {
            let (source, text) = (reference.attribute("source"), reference.text.trim());
            match source.to_ascii_uppercase().as_str() {
                _ if text.is_empty() => {}
                "CVE" => cves_in(text, &mut cves),
                "URL" => push_new(&mut references, single_line(text, 2000)),
                _ => push_new(&mut references, single_line(&format!("{source}:{text}"), 2000)),
            }
        }
        let score = |name: &str| element.attribute(name).trim().parse::<f64>().ok();
        let old = cvss(element.attribute("cvssVector"), score("cvssScore"));
        let new = cvss(element.attribute("cvssV3Vector"), score("cvssV3Score"));
        let new = new.filter(|score| score.vector.is_some());
        let tags = element.at("tags").into_iter().flat_map(|tags| tags.children_named("tag"));
        let family: Vec<String> = tags.take(20).map(|tag| single_line(&tag.text, 60)).collect();
        Self {
            title: single_line(element.attribute("title"), 500),
            severity: severity(element.attribute("severity"), score("cvssScore")),
            cves,
            cvss: [old, new].into_iter().flatten().collect(),
            family: Some(family.join(", ")).filter(|family| !family.is_empty()),
            description: element.at("description").and_then(markup),
            solution: element.at("solution").and_then(markup),
            references,
        }
    }

    /// Bytes that it takes to keep.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.description, &self.solution, &self.family];
        let lists = self.cves.iter().chain(&self.references);
        size_of::<Self>() + self.title.len() + texts.into_iter().flatten().chain(lists).map(String::len).sum::<usize>()
    }
}

/// Rapid7's own markup as text: a paragraph or item a line.
pub(super) fn markup(element: &Element) -> Option<String> {
    let text = element.whole_text(&["URLLink"]);
    let lines: Vec<String> = text.lines().map(|line| single_line(line, 4000)).filter(|line| !line.is_empty()).collect();
    paragraphs([lines.join("\n")])
}
