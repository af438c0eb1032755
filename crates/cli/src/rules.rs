//! `scanhelm rules explain`: what is known of a rule on this machine, without asking anybody.
//!
//! Most scanners tell about a rule only in the findings that it makes, so a result is the best source there is. The
//! rules that come with Scanhelm are known without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::{clean, single_line};

use crate::exit::{self, Exit};
use crate::scan::ResultFile;
use scanhelm_core::text::nearest;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm rules explain scanhelm-python-shell-command
  scanhelm rules explain B602 --results result.json
  scanhelm rules explain B602 --scanner bandit --results result.json

`scanhelm scan . --output-file result.json` writes such a result.";

const PLACES_SHOWN: usize = 20;
const LONGEST_TEXT: usize = 4000;

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// What a rule finds, how bad it is, what to do, and where it was found
    #[command(after_help = EXAMPLES)]
    Explain(ExplainArguments),
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// Id of the rule as findings name it
    rule: String,
    /// Only of this scanner
    #[arg(long, value_name = "ID")]
    scanner: Option<String>,
    /// Result of a scan in Scanhelm's JSON; without it only the rules that come with Scanhelm are known
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

/// What is known of one rule of one scanner.
#[derive(Debug, Default)]
struct Rule {
    titles: BTreeSet<String>,
    severities: BTreeSet<Severity>,
    languages: Option<String>,
    descriptions: BTreeSet<String>,
    solutions: BTreeSet<String>,
    weaknesses: BTreeMap<u32, Option<String>>,
    references: BTreeSet<String>,
    places: BTreeSet<String>,
}

/// By scanner and id.
type Rules = BTreeMap<(String, String), Rule>;

pub(crate) fn run(command: &RulesCommand) -> Exit {
    let RulesCommand::Explain(arguments) = command;
    match known(arguments).and_then(|rules| explained(arguments, &rules)) {
        Ok(text) => exit::printed(&text),
        Err(error) => exit::refused(&error),
    }
}

fn known(arguments: &ExplainArguments) -> Result<Rules, String> {
    let mut rules = Rules::new();
    for shipped in scanhelm_runner::shipped_rules() {
        let rule = rules.entry((shipped.scanner.to_owned(), shipped.id)).or_default();
        rule.titles.extend(shipped.title.map(str::to_owned));
        rule.severities.extend(shipped.rating);
        rule.languages = Some(shipped.languages).filter(|languages| !languages.is_empty());
        rule.solutions.extend(shipped.solution.map(str::to_owned));
        rule.references.extend(shipped.reference.map(str::to_owned));
        rule.descriptions.insert(shipped.message);
        rule.weaknesses.extend(shipped.weaknesses.iter().filter_map(|weakness| {
            let (number, name) = weakness.strip_prefix("CWE-")?.split_once(": ")?;
            Some((number.parse().ok()?, Some(name.to_owned())))
        }));
    }
    if let Some(path) = &arguments.results {
        for finding in ResultFile::read(path)?.findings {
            let record = finding.record;
            rules.entry((record.scanner.clone(), record.rule_id.clone())).or_default().add(record);
        }
    }
    Ok(rules)
}

impl Rule {
    fn add(&mut self, record: FindingRecord) {
        let place = record.location.label();
        self.places.insert(if place.is_empty() { record.asset.name.clone() } else { place });
        self.titles.insert(record.title);
        self.severities.insert(record.severity);
        self.descriptions.extend(record.description);
        self.solutions.extend(record.solution);
        self.references.extend(record.references);
        for number in record.cwes {
            self.weaknesses.entry(number).or_default();
        }
    }
}

fn explained(arguments: &ExplainArguments, rules: &Rules) -> Result<String, String> {
    let of_scanner = |scanner: &str| arguments.scanner.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(scanner));
    let candidates: Vec<_> = rules.iter().filter(|((scanner, _), _)| of_scanner(scanner)).collect();
    let asked = candidates.iter().filter(|((_, id), _)| id.eq_ignore_ascii_case(arguments.rule.trim()));
    let texts: Vec<String> = asked.map(|((scanner, id), rule)| shown(scanner, id, rule)).collect();
    if !texts.is_empty() {
        return Ok(texts.join("\n"));
    }
    let name = single_line(&arguments.rule, 200);
    let near = nearest(&arguments.rule, candidates.iter().map(|((_, id), _)| id.as_str()));
    let near = near.map(|near| format!("; did you mean `{}`?", single_line(near, 200))).unwrap_or_default();
    let more = match arguments.results {
        Some(_) => "",
        None => "; a result tells about rules of other scanners: --results FILE",
    };
    Err(format!("nothing is known of a rule `{name}`{near}{more}"))
}

fn shown(scanner: &str, id: &str, rule: &Rule) -> String {
    let mut text = format!("{} ({})\n", single_line(id, 300), single_line(scanner, 100));
    let mut line = |label: &str, words: &str| text.push_str(&format!("  {label:<12}{}\n", single_line(words, 500)));
    rule.titles.iter().take(3).for_each(|title| line("Title", title));
    let severities: Vec<String> = rule.severities.iter().rev().map(ToString::to_string).collect();
    if !severities.is_empty() {
        line("Severity", &severities.join(", "));
    }
    rule.languages.iter().for_each(|languages| line("Languages", languages));
    for (number, name) in &rule.weaknesses {
        let name = name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        line("Weakness", &format!("CWE-{number}{name} (https://cwe.mitre.org/data/definitions/{number}.html)"));
    }
    rule.references.iter().for_each(|reference| line("Reference", reference));
    for (label, texts) in [("What it finds", &rule.descriptions), ("What to do", &rule.solutions)] {
        for words in texts.iter().take(3) {
            text.push_str(&format!("\n{label}\n{}\n", paragraphs(words)));
        }
    }
    if !rule.places.is_empty() {
        text.push_str(&format!("\nFound at {} places\n", rule.places.len()));
        let places = rule.places.iter().take(PLACES_SHOWN);
        places.for_each(|place| text.push_str(&format!("  {}\n", single_line(place, 300))));
        if rule.places.len() > PLACES_SHOWN {
            text.push_str(&format!("  and {} more\n", rule.places.len() - PLACES_SHOWN));
        }
    }
    text
}

/// As the scanner wrote it, set in.
fn paragraphs(words: &str) -> String {
    let cleaned = clean(words, LONGEST_TEXT);
    cleaned.trim().lines().map(|line| format!("  {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}
