//! CVSS scores computed from their vectors, so that they can be compared: what a scanner or a database writes beside a
//! vector may be of another version, rounded or overridden. The vendor's numbers are kept apart.
//!
//! The arithmetic is the `cvss` crate's (FIRST, CVSS v2.0, v3.0, v3.1 and v4.0); here is only what counts as a vector.
//! Versions 2 and 3 are computed from their base metrics; threat and environment count in version 4, whose
//! specification has one equation for all.

use serde::{Deserialize, Serialize};

/// Longer texts are no vectors: one of version 4 with every metric has fewer than 250 characters.
const LONGEST: usize = 400;

/// The metrics without which a vector means nothing, by the beginning that tells its version. The last is version 2,
/// which names none.
const MANDATORY: [(&str, &str, &[&str]); 4] = [
    ("CVSS:4.0/", "4.0", &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]),
    ("CVSS:3.1/", "3.1", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
    ("CVSS:3.0/", "3.0", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
    ("", "2.0", &["AV", "AC", "Au", "C", "I", "A"]),
];

/// A vector and its score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputedScore {
    /// `2.0`, `3.0`, `3.1`, `4.0`.
    pub version: String,
    /// Without parentheses and prefixes that no specification knows.
    pub vector: String,
    /// 0 to 100: ten times the score.
    pub tenths: u8,
}

impl ComputedScore {
    /// 0.0 to 10.0.
    #[must_use]
    pub fn score(&self) -> f64 {
        f64::from(self.tenths) / 10.0
    }
}

/// The score of a vector; `None` for what is not a whole vector of a known version.
#[must_use]
pub fn compute(text: &str) -> Option<ComputedScore> {
    let vector = text.trim().trim_start_matches('(').trim_end_matches(')');
    // Nessus writes `CVSS2#AV:N/...`; others give version 2 the prefix that it has not.
    let vector = ["CVSS2#", "CVSS:2.0/"].iter().find_map(|odd| vector.strip_prefix(odd)).unwrap_or(vector);
    if vector.len() > LONGEST || !vector.is_ascii() {
        return None;
    }
    let (prefix, version, mandatory) = MANDATORY.into_iter().find(|(prefix, ..)| vector.starts_with(prefix))?;
    let metrics: Vec<&str> =
        vector.strip_prefix(prefix)?.split('/').filter_map(|part| Some(part.split_once(':')?.0)).collect();
    // One that lacks a metric would be given the score nought.
    if !mandatory.iter().all(|metric| metrics.contains(metric)) {
        return None;
    }
    let score = vector.parse::<cvss::Cvss>().ok()?.score();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100 after the check")]
    let tenths = (0.0..=10.0).contains(&score).then(|| (score * 10.0).round() as u8)?;
    Some(ComputedScore { version: version.to_owned(), vector: vector.to_owned(), tenths })
}

/// The score that speaks for several vectors: of the newest version, and within it the highest. The order in which they
/// come does not matter.
pub fn leading<'a>(vectors: impl IntoIterator<Item = &'a str>) -> Option<ComputedScore> {
    let order = |score: &ComputedScore| (score.version.clone(), score.tenths, std::cmp::Reverse(score.vector.clone()));
    vectors.into_iter().filter_map(compute).max_by_key(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tenths(vector: &str) -> Option<u8> {
        compute(vector).map(|score| score.tenths)
    }

    /// The worked examples that FIRST publishes with each specification.
    #[test]
    fn the_specifications_examples() {
        let examples = [
            // CVSS v2.0 complete guide, 3.3: CVE-2002-0392, CVE-2003-0818, CVE-2003-0062.
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 78),
            ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 100),
            ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 62),
            // CVSS v3.0 and v3.1 examples: CVE-2013-1937, CVE-2013-0375, CVE-2014-3566, CVE-2012-1516, CVE-2014-0160,
            // CVE-2014-6271, CVE-2009-0658.
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61),
            ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 64),
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 31),
            ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 99),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 75),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98),
            ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 78),
            // CVSS v4.0 examples: CVE-2022-41741, CVE-2020-3549, CVE-2023-3089, CVE-2021-44714, CVE-2022-22186,
            // CVE-2023-21989, CVE-2021-44228, CVE-2013-6014, CVE-2014-0160.
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 73),
            ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 77),
            ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", 83),
            ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N", 46),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:L/SA:N", 69),
            ("CVSS:4.0/AV:L/AC:L/AT:N/PR:H/UI:N/VC:N/VI:N/VA:N/SC:H/SI:N/SA:N", 59),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 100),
            ("CVSS:4.0/AV:A/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:H/SI:N/SA:H", 64),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", 87),
        ];
        for (vector, score) in examples {
            assert_eq!(tenths(vector), Some(score), "{vector}");
        }
    }

    #[test]
    fn only_whole_vectors_count() {
        assert_eq!(tenths("(AV:N/AC:L/Au:N/C:P/I:P/A:P)"), Some(75));
        assert_eq!(tenths("CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P"), Some(75));
        assert_eq!(tenths("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), Some(0));
        for broken in ["", "CVSS:3.1/AV:N/AC:L", "CVSS:9.9/AV:N", "AV:N/AC:L/Au:N/C:P/I:P", "9.8", "CVSS:3.1/AV:é"] {
            assert_eq!(tenths(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_newest_version_speaks_whatever_the_order() {
        let (old, new, higher) = (
            "AV:N/AC:L/Au:N/C:C/I:C/A:C",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        );
        assert_eq!(leading([old, new, higher]).unwrap().tenths, 98);
        assert_eq!(leading([higher, "odd", new, old]), leading([old, new, higher]));
        assert_eq!(leading(["odd"]), None);
    }

    proptest! {
        #[test]
        fn hostile_texts_are_no_vectors(text in "(CVSS:[234]\\.[01]/)?[A-Za-z:/.#()é]{0,80}") {
            prop_assert!(compute(&text).is_none_or(|score| score.tenths <= 100));
        }
    }
}
