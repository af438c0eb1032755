//! A report that was cut short must never look whole.

use proptest::prelude::*;
use scanhelm_formats::{Limits, ReadError, ReadOptions};

use crate::corpus::corpus;
use crate::encodings::gzip;
use crate::reading::{NESSUS, NESSUS_CSV, read, read_with};
use crate::samples::{marked, samples, texts};

#[test]
fn a_report_cut_at_any_byte_is_an_error() {
    for sample in marked() {
        let whole = read(sample).unwrap();
        for end in 0..sample.len() {
            match read(&sample.as_bytes()[..end]) {
                // Only white space behind the report's end was lost.
                Ok(cut) => assert_eq!(cut, whole, "cut at {end} of {}", sample.len()),
                Err(ReadError::Truncated { .. } | ReadError::UnknownFormat { .. }) => {}
                Err(other) => panic!("cut at {end}: {other}"),
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
    for sample in texts() {
        let packed = gzip(sample.as_bytes());
        for end in 0..packed.len() {
            let error = read(&packed[..end]).unwrap_err();
            assert!(
                matches!(error, ReadError::Truncated { .. } | ReadError::UnknownFormat { .. }),
                "cut at {end} of {}: {error}",
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
