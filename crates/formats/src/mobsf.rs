//! MobSF's report (`report_json`, and the answer of a scan, which is the same), of apps and of their sources.
//!
//! A finding of the code is one for each file; the lines are for people. Findings of the manifest, the network
//! configuration, the certificate and the binaries are known by their rule and what they are about. What MobSF calls
//! good or secure is no finding, nor are permissions, trackers, domains and strings. Secrets are kept as digests. From
//! version 4.0.7 the report holds its log; one whose log tells of no exception is complete.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde_json::Value;

use crate::code_report::{Place, repository};
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, Outcome, bare, each_element, each_key, filled, parsed};
use crate::html::text_of;
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{list, text};
use crate::report::Reader;
use crate::sample::Sample;
use crate::secrets::Leak;
use crate::weakness::cwes_in;

pub(crate) const FORMAT: Format =
    Format { id: "mobsf", name: "MobSF report JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "mobsf";
const CODE: u8 = 0;
const MANIFEST: u8 = 1;
const NETWORK: u8 = 2;
const CERTIFICATE: u8 = 3;
const BINARY: u8 = 4;
const SECRET: u8 = 5;
const TRANSPORT: u8 = 6;
const BINARY_RULE: u8 = 7;

fn recognises(sample: &Sample) -> bool {
    sample.has_json("file_name")
        && sample.has_json("md5")
        && sample.has_json("app_name")
        && sample.has_json("version")
        && (sample.has_json("package_name") || sample.has_json("bundle_id"))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut name, mut logged, mut analysed) = (String::new(), false, false);
    each_key(&mut cursor, |key, cursor| {
        match key {
            "version" => report.header.scanner_version = cursor.value(key)?,
            "package_name" | "bundle_id" => {
                if let Some(package) = cursor.value::<Option<String>>(key)?.and_then(filled) {
                    name = package;
                }
            }
            "file_name" => {
                let file: Option<String> = cursor.value(key)?;
                report.header.scan_name.clone_from(&file);
                if name.is_empty() {
                    name = file.unwrap_or_default();
                }
            }
            "timestamp" => report.header.finished_at = Timestamp::parse(&cursor.value::<String>(key)?),
            "code_analysis" => {
                analysed = true;
                rules(&mut report, CODE, cursor)?;
            }
            "manifest_analysis" => within(&mut report, MANIFEST, "manifest_findings", cursor)?,
            "network_security" => within(&mut report, NETWORK, "network_findings", cursor)?,
            "certificate_analysis" => within(&mut report, CERTIFICATE, "certificate_findings", cursor)?,
            "binary_analysis" => match cursor.peek()? {
                Some(b'[') => each_element(cursor, |cursor| report.keep_next(BINARY, cursor))?,
                // Of an iOS app: one binary, judged by rules.
                _ => rules(&mut report, BINARY_RULE, cursor)?,
            },
            "ats_analysis" => within(&mut report, TRANSPORT, "ats_findings", cursor)?,
            "secrets" => each_element(cursor, |cursor| report.keep_next(SECRET, cursor))?,
            "logs" => {
                logged = true;
                for entry in cursor.value::<Vec<Value>>(key)? {
                    if let Some(exception) = text(&entry, "exception") {
                        report.problems.add(&format!("{}: {exception}", text(&entry, "status").unwrap_or_default()));
                    }
                }
            }
            _ => cursor.skip_value()?,
        }
        Ok(())
    })?;
    cursor.end()?;
    report.complete = logged && analysed;
    let named = options.repository.as_deref().filter(|name| !name.trim().is_empty());
    report.asset = Some(repository(named.or(Some(&name))));
    report.into_reader(options, Box::new(findings))
}

/// Rules by their names, below `findings` in newer versions.
fn rules<R: std::io::Read>(report: &mut Gathered, kind: u8, cursor: &mut Cursor<R>) -> Result<(), ReadError> {
    if cursor.peek()? != Some(b'{') {
        return cursor.skip_value();
    }
    each_key(cursor, |key, cursor| match key {
        "findings" => rules(report, kind, cursor),
        "summary" => cursor.skip_value(),
        rule => {
            let record: Value = cursor.value(rule)?;
            report.keep_value(kind, &(rule, record))
        }
    })
}

