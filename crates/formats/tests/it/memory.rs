//! Memory is bounded by limits, not by the report.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use scanhelm_formats::{ReadError, ReadOptions, ReportItem, open};

use crate::reading::{NESSUS, NESSUS_CSV, SARIF};

/// `head`, then `part` repeated, then `tail`; made while it is read.
struct Generated {
    head: &'static [u8],
    part: &'static [u8],
    tail: &'static [u8],
    parts_left: u64,
    offset: usize,
    given: Arc<AtomicU64>,
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let piece = if !self.head.is_empty() {
                self.head
            } else if self.parts_left > 0 {
                self.part
            } else {
                self.tail
            };
            let mut rest = &piece[self.offset..];
            if rest.is_empty() {
                self.offset = 0;
                if !self.head.is_empty() {
                    self.head = &[];
                } else if self.parts_left > 0 {
                    self.parts_left -= 1;
                } else {
                    self.offset = piece.len();
                    return Ok(0);
                }
                continue;
            }
            let read = rest.read(buffer)?;
            self.offset += read;
            self.given.fetch_add(read as u64, Ordering::Relaxed);
            return Ok(read);
        }
    }
}

/// A report cut at the record to repeat, whose texts are made long: much report in little time.
fn generated(
    sample: &'static str,
    from: &str,
    to: &str,
    separator: &'static str,
    count: u64,
) -> (Generated, Arc<AtomicU64>) {
    let long =
        |part: &str| part.replace("Old TLS", &"Old TLS. ".repeat(7000)).replace("SQL from", &"SQL from ".repeat(7000));
    repeated(sample, (from, to), separator, count, long)
}

/// A report cut at the record to repeat.
fn repeated(
    sample: &'static str,
    (from, to): (&str, &str),
    separator: &'static str,
    count: u64,
    change: impl Fn(&str) -> String,
) -> (Generated, Arc<AtomicU64>) {
    let start = sample.find(from).unwrap();
    let end = start + sample[start..].find(to).unwrap() + to.len();
    let given = Arc::new(AtomicU64::new(0));
    let part = change(&sample[start..end]);
    let part: &'static str = Box::leak(format!("{part}{separator}").into_boxed_str());
    let generated = Generated {
        head: &sample.as_bytes()[..start],
        part: part.as_bytes(),
        tail: &sample.as_bytes()[start..],
        parts_left: count,
        offset: 0,
        given: Arc::clone(&given),
    };
    (generated, given)
}

/// What the process needed at most so far, in MiB. Only in a process of its own, as nextest gives to each test.
fn peak() -> Option<u64> {
    std::env::var_os("NEXTEST")?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}

/// [`peak`] after a small report of the kind was read: pages of the program itself, which grows with every format, are no
/// memory of the large one.
fn peak_after(small: &str) -> Option<u64> {
    assert!(!crate::reading::read(small).unwrap().findings.is_empty());
    peak()
}

#[test]
fn a_huge_nessus_report_is_read_as_it_comes() {
    const COUNT: u64 = 500;
    let (input, given) = generated(NESSUS, "<ReportItem port=\"443\"", "</ReportItem>", "\n", COUNT);
    let (item, before) = (input.part.len() as u64, peak_after(NESSUS));
    let mut findings = 0;
    for part in open(Box::new(input), &ReadOptions::default()).unwrap() {
        if let ReportItem::Finding(_) = part.unwrap() {
            findings += 1;
            let needed = NESSUS.len() as u64 + findings * item;
            assert!(given.load(Ordering::Relaxed) < needed + (512 << 10), "it reads far ahead of what it gives");
        }
    }
    assert_eq!(findings, COUNT + 3);
    if let (Some(before), Some(after)) = (before, peak()) {
        let size = given.load(Ordering::Relaxed) >> 20;
        assert!(size > 25 && after - before < 10, "{} MiB for a report of {size} MiB", after - before);
    }
}

