//! GitLab's code quality report: a bare list of Code Climate's issues, so it never closes anything. The fingerprint, which
//! the specification asks to stay, identifies.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed, read_list};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::package::field::{line, text, texts};
use crate::report::Reader;
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(super) const FORMAT: Format = Format {
    id: "gitlab-codequality",
    name: "GitLab code quality JSON (Code Climate)",
    extensions: &["json"],
    sniff: recognises,
    open,
};

fn recognises(sample: &Sample) -> bool {
    ["fingerprint", "description", "location.path", "severity"].iter().all(|key| sample.has_json(&format!("[].{key}")))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let path_of = |raw: &[u8]| text(&parsed::<Value>(raw).ok()?, "location.path").map(str::to_owned);
    let report = Gathered::of("code-quality");
    read_list(report, input, options, path_of, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let issue: Value = parsed(raw)?;
    let word = |path: &str| text(&issue, path).unwrap_or_default();
    let severity = match word("severity") {
        "blocker" => Severity::Critical,
        "critical" => Severity::High,
        "major" => Severity::Medium,
        "minor" => Severity::Low,
        "info" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of Code Climate")),
    };
    let description = filled(word("description")).ok_or("it has no description")?;
    let mut cves = vec![];
    cves_in(&description, &mut cves);
    let path = filled(word("location.path")).ok_or("it has no path")?;
    let start = line(&issue, "location.lines.begin").or_else(|| line(&issue, "location.positions.begin.line"));
    let location = Location::Code { path: place.tree.relative(&path), line: start, column: None, source: None };
    let rule = filled(word("check_name")).unwrap_or_else(|| "issue".to_owned());
    Ok(FindingRecord {
        vendor_severity: filled(word("severity")),
        check: filled(word("fingerprint")),
        cves,
        family: filled(texts(&issue, "categories").join(", ")),
        description: filled(text(&issue, "content.body").unwrap_or(word("content"))),
        ..bare(
            text(&issue, "engine_name").unwrap_or("code-quality"),
            rule,
            single_line(&description, 200),
            severity,
            &place.asset,
            location,
        )
    })
}
