//! Scores as reports write them.

use scanhelm_core::finding::CvssScore;
use scanhelm_core::text::single_line;

/// A score of a vector such as `CVSS:3.1/AV:N/...` or, for version 2, `AV:N/AC:L/...`, with or without parentheses.
/// `None` where neither is there.
pub(crate) fn cvss(vector: &str, score: Option<f64>) -> Option<CvssScore> {
    let vector = vector.trim().trim_start_matches('(').trim_end_matches(')').trim();
    let score = score.filter(|score| (0.0..=10.0).contains(score));
    if vector.is_empty() && score.is_none() {
        return None;
    }
    let version = vector.strip_prefix("CVSS:").and_then(|rest| rest.split('/').next()).unwrap_or("2.0");
    Some(CvssScore {
        version: single_line(version, 10),
        vector: Some(single_line(vector, 300)).filter(|vector| !vector.is_empty()),
        score,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_names_its_version() {
        let version = |vector: &str| cvss(vector, Some(5.0)).map(|score| score.version);
        assert_eq!(version("CVSS:3.1/AV:N").as_deref(), Some("3.1"));
        assert_eq!(version("CVSS:4.0/AV:N").as_deref(), Some("4.0"));
        assert_eq!(version("(AV:N/AC:L/Au:N/C:N/I:N/A:P)").as_deref(), Some("2.0"));
        assert_eq!(cvss("(AV:N)", None).unwrap().vector.as_deref(), Some("AV:N"));
        assert_eq!((cvss(" ", None), cvss("", Some(11.0))), (None, None));
        assert_eq!(cvss("AV:N", Some(f64::NAN)).unwrap().score, None);
    }
}
