//! The bodies of the fuzz targets on a stable compiler: damaged reports and random bytes.

#[path = "../../../../fuzz/bodies.rs"]
mod bodies;

use proptest::prelude::*;
use scanhelm_formats::formats;

use crate::samples::samples;

/// Pieces that mean something to a parser.
const PIECES: [&str; 30] = [
    "<",
    ">",
    "</",
    "/>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&#",
    "&",
    ";",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\0",
    "\u{feff}",
    "\n",
    "\r\n\"",
    "Plugin ID,CVE,Risk,Host,Protocol,Port\n",
    "1,CVE-2020-0001,Low,a,tcp,1\n",
    "<ReportHost name=\"x\">",
    "\"results\":[",
    "<ReportItem><Name>x</Name>",
    "\"vulnerabilities\":[",
    "<?xml encoding=\"utf-16\"?>",
];

fn feed(bytes: &[u8]) {
    for format in formats() {
        let _ = bodies::read_any(Some(format.id), bytes);
    }
    bodies::read_and_write(bytes);
}

/// The seeds are written where SCANHELM_FUZZ_SEEDS says, which is how scripts/fuzz.sh gets them.
#[test]
fn each_format_has_a_seed_for_its_fuzzer() {
    let folder = std::env::var_os("SCANHELM_FUZZ_SEEDS").map(std::path::PathBuf::from);
    for format in formats() {
        let seed = samples().into_iter().find(|sample| sample.format == format.id);
        let seed = seed.unwrap_or_else(|| panic!("{} has no small report: add one to the samples", format.id));
        if let Some(folder) = &folder {
            let seeds = folder.join(format.id);
            std::fs::create_dir_all(&seeds).unwrap();
            std::fs::write(seeds.join(format.id), seed.text).unwrap();
        }
    }
}

#[test]
fn whole_reports_pass_the_bodies() {
    for sample in samples() {
        bodies::read_and_write(sample.text.as_bytes());
        assert!(bodies::read_any(Some(sample.format), sample.text.as_bytes()).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        feed(&bytes);
    }

    #[test]
    fn random_pieces_never_panic(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        feed(text.as_bytes());
    }

    #[test]
    fn damaged_reports_never_panic(
        sample in proptest::sample::select(samples()),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>(), 0..PIECES.len()), 1..6),
    ) {
        let mut bytes = sample.text.as_bytes().to_vec();
        for (place, what, byte, piece) in damage {
            if bytes.is_empty() { break; }
            let at = place.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                _ => { bytes.splice(at..at, PIECES[piece].bytes()); }
            }
        }
        feed(&bytes);
    }
}
