//! Feeds of public facts: what is read of each, and that a broken one is refused.

use std::io::Write;

use proptest::prelude::*;
use scanhelm_core::Timestamp;
use scanhelm_core::feed::{FeedKind, FeedRecord};
use scanhelm_formats::Limits;
use scanhelm_formats::feed::{FeedAbout, open};

fn read(kind: FeedKind, bytes: &[u8]) -> Result<(Vec<FeedRecord>, FeedAbout), String> {
    let reader = open(kind, Box::new(std::io::Cursor::new(bytes.to_vec())), &Limits::default());
    let mut reader = reader.map_err(|error| error.to_string())?;
    let mut records = vec![];
    for record in reader.by_ref() {
        records.push(record.map_err(|error| error.to_string())?);
    }
    Ok((records, reader.about().clone()))
}

const EPSS: &str = "#model_version:v2025.03.14,score_date:2026-05-18T00:00:00+0000\ncve,epss,percentile\n\
                    CVE-1999-0001,0.0046,0.7385\nCVE-2021-44228,0.94358,0.99958\n";
const KEV: &str = r#"{"title": "CISA Catalog", "catalogVersion": "2026.05.18", "dateReleased": "2026-05-18T14:00:02.7Z",
    "count": 1, "vulnerabilities": [{"cveID": "CVE-2021-44228", "vendorProject": "Apache", "product": "Log4j2",
    "vulnerabilityName": "Apache Log4j2 Remote Code Execution Vulnerability", "dateAdded": "2021-12-10",
    "shortDescription": "text", "requiredAction": "text", "dueDate": "2021-12-24",
    "knownRansomwareCampaignUse": "Known", "notes": "", "cwes": ["CWE-20"]}]}"#;
const KEV_TABLE: &str = "\"cveID\",\"vendorProject\",\"product\",\"vulnerabilityName\",\"dateAdded\",\
                         \"shortDescription\",\"requiredAction\",\"dueDate\",\"knownRansomwareCampaignUse\",\
                         \"notes\",\"cwes\"\n\"CVE-2021-44228\",\"Apache\",\"Log4j2\",\
                         \"Apache Log4j2 Remote Code Execution Vulnerability\",\"2021-12-10\",\"a, \"\"b\"\"\",\"c\",\
                         \"2021-12-24\",\"Known\",\"\",\"CWE-20\"\n";
const NVD: &str = r#"{"resultsPerPage": 2, "format": "NVD_CVE", "version": "2.0", "timestamp": "2026-05-18T08:00:00.123",
    "vulnerabilities": [{"cve": {"id": "CVE-2021-44228", "vulnStatus": "Analyzed",
    "lastModified": "2024-11-21T06:30:38.000", "descriptions": [{"lang": "en", "value": "text"}],
    "metrics": {"cvssMetricV31": [
        {"source": "x@y", "type": "Secondary", "cvssData": {"vectorString": "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}},
        {"source": "nvd@nist.gov", "type": "Primary", "cvssData": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "baseScore": 10.0}}],
        "cvssMetricV2": [{"type": "Primary", "cvssData": {"vectorString": "AV:N/AC:M/Au:N/C:C/I:C/A:C"}}]},
    "weaknesses": [{"source": "nvd@nist.gov", "type": "Primary", "description": [{"lang": "en", "value": "CWE-502"},
        {"lang": "en", "value": "NVD-CWE-noinfo"}]}]}},
    {"cve": {"id": "CVE-2020-0001", "vulnStatus": "Rejected", "lastModified": "2024-11-21T06:30:38.000",
    "metrics": {"cvssMetricV2": [{"type": "Primary", "cvssData": {"vectorString": "AV:N/AC:M/Au:N/C:C/I:C/A:C"}}]}}}]}"#;
const CWE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
    <Weakness_Catalog xmlns="http://cwe.mitre.org/cwe-7" Name="CWE" Version="4.17" Date="2026-04-03">
    <Weaknesses><Weakness ID="79" Name="Improper Neutralization of Input &amp; more" Abstraction="Base">
    <Related_Weaknesses><Related_Weakness Nature="ChildOf" CWE_ID="74"/></Related_Weaknesses></Weakness></Weaknesses>
    <Categories><Category ID="16" Name="Configuration" Status="Obsolete"/></Categories></Weakness_Catalog>"#;
const CWE_TABLE: &str = "CWE-ID,Name,Weakness Abstraction,Status\n79,\"Cross-site Scripting, XSS\",Base,Stable,\n";

