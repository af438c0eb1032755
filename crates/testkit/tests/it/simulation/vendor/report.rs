//! What runs find, and the file in which a vendor hands it over.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scanhelm_core::finding::identity::{Ordinals, scanner_ref};
use scanhelm_formats::{ReadOptions, ReportItem};

use super::scan::{VendorRun, VendorScan};
use crate::simulation::dice::Dice;

/// All vendors look at the same few machines, so that they find the same things.
pub(crate) const HOSTS: usize = 4;
/// (plugin, severity, port, CVE).
const PLUGINS: [(u32, u8, u16, &str); 5] = [
    (19_506, 0, 0, ""),
    (20_007, 3, 443, "CVE-2014-3566"),
    (42_873, 2, 443, "CVE-2016-2183"),
    (57_608, 2, 445, ""),
    (97_833, 4, 445, "CVE-2017-0143"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) host: usize,
    plugin: usize,
}

impl Record {
    pub(crate) const fn severity(self) -> u8 {
        PLUGINS[self.plugin].1
    }
}

/// What a run over `hosts` finds.
pub(crate) fn records(hosts: &[usize], dice: &mut Dice) -> Vec<Record> {
    let mut records = Vec::new();
    for host in hosts {
        records.extend((0..PLUGINS.len()).filter(|_| dice.percent(60)).map(|plugin| Record { host: *host, plugin }));
    }
    records
}

/// As a `.nessus` file.
pub(crate) fn render(scan: &VendorScan, run: &VendorRun) -> String {
    let name = scan.name.replace('<', "&lt;");
    let mut text = format!(
        "<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Policy><policyName>Basic</policyName></Policy>\n\
         <Report name=\"{name}\">\n"
    );
    let (started, ended) = (run.started_at.unwrap_or_default(), run.finished_at.unwrap_or_default());
    for (place, host) in run.hosts.iter().enumerate() {
        writeln!(
            text,
            "<ReportHost name=\"host-{host}.lab.example\"><HostProperties>\
             <tag name=\"host-fqdn\">host-{host}.lab.example</tag><tag name=\"host-ip\">10.1.0.{host}</tag>\
             <tag name=\"HOST_START_TIMESTAMP\">{}</tag><tag name=\"HOST_END_TIMESTAMP\">{}</tag></HostProperties>",
            started.as_millis() / 1000,
            ended.as_millis() / 1000
        )
        .unwrap();
        if run.spoilt && place == 0 {
            text.push_str(
                "<ReportItem port=\"none\" protocol=\"tcp\" severity=\"1\" pluginID=\"1\" pluginName=\"x\"/>\n",
            );
        }
        for record in run.records.iter().filter(|record| record.host == *host) {
            let (plugin, severity, port, cve) = PLUGINS[record.plugin];
            write!(
                text,
                "<ReportItem port=\"{port}\" svc_name=\"x\" protocol=\"tcp\" severity=\"{severity}\" \
                 pluginID=\"{plugin}\" pluginName=\"Plugin {plugin}\" pluginFamily=\"General\">"
            )
            .unwrap();
            if !cve.is_empty() {
                write!(text, "<cve>{cve}</cve>").unwrap();
            }
            text.push_str("</ReportItem>\n");
        }
        text.push_str("</ReportHost>\n");
    }
    text.push_str("</Report>\n</NessusClientData_v2>\n");
    text
}

/// The references under which the hub must know what a file holds, with the host's number.
pub(crate) fn references(scan: &VendorScan, run: &VendorRun) -> BTreeSet<String> {
    let text = render(scan, run).into_bytes();
    let report = scanhelm_formats::open(Box::new(std::io::Cursor::new(text)), &ReadOptions::default()).unwrap();
    let records = report.filter_map(|item| match item.unwrap() {
        ReportItem::Finding(record) => Some(*record),
        _ => None,
    });
    let records: Vec<_> = records.collect();
    let mut ordinals = Ordinals::of(&records);
    records.iter().map(|record| scanner_ref(record, ordinals.next(record))).collect()
}
