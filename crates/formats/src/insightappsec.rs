//! Rapid7 InsightAppSec: vulnerabilities as its API answers them, one or a page of them (`GET /vulnerabilities`, `POST /search`).
//!
//! Decisions a reader of findings should know:
//! - **The rule** is the module that found it; the vulnerability itself names no other. Its variances (the attacks that
//!   showed it) come and go, so they are evidence.
//! - **Severity** `SAFE` says that an attack did no harm: no finding. So are those that were remediated, and duplicates.
//!   What a person marked as false positive or ignored is read with that mark.
//! - **Nothing is closed**: a page is what was asked for.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::gathered::bare;
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{field, lines, push_score, severity_or_reason};
use crate::prose::paragraphs;
use crate::report::cut;
use crate::sample::Sample;
use crate::site::{page, site};

pub(crate) const FORMAT: Format = Format {
    id: "insightappsec",
    name: "InsightAppSec vulnerabilities JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

const SCANNER: &str = "insightappsec";
/// Bytes of a request or response that are shown.
const LONGEST: usize = 16 * 1024;

fn recognises(sample: &Sample) -> bool {
    ["data[].", ""].iter().any(|at| {
        let has = |name: &str| sample.has_json(&format!("{at}{name}"));
        has("root_cause") && has("app.id") && has("severity")
    })
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let alone = input.sample.has_json("root_cause");
    records::reader(input.content, Vulnerabilities { alone }, &options.limits)
}

struct Vulnerabilities {
    /// The document is one vulnerability.
    alone: bool,
}

impl Layout for Vulnerabilities {
    fn step(&self, path: &str) -> Step {
        match path {
            "" if self.alone => Step::Record,
            "" | "data" => Step::Enter,
            "data[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, _: &Sections) -> Result<Beginning, String> {
        Ok(Beginning::by(SCANNER))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let mark = match field::text(&entry, "status").unwrap_or("UNREVIEWED") {
            "UNREVIEWED" | "VERIFIED" => None,
            "FALSE_POSITIVE" => Some("Marked in InsightAppSec as false positive"),
            "IGNORED" => Some("Marked in InsightAppSec as ignored"),
            "REMEDIATED" | "DUPLICATE" => return Ok(vec![]),
            other => return Err(format!("`{}` is no status of InsightAppSec", single_line(other, 60))),
        };
        let word = field::needed(&entry, "severity")?;
        if word == "SAFE" {
            return Ok(vec![]);
        }
        let severity = severity_or_reason(word, "InsightAppSec")?;
        finding(&entry, word, severity, mark).map(|finding| vec![finding])
    }
}

fn finding(entry: &Value, word: &str, severity: Severity, mark: Option<&str>) -> Result<FindingRecord, String> {
    let modules = field::list(entry, "variances").filter_map(|variance| field::text(variance, "module.id"));
    let rule = modules.min().ok_or("none of its variances names a module, so nothing says what it is")?;
    let address = field::needed(entry, "root_cause.url")?;
    let url = page(address).ok_or_else(|| format!("`{}` is no web address", single_line(address, 64)))?;
    let told = field::list(entry, "variances").find_map(|variance| field::text(variance, "message"));
    let title = told.map_or_else(|| format!("InsightAppSec module {rule}"), |message| single_line(message, 300));
    let location = Location::Web {
        method: field::text(entry, "root_cause.method").map(str::to_owned),
        // The word that stands for none.
        parameter: field::text(entry, "root_cause.parameter").filter(|name| *name != "Unnamed").map(str::to_owned),
        url: url.clone(),
    };
    let mut finding = bare(SCANNER, rule, title, severity, &site(&url), location);
    finding.vendor_severity = Some(word.to_owned());
    if let Some(vector) = field::text(entry, "vector_string").filter(|vector| vector.starts_with("AV:")) {
        let vector = format!("CVSS:3.1/{vector}");
        push_score(&mut finding.cvss, "3.1", Some(&vector), field::number(entry, "vulnerability_score"));
    }
    finding.description = field::list(entry, "variances")
        .find_map(|variance| field::text(variance, "proof_description"))
        .map(str::to_owned);
    finding.evidence = paragraphs([mark.unwrap_or_default().to_owned(), shown(entry)]);
    finding.references = field::text(entry, "insight_ui_url").into_iter().map(str::to_owned).collect();
    // Its times are UTC and do not say so.
    finding.seen_at = field::text(entry, "last_discovered").and_then(|time| Timestamp::parse(&format!("{time}Z")));
    Ok(finding)
}

/// The first variance that shows something.
fn shown(entry: &Value) -> String {
    let of = |variance: &Value, path: &str| field::text(variance, path).map(|text| cut(text, LONGEST).into_owned());
    let show = |variance: &Value| {
        let attack = field::list(variance, "attack_exchanges").next().unwrap_or(variance);
        lines(&[
            ("Attack", of(variance, "attack_value").as_deref()),
            ("Proof", of(variance, "proof").as_deref()),
            ("Request", of(attack, "request").as_deref()),
        ])
    };
    field::list(entry, "variances").find_map(show).unwrap_or_default()
}
