//! The table of issues: what a control found on a resource.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;

use super::{SCANNER, cloud_resource, is_open};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::package::{Columns, Sheet, draft, has_columns, lines, severity_or_reason};
use crate::table::Row;

pub(crate) const FORMAT: Format = Format {
    id: "wiz-issues-csv",
    name: "Wiz issues CSV",
    extensions: &["csv"],
    sniff: |sample| has_columns(sample, &["Title", "Control ID", "Resource external ID", "Wiz URL"]),
    open: |input, options| SHEET.open(input.content, options),
};

static SHEET: Sheet =
    Sheet { scanner: SCANNER, needed: &["Title", "Severity", "Status", "Control ID", "Resource external ID"], read };

fn read(columns: &Columns, row: &Row, _: &ReadOptions) -> Result<Vec<FindingRecord>, String> {
    let of = |name: &str| columns.of(row, name);
    let rule = of("Control ID").ok_or("it has no `Control ID`")?;
    let word = of("Severity").ok_or("it has no `Severity`")?;
    let severity = severity_or_reason(word, "Wiz")?;
    if !is_open(of("Status"))? {
        return Ok(vec![]);
    }
    let id = columns.first(row, &["Resource external ID", "Resource vertex ID"]).ok_or("it names no resource")?;
    let asset = cloud_resource(id, of("Resource Name"));
    let mut finding = draft(SCANNER, rule, severity, &asset, Location::Asset);
    finding.title = single_line(of("Title").unwrap_or(rule), 300);
    finding.vendor_severity = Some(word.to_owned());
    finding.family = of("Resource Type").map(str::to_owned);
    finding.description = of("Description").map(str::to_owned);
    finding.solution = of("Remediation Recommendation").map(str::to_owned);
    finding.evidence = lines(&[
        ("Resource", of("Resource Name")),
        ("Platform", of("Resource Platform")),
        ("Subscription", of("Subscription Name")),
    ]);
    finding.references = of("Wiz URL").map(str::to_owned).into_iter().collect();
    Ok(vec![finding])
}
