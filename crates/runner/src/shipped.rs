//! The rules that come with Scanhelm, as far as people ask for them. They are our own files in our own layout
//! (`rules/semgrep`), so they are read line by line and no YAML reader is needed; a test reads all of them.

use crate::scanners::shipped_rule_files;

/// A rule of a scanner that has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShippedRule {
    pub scanner: &'static str,
    pub id: String,
    pub languages: String,
    /// The scanner's own word.
    pub severity: String,
    /// What is wrong and what to do instead.
    pub message: String,
    /// Number and name: `CWE-78: Improper Neutralization ...`.
    pub weaknesses: Vec<String>,
}

/// All of them, in the order of their files.
#[must_use]
pub fn shipped_rules() -> Vec<ShippedRule> {
    shipped_rule_files().flat_map(|(scanner, text)| rules_of(scanner, text)).collect()
}

fn rules_of(scanner: &'static str, text: &str) -> Vec<ShippedRule> {
    let mut rules: Vec<ShippedRule> = Vec::new();
    let mut in_message = false;
    for line in text.lines() {
        if let Some(id) = line.strip_prefix("  - id: ") {
            rules.push(ShippedRule { scanner, id: id.trim().to_owned(), ..ShippedRule::default() });
            continue;
        }
        let Some(rule) = rules.last_mut() else { continue };
        if in_message && let Some(words) = line.strip_prefix("      ") {
            let blank = if rule.message.is_empty() { "" } else { " " };
            rule.message.push_str(&format!("{blank}{}", words.trim()));
            continue;
        }
        in_message = line == "    message: >-";
        if let Some(languages) = line.strip_prefix("    languages: ") {
            rule.languages = languages.trim_matches(['[', ']']).to_owned();
        } else if let Some(words) = line.strip_prefix("    message: ").filter(|_| !in_message) {
            rule.message = words.trim().to_owned();
        } else if let Some(severity) = line.strip_prefix("    severity: ") {
            rule.severity = severity.trim().to_owned();
        } else if let Some(list) = line.strip_prefix("      cwe: ") {
            let quoted = list.split('"').skip(1).step_by(2);
            rule.weaknesses = quoted.map(str::to_owned).collect();
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_shipped_says_what_is_wrong_and_which_weakness_it_is() {
        let rules = shipped_rules();
        let written: usize = shipped_rule_files().map(|(_, text)| text.matches("- id:").count()).sum();
        assert_eq!((rules.len(), rules.len() >= 20), (written, true));
        for rule in rules {
            assert!(rule.message.len() > 40 && !rule.message.contains("  "), "{rule:?}");
            assert!(rule.weaknesses.iter().all(|name| name.starts_with("CWE-") && name.contains(": ")), "{rule:?}");
            assert!(![rule.languages.is_empty(), rule.severity.is_empty(), rule.weaknesses.is_empty()].contains(&true));
        }
    }
}
