//! The CSV export: the columns of the template for check results, and what custom templates add to them.

use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use super::{Outcome, SCANNER, rule_id, severity};
use crate::columns::{self, Columns, Told};
use crate::cvss::cvss;
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

pub(crate) const FORMAT: Format = Format {
    id: "insightvm-csv",
    name: "InsightVM and Nexpose CSV export",
    extensions: &["csv"],
    sniff: recognises,
    open,
};

const NEEDED: [&str; 4] =
    ["assetipaddress", "vulnerabilityid", "vulnerabilityseveritylevel", "vulnerabilitytestresultcode"];

fn recognises(sample: &Sample) -> bool {
    columns::begins_with_columns(sample, &NEEDED)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let header = ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() };
    columns::findings(input, options, header, &NEEDED, record)
}

fn record(columns: &Columns, row: &Row) -> Result<Told, String> {
    let get = |names: &[&str]| columns.get(row, names);
    let code = get(&["vulnerabilitytestresultcode"]);
    let outcome = Outcome::of(&code).ok_or_else(|| format!("`{}` is no result code", single_line(&code, 64)))?;
    let names = get(&["assetnames", "assetname", "hostnames", "hostname"]);
    let address = get(&["assetipaddress"]);
    let asset = network::host(names.split([',', ';', '|']).chain([address.as_str()]));
    if asset.keys.is_empty() {
        return Err("it names no host".to_owned());
    }
    let (how, mark) = match outcome {
        Outcome::Vulnerable(how) => (how, ""),
        Outcome::Excepted(how) => (how, "Suppressed in InsightVM by an exception"),
        Outcome::NotVulnerable | Outcome::Failed => return Ok(Told::Host(asset)),
    };
    let id = rule_id(&get(&["vulnerabilityid"]))?;
    let score = |name: &str| get(&[name]).parse::<f64>().ok();
    let (old, new) = (score("vulnerabilitycvssscore"), score("vulnerabilitycvssv3score"));
    let (severity, vendor_severity) = severity(&get(&["vulnerabilityseveritylevel"]), old)?;
    let port = match get(&["serviceport"]).as_str() {
        "" => 0,
        text => network::port_number(text)?,
    };
    let location =
        network::port(port, &get(&["serviceprotocol", "protocol"]), filled(single_line(&get(&["servicename"]), 100)));
    let title = single_line(&get(&["vulnerabilitytitle"]), 500);
    let mut cves = vec![];
    cves_in(&get(&["vulnerabilitycveids"]), &mut cves);
    let mut references = vec![];
    for reference in get(&["vulnerabilityreferenceurls"]).split([',', '\n', ' ']).filter(|url| url.starts_with("http"))
    {
        push_new(&mut references, single_line(reference, 2000));
    }
    let new = cvss(&get(&["vulnerabilitycvssv3vector"]), new).filter(|score| score.vector.is_some());
    let system = [get(&["assetosname"]), get(&["assetosversion"])].join(" ");
    let mut asset = asset;
    asset.operating_system = filled(single_line(&system, 300));
    Ok(Told::Finding(Box::new(FindingRecord {
        vendor_severity: Some(vendor_severity),
        check: filled(single_line(&get(&["vulnerabilitytestresultkey", "vulnerabilitykey"]), 300)),
        cves,
        cvss: [cvss(&get(&["vulnerabilitycvssvector"]), old), new].into_iter().flatten().collect(),
        family: filled(single_line(&get(&["vulnerabilitytags"]), 300)),
        description: filled(get(&["vulnerabilitydescription"])),
        solution: filled(get(&["vulnerabilitysolution"])),
        evidence: paragraphs([
            mark,
            &labelled("Result", how),
            &get(&["vulnerabilityproof", "vulnerabilitytestresultdescription"]),
        ]),
        references,
        seen_at: Timestamp::parse(&get(&["vulnerabilitytestdate"])),
        ..bare(SCANNER, id.clone(), if title.is_empty() { id } else { title }, severity, &asset, location)
    })))
}
