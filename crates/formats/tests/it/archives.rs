//! Reports in ZIP archives, and archives that are none.

use std::io::{Cursor, Write};

use scanhelm_formats::{Limits, ReadError, ReadOptions};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::encodings::gzip;
use crate::reading::{NESSUS, NESSUS_CSV, SARIF, Whole, read, read_with};

fn packed_by(method: CompressionMethod, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(method);
        if name.ends_with('/') {
            archive.add_directory(*name, options).unwrap();
        } else {
            archive.start_file(*name, options).unwrap();
            archive.write_all(content).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    packed_by(CompressionMethod::Deflated, files)
}

fn one(content: &[u8]) -> Vec<u8> {
    zipped(&[("124.nessus", content)])
}

/// The same bytes with every `from` (of the same length) become `to`.
fn with(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|window| window == from) {
        bytes.splice(at + found..at + found + from.len(), to.iter().copied());
        at += found + to.len();
    }
    bytes
}

fn limited(bytes: Vec<u8>, limits: Limits) -> Result<Whole, ReadError> {
    read_with(bytes, &ReadOptions { limits, ..ReadOptions::default() })
}

#[track_caller]
fn refused(bytes: Vec<u8>, because: &str) {
    let error = read(bytes).unwrap_err();
    assert!(matches!(error, ReadError::Hostile { .. }), "{error}");
    assert!(error.to_string().contains(because), "{error}");
}

#[track_caller]
fn not_a_report(bytes: Vec<u8>, because: &str) {
    let error = read(bytes).unwrap_err();
    assert!(matches!(error, ReadError::UnknownFormat { .. }), "{error}");
    assert!(error.to_string().contains(because), "{error}");
}

#[test]
fn a_packed_report_is_read_as_if_it_were_not() {
    for report in [NESSUS, SARIF, NESSUS_CSV] {
        let bare = read(report).unwrap();
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let whole = read(packed_by(method, &[("report", report.as_bytes())])).unwrap();
            assert_eq!(
                (whole.format, whole.findings, whole.complete),
                (bare.format, bare.findings.clone(), bare.complete)
            );
        }
    }
}

#[test]
fn folders_and_what_desktops_add_do_not_count() {
    let archive = zipped(&[
        ("results/", b""),
        ("__MACOSX/results/._124.nessus", b"resource fork"),
        ("results/.DS_Store", b"desktop"),
        ("results/124.nessus", NESSUS.as_bytes()),
    ]);
    assert_eq!(read(archive).unwrap().findings.len(), 3);
}

#[test]
fn an_archive_of_several_files_is_named_for_what_it_is() {
    let archive = zipped(&[("a.nessus", NESSUS.as_bytes()), ("b.nessus", NESSUS.as_bytes())]);
    not_a_report(archive, "a ZIP archive of 2 files (a.nessus, b.nessus)");
    not_a_report(zipped(&[("empty/", b"")]), "without a file in it");
    not_a_report(zipped(&[]), "without a file in it");
    not_a_report(one(b""), "an empty file");
    not_a_report(one(b"hello"), "text that begins with `hello`");
}

#[test]
fn the_vulnerabilities_of_a_black_duck_report_are_the_report() {
    let (report, other) = (crate::package_samples::BLACKDUCK_CSV.as_bytes(), b"Component id\n1\n".as_slice());
    let files =
        [("shop_1/security_2019.csv", report), ("shop_1/components_2019.csv", other), ("shop_1/version.csv", other)];
    assert_eq!(read(zipped(&files)).unwrap().findings, read(report).unwrap().findings);
    not_a_report(zipped(&[files[0], ("shop_2/security_2019.csv", report), files[1]]), "a ZIP archive of 3 files");
    not_a_report(zipped(&[files[0], ("readme.txt", other)]), "a ZIP archive of 2 files");
}