/// The list of this name in the object; in older versions the list itself.
fn within<R: std::io::Read>(
    report: &mut Gathered,
    kind: u8,
    name: &str,
    cursor: &mut Cursor<R>,
) -> Result<(), ReadError> {
    match cursor.peek()? {
        Some(b'[') => each_element(cursor, |cursor| report.keep_next(kind, cursor)),
        Some(b'{') => each_key(cursor, |key, cursor| {
            if key == name {
                each_element(cursor, |cursor| report.keep_next(kind, cursor))
            } else {
                cursor.skip_value()
            }
        }),
        _ => cursor.skip_value(),
    }
}

/// `None` for what is well.
fn severity(word: &str) -> Result<Option<Severity>, String> {
    Ok(Some(match word.to_ascii_lowercase().as_str() {
        "high" | "insecure" => Severity::High,
        "warning" | "medium" => Severity::Medium,
        "info" | "hotspot" => Severity::Info,
        "good" | "secure" => return Ok(None),
        _ => return Err(format!("`{word}` is no severity of MobSF")),
    }))
}

fn findings(kind: u8, raw: &[u8], place: &mut Place) -> Vec<Outcome> {
    let outcome = match kind {
        CODE => {
            return parsed(raw)
                .and_then(|(rule, record): (String, Value)| code(&rule, &record, place))
                .unwrap_or_else(|reason| vec![Err(reason)]);
        }
        BINARY => {
            return parsed(raw).map_or_else(|reason: String| vec![Err(reason)], |record: Value| binary(&record, place));
        }
        BINARY_RULE => parsed(raw).and_then(|(rule, record): (String, Value)| binary_rule(&rule, &record, place)),
        SECRET => parsed(raw).map(|secret: String| Some(leak(&secret, place))),
        _ => parsed(raw).and_then(|record: Value| setting(kind, &record, place)),
    };
    outcome.transpose().into_iter().collect()
}

fn code(rule: &str, record: &Value, place: &Place) -> Result<Vec<Outcome>, String> {
    let word = |path: &str| text(record, path).unwrap_or_default();
    let Some(rank) = severity(word("metadata.severity"))? else { return Ok(vec![]) };
    let mut cwes = vec![];
    cwes_in(word("metadata.cwe"), &mut cwes);
    let groups = ["metadata.owasp-mobile", "metadata.masvs"];
    let of = |location: Location, lines: String| FindingRecord {
        vendor_severity: filled(word("metadata.severity")),
        cwes: cwes.clone(),
        family: groups.iter().find_map(|path| filled(word(path))),
        description: filled(word("metadata.description")),
        evidence: filled(lines),
        references: filled(word("metadata.ref")).into_iter().collect(),
        ..bare(SCANNER, rule, rule.replace('_', " "), rank, &place.asset, location)
    };
    let files = record.get("files").and_then(Value::as_object);
    let Some(files) = files.filter(|files| !files.is_empty()) else {
        return Ok(vec![Ok(of(Location::Asset, String::new()))]);
    };
    let found = files.iter().map(|(file, lines)| {
        let lines = lines.as_str().unwrap_or_default();
        let first = lines.split(',').filter_map(|line| line.trim().parse().ok()).min();
        let location = Location::Code { path: place.tree.relative(file), line: first, column: None, source: None };
        Ok(of(location, if lines.is_empty() { String::new() } else { format!("Lines: {lines}") }))
    });
    Ok(found.collect())
}

