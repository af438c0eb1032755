//! What is known of the hosts from all processed scans: the hosts themselves, and the detections on them, in pages.
//!
//! Hosts are listed by their number; the next page begins at the `id_min` of the address in the warning.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use url::form_urlencoded;

use super::answer::{Call, Refused, xml};
use super::checks::{Check, Kind};
use super::document::{Document, datetime};
use super::holdings::listing;
use super::state::{Scan, State};
use crate::clock::Moment;
use crate::estate::hosts::Host;
use crate::estate::knowledge::{self, Known, Look, Standing};
use crate::ledger::FindingRef;
use crate::random::Draw;

const USUAL_PAGE: usize = 1000;
const STATUSES: [&str; 4] = ["New", "Active", "Fixed", "Re-Opened"];

/// The number the platform gives a host; the same whatever scan met it first.
fn host_id(host: &Host) -> u32 {
    100_000_000 + Draw::new(0).of("qualys-host").of(&host.ip).below(800_000_000) as u32
}

fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::New => "New",
        Standing::Active => "Active",
        Standing::Fixed => "Fixed",
        Standing::Reopened => "Re-Opened",
    }
}

/// By number of the host.
fn known(state: &State, now: Moment) -> BTreeMap<u32, Vec<Known>> {
    let processed = state.scans.values().filter(|scan| scan.is_processed(now));
    let mut hosts: BTreeMap<u32, Vec<Known>> = BTreeMap::new();
    for known in knowledge::after(processed.map(|scan| look(scan, now)).collect()) {
        hosts.entry(host_id(&known.host)).or_default().push(known);
    }
    hosts
}

fn look(scan: &Scan, now: Moment) -> Look {
    let progress = scan.execution.progress(now);
    let hosts = scan.survey.hosts.iter().enumerate();
    let looked_at: BTreeSet<String> = hosts
        .filter(|(index, _)| scan.survey.host_progress(*index, progress) >= 1.0)
        .map(|(_, host)| host.ip.clone())
        .collect();
    let found = scan.found(now);
    let all = found.all(scan.began());
    Look {
        at: scan.execution.ended.unwrap_or(now),
        scan: scan.reference.clone(),
        run: scan.reference.clone(),
        group: 0,
        looked_at,
        found: all
            .flat_map(|(_, host, findings)| {
                findings.into_iter().map(|finding| (host.clone(), finding)).collect::<Vec<_>>()
            })
            .collect(),
    }
}

/// One page of the hosts that fit, and the number the next one begins with.
struct Page {
    hosts: Vec<(u32, Vec<Known>)>,
    limit: usize,
    next: Option<u32>,
}

fn page(call: &Call) -> Result<Page, Refused> {
    let limit = match call.parameter("truncation_limit") {
        None => USUAL_PAGE,
        Some(text) => text.parse().map_err(|_| Refused::invalid("truncation_limit", text, "must be a number"))?,
    };
    let ids = call.numbers("ids")?;
    let number = |name: &str| -> Result<Option<u32>, Refused> {
        let parse = |text: &str| text.parse().map_err(|_| Refused::invalid(name, text, "must be a number"));
        call.parameter(name).map(parse).transpose()
    };
    let (id_min, id_max) = (number("id_min")?, number("id_max")?);
    let addresses: Option<Vec<&str>> = call.parameter("ips").map(|ips| ips.split(',').map(str::trim).collect());
    let scanned_since = call.moment("vm_scan_since")?;
    let fits = |id: u32, known: &[Known]| {
        let Some(first) = known.first() else { return false };
        ids.as_ref().is_none_or(|ids| ids.iter().any(|range| range.contains(&id)))
            && id_min.is_none_or(|least| id >= least)
            && id_max.is_none_or(|most| id <= most)
            && addresses.as_ref().is_none_or(|ips| ips.contains(&first.host.ip.as_str()))
            && scanned_since.is_none_or(|since| known.iter().any(|known| known.last_looked >= since))
    };
    let all = known(&call.state(), call.now);
    let mut hosts: Vec<(u32, Vec<Known>)> = all.into_iter().filter(|(id, known)| fits(*id, known)).collect();
    let next = if limit > 0 { hosts.get(limit).map(|(id, _)| *id) } else { None };
    if limit > 0 {
        hosts.truncate(limit);
    }
    Ok(Page { hosts, limit, next })
}

/// The address of the next page: the parameters of this one, with another beginning.
fn next_page(call: &Call, id_min: u32) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in call.parameters().filter(|(name, _)| *name != "id_min") {
        query.append_pair(name, value);
    }
    query.append_pair("id_min", &id_min.to_string());
    format!("{}{}?{}", call.origin, call.path, query.finish())
}

fn finish(call: &Call, mut document: Document, page: &Page) -> Response {
    if let Some(next) = page.next {
        document.warning(page.limit, &next_page(call, next));
    }
    xml(document.finish())
}

pub(super) fn hosts(call: &Call) -> Result<Response, Refused> {
    listing(call)?;
    let page = page(call)?;
    let bare = call.parameter("details") == Some("None");
    let mut document = call.document("HOST_LIST_OUTPUT");
    if bare && !page.hosts.is_empty() {
        document.open("ID_SET");
        for (id, _) in &page.hosts {
            document.number("ID", id);
        }
        document.close("ID_SET");
    } else if !page.hosts.is_empty() {
        document.open("HOST_LIST");
        for (id, known) in &page.hosts {
            document.open("HOST");
            about(&mut document, *id, known, "LAST_VULN_SCAN_DATETIME");
            document.close("HOST");
        }
        document.close("HOST_LIST");
    }
    Ok(finish(call, document, &page))
}

