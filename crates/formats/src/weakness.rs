//! CVE and CWE numbers in the many ways that reports spell them.

/// Every CVE in the text, upper-case, in order, once: `BDSA-2020-1001 (CVE-2020-11022)`, `cve-2021-3807-debian`.
pub(crate) fn cves_in(text: &str, into: &mut Vec<String>) {
    for_each_number(text, "cve-", |rest| {
        let year = rest.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
        let number = leading_digits(rest.get(4..)?.strip_prefix('-')?);
        if (4..=12).contains(&number.len()) {
            push_new(into, format!("CVE-{year}-{number}"));
        }
        Some(())
    });
}

/// Every CWE in the text, in order, once: `CWE-79: ...`, `external/cwe/cwe-079`, `CWE:327`, `CWE-119!/CWE-120`.
pub(crate) fn cwes_in(text: &str, into: &mut Vec<u32>) {
    for_each_number(text, "cwe", |rest| {
        let digits = leading_digits(rest.strip_prefix(['-', ':', '_', '/', ' ']).unwrap_or(rest));
        push_new(into, digits.parse().ok().filter(|number| *number > 0)?);
        Some(())
    });
}

fn for_each_number(text: &str, prefix: &str, mut found: impl FnMut(&str) -> Option<()>) {
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices(prefix) {
        if let Some(rest) = lower.get(at + prefix.len()..) {
            found(rest);
        }
    }
}

fn leading_digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

pub(crate) fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cves_in_every_spelling() {
        let mut cves = vec![];
        cves_in("BDSA-2020-1001 (CVE-2020-11022), cve-2021-3807-debian CVE-20 CVE-2020-1 é CVE-2020-11022", &mut cves);
        assert_eq!(cves, ["CVE-2020-11022", "CVE-2021-3807"]);
    }

    #[test]
    fn cwes_in_every_spelling() {
        let mut cwes = vec![];
        cwes_in("external/cwe/cwe-079 CWE-119!/CWE-120 CWE:327 cwe-0 CWE-x cwe/22", &mut cwes);
        assert_eq!(cwes, [79, 119, 120, 327, 22]);
    }
}