/// A small feed of each kind and form, where the fuzzer begins too.
pub(crate) fn samples() -> [(FeedKind, &'static str); 6] {
    [
        (FeedKind::Epss, EPSS),
        (FeedKind::Kev, KEV),
        (FeedKind::Kev, KEV_TABLE),
        (FeedKind::Nvd, NVD),
        (FeedKind::Cwe, CWE),
        (FeedKind::Cwe, CWE_TABLE),
    ]
}

#[test]
fn epss_with_its_model_and_day_packed_or_not() {
    let (records, about) = read(FeedKind::Epss, EPSS.as_bytes()).unwrap();
    assert_eq!(records.len(), 2);
    assert!(matches!(&records[1], FeedRecord::Epss { cve, score }
        if cve == "CVE-2021-44228" && score.score == 0.94358 && score.percentile == 0.99958));
    assert_eq!(about.version.as_deref(), Some("v2025.03.14"));
    assert_eq!(about.published_at, Timestamp::parse("2026-05-18T00:00:00Z"));
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    packed.write_all(EPSS.as_bytes()).unwrap();
    assert_eq!(read(FeedKind::Epss, &packed.finish().unwrap()).unwrap().0, records);
}

#[test]
fn kev_says_the_same_in_both_forms() {
    let (records, about) = read(FeedKind::Kev, KEV.as_bytes()).unwrap();
    assert_eq!(about.version.as_deref(), Some("2026.05.18"));
    let FeedRecord::Kev(entry) = &records[0] else { panic!("{records:?}") };
    assert_eq!((entry.cve.as_str(), entry.ransomware), ("CVE-2021-44228", true));
    assert_eq!(Some(entry.added_at), Timestamp::parse("2021-12-10T00:00:00Z"));
    assert_eq!(entry.due_at, Timestamp::parse("2021-12-24T00:00:00Z"));
    assert_eq!(read(FeedKind::Kev, KEV_TABLE.as_bytes()).unwrap().0, records);
    let short = KEV.replace("\"count\": 1", "\"count\": 2");
    assert!(read(FeedKind::Kev, short.as_bytes()).unwrap_err().contains("2"), "a part taken for the whole");
}

#[test]
fn nvd_keeps_the_primary_vector_of_each_version() {
    let (records, about) = read(FeedKind::Nvd, NVD.as_bytes()).unwrap();
    assert_eq!(about.published_at, Timestamp::parse("2026-05-18T08:00:00.123Z"));
    let FeedRecord::Nvd(entry) = &records[0] else { panic!("{records:?}") };
    assert_eq!(entry.vectors, ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "AV:N/AC:M/Au:N/C:C/I:C/A:C"]);
    assert_eq!((entry.score().unwrap().tenths, entry.cwes.as_slice()), (100, &[502][..]));
    let FeedRecord::Nvd(rejected) = &records[1] else { panic!("{records:?}") };
    assert!(rejected.vectors.is_empty(), "what is no vulnerability has no score");
    let old = r#"{"CVE_data_type": "CVE", "CVE_Items": []}"#;
    assert!(read(FeedKind::Nvd, old.as_bytes()).unwrap_err().contains("2.0"));
}

#[test]
fn cwe_names_weaknesses_and_categories() {
    let (records, about) = read(FeedKind::Cwe, CWE.as_bytes()).unwrap();
    let cwe = |id, name: &str| FeedRecord::Cwe { id, name: name.to_owned() };
    assert_eq!(records, [cwe(79, "Improper Neutralization of Input & more"), cwe(16, "Configuration")]);
    assert_eq!(about.version.as_deref(), Some("4.17"));
    assert_eq!(read(FeedKind::Cwe, CWE_TABLE.as_bytes()).unwrap().0, [cwe(79, "Cross-site Scripting, XSS")]);
}

#[test]
fn a_cut_feed_never_ends_well() {
    for (kind, sample) in samples() {
        let whole = read(kind, sample.as_bytes()).unwrap().0;
        for end in 0..sample.len() {
            if !sample.is_char_boundary(end) {
                continue;
            }
            // A table that is cut behind a row looks whole; that it got shorter is the loader's to notice.
            let Ok((records, _)) = read(kind, &sample.as_bytes()[..end]) else { continue };
            let is_table = !sample.starts_with(['{', '<']);
            let between_rows = sample.as_bytes()[end - 1] == b'\n' || records.is_empty();
            assert!(is_table && between_rows || records == whole, "{kind} cut at {end}");
        }
    }
}

#[test]
fn what_is_not_this_feed_is_refused_in_words() {
    for (kind, other) in [
        (FeedKind::Epss, KEV),
        (FeedKind::Kev, EPSS),
        (FeedKind::Kev, NVD),
        (FeedKind::Nvd, CWE),
        (FeedKind::Nvd, KEV),
        (FeedKind::Cwe, EPSS),
        (FeedKind::Epss, "cve,epss,percentile\nCVE-2021-44228,1.5,0.2\n"),
        (FeedKind::Epss, "cve,epss,percentile\nCVE-2021-44228,NaN,0.2\n"),
        (FeedKind::Epss, "cve,epss,percentile\n<script>,0.5,0.2\n"),
    ] {
        let error = read(kind, other.as_bytes()).unwrap_err();
        assert!(error.contains("file"), "{error}");
    }
}

proptest! {
    /// Damage anywhere is an error or another record, never a panic.
    #[test]
    fn damage_is_survived(which in 0..6usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (kind, sample) = samples()[which];
        let mut bytes = sample.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(kind, &bytes);
    }
}
