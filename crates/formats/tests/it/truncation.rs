//! A report that was cut short must never look whole.

use proptest::prelude::*;
use scanhelm_formats::{Limits, ReadError, ReadOptions};

use crate::corpus::corpus;
use crate::encodings::gzip;
use crate::reading::{NESSUS, NESSUS_CSV, read, read_with};
use crate::samples::{marked, samples};

/// One format for each way in which reports are read (XML as it comes and element by element, JSON record by record, as
/// code reports, gathered, by layout, in sequence): cut at every byte.
const EVERY_BYTE: [&str; 7] = ["nessus", "burp", "sarif", "semgrep", "gitleaks", "grype", "nikto"];

/// Where a report is cut. That parsers see any cut is proven by the formats of [`EVERY_BYTE`]. What a reader of another
/// format can still get wrong is to take a part for the whole where something has just ended: so its report is cut behind
/// all that ends there (an object, a list, an element, a line), throughout both ends of the report, and at each
/// eleventh byte between. The time that takes grows with the formats, not with the square of their samples.
fn cuts(format: &str, report: &[u8]) -> Vec<usize> {
    let every = EVERY_BYTE.contains(&format);
    let near_an_end = |at: usize| at < 32 || report.len() - at <= 96;
    let ended = |at: usize| at > 0 && matches!(report[at - 1], b'}' | b']' | b'>' | b'\n');
    (0..report.len()).filter(|at| every || near_an_end(*at) || ended(*at) || at % 11 == 0).collect()
}

/// Each cut is read as the format that it is of: to ask every format for each cut would take most of the time, and a
/// reader that is told what it gets has no one else to refuse the cut. Some are recognised too, so that no other
/// format takes a part of a report for a whole one of its own.
#[test]
fn a_report_cut_at_any_byte_is_an_error() {
    assert!(EVERY_BYTE.iter().all(|id| samples().iter().any(|sample| sample.marked && sample.format == *id)));
    for sample in samples().into_iter().filter(|sample| sample.marked) {
        let (format, text) = (sample.format, sample.text);
        let forced = ReadOptions { format: Some(format.to_owned()), ..ReadOptions::default() };
        let whole = read(text).unwrap();
        for end in cuts(format, text.as_bytes()) {
            let cut = &text.as_bytes()[..end];
            let recognised = (end % 37 == 0).then(|| read(cut));
            for outcome in recognised.into_iter().chain([read_with(cut, &forced)]) {
                match outcome {
                    // Only white space behind the report's end was lost.
                    Ok(cut) => assert_eq!(cut, whole, "{format} cut at {end} of {}", text.len()),
                    Err(ReadError::Truncated { .. } | ReadError::UnknownFormat { .. }) => {}
                    // So short that it does not even begin as the format does.
                    Err(ReadError::Malformed { .. }) if end < 16 => {}
                    Err(other) => panic!("{format} cut at {end}: {other}"),
                }
            }
        }
    }
}

/// A table has no end mark: cut between two rows it looks whole. So it never claims to be, and elsewhere a cut shows.
#[test]
fn a_table_cut_at_any_byte_is_an_error_or_ends_between_two_rows() {
    let whole = read(NESSUS_CSV).unwrap();
    let mut between_rows = 0;
    for end in 0..NESSUS_CSV.len() {
        match read(&NESSUS_CSV.as_bytes()[..end]) {
            Ok(cut) => {
                assert!(!cut.complete && cut.rejected.is_empty(), "cut at {end}");
                assert!(cut.findings.len() <= whole.findings.len());
                let rest = &NESSUS_CSV[end..];
                let row_was_whole = NESSUS_CSV[..end].ends_with('\n') || rest.starts_with('\n');
                assert!(row_was_whole, "cut at {end}");
                between_rows += 1;
            }
            Err(ReadError::Truncated { .. } | ReadError::UnknownFormat { .. }) => {}
            Err(other) => panic!("cut at {end}: {other}"),
        }
    }
    // Behind each line end, and before those that follow a quoted cell.
    assert_eq!(between_rows, 11);
}

#[test]
fn a_packed_report_cut_at_any_byte_is_an_error() {
    for sample in samples() {
        let packed = gzip(sample.text.as_bytes());
        for end in cuts(sample.format, &packed) {
            let error = read(&packed[..end]).unwrap_err();
            assert!(
                matches!(error, ReadError::Truncated { .. } | ReadError::UnknownFormat { .. }),
                "{} cut at {end} of {}: {error}",
                sample.format,
                packed.len()
            );
        }
    }
}

#[test]
fn content_behind_the_end_is_an_error() {
    for sample in marked() {
        for more in ["<x/>", "{}", "more", sample] {
            let error = read(format!("{sample}{more}")).unwrap_err();
            // A second document of a vendor that names a DTD shows by its DOCTYPE, which is due once.
            let named = more.contains("<!DOCTYPE");
            assert!(
                matches!(error, ReadError::Malformed { .. }) || named && matches!(error, ReadError::Hostile { .. }),
                "{error}"
            );
        }
    }
}

#[test]
fn the_error_names_the_place_and_the_next_step() {
    let error = read(&NESSUS.as_bytes()[..1500]).unwrap_err().to_string();
    assert!(error.contains("cut off at byte 1") && error.contains("download it again"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same over real reports, at places nobody chose.
    #[test]
    fn a_real_report_cut_anywhere_is_an_error(file in 0..4_usize, place in 0.0..1.0_f64) {
        let Some(corpus) = corpus() else { return Ok(()) };
        let file = ["nessus/seccubus_unicode.nessus", "nessus/dd_nessus_many_vuln.xml",
            "github_code_scanning/heimdall_sarif_input.sarif", "local/bandit/sample.json"][file];
        let bytes = std::fs::read(corpus.join(file)).unwrap();
        let content = bytes.trim_ascii_end().len();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small file")]
        let end = (content as f64 * place) as usize;
        prop_assert!(read(&bytes[..end]).is_err(), "{} of {}", end, content);
    }

    /// Wherever a limit strikes, it is an error and not a shorter report.
    #[test]
    fn a_limit_is_never_a_silent_end(sample in proptest::sample::select(samples()), max_bytes in 1..2000_u64) {
        let limits = Limits { max_bytes, ..Limits::default() };
        let sample = sample.text;
        match read_with(sample, &ReadOptions { limits, ..ReadOptions::default() }) {
            Ok(whole) => prop_assert_eq!(whole, read(sample).unwrap()),
            Err(error) => prop_assert!(matches!(error, ReadError::TooLarge { .. }), "{}", error),
        }
    }
}
