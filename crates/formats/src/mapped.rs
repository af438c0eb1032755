//! JSON of a tool that Scanhelm does not know, read by a [`Mapping`]: whoever has the tool says where in its report what is.
//!
//! Its elements are one list somewhere in a document, the document itself, or one object a line. A mapping that does not
//! fit must not look like a clean result: without the list the report is refused, and a record without what identifies it
//! is rejected with the reason. Nothing here says that a scan looked at everything, so a report is never complete.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::io::Read;
use std::str::FromStr;

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::code_report::Place;
use crate::error::ReadError;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::network::{host, port, port_number};
use crate::options::ReadOptions;
use crate::report::{ReportItem, cut};
use crate::site::{page, site};
use crate::weakness::{cves_in, cwes_in, push_new};

/// Where a report has what. Paths but the first two are those within a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Lower-case name of the tool, for its findings.
    pub scanner: String,
    /// The list of findings; empty: the document is the list, or has one finding a line.
    pub findings: FieldPath,
    /// A list of what went wrong: with an entry the scan did not look at everything.
    pub problems: Option<FieldPath>,
    pub rule: FieldPath,
    /// Else the rule.
    pub title: Option<FieldPath>,
    pub severity: Option<FieldPath>,
    /// What the tool's words mean, in lower case. A word that is not here has to be one of ours.
    pub severities: BTreeMap<String, Severity>,
    /// Of a finding that has none.
    pub usual_severity: Option<Severity>,
    pub path: Option<FieldPath>,
    pub line: Option<FieldPath>,
    pub url: Option<FieldPath>,
    pub host: Option<FieldPath>,
    pub port: Option<FieldPath>,
    pub cwe: Option<FieldPath>,
    pub cve: Option<FieldPath>,
    pub description: Option<FieldPath>,
    pub remediation: Option<FieldPath>,
    pub reference: Option<FieldPath>,
}

/// Keys on the way to a value, outermost first. On the way a list stands for its elements, unless the key is a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl FromStr for FieldPath {
    type Err = Infallible;

    /// `runs.results`, `runs[].results` or the JSON pointer `/runs/results`, which can name keys with dots in them.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let keys: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(|key| key.trim_end_matches("[]").to_owned()).collect(),
        };
        Ok(Self(keys.into_iter().filter(|key| !key.is_empty()).collect()))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("."))
    }
}

