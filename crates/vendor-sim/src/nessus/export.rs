//! Export of a run: ordered, awaited, fetched. Three addresses lead to one file.
//!
//! A report takes three virtual seconds, or three polls when the clock stands still. Runs under way have no report;
//! what the real product answers then is not known, 409 is a choice.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures::stream;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused, body, number};
use super::details::RunQuery;
use super::report::{self, Columns, Format};
use super::state::{Run, Scan};
use crate::clock::Moment;
use crate::ledger::Action;

const WORK: f64 = 3.0;
const MOST_POLLS: u32 = 3;
/// Older export files are thrown away.
const MOST_FILES: usize = 1000;

#[derive(Debug)]
pub(super) struct ExportJob {
    token: String,
    scan_id: i64,
    head: Arc<Scan>,
    run: Run,
    format: Format,
    columns: Columns,
    ordered: Moment,
    polls: u32,
}

impl ExportJob {
    fn is_ready(&self, now: Moment) -> bool {
        now.since(self.ordered) >= WORK || self.polls >= MOST_POLLS
    }
}

pub(super) fn guarded_routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/scans/{id}/export", post(order))
        .route("/scans/{id}/export/formats", get(formats))
        .route("/scans/{id}/export/{file}/status", get(status_by_file))
        .route("/scans/{id}/export/{file}/download", get(download_by_file))
        .route("/scans/exports/{token}/download", get(download_by_token))
}

/// The token is the secret: no other credentials are asked for.
pub(super) fn open_routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/tokens/{token}/status", get(status_by_token))
        .route("/tokens/{token}/download", get(download_by_token))
}

#[derive(Deserialize)]
struct Order {
    #[serde(default)]
    format: String,
    #[serde(rename = "reportContents")]
    contents: Option<Contents>,
}

#[derive(Deserialize)]
struct Contents {
    #[serde(rename = "csvColumns")]
    csv_columns: Option<Map<String, Value>>,
}

async fn order(call: Call, Path(id): Path<String>, Query(query): Query<RunQuery>, bytes: Bytes) -> Answer<Json<Value>> {
    let id = number(&id)?;
    let order: Order = body(&bytes)?;
    let format = Format::named(&order.format).ok_or_else(|| Refused::invalid("format"))?;
    let columns = Columns::chosen(order.contents.and_then(|contents| contents.csv_columns).as_ref());
    let mut state = call.state();
    let (head, run) = state.snapshot(id, query.history_id).ok_or_else(Refused::not_found)?;
    if !run.imported && !run.execution.phase().is_over() {
        return Err(Refused::conflict("The scan has not finished"));
    }
    let file = state.next_id();
    let token = state.draw.of("export").with(file as u64).hex(64);
    call.effect(Action::ExportRequested, id, Some(&run.uuid));
    let job = ExportJob { token: token.clone(), scan_id: id, head, run, format, columns, ordered: call.now, polls: 0 };
    state.exports.insert(file, job);
    if state.exports.len() > MOST_FILES {
        state.exports.pop_first();
    }
    Ok(Json(json!({ "token": token, "file": file })))
}

async fn formats(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let id = number(&id)?;
    call.state().scans.get(&id).ok_or_else(Refused::not_found)?;
    Ok(Json(json!({
        "report": {
            "formats": [
                { "value": "nessus", "name": "Nessus" },
                { "value": "csv", "name": "CSV" },
                { "value": "html", "name": "HTML" },
            ],
            "options": { "csvColumns": report::COLUMNS.iter().map(|column| column.key).collect::<Vec<_>>() },
        },
        "scan": { "formats": ["nessus", "csv", "html"] },
    })))
}

/// Which export a caller means.
enum Key {
    Token(String),
    File { scan: i64, file: i64 },
}

impl Key {
    fn file(scan: &str, file: &str) -> Answer<Self> {
        Ok(Key::File { scan: number(scan)?, file: number(file)? })
    }

    fn fits(&self, file: i64, job: &ExportJob) -> bool {
        match self {
            Key::Token(token) => *token == job.token,
            Key::File { scan, file: wanted } => *wanted == file && *scan == job.scan_id,
        }
    }
}

fn status(call: &Call, key: &Key) -> Answer<Json<Value>> {
    let mut state = call.state();
    let job = state.exports.iter_mut().find(|(file, job)| key.fits(**file, job)).ok_or_else(Refused::not_found)?.1;
    job.polls += 1;
    let word = if job.is_ready(call.now) { "ready" } else { "loading" };
    Ok(Json(json!({ "status": word })))
}

async fn status_by_token(call: Call, Path(token): Path<String>) -> Answer<Json<Value>> {
    status(&call, &Key::Token(token))
}

async fn status_by_file(call: Call, Path((scan, file)): Path<(String, String)>) -> Answer<Json<Value>> {
    status(&call, &Key::file(&scan, &file)?)
}

async fn download_by_token(call: Call, Path(token): Path<String>) -> Answer {
    download(&call, &Key::Token(token))
}

async fn download_by_file(call: Call, Path((scan, file)): Path<(String, String)>) -> Answer {
    download(&call, &Key::file(&scan, &file)?)
}

fn download(call: &Call, key: &Key) -> Answer {
    let (scan_id, head, run, format, columns) = {
        let state = call.state();
        let job = state.exports.iter().find(|(file, job)| key.fits(**file, job)).ok_or_else(Refused::not_found)?.1;
        if !job.is_ready(call.now) {
            return Err(Refused::conflict("The file is not ready for download"));
        }
        (job.scan_id, Arc::clone(&job.head), job.run.clone(), job.format, job.columns.clone())
    };
    let found = run.found(call.now);
    let uuid = run.uuid.clone();
    let findings = found.total() as u64;
    call.effect_with(Action::ExportServed, scan_id, Some(&uuid), Some(findings));
    call.nessus.site.ledger.hand_out(call.seq, &scan_id.to_string(), &uuid, found.references(run.began()));

    let name: String =
        head.name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.extension());
    let parts = report::write(head, run, found, format, columns);
    let mut response = Response::new(Body::from_stream(stream::iter(parts.map(Ok::<_, std::io::Error>))));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(format.media_type()));
    if let Ok(value) = disposition.parse() {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
