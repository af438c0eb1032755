//! Microsoft Defender Vulnerability Management: the software vulnerabilities of machines as its API answers them
//! (`machinesVulnerabilities`, `SoftwareVulnerabilitiesByMachine`), and such answers packed with those of `machines`.
//!
//! Decisions a reader of findings should know:
//! - **A finding** is a CVE of a version of a product on a machine. Records without a CVE list software and are none.
//! - **Asset** is the machine: by its name where the answer has it (or the packed `machines` do), else by Defender's id.
//! - **Fixed** records of the delta answer are no findings.
//! - **Nothing is closed**: an answer is a page.

use std::collections::HashMap;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::network;
use crate::options::ReadOptions;
use crate::package::{draft, field, lines, package_location, package_title, purl, push_score, severity_or_reason};
use crate::sample::Sample;

pub(crate) const FORMAT: Format = Format {
    id: "defender",
    name: "Microsoft Defender vulnerabilities JSON",
    extensions: &["json", "zip"],
    sniff: recognises,
    open,
};

const SCANNER: &str = "defender";

fn recognises(sample: &Sample) -> bool {
    ["value[].", "vulnerabilities[].value[]."].iter().any(|at| {
        let has = |name: &str| sample.has_json(&format!("{at}{name}"));
        has("cveId") && (has("machineId") || has("deviceId"))
    }) || sample.has_json("value") && sample.text().contains("securitycenter") && !sample.has_json("value[].")
        || sample.has_json("machines[].value[].computerDnsName")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let machines = Machines { known: HashMap::new() };
    records::reader(input.content, machines, &options.limits)
}

struct Machines {
    /// By Defender's id.
    known: HashMap<String, AssetRecord>,
}

impl Layout for Machines {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "value" => Step::Enter,
            "machines" | "machines[]" | "machines[].value" => Step::Enter,
            "vulnerabilities" | "vulnerabilities[]" | "vulnerabilities[].value" => Step::Enter,
            "machines[].value[]" => Step::Note,
            "value[]" | "vulnerabilities[].value[]" => Step::Record,
            _ => Step::Skip,
        }
    }

    fn note(&mut self, _: &str, raw: &[u8]) -> Result<(), String> {
        let machine: Value = serde_json::from_slice(raw).map_err(|error| format!("a machine is broken: {error}"))?;
        if let Some(id) = field::text(&machine, "id") {
            let addresses =
                field::list(&machine, "ipAddresses").filter_map(|address| field::text(address, "ipAddress"));
            let called = [field::text(&machine, "computerDnsName"), field::text(&machine, "lastIpAddress")];
            let mut asset = machine_called(id, called.into_iter().flatten().chain(addresses));
            let system = [field::text(&machine, "osPlatform"), field::text(&machine, "version")];
            let system: Vec<&str> = system.into_iter().flatten().collect();
            asset.operating_system = (!system.is_empty()).then(|| system.join(" "));
            self.known.insert(id.to_owned(), asset);
        }
        Ok(())
    }

    fn begin(&mut self, _: &Sections) -> Result<Beginning, String> {
        Ok(Beginning::by(SCANNER))
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let Some(cve) = field::text(&entry, "cveId") else { return Ok(vec![]) };
        let word =
            field::first_text(&entry, &["severity", "vulnerabilitySeverityLevel"]).ok_or("it has no severity")?;
        let severity = severity_or_reason(word, "Defender")?;
        if field::text(&entry, "status") == Some("Fixed") {
            return Ok(vec![]);
        }
        let id = field::first_text(&entry, &["machineId", "deviceId"]).ok_or("it names no machine")?;
        let asset = match self.known.get(id) {
            Some(machine) => machine.clone(),
            None => machine_called(id, field::text(&entry, "deviceName")),
        };
        let name = field::first_text(&entry, &["productName", "softwareName"]).ok_or("it names no product")?;
        let vendor = field::first_text(&entry, &["productVendor", "softwareVendor"]).unwrap_or_default();
        let version = field::first_text(&entry, &["productVersion", "softwareVersion"]).unwrap_or_default();
        let purl = purl("generic", None, &format!("{vendor}/{name}"), version).ok_or("it names no product")?;
        let mut finding = draft(SCANNER, cve, severity, &asset, package_location(purl, None));
        finding.title = package_title(name, version, None, cve);
        finding.vendor_severity = Some(word.to_owned());
        push_score(&mut finding.cvss, "3.1", None, field::number(&entry, "cvssScore"));
        finding.family = Some(vendor.to_owned()).filter(|vendor| !vendor.is_empty());
        let update = field::first_text(&entry, &["recommendedSecurityUpdate", "fixingKbId"]);
        finding.solution = update.map(|update| format!("Install {update}"));
        finding.evidence = lines(&[
            ("Product", Some(name)),
            ("Installed version", Some(version)),
            ("Found at", field::texts(&entry, "diskPaths").first().map(String::as_str)),
            ("Exploit", field::text(&entry, "exploitabilityLevel")),
        ]);
        finding.references = field::texts(&entry, "recommendedSecurityUpdateUrl");
        // `2020-11-03 10:13:34.8476880`, in UTC.
        let seen = field::text(&entry, "lastSeenTimestamp").map(|time| format!("{}Z", time.trim_end_matches('Z')));
        finding.seen_at = seen.and_then(|time| Timestamp::parse(&time.replacen(' ', "T", 1)));
        Ok(vec![finding])
    }
}

fn machine_called<'a>(id: &str, called: impl IntoIterator<Item = &'a str>) -> AssetRecord {
    let mut asset = network::host(called);
    if asset.keys.is_empty() {
        asset = AssetRecord::new(AssetKind::Host, id, vec![]);
    }
    asset.keys.push(AssetKey::VendorUuid(id.to_owned()));
    asset
}
