//! What the readers of commercial scanners of code make of their reports.

use std::io::Write;

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_formats::{Limits, ReadError, ReadOptions};
use zip::write::SimpleFileOptions;

use crate::code_samples::{CHECKMARX, CHECKMARX_CSV, FORTIFY_REPORT, FVDL};
use crate::reading::{Whole, read, read_with};

fn known(whole: &Whole) -> Vec<(String, String)> {
    whole.findings.iter().map(|finding| (weakness(finding), location(&finding.location))).collect()
}

#[test]
fn a_flow_is_known_by_its_query_and_its_ends_in_every_layout() {
    let (xml, csv) = (read(CHECKMARX).unwrap(), read(CHECKMARX_CSV).unwrap());
    let expected =
        ("rule:checkmarx:Java/SQL_Injection#src/a.java username -> prepare".to_owned(), "code:src/b.java\n".to_owned());
    assert_eq!(known(&xml), vec![expected.clone()]);
    assert_eq!(known(&csv), [expected]);
    assert_eq!(xml.rejected[0].reason, "`Dire` is no severity of Checkmarx");
    assert_eq!(xml.rejected.len(), 1, "what was judged or is fixed is no finding");
    let flow = &xml.findings[0];
    assert_eq!(
        (flow.severity, flow.cwes.as_slice(), flow.title.as_str()),
        (Severity::High, [89].as_slice(), "SQL Injection")
    );
    assert_eq!(flow.evidence.as_deref(), Some("login(username)\nc.prepare(\"select \" + username)"));
    assert!(!xml.complete && !csv.complete);
}

#[test]
fn moved_lines_and_a_new_scan_change_nothing() {
    let again = CHECKMARX
        .replace("<Line>49</Line>", "<Line>50</Line>")
        .replace("1000227", "1000228")
        .replace("pathid=20", "pathid=9");
    assert_eq!(known(&read(CHECKMARX).unwrap()), known(&read(again).unwrap()));
}

#[test]
fn the_caller_names_the_repository_else_the_project_does() {
    assert_eq!(read(CHECKMARX).unwrap().assets[0].asset.identity(), "repository:shop");
    let options = ReadOptions { repository: Some("git.example/shop".to_owned()), ..ReadOptions::default() };
    assert_eq!(read_with(CHECKMARX, &options).unwrap().assets[0].asset.identity(), "repository:git.example/shop");
}

#[test]
fn fortify_gives_one_finding_in_both_of_its_layouts() {
    let (fvdl, report) = (read(FVDL).unwrap(), read(FORTIFY_REPORT).unwrap());
    assert_eq!(known(&fvdl)[0], known(&report)[0]);
    assert_eq!(known(&report)[0].0, "rule:fortify:SQL Injection#53C25D2FC6950554F16D3CEF9E41EF6F");
    assert_eq!(fvdl.findings[0].severity, report.findings[0].severity);
    assert_eq!(fvdl.findings[0].cwes, [89, 564]);
    assert_eq!(fvdl.findings[0].evidence.as_deref(), Some("run(sql)"));
    assert_eq!(report.rejected[0].reason, "`Dire` is no priority of Fortify");
    assert!(!report.complete);
}

#[test]
fn fvdl_is_complete_without_errors_of_the_engine() {
    let whole = read(FVDL).unwrap();
    assert!(whole.complete);
    assert_eq!(known(&whole)[1], ("rule:fortify:Dead Code: Unused Field#B2".to_owned(), "code:src/b.cs\n".to_owned()));
    assert_eq!(whole.findings[1].severity, Severity::Low);
    assert_eq!(whole.rejected[0].reason, "it has no severity, and its rule no impact");
    let failed = read(FVDL.replace("<Errors/>", "<Errors><Error code=\"1232\">no memory</Error></Errors>")).unwrap();
    assert!(!failed.complete && failed.problems == ["1232 no memory"]);
    assert!(!read(FVDL.replace("<Errors/>", "")).unwrap().complete);
}

#[test]
fn what_stands_behind_the_issues_is_bounded() {
    let limits = Limits { max_context: 300, ..Limits::default() };
    let error = read_with(FVDL, &ReadOptions { limits, ..ReadOptions::default() }).unwrap_err();
    assert!(matches!(error, ReadError::Hostile { .. }), "{error}");
}

#[test]
fn an_fpr_holds_its_results_beside_the_sources() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, content) in [("src-archive/a.cs", "class A {}"), ("audit.fvdl", FVDL), ("audit.xml", "<Audit/>")] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    let packed = archive.finish().unwrap().into_inner();
    assert_eq!(read(packed).unwrap(), read(FVDL).unwrap());
}
