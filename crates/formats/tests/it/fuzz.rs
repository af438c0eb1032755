//! The bodies of the fuzz targets on a stable compiler: damaged reports and random bytes.

#[path = "../../../../fuzz/bodies.rs"]
mod bodies;

use std::path::PathBuf;

use proptest::prelude::*;
use scanhelm_core::feed::FeedKind;
use scanhelm_formats::formats;

use crate::feeds;
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
    bodies::read_feeds(bytes);
}

/// The folder of the fuzzer's seeds for NAME, when they are asked for.
fn seed_folder(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("SCANHELM_FUZZ_SEEDS")?).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}

/// The seeds are written where SCANHELM_FUZZ_SEEDS says, which is how scripts/fuzz.sh gets them.
#[test]
fn each_format_has_a_seed_for_its_fuzzer() {
    for format in formats() {
        let seed = samples().into_iter().find(|sample| sample.format == format.id);
        let seed = seed.unwrap_or_else(|| panic!("{} has no small report: add one to the samples", format.id));
        if let Some(folder) = seed_folder(&format!("formats/{}", format.id)) {
            std::fs::write(folder.join(format.id), seed.text).unwrap();
        }
    }
}

#[test]
fn each_kind_of_feed_has_a_seed_for_the_fuzzer() {
    let samples = feeds::samples();
    for kind in FeedKind::ALL {
        assert!(samples.iter().any(|sample| sample.0 == kind), "{kind} has no small feed: add one to the samples");
    }
    for (number, (kind, text)) in samples.into_iter().enumerate() {
        bodies::read_feeds(text.as_bytes());
        if let Some(folder) = seed_folder("feeds") {
            std::fs::write(folder.join(format!("{kind}-{number}")), text).unwrap();
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

/// Whole reports and feeds.
fn texts() -> Vec<&'static str> {
    samples().into_iter().map(|sample| sample.text).chain(feeds::samples().map(|(_, text)| text)).collect()
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
        sample in proptest::sample::select(texts()),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>(), 0..PIECES.len()), 1..6),
    ) {
        let mut bytes = sample.as_bytes().to_vec();
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
