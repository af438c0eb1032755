//! Reports and exports: ordered, awaited, fetched by a descriptor that needs no key.
//!
//! Of the report templates the simulator writes HTML, of the export types the XML one; PDF, CSV and JSON are not
//! simulated. A document takes three virtual seconds, or three looks when the clock stands still. That a second
//! export of the same source while one is being made answers 409 is from the vendor notes.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refused, body, created, time};
use super::paging::ListQuery;
use super::state::{Outcome, State, Target};
use super::{Acunetix, export, known};
use crate::clock::Moment;
use crate::ledger::Action;

const WORK: f64 = 3.0;
const MOST_LOOKS: u32 = 3;
/// Older documents are thrown away.
const MOST_DOCUMENTS: usize = 1000;
const XML: &str = "21111111-1111-1111-1111-111111111111";

/// Id, name, group.
const TEMPLATES: [(&str, &str, &str); 5] = [
    ("11111111-1111-1111-1111-111111111111", "Developer", "Standard Reports"),
    ("11111111-1111-1111-1111-111111111112", "Quick", "Standard Reports"),
    ("11111111-1111-1111-1111-111111111113", "Executive Summary", "Standard Reports"),
    ("11111111-1111-1111-1111-111111111115", "Affected Items", "Standard Reports"),
    ("11111111-1111-1111-1111-111111111126", "Comprehensive", "Standard Reports"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Report,
    Export,
}

#[derive(Debug, Clone)]
pub(super) struct Document {
    id: String,
    kind: Kind,
    template: String,
    source: Source,
    descriptor: String,
    ordered: Moment,
    looks: u32,
}

impl Document {
    fn is_ready(&self, now: Moment) -> bool {
        now.since(self.ordered) >= WORK || self.looks >= MOST_LOOKS
    }

    fn name(&self) -> &str {
        let known = TEMPLATES.iter().find(|template| template.0 == self.template);
        known.map_or("XML", |template| template.1)
    }

    fn json(&self, now: Moment) -> Value {
        let ready = self.is_ready(now);
        let download = format!("{}/reports/download/{}", super::ROOT, self.descriptor);
        json!({
            "report_id": self.id,
            "template_id": self.template,
            "template_name": self.name(),
            "template_type": u8::from(self.kind == Kind::Export),
            "source": { "list_type": self.source.list_type, "id_list": self.source.id_list, "description": "" },
            "generation_date": time(self.ordered),
            "status": if ready { "completed" } else { "pending" },
            "download": if ready { vec![download] } else { Vec::new() },
        })
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Source {
    list_type: String,
    #[serde(default)]
    id_list: Vec<String>,
}

impl Source {
    /// The results it stands for, each with its target.
    fn results<'a>(&self, state: &'a State) -> Answer<Vec<(&'a Target, &'a str, &'a Outcome)>> {
        if self.id_list.len() > 500 {
            return Err(Refused::invalid("body.source.id_list: more than 500"));
        }
        let mut results = Vec::new();
        for id in &self.id_list {
            let (scan, result) = match self.list_type.as_str() {
                "scans" => {
                    let scan = state.scan(id).ok_or_else(|| Refused::not_found("Scan"))?;
                    let result = scan.latest().ok_or_else(|| Refused::conflict("The scan has no result"))?;
                    (scan, result)
                }
                "scan_result" => state.result(id).ok_or_else(|| Refused::not_found("Scan result"))?,
                other => return Err(Refused::conflict(&format!("The source `{other}` is not simulated"))),
            };
            let target = state.target(&scan.target_id).ok_or_else(|| Refused::not_found("Target"))?;
            results.push((target, scan.id.as_str(), result));
        }
        if results.is_empty() {
            return Err(Refused::invalid("body.source.id_list: is empty"));
        }
        Ok(results)
    }
}

pub(super) fn guarded_routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/report_templates", get(templates))
        .route("/reports", get(list).post(order_report))
        .route("/reports/{id}", get(report).delete(remove_report))
        .route("/export_types", get(types))
        .route("/exports", post(order_export))
        .route("/exports/{id}", get(export_status).delete(remove_export))
}

/// The descriptor is the secret.
pub(super) fn open_routes() -> Router<Arc<Acunetix>> {
    Router::new().route("/reports/download/{descriptor}", get(download))
}

async fn templates(_: Call) -> Json<Value> {
    let templates: Vec<Value> = TEMPLATES
        .iter()
        .map(|(id, name, group)| {
            json!({ "template_id": id, "name": name, "group": group, "accepted_sources": ["scans", "scan_result"] })
        })
        .collect();
    Json(json!({ "templates": templates }))
}

async fn types(_: Call) -> Json<Value> {
    Json(json!({ "templates": [{
        "export_id": XML, "id": XML, "name": "XML", "content_type": "text/xml", "upload": false,
        "accepted_sources": ["scans", "scan_result"],
    }] }))
}

#[derive(Debug, Deserialize)]
struct ReportOrder {
    template_id: String,
    source: Source,
}

#[derive(Debug, Deserialize)]
struct ExportOrder {
    export_id: String,
    source: Source,
}

async fn order_report(call: Call, bytes: Bytes) -> Answer<Response> {
    let order: ReportOrder = body(&bytes)?;
    if !TEMPLATES.iter().any(|template| template.0 == order.template_id) {
        return Err(Refused::not_found("Report template"));
    }
    write(&call, Kind::Report, order.template_id, order.source)
}

async fn order_export(call: Call, bytes: Bytes) -> Answer<Response> {
    let order: ExportOrder = body(&bytes)?;
    if order.export_id != XML {
        return Err(Refused::not_found("Export type"));
    }
    write(&call, Kind::Export, order.export_id, order.source)
}

fn write(call: &Call, kind: Kind, template: String, source: Source) -> Answer<Response> {
    let mut state = call.state();
    let sources: Vec<(String, String)> =
        source.results(&state)?.into_iter().map(|(_, scan, result)| (scan.to_owned(), result.id.clone())).collect();
    let busy =
        state.documents.iter().any(|known| known.kind == kind && known.source == source && !known.is_ready(call.now));
    if kind == Kind::Export && busy {
        return Err(Refused::conflict("An export of this source is being generated"));
    }
    for (scan, result) in sources {
        call.effect(Action::ExportRequested, &scan, Some(&result));
    }
    let (number, id) = state.next_id("document");
    let extension = if kind == Kind::Export { "xml" } else { "html" };
    let descriptor = format!("{}.{extension}", state.draw.of("descriptor").with(number).hex(88));
    let document = Document { id, kind, template, source, descriptor, ordered: call.now, looks: 0 };
    let place = if kind == Kind::Export { "exports" } else { "reports" };
    let answer = created(&format!("{}/{place}/{}", super::ROOT, document.id), document.json(call.now));
    state.documents.push(document);
    if state.documents.len() > MOST_DOCUMENTS {
        state.documents.remove(0);
    }
    Ok(answer)
}

fn look(call: &Call, kind: Kind, id: &str) -> Answer<Json<Value>> {
    let mut state = call.state();
    let document = state.documents.iter_mut().find(|known| known.kind == kind && known.id == id);
    let document = document.ok_or_else(|| Refused::not_found("Report"))?;
    document.looks += 1;
    Ok(Json(document.json(call.now)))
}

async fn report(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    look(&call, Kind::Report, &id)
}

async fn export_status(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    look(&call, Kind::Export, &id)
}

async fn list(call: Call, Query(query): Query<ListQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    let (here, pagination) = page.of(state.documents.iter().filter(|known| known.kind == Kind::Report).collect());
    let reports: Vec<Value> = here.into_iter().map(|document| document.json(call.now)).collect();
    Ok(Json(json!({ "reports": reports, "pagination": pagination })))
}

fn remove(call: &Call, kind: Kind, id: &str) -> Answer<StatusCode> {
    let mut state = call.state();
    let before = state.documents.len();
    state.documents.retain(|known| known.kind != kind || known.id != id);
    if state.documents.len() == before {
        return Err(Refused::not_found("Report"));
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_report(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    remove(&call, Kind::Report, &id)
}

async fn remove_export(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    remove(&call, Kind::Export, &id)
}

async fn download(call: Call, Path(descriptor): Path<String>) -> Answer<Response> {
    let state = call.state();
    let document = state.documents.iter().find(|known| known.descriptor == descriptor);
    let document = document.filter(|known| known.is_ready(call.now)).ok_or_else(|| Refused::not_found("Report"))?;
    let results = document.source.results(&state)?;
    let sections: Vec<export::Section<'_>> = results
        .iter()
        .map(|(target, _, result)| export::Section { target, result, found: result.found(call.now) })
        .collect();
    for ((_, scan, result), section) in results.iter().zip(&sections) {
        let served = known::references(section.target, &section.found);
        call.effect_with(Action::ExportServed, scan, Some(&result.id), Some(served.len() as u64));
        call.vendor.site.ledger.hand_out(call.seq, scan, &result.id, served);
    }
    let (media_type, text) = match document.kind {
        Kind::Export => ("text/xml", export::xml(&sections, call.now)),
        Kind::Report => ("text/html; charset=utf-8", export::html(&sections, document.name())),
    };
    let disposition = format!("attachment; filename=\"{}\"", document.descriptor);
    Ok(([(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, disposition)], text).into_response())
}
