//! Reports that want to do harm.

use scanhelm_formats::{Limits, ReadError, ReadOptions};

use crate::encodings::gzip;
use crate::reading::{NESSUS, NESSUS_CSV, SARIF, read, read_with};

#[track_caller]
fn refused(bytes: impl Into<Vec<u8>>) {
    let error = read(bytes).unwrap_err();
    assert!(matches!(error, ReadError::Hostile { .. }), "{error}");
}

#[test]
fn a_doctype_is_refused_wherever_it_stands() {
    let bomb =
        r#"<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"> <!ENTITY x SYSTEM "file:///etc/passwd">]>"#;
    refused(NESSUS.replace("<!-- exported -->", bomb));
    refused(format!("{bomb}{NESSUS}"));
    refused(NESSUS.replace("<Report ", &format!("{bomb}<Report ")));
    // Behind more comments than recognition looks at.
    let far = format!("<NessusClientData_v2><!--{}-->{bomb}</NessusClientData_v2>", "x".repeat(100_000));
    refused(far);
    let forced = ReadOptions { format: Some("nessus".to_owned()), ..ReadOptions::default() };
    assert!(matches!(read_with(format!("{bomb}<a/>"), &forced), Err(ReadError::Hostile { .. })));
}

#[test]
fn deep_nesting_is_refused() {
    refused(NESSUS.replace("<synopsis>", &"<a>".repeat(1_000_000)));
    refused(NESSUS.replace("<Report ", &format!("{}<Report ", "<a>".repeat(1_000_000))));
    refused(SARIF.replacen("\"ruleIndex\":0", &format!("\"x\":{}", "[".repeat(1_000_000)), 1));
    refused(SARIF.replacen("\"artifacts\":[", &format!("\"x\":{}", "{\"a\":".repeat(1_000_000)), 1));
}

#[test]
fn a_flood_of_attributes_is_refused() {
    let flood: String = (0..200_000).map(|n| format!(" a{n}=\"\"")).collect();
    refused(NESSUS.replace("port=\"443\"", &format!("port=\"443\"{flood}")));
}

#[test]
fn one_endless_token_is_refused() {
    let long = "x".repeat(Limits::default().max_token + 1);
    for place in ["<Policy>", "Old TLS.", "port=\"443\""] {
        let token = if place.starts_with('<') { format!("<!--{long}-->{place}") } else { long.clone() };
        refused(NESSUS.replace(place, &token));
    }
}

#[test]
fn an_endless_row_is_refused() {
    let long = "x".repeat(Limits::default().max_token + 1);
    refused(NESSUS_CSV.replacen("Old TLS.", &long, 1));
    refused(NESSUS_CSV.replacen("\n,,,", &format!("\n{},,,", ",".repeat(2_000)), 1));
}

#[test]
fn more_cves_than_memory_is_given_are_refused() {
    let limits = Limits { max_context: 200, ..Limits::default() };
    let error = read_with(NESSUS_CSV, &ReadOptions { limits, ..ReadOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("too many CVEs and hosts"), "{error}");
}

#[test]
fn a_long_text_is_cut_with_a_mark() {
    let limits = Limits { max_text: 10, ..Limits::default() };
    let whole = read_with(NESSUS, &ReadOptions { limits, ..ReadOptions::default() }).unwrap();
    assert_eq!(whole.findings[0].evidence.as_deref(), Some("TLSv1 <is> […]"));
    let limits = Limits { max_text: 10, ..Limits::default() };
    let whole = read_with(NESSUS_CSV, &ReadOptions { limits, ..ReadOptions::default() }).unwrap();
    assert_eq!(whole.findings[0].evidence.as_deref(), Some("TLSv1 <is> […]"));
    assert_eq!(whole.findings[0].cves, ["CVE-2022-3786", "CVE-2022-3602"]);
}

#[test]
fn a_record_that_is_too_long_is_rejected_and_the_rest_is_read() {
    let limits = Limits { max_token: 700, ..Limits::default() };
    let long = SARIF.replace("test data", &"x".repeat(5000));
    let whole = read_with(long, &ReadOptions { limits, ..ReadOptions::default() }).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1));
    assert_eq!((whole.rejected[0].record, whole.rejected[0].reason.as_str()), (1, "the record is too long"));
}

#[test]
fn white_space_without_end_is_not_waited_for() {
    let blank = " ".repeat(Limits::default().max_gap + 2);
    assert!(matches!(read(format!("{blank}{NESSUS}")).unwrap_err(), ReadError::UnknownFormat { .. }));
    refused(SARIF.replace("\"artifacts\":", &format!("{blank}\"artifacts\":")));
    refused(NESSUS.replace("<Report ", &format!("{}<Report ", " ".repeat(Limits::default().max_token + 1))));
}

#[test]
fn a_gzip_bomb_is_refused() {
    let bomb = |size: usize| {
        let mut report = NESSUS.replacen("<Report ", "<x>\n</x><Report ", 1).into_bytes();
        let at = report.windows(4).position(|window| window == b"<x>\n").unwrap() + 4;
        // Many texts, each short enough, so that only the ratio can tell.
        let padding = "<y>                                                             </y>".repeat(size / 68);
        report.splice(at..at, padding.into_bytes());
        gzip(&report)
    };
    assert_eq!(read(bomb(1 << 18)).unwrap().findings.len(), 3);
    let limits = Limits { max_inflation: 20, free_inflation: 1 << 19, ..Limits::default() };
    let result = read_with(bomb(1 << 20), &ReadOptions { limits, ..ReadOptions::default() });
    assert!(matches!(result, Err(ReadError::Hostile { .. })), "{:?}", result.map(|whole| whole.findings.len()));
    refused(gzip(&gzip(NESSUS.as_bytes())));
}

#[test]
fn damaged_gzip_is_an_error() {
    let mut packed = gzip(NESSUS.as_bytes());
    let middle = packed.len() / 2;
    packed[middle] ^= 0x55;
    assert!(matches!(read(packed).unwrap_err(), ReadError::Malformed { .. } | ReadError::Truncated { .. }));
}

#[test]
fn tags_that_do_not_match_are_an_error() {
    for (from, to) in [("</ReportHost>", "</Host>"), ("</synopsis>", ""), ("<cve>", "</cve>"), ("<cve>", "<")] {
        assert!(read(NESSUS.replacen(from, to, 1)).is_err(), "{to}");
    }
}
