//! The CSV: one row for each result.

use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use super::SCANNER;
use super::result::{oid, severity};
use crate::columns::{self, Columns, Told};
use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
use crate::input::Input;
use crate::network;
use crate::options::ReadOptions;
use crate::prose::{labelled, paragraphs};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::table::Row;
use crate::weakness::{cves_in, push_new};

pub(crate) const FORMAT: Format =
    Format { id: "openvas-csv", name: "OpenVAS CSV report", extensions: &["csv"], sniff: recognises, open };

const NEEDED: [&str; 6] = ["ip", "hostname", "port", "portprotocol", "cvss", "nvtoid"];

fn recognises(sample: &Sample) -> bool {
    columns::begins_with_columns(sample, &NEEDED)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
    columns::findings(input, options, header, &NEEDED, record)
}

fn record(columns: &Columns, row: &Row) -> Result<Told, String> {
    let get = |name: &str| columns.get(row, &[name]);
    let oid = oid(&get("nvtoid"))?;
    let number = get("cvss");
    let score = number.parse().map_err(|_| format!("`{}` is no severity", single_line(&number, 64)))?;
    let (hostname, address) = (get("hostname"), get("ip"));
    let asset = network::host([hostname.as_str(), address.as_str()]);
    if asset.keys.is_empty() {
        return Err("it names no host".to_owned());
    }
    let port = match get("port").as_str() {
        "" => 0,
        text => network::port_number(text)?,
    };
    let (mut cves, mut references) = (vec![], vec![]);
    cves_in(&oid, &mut cves);
    cves_in(&get("cves"), &mut cves);
    for reference in get("otherreferences").split([',', '\n']).map(str::trim).filter(|text| !text.is_empty()) {
        push_new(&mut references, single_line(reference, 2000));
    }
    for (kind, name) in [("bid", "bids"), ("cert", "certs")] {
        for id in get(name).split(',').map(str::trim).filter(|id| !id.is_empty()) {
            push_new(&mut references, single_line(&format!("{kind}:{id}"), 2000));
        }
    }
    let title = single_line(&get("nvtname"), 500);
    Ok(Told::Finding(Box::new(FindingRecord {
        vendor_severity: filled(single_line(&number, 10)),
        cves,
        description: paragraphs([
            get("summary"),
            get("vulnerabilityinsight"),
            get("impact"),
            get("affectedsoftwareos"),
        ]),
        solution: filled(get("solution")),
        evidence: paragraphs([get("specificresult"), labelled("Quality of detection in percent", &get("qod"))]),
        references,
        seen_at: Timestamp::parse(&get("timestamp")),
        ..bare(
            SCANNER,
            oid.clone(),
            if title.is_empty() { oid } else { title },
            severity(score)?,
            &asset,
            network::port(port, &get("portprotocol"), None),
        )
    })))
}
