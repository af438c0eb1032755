//! Reports in every encoding that scanners write, packed or not, and with bytes that are wrong in theirs.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use scanhelm_formats::ReadError;

use crate::reading::{NESSUS, read};
use crate::samples::{PROSE, texts};

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let units = text.encode_utf16().map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() });
    let mark = mark.then_some(if big_endian { [0xfe, 0xff] } else { [0xff, 0xfe] });
    mark.into_iter().chain(units).flatten().collect()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_same_report_in_any_encoding_reads_the_same() {
    for sample in texts() {
        let plain = read(sample).unwrap();
        let with_mark = [b"\xef\xbb\xbf".as_slice(), sample.as_bytes()].concat();
        for bytes in [
            with_mark.clone(),
            [b"\n \t".as_slice(), sample.as_bytes()].concat(),
            gzip(sample.as_bytes()),
            [gzip(&sample.as_bytes()[..100]), gzip(&sample.as_bytes()[100..])].concat(),
            gzip(&with_mark),
            utf16(sample, false, true),
            utf16(sample, true, true),
            utf16(sample, false, false),
            utf16(sample, true, false),
            gzip(&utf16(sample, true, true)),
        ] {
            assert_eq!(read(bytes).unwrap(), plain);
        }
    }
}

#[test]
fn a_declared_encoding_is_believed() {
    let declared = NESSUS.replace("<?xml version=\"1.0\" ?>", "<?xml version='1.0' encoding='ISO-8859-1'?>");
    let bytes: Vec<u8> =
        declared.replace("Old TLS.", "Vieux TLS: d\u{e9}pass\u{e9}.").chars().map(|c| c as u8).collect();
    let description = read(bytes).unwrap().findings[0].description.clone().unwrap();
    assert!(description.contains("d\u{e9}pass\u{e9}"), "{description}");
}

#[test]
fn an_encoding_that_cannot_be_right_is_an_error() {
    for declared in ["UTF-16", "utf-7", "klingon"] {
        let report = NESSUS.replace("version=\"1.0\"", &format!("version=\"1.0\" encoding=\"{declared}\""));
        let error = read(report).unwrap_err();
        assert!(matches!(error, ReadError::Encoding { .. }), "{declared}: {error}");
    }
    let utf32: Vec<u8> =
        [0xff, 0xfe, 0, 0].into_iter().chain(NESSUS.chars().flat_map(|c| (c as u32).to_le_bytes())).collect();
    assert!(matches!(read(utf32).unwrap_err(), ReadError::Encoding { .. }));
}

#[test]
fn wrong_bytes_in_a_text_do_not_cost_the_finding() {
    for sample in texts() {
        let plain = read(sample).unwrap();
        let mut bytes = sample.as_bytes().to_vec();
        for prose in PROSE {
            if let Some(at) = sample.find(prose) {
                bytes[at] = 0xff;
            }
        }
        let whole = read(bytes).unwrap();
        assert_eq!(whole.findings.len(), plain.findings.len());
        assert!(serde_json::to_string(&whole.findings).unwrap().contains('\u{fffd}'));
    }
}

#[test]
fn control_characters_and_nul_do_not_stop_a_reader() {
    let report = NESSUS.replace("Old TLS.", "a\0b\u{1b}[31m\u{202e}c&#0;&#x1b;&undefined;");
    let whole = read(report).unwrap();
    assert_eq!(whole.findings.len(), 3);
    assert!(whole.findings[0].description.as_ref().unwrap().contains("&undefined;"));
    // JSON forbids bare control characters: that record is rejected, the others are read.
    let whole = read(crate::reading::SARIF.replace("fine", "fi\0ne")).unwrap();
    assert_eq!((whole.findings.len(), whole.rejected.len()), (2, 1));
}
