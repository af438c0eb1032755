//! CVSS scores as scanners give them: each version with its own vector and score.

use scanhelm_core::Severity;
use scanhelm_core::finding::CvssScore;

/// Keeps a score unless one of its version is there already: scanners list the most trusted source first.
pub(crate) fn push_score(scores: &mut Vec<CvssScore>, version: &str, vector: Option<&str>, score: Option<f64>) {
    let vector = vector.map(str::trim).filter(|vector| !vector.is_empty());
    let score = score.filter(|score| (0.0..=10.0).contains(score) && (*score > 0.0 || vector.is_some()));
    if vector.is_none() && score.is_none() {
        return;
    }
    let version = vector.and_then(version_of).unwrap_or(version);
    if version.is_empty() || scores.iter().any(|known| known.version == version) {
        return;
    }
    scores.push(CvssScore { version: version.to_owned(), vector: vector.map(str::to_owned), score });
}

/// The version that a vector names; those of 2.0 name none.
fn version_of(vector: &str) -> Option<&'static str> {
    let vector = vector.trim_start_matches('(');
    if !vector.starts_with("CVSS:") && !vector.contains("/Au:") {
        // Only vectors of 2.0 have no prefix by right; some tools leave it out of others too.
        return None;
    }
    [("CVSS:4.0/", "4.0"), ("CVSS:3.1/", "3.1"), ("CVSS:3.0/", "3.0"), ("AV:", "2.0")]
        .into_iter()
        .find_map(|(start, version)| vector.starts_with(start).then_some(version))
}

/// The severity that a vector stands for, for scanners that give nothing else. `None` if it is broken or incomplete.
pub(crate) fn severity_of_vector(vector: &str) -> Option<Severity> {
    let score = vector.trim().parse::<cvss::Cvss>().ok()?.score();
    // An incomplete vector has the score nought too.
    (score > 0.0).then(|| Severity::from_cvss(score))
}

/// The severity of the newest score that is there.
pub(crate) fn severity_of_scores(scores: &[CvssScore]) -> Option<Severity> {
    let newest = scores.iter().filter(|score| score.score.is_some()).max_by(|a, b| a.version.cmp(&b.version));
    newest
        .and_then(|score| score.score)
        .map(Severity::from_cvss)
        .or_else(|| scores.iter().find_map(|score| severity_of_vector(score.vector.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_score_of_each_version_the_first_one() {
        let mut scores = vec![];
        push_score(&mut scores, "3", Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), Some(9.8));
        push_score(&mut scores, "3.1", None, Some(5.0));
        push_score(&mut scores, "2.0", Some("AV:N/AC:L/Au:N/C:P/I:P/A:P"), Some(7.5));
        push_score(&mut scores, "4.0", None, Some(11.0));
        push_score(&mut scores, "4.0", None, Some(0.0));
        let versions: Vec<_> = scores.iter().map(|score| (score.version.as_str(), score.score)).collect();
        assert_eq!(versions, [("3.1", Some(9.8)), ("2.0", Some(7.5))]);
        assert_eq!(severity_of_scores(&scores), Some(Severity::Critical));
        assert_eq!(severity_of_vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"), Some(Severity::High));
        assert_eq!(
            severity_of_vector("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
            Some(Severity::Critical)
        );
        assert_eq!((severity_of_vector("CVSS:3.1/AV:N/AC:L"), severity_of_vector("odd")), (None, None));
    }
}