#[test]
fn fm_c19_a_report_of_250_000_findings_is_read_as_it_comes() {
    const COUNT: u64 = 250_000;
    let item = ("<ReportItem port=\"443\"", "</ReportItem>");
    let short = "<ReportItem port=\"443\" svc_name=\"www\" protocol=\"tcp\" severity=\"3\" pluginID=\"51192\" \
                 pluginName=\"TLS 1.0\" pluginFamily=\"General\"><cve>CVE-2022-3602</cve><synopsis>Old TLS.</synopsis>\
                 <description>The service speaks old TLS.</description></ReportItem>";
    let (input, given) = repeated(NESSUS, item, "\n", COUNT, |_| short.to_owned());
    let before = peak_after(NESSUS);
    let report = open(Box::new(input), &ReadOptions::default()).unwrap();
    let findings = report.filter(|part| matches!(part.as_ref().unwrap(), ReportItem::Finding(_))).count();
    assert_eq!(findings as u64, COUNT + 3);
    if let (Some(before), Some(after)) = (before, peak()) {
        let size = given.load(Ordering::Relaxed) >> 20;
        assert!(size > 50 && after - before < 10, "{} MiB for a report of {size} MiB", after - before);
    }
}

#[test]
fn a_huge_sarif_is_kept_on_disk() {
    const COUNT: u64 = 400;
    let (input, given) = generated(SARIF, "{\"ruleId\":\"py/sqli\"", "}}}]}", ",", COUNT);
    let before = peak_after(SARIF);
    let report = open(Box::new(input), &ReadOptions::default()).unwrap();
    let findings = report.filter(|item| matches!(item.as_ref().unwrap(), ReportItem::Finding(_))).count();
    assert_eq!(findings as u64, COUNT + 3);
    if let (Some(before), Some(after)) = (before, peak()) {
        let size = given.load(Ordering::Relaxed) >> 20;
        assert!(size > 20 && after - before < 16, "{} MiB for a report of {size} MiB", after - before);
    }
}

#[test]
fn a_huge_document_of_records_is_kept_on_disk() {
    const COUNT: u64 = 400;
    let record = ("{\"VulnerabilityID\":\"CVE-2019-1549\"", "cve-2019-1549\"]}");
    let long = |part: &str| part.replace("Code Execution in fork.", &"Code Execution. ".repeat(4000));
    let (input, given) = repeated(crate::package_samples::TRIVY, record, ",", COUNT, long);
    let before = peak_after(crate::package_samples::TRIVY);
    let report = open(Box::new(input), &ReadOptions::default()).unwrap();
    let findings = report.filter(|item| matches!(item.as_ref().unwrap(), ReportItem::Finding(_))).count();
    assert_eq!(findings as u64, COUNT + 6);
    if let (Some(before), Some(after)) = (before, peak()) {
        let size = given.load(Ordering::Relaxed) >> 20;
        assert!(size > 20 && after - before < 16, "{} MiB for a report of {size} MiB", after - before);
    }
}

#[test]
fn a_huge_table_is_kept_on_disk() {
    const COUNT: u64 = 200;
    let (input, given) = generated(NESSUS_CSV, "\"51192\",\"CVE-2022-3786\"", "11:37:06Z\"", "\n", COUNT);
    let before = peak_after(NESSUS_CSV);
    let report = open(Box::new(input), &ReadOptions::default()).unwrap();
    let findings = report.filter(|item| matches!(item.as_ref().unwrap(), ReportItem::Finding(_))).count();
    // Each row repeats one CVE, so each is a finding.
    assert_eq!(findings as u64, COUNT + 4);
    if let (Some(before), Some(after)) = (before, peak()) {
        let size = given.load(Ordering::Relaxed) >> 20;
        assert!(size > 10 && after - before < 10, "{} MiB for a report of {size} MiB", after - before);
    }
}

#[test]
fn white_space_without_end_ends_at_once() {
    for format in [None, Some("nessus"), Some("sarif")] {
        let options = ReadOptions { format: format.map(str::to_owned), ..ReadOptions::default() };
        let error = open(Box::new(io::repeat(b' ')), &options).unwrap_err();
        assert!(matches!(error, ReadError::UnknownFormat { .. }), "{error}");
    }
    let begun = io::Cursor::new("<NessusClientData_v2>").chain(io::repeat(b'\n'));
    let mut report = open(Box::new(begun), &ReadOptions::default()).unwrap();
    assert!(matches!(report.next(), Some(Err(ReadError::Hostile { .. }))));
    assert!(report.next().is_none());
}

#[test]
fn a_source_that_fails_is_not_a_report_that_ended() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset by the vendor"))
        }
    }
    for sample in crate::samples::texts() {
        let input = io::Cursor::new(&sample.as_bytes()[..sample.len() / 2]).chain(Failing);
        let result: Result<Vec<_>, _> =
            open(Box::new(input), &ReadOptions::default()).and_then(|report| report.collect());
        assert!(matches!(result, Err(ReadError::Io(_))), "{result:?}");
    }
}
