//! What a hub gives out: the state of each finding in the words of each format, and texts of hostile origin.

use proptest::prelude::*;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::{FindingRecord, FindingState};
use scanhelm_core::ids::FindingId;
use scanhelm_core::{Severity, Timestamp};
use scanhelm_formats::write::{Entry, Findings, Gathering, Heading, Hidden, Output, Standing, ToolInfo};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::reading::read;
use crate::writers::{findings, written};

const REASON: &str = "Not reachable; see TICKET-7";

pub(crate) fn heading() -> Heading {
    let tool = ToolInfo { name: "Scanhelm".to_owned(), version: "0.1.0".to_owned(), information_uri: None };
    Heading {
        tool,
        name: "Acme".to_owned(),
        of_hub: true,
        scanners: Vec::new(),
        warnings: Vec::new(),
        hidden: Hidden::default(),
        components: None,
    }
}

pub(crate) fn entry(number: u128, record: FindingRecord, status: FindingState) -> Entry {
    let judged = !matches!(status, FindingState::Open | FindingState::Fixed | FindingState::NotSeen);
    let at = |second: i64| Timestamp::from_seconds(1_700_000_000 + second);
    let standing = Standing {
        id: FindingId(Uuid::from_u128(number)),
        status,
        reason: judged.then(|| REASON.to_owned()),
        judged_at: judged.then(|| at(50)),
        expires_at: (status == FindingState::RiskAccepted).then(|| at(1000)),
        first_seen_at: at(0),
        last_seen_at: at(if number.is_multiple_of(2) { 0 } else { 40 }),
        resolved_at: status.is_resolved().then(|| at(60)),
        sightings: 1,
    };
    let identity = Identity::of(&record, 0);
    Entry { standing: Some(Box::new(standing)), ..Entry::of_report(record, identity) }
}

fn gathered(entries: &[Entry]) -> Findings<'static> {
    let mut gathering = Gathering::new(std::env::temp_dir());
    entries.iter().for_each(|entry| gathering.add(entry).unwrap());
    gathering.finish().unwrap()
}