/// The two lists call the time of the last scan differently.
fn about(document: &mut Document, id: u32, known: &[Known], last_scan: &str) {
    let Some(first) = known.first() else { return };
    let last = known.iter().map(|known| known.last_looked).max().unwrap_or(first.last_looked);
    document.number("ID", id);
    document.text("IP", &first.host.ip);
    document.text("TRACKING_METHOD", "IP");
    if let Some(system) = &first.host.operating_system {
        document.cdata("OS", system);
    }
    if let Some(name) = &first.host.fqdn {
        document.cdata("DNS", name);
    }
    document.text(last_scan, &datetime(last));
    document.text("LAST_VM_SCANNED_DATE", &datetime(last));
}

/// Which detections are shown.
struct Wanted<'a> {
    statuses: Vec<&'a str>,
    severities: Option<Vec<std::ops::RangeInclusive<u32>>>,
    qids: Option<Vec<std::ops::RangeInclusive<u32>>>,
    information: bool,
    since: Option<Moment>,
}

impl Wanted<'_> {
    fn includes(&self, known: &Known, check: &Check) -> bool {
        let within = |ranges: &Option<Vec<std::ops::RangeInclusive<u32>>>, number: u32| {
            ranges.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&number)))
        };
        self.statuses.contains(&status(known.standing))
            && within(&self.severities, u32::from(check.severity))
            && within(&self.qids, check.qid)
            && (self.information || check.kind != Kind::Information)
            && self.since.is_none_or(|since| known.fixed_at.unwrap_or(known.last_seen) >= since)
    }
}

const PARAMETERS: [&str; 18] = [
    "ids",
    "id_min",
    "id_max",
    "ips",
    "qids",
    "severities",
    "status",
    "show_results",
    "show_igs",
    "show_tags",
    "show_reopened_info",
    "arf_kernel_filter",
    "detection_updated_since",
    "vm_scan_since",
    "truncation_limit",
    "output_format",
    "suppress_duplicated_data_from_csv",
    "show_qds",
];

pub(super) fn detections(call: &Call) -> Result<Response, Refused> {
    listing(call)?;
    call.only_parameters(&PARAMETERS)?;
    if let Some(format) = call.parameter("output_format").filter(|format| *format != "XML") {
        return Err(Refused::invalid("output_format", format, "this simulator writes XML"));
    }
    let statuses: Vec<&str> = match call.parameter("status") {
        None => vec!["New", "Active", "Re-Opened"],
        Some(list) => list.split(',').map(str::trim).collect(),
    };
    if let Some(strange) = statuses.iter().find(|word| !STATUSES.contains(word)) {
        return Err(Refused::invalid("status", strange, "must be of New, Active, Fixed, Re-Opened"));
    }
    let wanted = Wanted {
        statuses,
        severities: call.numbers("severities")?,
        qids: call.numbers("qids")?,
        information: call.switch("show_igs", false)?,
        since: call.moment("detection_updated_since")?,
    };
    let with_results = call.switch("show_results", true)?;
    let page = page(call)?;
    let mut served: BTreeMap<(&str, &str), Vec<FindingRef>> = BTreeMap::new();
    let mut document = call.document("HOST_LIST_VM_DETECTION_OUTPUT");
    if !page.hosts.is_empty() {
        document.open("HOST_LIST");
        for (id, all) in &page.hosts {
            document.open("HOST");
            about(&mut document, *id, all, "LAST_SCAN_DATETIME");
            document.open("DETECTION_LIST");
            for known in all {
                let check = Check::of(&known.finding.plugin);
                if wanted.includes(known, &check) {
                    write(&mut document, *id, known, &check, with_results);
                    let reference = check.reference(&known.host, &known.finding);
                    served.entry((&known.scan, &known.run)).or_default().push(reference);
                }
            }
            document.close("DETECTION_LIST");
            document.close("HOST");
        }
        document.close("HOST_LIST");
    }
    for ((scan, run), findings) in served {
        call.qualys.site.ledger.hand_out(call.seq, scan, run, findings);
    }
    Ok(finish(call, document, &page))
}

fn write(document: &mut Document, host: u32, known: &Known, check: &Check, with_results: bool) {
    let finding = &known.finding;
    let unique =
        Draw::new(0).of("detection").with(u64::from(host)).with(u64::from(check.qid)).with(finding.port.into());
    document.open("DETECTION");
    document.number("UNIQUE_VULN_ID", 1_000_000_000 + unique.of(&finding.protocol).below(8_000_000_000));
    document.number("QID", check.qid);
    document.text("TYPE", check.kind.in_detections());
    document.number("SEVERITY", check.severity);
    if finding.port > 0 {
        document.number("PORT", finding.port);
        document.text("PROTOCOL", &finding.protocol);
    }
    document.flag("SSL", matches!(finding.port, 443 | 8443));
    if with_results {
        document.cdata("RESULTS", &finding.output);
    }
    document.text("STATUS", status(known.standing));
    document.text("FIRST_FOUND_DATETIME", &datetime(known.first_seen));
    document.text("LAST_FOUND_DATETIME", &datetime(known.last_seen));
    document.number("TIMES_FOUND", known.times);
    document.text("LAST_TEST_DATETIME", &datetime(known.last_looked));
    document.text("LAST_UPDATE_DATETIME", &datetime(known.last_looked));
    if let Some(fixed) = known.fixed_at.filter(|_| known.standing == Standing::Fixed) {
        document.text("LAST_FIXED_DATETIME", &datetime(fixed));
    }
    document.flag("IS_IGNORED", false);
    document.flag("IS_DISABLED", false);
    document.text("LAST_PROCESSED_DATETIME", &datetime(known.last_looked));
    document.close("DETECTION");
}