/// Of the manifest, the network configuration, the certificate or the transport security of iOS.
fn setting(kind: u8, record: &Value, place: &Place) -> Result<Option<FindingRecord>, String> {
    // A certificate's are lists of severity, description and title.
    let part = |at: usize| record.get(at).and_then(Value::as_str);
    let word = |path: &str| text(record, path);
    let (rank, title, description) = match kind {
        CERTIFICATE => (part(0), part(2).or_else(|| part(1)), part(1)),
        // In the first versions `stat` was the severity and `desc` the text.
        MANIFEST => {
            (word("severity").or_else(|| word("stat")), word("title"), word("description").or_else(|| word("desc")))
        }
        TRANSPORT => (word("severity").or_else(|| word("status")), word("issue"), word("description")),
        _ => (word("severity"), word("description"), word("description")),
    };
    let rank_word = rank.ok_or("it has no severity")?;
    let Some(rank) = severity(rank_word)? else { return Ok(None) };
    let title = title.map(text_of).and_then(filled).ok_or("it has no title")?;
    let section = match kind {
        CERTIFICATE => "certificate",
        MANIFEST => "manifest",
        TRANSPORT => "transport",
        _ => "network",
    };
    let first = title.lines().next().unwrap_or_default();
    let rule = word("rule")
        .map_or_else(|| format!("{section}/{}", single_line(first, 120)), |rule| format!("{section}/{rule}"));
    let about: Vec<&str> =
        ["component", "scope"].iter().flat_map(|key| list(record, key)).filter_map(Value::as_str).collect();
    Ok(Some(FindingRecord {
        vendor_severity: Some(rank_word.to_owned()),
        check: filled(about.join(" ")),
        family: Some(section.to_owned()),
        description: description.map(text_of).and_then(filled),
        evidence: filled(about.join("\n")),
        ..bare(SCANNER, rule, single_line(&title, 200), rank, &place.asset, Location::Asset)
    }))
}

/// One rule about the binary of an iOS app.
fn binary_rule(rule: &str, record: &Value, place: &Place) -> Result<Option<FindingRecord>, String> {
    let word = text(record, "severity").ok_or("it has no severity")?;
    let Some(rank) = severity(word)? else { return Ok(None) };
    let mut cwes = vec![];
    cwes_in(text(record, "cwe").unwrap_or_default(), &mut cwes);
    let groups = ["owasp-mobile", "masvs"];
    Ok(Some(FindingRecord {
        vendor_severity: filled(word),
        cwes,
        family: groups.iter().find_map(|name| text(record, name)).map(str::to_owned),
        description: text(record, "detailed_desc").map(str::to_owned),
        ..bare(SCANNER, format!("binary/{rule}"), single_line(rule, 200), rank, &place.asset, Location::Asset)
    }))
}

/// One library, a judgement for each protection.
fn binary(record: &Value, place: &Place) -> Vec<Outcome> {
    let name = text(record, "name").unwrap_or_default();
    // The folder that MobSF unpacked the app into.
    let name = name.strip_prefix("apktool_out/").unwrap_or(name);
    let judgements =
        record.as_object().into_iter().flatten().filter(|(_, judgement)| judgement.get("severity").is_some());
    let outcomes = judgements.map(|(protection, judgement)| {
        let word = text(judgement, "severity").unwrap_or_default();
        let Some(rank) = severity(word)?.filter(|rank| *rank > Severity::Info) else { return Ok(None) };
        Ok(Some(FindingRecord {
            vendor_severity: filled(word),
            family: Some("binary".to_owned()),
            description: text(judgement, "description").map(str::to_owned),
            ..bare(
                SCANNER,
                format!("binary/{protection}"),
                format!("{}: {}", name.rsplit('/').next().unwrap_or(name), protection.replace('_', " ")),
                rank,
                &place.asset,
                Location::Code { path: place.tree.relative(name), line: None, column: None, source: None },
            )
        }))
    });
    outcomes.filter_map(Result::transpose).collect()
}

/// `"google_api_key" : "AIza..."`, or the secret alone.
fn leak(found: &str, place: &Place) -> FindingRecord {
    let (key, secret) = found.split_once(" : ").unwrap_or(("", found));
    let unquoted = |text: &str| text.trim().trim_matches('"').to_owned();
    let (key, secret) = (unquoted(key), unquoted(secret));
    let leak = Leak {
        scanner: SCANNER,
        rule_id: "hardcoded_secret".to_owned(),
        title: if key.is_empty() {
            "Possible hardcoded secret".to_owned()
        } else {
            format!("Possible hardcoded secret: {key}")
        },
        severity: Severity::Medium,
        vendor_severity: None,
        path: String::new(),
        line: None,
        column: None,
        commit: None,
        secret: &secret,
        known_as: None,
        context: "",
        description: None,
        facts: filled(key).map(|key| format!("Key: {key}")).into_iter().collect(),
    };
    leak.finding(place)
}
