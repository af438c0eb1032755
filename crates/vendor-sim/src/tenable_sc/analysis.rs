//! `/rest/analysis`: questions about vulnerabilities, of the repositories or of one result, in pages.
//!
//! Answers about a result grow while it is imported. Kinds of question the simulator does not know are refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::TenableSc;
use super::analysis_rows::{by_address, by_plugin, by_severity, details, short};
use super::answer::{Answer, Call, Refused, body};
use super::repository::{cumulative, individual};
use super::results::known;
use super::wire::{id, text};
use crate::estate::knowledge::{Known, Standing};
use crate::ledger::FindingRef;

const FILTERS: [&str; 7] = ["ip", "pluginID", "port", "repository", "repositoryIDs", "severity", WEB];
/// Findings of web application scans, of which there are none here; the vendor's own client always sets it.
const WEB: &str = "wasVuln";
/// At most so many rows at once.
const LARGEST_PAGE: usize = 10_000;

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new().route("/rest/analysis", post(analyse))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    source_type: String,
    #[serde(rename = "scanID")]
    scan_id: Option<Value>,
    query: Query,
    sort_field: Option<String>,
    sort_dir: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    #[serde(default)]
    tool: String,
    #[serde(rename = "scanID")]
    scan_id: Option<Value>,
    view: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    start_offset: Option<Value>,
    end_offset: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    filter_name: String,
    #[serde(default)]
    operator: String,
    #[serde(default)]
    value: Value,
}

impl Filter {
    fn check(&self) -> Answer<()> {
        if !FILTERS.contains(&self.filter_name.as_str()) || self.operator != "=" {
            let (name, operator) = (&self.filter_name, &self.operator);
            let known = FILTERS.join(", ");
            return Err(Refused::invalid(format!("Invalid filter '{name}' '{operator}' (valid, with '=': {known}).")));
        }
        Ok(())
    }

    fn lets_through(&self, weakness: &Known) -> bool {
        let wanted: Vec<String> = match &self.value {
            Value::Array(rows) => rows.iter().filter_map(|row| id(row.get("id")?)).map(|id| id.to_string()).collect(),
            Value::String(list) => list.split(',').map(|part| part.trim().to_owned()).collect(),
            other => vec![other.to_string()],
        };
        if self.filter_name == WEB {
            return !wanted.contains(&"onlyWas".to_owned());
        }
        let finding = &weakness.finding;
        wanted.contains(&match self.filter_name.as_str() {
            "ip" => weakness.host.ip.clone(),
            "pluginID" => finding.plugin.id.to_string(),
            "port" => finding.port.to_string(),
            "severity" => finding.plugin.severity.to_string(),
            _ => weakness.group.to_string(),
        })
    }
}

async fn analyse(call: Call, bytes: Bytes) -> Answer {
    call.may_read_scans()?;
    let question: Question = body(&bytes)?;
    if question.kind != "vuln" {
        return Err(Refused::invalid(format!("Invalid type '{}': this simulator answers 'vuln'.", question.kind)));
    }
    question.query.filters.iter().try_for_each(Filter::check)?;
    let mut rows = source(&call, &question)?;
    rows.retain(|weakness| question.query.filters.iter().all(|filter| filter.lets_through(weakness)));
    sort(&mut rows, &question)?;

    let offset = |value: &Option<Value>| value.as_ref().and_then(id).and_then(|offset| usize::try_from(offset).ok());
    let start = offset(&question.query.start_offset).unwrap_or(0);
    let end = offset(&question.query.end_offset).unwrap_or(start + 50).min(start.saturating_add(LARGEST_PAGE));
    let page = |total: usize| start.min(total)..end.clamp(start.min(total), total);
    let one_each = matches!(question.query.tool.as_str(), "vulndetails" | "listvuln");
    let (total, results): (usize, Vec<Value>) = if one_each {
        let total = rows.len();
        let rows = rows.get(page(total)).unwrap_or_default();
        hand_out(&call, rows);
        let view = if question.query.tool == "listvuln" { short } else { details };
        (total, rows.iter().map(view).collect())
    } else {
        let all = match question.query.tool.as_str() {
            "sumseverity" => by_severity(&rows),
            "sumip" => by_address(&rows),
            "sumid" => by_plugin(&rows),
            other => return Err(Refused::invalid(format!("Invalid tool '{other}' for this simulator."))),
        };
        let total = all.len();
        (total, all.get(page(total)).unwrap_or_default().to_vec())
    };
    Ok(json!({
        "totalRecords": text(total),
        "returnedRecords": results.len(),
        "startOffset": text(start),
        "endOffset": text(end),
        "matchingDataElementCount": "-1",
        "results": results,
    })
    .into())
}

fn source(call: &Call, question: &Question) -> Answer<Vec<Known>> {
    let mut state = call.state();
    match question.source_type.as_str() {
        "cumulative" => {
            Ok(cumulative(&state, call.now).into_iter().filter(|row| row.standing != Standing::Fixed).collect())
        }
        "patched" => {
            Ok(cumulative(&state, call.now).into_iter().filter(|row| row.standing == Standing::Fixed).collect())
        }
        "individual" => {
            if question.query.view.as_deref().is_some_and(|view| view != "all") {
                return Err(Refused::invalid("Invalid view: this simulator shows 'all' of a Scan Result."));
            }
            let wanted = question.query.scan_id.as_ref().or(question.scan_id.as_ref()).and_then(id);
            let wanted = wanted.ok_or_else(|| Refused::invalid("The source 'individual' needs a 'scanID'."))?;
            Ok(individual(known(&mut state, "view", &wanted.to_string())?, call.now))
        }
        other => Err(Refused::invalid(format!("Invalid sourceType '{other}' for this simulator."))),
    }
}

fn sort(rows: &mut [Known], question: &Question) -> Answer<()> {
    match question.sort_field.as_deref() {
        None => return Ok(()),
        Some("severity") => rows.sort_by_key(|row| row.finding.plugin.severity),
        Some("pluginID") => rows.sort_by_key(|row| row.finding.plugin.id),
        Some("ip") => rows.sort_by_key(|row| row.host.ip.clone()),
        Some(other) => return Err(Refused::invalid(format!("Invalid sortField '{other}' for this simulator."))),
    }
    if question.sort_dir.as_deref().is_some_and(|direction| direction.eq_ignore_ascii_case("desc")) {
        rows.reverse();
    }
    Ok(())
}

/// A page may show what several results saw.
fn hand_out(call: &Call, rows: &[Known]) {
    let mut by_result: BTreeMap<(&str, &str), Vec<FindingRef>> = BTreeMap::new();
    for row in rows {
        by_result.entry((&row.scan, &row.run)).or_default().push(row.finding.reference(&row.host.name));
    }
    for ((scan, result), findings) in by_result {
        call.sc.site.ledger.hand_out(call.seq, scan, result, findings);
    }
}
