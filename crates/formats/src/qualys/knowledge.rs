//! What Qualys knows about a QID, whichever document tells it.

use scanhelm_core::finding::CvssScore;

use super::said;
use crate::weakness::{cves_in, push_new};

#[derive(Clone, Debug, Default)]
pub(super) struct Knowledge {
    pub(super) title: Option<String>,
    /// 1 to 5.
    pub(super) severity: Option<u8>,
    pub(super) category: Option<String>,
    pub(super) cves: Vec<String>,
    threat: Option<String>,
    impact: Option<String>,
    pub(super) solution: Option<String>,
    references: Vec<String>,
    cvss2: Option<CvssScore>,
    cvss3: Option<CvssScore>,
}

impl Knowledge {
    /// Takes one field by any of the names that Qualys gives it; in XML its path.
    pub(super) fn set(&mut self, field: &str, value: &str) {
        let Some(value) = said(value) else { return };
        let text = || Some(value.to_owned());
        let name: String = field.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.to_ascii_lowercase().as_str() {
            "title" => self.title = text(),
            "severity" | "severitylevel" => self.severity = value.parse().ok().filter(|level| (1..=5).contains(level)),
            "category" => self.category = text(),
            "threat" | "diagnosis" => self.threat = text(),
            "impact" | "consequence" => self.impact = text(),
            "solution" => self.solution = text(),
            "cveid" | "cve" | "cveidlist/cveid/id" | "cvelist/cve/id" => cves_in(value, &mut self.cves),
            "vendorreference" | "vendorreferencelist/vendorreference/url" => {
                for reference in value.split(',').filter_map(said) {
                    push_new(&mut self.references, reference.to_owned());
                }
            }
            "cvssbase" | "cvssscore/cvssbase" | "cvssv2basenvd" => self.cvss2 = score("2.0", value),
            "cvss3base" | "cvss3score/cvss3base" => self.cvss3 = score("3.0", value),
            "cvssv31basenvd" => self.cvss3 = score("3.1", value),
            _ => {}
        }
    }

    pub(super) fn description(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.threat, &self.impact].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    }

    pub(super) fn references(&self) -> Vec<String> {
        self.references.clone()
    }

    pub(super) fn cvss(&self) -> Vec<CvssScore> {
        [&self.cvss2, &self.cvss3].into_iter().flatten().cloned().collect()
    }

    /// Bytes that it takes to keep.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.title, &self.category, &self.threat, &self.impact, &self.solution];
        let lists = self.cves.iter().chain(&self.references);
        size_of::<Self>() + texts.into_iter().flatten().chain(lists).map(String::len).sum::<usize>()
    }
}

/// `8.1`, `8.1 (AV:N/AC:H/...)`.
fn score(version: &str, text: &str) -> Option<CvssScore> {
    let (number, vector) = text.split_once('(').unwrap_or((text, ""));
    let score = number.trim().parse().ok().filter(|score| (0.0..=10.0).contains(score))?;
    let vector = vector.trim_end().strip_suffix(')').and_then(said).map(|vector| match version {
        "2.0" => vector.to_owned(),
        version => format!("CVSS:{version}/{vector}"),
    });
    Some(CvssScore { version: version.to_owned(), vector, score: Some(score) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_with_and_without_their_vector() {
        let with = score("3.0", "8.1 (AV:N/AC:H)").unwrap();
        assert_eq!((with.score, with.vector.as_deref()), (Some(8.1), Some("CVSS:3.0/AV:N/AC:H")));
        assert_eq!(score("2.0", "5.0 (AV:N)").unwrap().vector.as_deref(), Some("AV:N"));
        assert_eq!(score("3.0", "7.3").unwrap().vector, None);
        assert_eq!((score("3.0", "-"), score("3.0", "11"), score("3.0", "NaN")), (None, None, None));
    }
}