impl FieldPath {
    fn values<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let step = |values: Vec<&'a Value>, key: &String| {
            let mut next = Vec::new();
            for value in values {
                match (value, key.parse::<usize>()) {
                    (Value::Array(items), Ok(place)) => next.extend(items.get(place)),
                    (Value::Array(items), Err(_)) => next.extend(items.iter().filter_map(|item| item.get(key))),
                    (other, _) => next.extend(other.get(key)),
                }
            }
            next
        };
        let mut values = self.0.iter().fold(vec![value], step);
        if let [Value::Array(items)] = values.as_slice() {
            values = items.iter().collect();
        }
        values
    }

    /// Texts and numbers there.
    fn words(&self, value: &Value) -> Vec<String> {
        let word = |value: &Value| match value {
            Value::String(text) => filled(text.trim()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        self.values(value).into_iter().filter_map(word).collect()
    }
}

/// Starts reading a report by a mapping. Its parts come in the order of a [`crate::Report`].
///
/// # Errors
/// When it is no JSON, is cut off, or lacks the list of findings.
pub fn read_mapped(
    input: Box<dyn Read + Send>,
    mapping: &Mapping,
    options: &ReadOptions,
) -> Result<impl Iterator<Item = Result<ReportItem, ReadError>> + use<>, ReadError> {
    let input = Input::open(input, &options.limits)?;
    let mut cursor = Cursor::new(input.content, &options.limits);
    let mut report = Gathered::of(&mapping.scanner);
    report.assets_of_findings_only = mapping.path.is_none();
    let findings = mapping.findings.0.as_slice();
    if findings.is_empty() && cursor.peek()? != Some(b'[') {
        while cursor.peek()?.is_some() {
            report.keep_next(0, &mut cursor)?;
        }
    } else {
        let problems = mapping.problems.iter().map(|path| (Wanted::Problems, path.0.as_slice()));
        let wanted: Vec<_> = problems.chain([(Wanted::Findings, findings)]).collect();
        if !walk(&mut cursor, &wanted, &mut report)? {
            return Err(cursor.malformed(format!("it holds no list `{}`", mapping.findings)));
        }
    }
    cursor.end()?;
    report.blind = !report.problems.is_empty() && report.kept() == 0;
    let (mapping, longest) = (mapping.clone(), options.limits.max_text);
    let turn = Box::new(move |_, raw: &[u8], place: &mut Place| vec![finding(&mapping, raw, place, longest)]);
    let mut reader = report.into_reader(options, turn)?;
    Ok(std::iter::from_fn(move || reader.next_item().transpose()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Findings,
    Problems,
}

/// Keeps what stands at the wanted paths below the cursor; says whether the list of findings was there.
fn walk<R: Read>(
    cursor: &mut Cursor<R>,
    wanted: &[(Wanted, &[String])],
    report: &mut Gathered,
) -> Result<bool, ReadError> {
    if let Some((what, _)) = wanted.iter().find(|(_, path)| path.is_empty()) {
        each_element(cursor, |cursor| match what {
            Wanted::Findings => report.keep_next(0, cursor),
            Wanted::Problems => {
                let problem: Value = cursor.value("what went wrong")?;
                let text = problem.as_str().map_or_else(|| problem.to_string(), str::to_owned);
                report.problems.add(&text);
                Ok(())
            }
        })?;
        return Ok(*what == Wanted::Findings);
    }
    let mut found = false;
    match cursor.peek()? {
        Some(b'{') => each_key(cursor, |key, cursor| {
            let split = wanted.iter().filter_map(|(what, path)| Some((*what, path.split_first()?)));
            let below: Vec<_> =
                split.filter(|(_, (first, _))| *first == key).map(|(what, (_, rest))| (what, rest)).collect();
            if below.is_empty() {
                return cursor.skip_value();
            }
            found |= walk(cursor, &below, report)?;
            Ok(())
        })?,
        Some(b'[') => each_element(cursor, |cursor| {
            if cursor.peek()? == Some(b'{') {
                found |= walk(cursor, wanted, report)?;
                return Ok(());
            }
            cursor.skip_value()
        })?,
        _ => cursor.skip_value()?,
    }
    Ok(found)
}

fn finding(mapping: &Mapping, raw: &[u8], place: &mut Place, longest: usize) -> Result<FindingRecord, String> {
    let value: Value = parsed(raw)?;
    if !value.is_object() {
        return Err("it is no object".to_owned());
    }
    let words = |path: &Option<FieldPath>| path.iter().flat_map(|path| path.words(&value)).collect::<Vec<_>>();
    let text = |path: &Option<FieldPath>| words(path).into_iter().next();
    let long = |path: &Option<FieldPath>| filled(cut(&words(path).join("\n"), longest));
    let rule = mapping.rule.words(&value).into_iter().next();
    let rule = single_line(&rule.ok_or_else(|| format!("it has no `{}`, which is its rule", mapping.rule))?, 300);
    let word = text(&mapping.severity);
    let severity = severity(mapping, word.as_deref())?;
    let (asset, location) = located(mapping, &value, place)?;
    let (mut cves, mut cwes) = (vec![], vec![]);
    words(&mapping.cve).iter().for_each(|word| cves_in(word, &mut cves));
    for word in words(&mapping.cwe) {
        match word.parse::<u32>() {
            Ok(number) if number > 0 => push_new(&mut cwes, number),
            _ => cwes_in(&word, &mut cwes),
        }
    }
    let title = text(&mapping.title).map(|title| single_line(&title, 500)).and_then(filled);
    Ok(FindingRecord {
        vendor_severity: word.map(|word| single_line(&word, 60)),
        cves,
        cwes,
        description: long(&mapping.description),
        solution: long(&mapping.remediation),
        references: words(&mapping.reference).iter().map(|reference| single_line(reference, 2000)).collect(),
        ..bare(&mapping.scanner, rule.clone(), title.unwrap_or(rule), severity, &asset, location)
    })
}

fn severity(mapping: &Mapping, word: Option<&str>) -> Result<Severity, String> {
    let Some(word) = word else {
        return mapping.usual_severity.ok_or_else(|| "it has no severity, and there is no usual one".to_owned());
    };
    let known = mapping.severities.get(&word.to_lowercase()).copied().or_else(|| word.parse().ok());
    known.ok_or_else(|| format!("`{}` is no severity that the mapping knows", single_line(word, 60)))
}

/// A file, a page or a host, as far as the mapping tells; else what was scanned as a whole.
fn located(mapping: &Mapping, value: &Value, place: &mut Place) -> Result<(AssetRecord, Location), String> {
    let word = |path: &Option<FieldPath>| path.as_ref().and_then(|path| path.words(value).into_iter().next());
    if let Some(path) = word(&mapping.path) {
        let path = place.tree.relative(&path);
        let line = word(&mapping.line).and_then(|line| line.parse().ok()).filter(|line| *line > 0);
        let source = line.and_then(|line| place.tree.lines(&path, line, line));
        return Ok((place.asset.clone(), Location::Code { path, line, column: None, source }));
    }
    if let Some(url) = word(&mapping.url) {
        let url = page(&url).ok_or_else(|| format!("`{}` is no web address", single_line(&url, 100)))?;
        return Ok((site(&url), Location::Web { url, method: None, parameter: None }));
    }
    if let Some(name) = word(&mapping.host) {
        let number = word(&mapping.port).map(|number| port_number(&number)).transpose()?;
        return Ok((host([name.as_str()]), port(number.unwrap_or(0), "tcp", None)));
    }
    let wanted: Vec<String> =
        [&mapping.path, &mapping.url, &mapping.host].into_iter().flatten().map(|path| format!("`{path}`")).collect();
    Err(format!("it has no {}, which says where it is", wanted.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FieldPath {
        text.parse().unwrap_or_default()
    }

    fn mapping() -> Mapping {
        Mapping {
            scanner: "own".to_owned(),
            findings: path("runs[].results"),
            problems: Some(path("errors")),
            rule: path("id"),
            severity: Some(path("level")),
            severities: BTreeMap::from([("bad".to_owned(), Severity::High)]),
            path: Some(path("/at/file.name")),
            line: Some(path("at.lines.0")),
            cwe: Some(path("weaknesses")),
            ..Mapping::default()
        }
    }

    fn read(mapping: &Mapping, text: &str) -> Result<Vec<ReportItem>, ReadError> {
        let input = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        read_mapped(input, mapping, &ReadOptions::default())?.collect()
    }

    fn findings(items: &[ReportItem]) -> Vec<&FindingRecord> {
        let mut found = Vec::new();
        for item in items {
            if let ReportItem::Finding(finding) = item {
                found.push(finding.as_ref());
            }
        }
        found
    }

    #[test]
    fn a_finding_is_what_its_fields_say_and_one_without_them_is_rejected() {
        let items = read(
            &mapping(),
            r#"{"errors": [], "runs": [{"results": [
                {"id": "A1", "level": "BAD", "at": {"file.name": "./a.py", "lines": [3, 4]}, "weaknesses": [78, "CWE-79"]},
                {"id": 7, "level": "low", "at": {"file.name": "b.py"}},
                {"id": "A3", "level": "odd", "at": {"file.name": "b.py"}},
                {"level": "low", "at": {"file.name": "b.py"}}, {"id": "A4", "level": "low"}, 5]},
              {"other": 1}, {"results": null}]}"#,
        )
        .unwrap();
        let found = findings(&items);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].rule_id.as_str(), found[0].severity, &found[0].cwes),
            ("A1", Severity::High, &vec![78, 79])
        );
        assert_eq!(found[0].location.label(), "a.py:3");
        assert_eq!((found[1].rule_id.as_str(), found[1].severity), ("7", Severity::Low));
        let reasons: Vec<&str> = items
            .iter()
            .filter_map(|item| match item {
                ReportItem::Rejected(rejected) => Some(rejected.reason.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(
            reasons,
            [
                "`odd` is no severity that the mapping knows",
                "it has no `id`, which is its rule",
                "it has no `at.file.name`, which says where it is",
                "it is no object",
            ]
        );
    }

    #[test]
    fn what_went_wrong_is_told_and_with_nothing_else_the_scan_was_blind() {
        for (text, blind, problems) in [
            (r#"{"errors": ["no file"], "runs": [{"results": []}]}"#, true, 1),
            (r#"{"runs": [{"results": []}], "errors": null}"#, false, 0),
        ] {
            let items = read(&mapping(), text).unwrap();
            let Some(ReportItem::Footer { blind: told, problems: said, complete: false, .. }) = items.last() else {
                panic!("{items:?}")
            };
            assert_eq!((*told, said.len()), (blind, problems), "{text}");
        }
    }

    #[test]
    fn a_list_or_lines_are_findings_and_half_a_report_is_none() {
        let lines = Mapping { findings: FieldPath::default(), ..mapping() };
        let one = r#"{"id": "A", "level": "low", "at": {"file.name": "a"}}"#;
        for text in [format!("[{one}, {one}]"), format!("{one}\n{one}\n")] {
            assert_eq!(findings(&read(&lines, &text).unwrap()).len(), 2, "{text}");
        }
        for (mapping, text) in [
            (&lines, format!("{one}\n{{\"id\":")),
            (&lines, format!("[{one}")),
            (&mapping(), r#"{"runs": [{"results": ["#.to_owned()),
            (&mapping(), r#"{"runs": [{"results": {}}]}"#.to_owned()),
            (&mapping(), r#"{"runs": [{"findings": []}]}"#.to_owned()),
            (&mapping(), "Traceback (most recent call last)".to_owned()),
        ] {
            assert!(read(mapping, &text).is_err(), "{text}");
        }
    }

    #[test]
    fn sites_and_hosts_are_their_own_assets() {
        let mapping = Mapping {
            scanner: "own".to_owned(),
            rule: path("id"),
            usual_severity: Some(Severity::Medium),
            url: Some(path("url")),
            host: Some(path("host")),
            port: Some(path("port")),
            ..Mapping::default()
        };
        let text =
            r#"[{"id": "a", "url": "https://Shop.example/x?y"}, {"id": "b", "host": "10.0.0.1", "port": "443"}]"#;
        let items = read(&mapping, text).unwrap();
        let found = findings(&items);
        let places: Vec<_> = found.iter().map(|found| (found.asset.identity(), found.location.label())).collect();
        let expected = [("site:https://shop.example", "https://shop.example/x"), ("ip:10.0.0.1", "443/tcp")];
        assert_eq!(places, expected.map(|(asset, place)| (asset.to_owned(), place.to_owned())));
        assert!(found.iter().all(|found| found.severity == Severity::Medium));
    }
}
