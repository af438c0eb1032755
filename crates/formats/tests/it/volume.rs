//! What an output of any size costs in memory. Each test runs in a process of its own (nextest), so the peak of that
//! process is the test's.

use std::io::{self, BufWriter, Write};

use scanhelm_core::finding::FindingState;
use scanhelm_formats::write::{Gathering, Output};

use crate::outputs::{entry, heading};
use crate::writers::findings;

const FINDINGS: usize = 1500;
/// Of the longest text of each.
const TEXT: usize = 32_000;
/// Three quarters of what all the texts are.
const BOUND: u64 = 36_000_000;

/// Bytes that the process held at most so far.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

#[derive(Default)]
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn memory_does_not_grow_with_the_findings_of_any_output() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = findings().into_iter().cycle();
    let before = peak();
    let mut gathering = Gathering::new(folder.path().to_owned());
    for number in 0..FINDINGS {
        let mut record = all.next().unwrap();
        record.rule_id = format!("R{}", number % 5000);
        record.evidence = Some("evidence ".repeat(TEXT / 9));
        gathering.add(&entry(number as u128, record, FindingState::ALL[number % FindingState::ALL.len()])).unwrap();
    }
    let gathered = gathering.finish().unwrap();
    for output in Output::ALL {
        let mut written = Counted::default();
        output.write(&mut BufWriter::new(&mut written), &gathered, &heading()).unwrap();
        if output == Output::Json {
            assert!(written.0 > BOUND * 4 / 3, "{} bytes prove nothing", written.0);
        }
        let grown = peak() - before;
        assert!(grown < BOUND, "{} bytes while {} was written", grown, output.as_str());
    }
    drop(gathered);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