fn given_out(output: Output, entries: &[Entry]) -> String {
    let mut bytes = vec![];
    output.write(&mut bytes, &gathered(entries), &heading()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn document(output: Output, entries: &[Entry]) -> Value {
    serde_json::from_str(&given_out(output, entries)).unwrap()
}

fn lines(output: Output, entries: &[Entry]) -> Vec<Value> {
    given_out(output, entries).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One of each state: the same weakness on nine hosts.
fn of_every_state() -> Vec<Entry> {
    let record = findings().into_iter().find(|record| !record.cves.is_empty()).unwrap();
    let states = FindingState::ALL.into_iter().zip(1..);
    states
        .map(|(state, number)| {
            let mut record = record.clone();
            record.asset = scanhelm_core::asset::AssetRecord::repository(&format!("repository-{number}"));
            entry(number, record, state)
        })
        .collect()
}

/// In the words of the states, in the order of `FindingState::ALL`.
fn by_state<T>(all: &[Entry], of: impl Fn(&FindingState) -> T) -> Vec<(FindingState, T)> {
    let states = all.iter().map(|entry| entry.standing.as_ref().unwrap().status);
    states.map(|state| (state, of(&state))).collect()
}

#[test]
fn sarif_suppresses_what_people_decided_and_says_what_is_gone() {
    let all = of_every_state();
    let document = document(Output::Sarif, &all);
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!((document["runs"].as_array().unwrap().len(), results.len()), (1, all.len()));
    let told = by_state(&all, |state| {
        let result = results.iter().find(|result| result["properties"]["hub"]["status"] == state.as_str()).unwrap();
        let kind = result["kind"].as_str().unwrap();
        let suppressed = result["suppressions"][0]["justification"].as_str();
        (kind, result["baselineState"].as_str(), suppressed.map(|text| text.ends_with(REASON)))
    });
    let plain = told[0].1.0;
    for (state, told) in told {
        let expected = match state {
            FindingState::Fixed | FindingState::VerifiedFixed => ("pass", Some("absent"), None),
            FindingState::NotSeen => ("review", None, None),
            FindingState::Open | FindingState::InProgress => (plain, None, None),
            _ => (plain, None, Some(true)),
        };
        assert_eq!(told, expected, "{state}");
    }
}

#[test]
fn vex_has_an_analysis_for_each_judgement_and_calls_only_a_seen_fix_resolved() {
    let all = of_every_state();
    let document = document(Output::CyclonedxVex, &all);
    let vulnerabilities = document["vulnerabilities"].as_array().unwrap();
    let references: std::collections::HashSet<&str> =
        vulnerabilities.iter().map(|vulnerability| vulnerability["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(references.len(), vulnerabilities.len(), "no reference twice");
    let told = by_state(&all, |state| {
        let number = FindingState::ALL.iter().position(|one| one == state).unwrap() + 1;
        let component = json!({"ref": format!("repository:repository-{number}")});
        let vulnerability = vulnerabilities
            .iter()
            .find(|vulnerability| vulnerability["affects"].as_array().unwrap().contains(&component))
            .unwrap();
        let analysis = &vulnerability["analysis"];
        let detail = analysis["detail"].as_str().unwrap_or_default();
        (analysis["state"].as_str().unwrap(), analysis["response"][0].as_str(), detail.ends_with(REASON))
    });
    for (state, told) in told {
        let expected = match state {
            FindingState::Open | FindingState::InProgress | FindingState::NotSeen => ("in_triage", None, false),
            FindingState::Fixed => ("resolved", None, false),
            FindingState::VerifiedFixed => ("resolved", None, true),
            FindingState::RiskAccepted => ("exploitable", Some("will_not_fix"), true),
            FindingState::FalsePositive => ("false_positive", None, true),
            FindingState::Duplicate | FindingState::Closed | FindingState::Suppressed => ("in_triage", None, true),
        };
        assert_eq!(told, expected, "{state}");
    }
}

#[test]
fn ocsf_has_a_status_and_an_activity_for_each_state() {
    let all = of_every_state();
    let events = lines(Output::Ocsf, &all);
    let told = by_state(&all, |state| {
        let event = events.iter().find(|event| event["unmapped"]["status"] == state.as_str()).unwrap();
        assert_eq!(event["type_uid"], 200_200 + event["activity_id"].as_u64().unwrap());
        (event["status_id"].as_u64().unwrap(), event["activity_id"].as_u64().unwrap() == 3)
    });
    for (state, told) in told {
        let expected = match state {
            FindingState::Open => (1, false),
            FindingState::InProgress => (2, false),
            FindingState::RiskAccepted
            | FindingState::FalsePositive
            | FindingState::Duplicate
            | FindingState::Suppressed => (3, true),
            FindingState::Fixed | FindingState::VerifiedFixed => (4, true),
            FindingState::Closed => (5, true),
            FindingState::NotSeen => (99, false),
        };
        assert_eq!(told, expected, "{state}");
    }
}

#[test]
fn ocsf_looks_like_this() {
    let numbered = findings().into_iter().zip(1..);
    let entries: Vec<Entry> = numbered.map(|(record, number)| entry(number, record, FindingState::Open)).collect();
    let events = lines(Output::Ocsf, &entries);
    assert_eq!(events.len(), entries.len());
    insta::assert_json_snapshot!("ocsf_output", events);
}

#[test]
fn ocsf_is_not_made_up_for_findings_without_times() {
    let report = Findings::of_report(&findings()).unwrap();
    assert!(Output::Ocsf.write(&mut vec![], &report, &heading()).is_err());
}

#[test]
fn the_table_and_the_page_tell_the_state_and_its_reason() {
    let all = of_every_state();
    let table = given_out(Output::Csv, &all);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    for entry in &all {
        let Standing { id, status, reason, .. } = entry.standing.as_deref().unwrap();
        let row = rows.iter().find(|row| row[at("id")] == id.to_string()).unwrap();
        assert_eq!((&row[at("status")], &row[at("reason")]), (status.as_str(), reason.as_deref().unwrap_or("")));
        assert_eq!(&row[at("first_seen_at")], "2023-11-14T22:13:20.000Z");
    }
    let page = given_out(Output::Html, &all);
    assert_eq!(page.matches("<dt>State</dt>").count(), all.len());
    assert!(page.contains(REASON) && page.contains("<dd>risk accepted</dd>"));
}

/// What is fixed is not there: a file that left one hub must not open it again in another.
#[test]
fn what_is_fixed_does_not_come_back() {
    let all = of_every_state();
    for output in [Output::Json, Output::Csv, Output::Sarif] {
        let again = read(given_out(output, &all)).unwrap();
        assert_eq!((again.rejected.len(), again.findings.len()), (0, all.len() - 2), "{}", output.as_str());
    }
}

/// Of a record whose every text is this one.
fn full_of(text: &str) -> FindingRecord {
    let mut record = findings().remove(0);
    let text = || text.to_owned();
    record.scanner = text();
    record.rule_id = text();
    record.title = text();
    record.vendor_severity = Some(text());
    record.asset.name = text();
    record.check = Some(text());
    record.cves = vec![text()];
    record.family = Some(text());
    record.description = Some(text());
    record.solution = Some(text());
    record.evidence = Some(text());
    record.references = vec![text(), format!("https://example.com/{}", text())];
    record
}

const HOSTILE: &[&str] = &[
    "",
    " ",
    "=HYPERLINK(\"http://x\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "＝1+1",
    "a;=1",
    "a\n=1",
    "a\r\n+cmd|' /C calc'!A0",
    "a\t@x",
    "\",=1",
    "\"\n=1",
    "a\";=1",
    "'=1",
    "]}\n",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "\u{202e}evil\u{2066}",
    "\u{1b}[31mred",
    "\u{fffd}\u{ffff}\u{feff}",
    "日本語 🦀 é",
    "../../etc/passwd",
    "%00%0a",
    "{{7*7}}",
    "' OR 1=1 --",
    "$(touch x)",
];

fn hostile_entries() -> Vec<Entry> {
    let entries = HOSTILE.iter().zip(FindingState::ALL.into_iter().cycle()).zip(1..);
    entries
        .map(|((text, state), number)| {
            let mut entry = entry(number, full_of(text), state);
            if let Some(standing) = &mut entry.standing {
                standing.reason = Some((*text).to_owned());
            }
            entry
        })
        .collect()
}

/// T-VEND-03, C9: no cell begins a formula, neither for a reader of commas nor for one of semicolons that is blind to
/// our quotes; what was said can still be read.
#[test]
fn t_vend_03_no_cell_of_a_table_is_a_formula_for_any_spreadsheet() {
    let entries = hostile_entries();
    let table = given_out(Output::Csv, &entries);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), entries.len() + 1);
    let dangerous = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']);
    for cell in rows.iter().flat_map(|row| row.iter()) {
        assert!(!dangerous(cell), "{cell:?}");
    }
    let blind = table.split([';', '\n', '\t']).map(|cell| cell.trim_start_matches([' ', '"']));
    for cell in blind {
        assert!(!cell.starts_with(['=', '+', '@', '＝', '＋', '－', '＠']), "{cell:?}");
    }
}

/// C7, C9, C11: whatever the texts, each format is well-formed, has every finding, and shows no markup.
#[test]
fn hostile_texts_break_no_format() {
    let entries = hostile_entries();
    for output in [Output::Json, Output::Sarif, Output::CyclonedxVex] {
        document(output, &entries);
    }
    assert_eq!(lines(Output::Ndjson, &entries).len(), entries.len());
    assert_eq!(lines(Output::Ocsf, &entries).len(), entries.len());
    let page = given_out(Output::Html, &entries);
    for markup in ["<script", "<img", "\u{202e}", "\u{1b}"] {
        assert!(!page.contains(markup), "{markup:?}");
    }
    assert_eq!(page.matches("<details>").count(), entries.len());
}

#[test]
fn a_megabyte_in_a_field_is_whole_in_json_and_cut_where_people_read() {
    let long = "A1;=".repeat(1 << 18);
    let mut record = findings().remove(0);
    (record.title, record.evidence) = (long.clone(), Some(long.clone()));
    let entries = [entry(1, record, FindingState::Open)];
    assert_eq!(document(Output::Json, &entries)["findings"][0]["evidence"], long.as_str());
    assert_eq!(lines(Output::Ocsf, &entries)[0]["unmapped"]["evidence"], long.as_str());
    let table = given_out(Output::Csv, &entries);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert!(row.iter().all(|cell| cell.len() < 32_767));
    assert!(given_out(Output::Html, &entries).len() < 500_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Also for what does not fit into memory: findings come in one order, whatever order they were read in.
    #[test]
    fn the_order_of_the_database_does_not_show(
        order in Just((0..24_usize).collect::<Vec<_>>()).prop_shuffle(),
        severities in prop::collection::vec(0..5_u8, 24),
        texts in prop::collection::vec("[a-c;=\0é]{0,2}", 24),
    ) {
        let all = findings();
        let entries: Vec<Entry> = (0..24)
            .map(|number| {
                let mut record = all[number % all.len()].clone();
                record.severity = Severity::from_rank(severities[number]).unwrap();
                record.title.clone_from(&texts[number]);
                entry(number as u128, record, FindingState::ALL[number % FindingState::ALL.len()])
            })
            .collect();
        let shuffled: Vec<Entry> = order.iter().map(|number| entries[*number].clone()).collect();
        for output in Output::ALL {
            prop_assert_eq!(given_out(output, &entries), given_out(output, &shuffled), "{}", output.as_str());
        }
        let ranks: Vec<_> = lines(Output::Ndjson, &entries).iter().map(|line| line["severity"].to_string()).collect();
        let mut sorted = ranks.clone();
        let rank = |word: &String| Severity::ALL.iter().position(|severity| format!("\"{severity}\"") == *word);
        sorted.sort_by_key(rank);
        prop_assert_eq!(ranks, sorted);
    }
}

/// A report is written alike whether a command or a hub has read it, but for what only a hub knows.
#[test]
fn a_command_and_a_hub_write_the_same_findings() {
    let records = findings();
    let of_command: Value = serde_json::from_slice(&written(Output::Json, &records)).unwrap();
    let mut ordinals = scanhelm_core::finding::identity::Ordinals::of(&records);
    let entries: Vec<Entry> = records
        .iter()
        .zip(1..)
        .map(|(record, number)| {
            let identity = Identity::of(record, ordinals.next(record));
            Entry { identity, ..entry(number, record.clone(), FindingState::Open) }
        })
        .collect();
    let mut of_hub = document(Output::Json, &entries);
    for finding in of_hub["findings"].as_array_mut().unwrap() {
        finding.as_object_mut().unwrap().remove("hub").unwrap();
    }
    assert_eq!(of_hub, of_command);
}
