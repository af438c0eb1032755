//! The rules that come with Scanhelm, as far as people ask for them: those of the web check, and files for scanners that
//! have none of their own. These are our own files in our own layout (`rules/semgrep`), so they are read line by line and
//! no YAML reader is needed; a test reads all of them.

use scanhelm_core::Severity;

use crate::scanners::shipped_rule_files;
use crate::web_check;

/// A rule that is known before anything was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShippedRule {
    pub scanner: &'static str,
    pub id: String,
    pub title: Option<&'static str>,
    /// Empty for what is no rule about source.
    pub languages: String,
    /// The scanner's own word.
    pub severity: String,
    /// What that word means; `None` where its findings say it.
    pub rating: Option<Severity>,
    /// What is wrong, and what to do instead unless the solution says it.
    pub message: String,
    pub solution: Option<&'static str>,
    pub reference: Option<&'static str>,
    /// Number and name: `CWE-78: Improper Neutralization ...`.
    pub weaknesses: Vec<String>,
}

/// All of them: those in files in the order of these, then those of the web check.
#[must_use]
pub fn shipped_rules() -> Vec<ShippedRule> {
    rules_in_files().chain(web_check::RULES.iter().map(|rule| of_web_check(rule))).collect()
}

fn of_web_check(rule: &web_check::Rule) -> ShippedRule {
    let (number, name) = rule.weakness;
    ShippedRule {
        scanner: web_check::ID,
        id: rule.id.to_owned(),
        title: Some(rule.title),
        languages: String::new(),
        severity: rule.severity.to_string(),
        rating: Some(rule.severity),
        message: rule.why.to_owned(),
        solution: Some(rule.what_to_do),
        reference: Some(rule.reference),
        weaknesses: vec![format!("CWE-{number}: {name}")],
    }
}

fn rules_in_files() -> impl Iterator<Item = ShippedRule> {
    shipped_rule_files().flat_map(|(scanner, text)| rules_of(scanner, text))
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
        let rules: Vec<ShippedRule> = rules_in_files().collect();
        let written: usize = shipped_rule_files().map(|(_, text)| text.matches("- id:").count()).sum();
        assert_eq!((rules.len(), rules.len() >= 20), (written, true));
        for rule in rules {
            assert!(rule.message.len() > 40 && !rule.message.contains("  "), "{rule:?}");
            assert!(rule.weaknesses.iter().all(|name| name.starts_with("CWE-") && name.contains(": ")), "{rule:?}");
            assert!(![rule.languages.is_empty(), rule.severity.is_empty(), rule.weaknesses.is_empty()].contains(&true));
        }
    }
}