#[test]
fn a_password_and_an_unusual_packing_are_told() {
    let mut archive = one(NESSUS.as_bytes());
    let directory = archive.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    // Bit 0 of the flags, of the file and in the directory.
    archive[6] |= 1;
    archive[directory + 8] |= 1;
    not_a_report(archive, "with a password");
    let mut archive = one(NESSUS.as_bytes());
    // The method: 14 is LZMA.
    archive[8] = 14;
    archive[directory + 10] = 14;
    not_a_report(archive, "unpack it and give the report inside");
}

#[test]
fn names_that_lead_out_of_the_archive_are_refused() {
    for name in ["../x.nessus", "a/../../x.nessus", "/etc/cron.d/x", "C:\\x.nessus", "..\\x.nessus"] {
        // The writer may mend a name, so it is put in afterwards.
        let mild = "n".repeat(name.len());
        let archive = with(zipped(&[(&mild, NESSUS.as_bytes())]), mild.as_bytes(), name.as_bytes());
        refused(archive, "leads out of the archive");
    }
    refused(zipped(&[(&"n".repeat(2000), NESSUS.as_bytes())]), "a name that is too long");
}

#[test]
fn archives_that_two_readers_would_understand_differently_are_refused() {
    let two = zipped(&[("first.nessus", NESSUS.as_bytes()), ("again.nessus", b"x")]);
    refused(with(two, b"again.nessus", b"first.nessus"), "the same name");
    // The directory calls the file otherwise than the file itself.
    let mut archive = one(NESSUS.as_bytes());
    let directory = archive.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    archive[directory + 46] = b'9';
    let error = read(archive).unwrap_err();
    assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
}

#[test]
fn an_archive_of_very_many_files_is_refused_before_it_is_listed() {
    let names: Vec<String> = (0..1001).map(|index| format!("{index}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refused(zipped(&files), "more than 1000 files");
    // One that says "see elsewhere for how many".
    let mut archive = one(NESSUS.as_bytes());
    let end = archive.len() - 22;
    archive[end + 8..end + 12].fill(0xff);
    refused(archive, "more than 1000 files");
}

#[test]
fn a_bomb_is_refused_and_a_large_report_is_not() {
    let bomb = |size: usize| {
        let padding = "<y>                                                             </y>".repeat(size / 68);
        one(NESSUS.replacen("<Report ", &format!("<x>{padding}</x><Report "), 1).as_bytes())
    };
    assert_eq!(read(bomb(1 << 18)).unwrap().findings.len(), 3);
    let limits = Limits { max_inflation: 20, free_inflation: 1 << 19, ..Limits::default() };
    let error = limited(bomb(1 << 20), limits).unwrap_err();
    assert!(matches!(error, ReadError::Hostile { .. }), "{error}");
    let limits = Limits { max_bytes: 1 << 20, ..Limits::default() };
    assert!(matches!(limited(bomb(1 << 21), limits).unwrap_err(), ReadError::TooLarge { .. }));
    let limits = Limits { max_bytes: 100, ..Limits::default() };
    assert!(matches!(limited(one(NESSUS.as_bytes()), limits).unwrap_err(), ReadError::TooLarge { .. }));
}

#[test]
fn an_archive_within_an_archive_is_refused() {
    refused(one(&one(NESSUS.as_bytes())), "packed twice");
    refused(one(&gzip(NESSUS.as_bytes())), "packed twice");
    refused(gzip(&one(NESSUS.as_bytes())), "packed twice");
}

#[test]
fn a_cut_or_damaged_archive_gives_nothing() {
    let whole = one(NESSUS.as_bytes());
    for end in (4..whole.len()).step_by(7) {
        let error = read(&whole[..end]).unwrap_err();
        let told = matches!(error, ReadError::Truncated { .. } | ReadError::Malformed { .. });
        assert!(told, "{end} of {}: {error}", whole.len());
    }
    let directory = whole.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    for at in (40..directory).step_by(3) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x24;
        assert!(read(damaged).is_err(), "byte {at}");
    }
    // A length that the directory tells wrongly, and a wrong check sum.
    for at in [directory + 24, directory + 16] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(matches!(read(damaged).unwrap_err(), ReadError::Malformed { .. }), "byte {at}");
    }
}
