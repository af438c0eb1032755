//! The rules that stand for weaknesses are those of real reports, spelled as the readers spell them.

use std::collections::BTreeSet;

use scanhelm_core::compliance::{Reading, Rules, Tag};

use crate::corpus_code::whole;

/// Real reports of scanners that are in the table.
const REPORTS: [&str; 21] = [
    "local/betterleaks/sample.json",
    "local/cargo-audit/sample.json",
    "local/checkov/sample.json",
    "local/cpan-audit/sample.json",
    "local/detect-secrets/sample.json",
    "local/gitleaks-sarif/sample.sarif",
    "local/kingfisher-sarif/sample.sarif",
    "local/lynis/sample.dat",
    "local/npm-audit-local/sample.json",
    "local/pip-audit-local-osv/sample.json",
    "local/retire/sample.json",
    "local/safety-1.10.3/sample.json",
    "local/secretlint/sample.sarif",
    "local/ssh-audit/sample.json",
    "local/sslscan/sample.xml",
    "local/sslyze/sample.json",
    "local/testssl/sample.json",
    "local/trivy-config/sample.json",
    "local/trufflehog3/sample.json",
    "trivy/dd_trivy_kubernetes.json",
    "trivy/scb_local-k8s-scan-result.json",
];

#[test]
fn the_rules_that_give_tags_are_rules_of_real_reports() {
    let mut reported = BTreeSet::new();
    for path in REPORTS {
        let Some(report) = whole(path) else { return };
        let rules: BTreeSet<_> = report.findings.into_iter().map(|found| (found.scanner, found.rule_id)).collect();
        let tagged = |(scanner, rule): &(String, String)| !Tag::of(&[], [(scanner.as_str(), rule.as_str())]).is_empty();
        assert!(rules.iter().any(tagged), "{path}: {rules:?}");
        reported.extend(rules);
    }
    for reading in Reading::all() {
        if let (Rules::Named(names), "checkov" | "lynis" | "trivy") = (&reading.rules, reading.scanner) {
            for name in *names {
                assert!(
                    reported.contains(&(reading.scanner.to_owned(), (*name).to_owned())),
                    "{} {name}",
                    reading.scanner
                );
            }
        }
    }
}
