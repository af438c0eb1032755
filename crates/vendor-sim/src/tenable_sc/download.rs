//! The report of a result: a zip with one `.nessus` file in it, made while the client waits.

use std::io::{Cursor, Write};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::TenableSc;
use super::answer::{Answer, Call, Refused, body};
use super::holdings;
use super::results::known;
use super::state::ScanResult;
use crate::clock::Moment;
use crate::estate::nessus_report::{self, Report};
use crate::ledger::Action;

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new().route("/rest/scanResult/{id}/download", post(download))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[serde(default)]
    download_type: String,
}

async fn download(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<Response> {
    call.may_read_scans()?;
    let order: Order = body(&bytes)?;
    let result = known(&mut call.state(), "download", &id)?.clone();
    if order.download_type != "v2" {
        let kind = &order.download_type;
        return Err(Refused::invalid(format!("Unable to download Scan Result #{id} as '{kind}'.")));
    }
    if !result.is_downloadable(call.now) {
        return Err(Refused::invalid(format!("Unable to download Scan Result #{id}.\nNo results are available.")));
    }
    let (now, subject, number) = (call.now, result.subject(), result.id);
    let found = result.found(now);
    call.effect_with(Action::ExportServed, &subject, Some(number), Some(found.total() as u64));
    call.sc.site.ledger.hand_out(call.seq, &subject, &number.to_string(), found.references(result.began()));
    let packed = tokio::task::spawn_blocking(move || pack(&result, now)).await;
    let problem = |problem: String| Refused::new(1, format!("Unable to download Scan Result #{number}.\n{problem}\n"));
    let file = packed.map_err(|error| problem(error.to_string()))?.map_err(|error| problem(error.to_string()))?;

    let mut response = Response::new(Body::from(file));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(value) = format!("attachment; filename=\"{number}.zip\"").parse() {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn pack(result: &ScanResult, now: Moment) -> zip::result::ZipResult<Vec<u8>> {
    let about = Report {
        name: result.name.clone(),
        policy: holdings::policy(result.policy).map_or_else(String::new, |policy| policy.name.to_owned()),
        targets: result.targets.clone(),
        task: format!("{}", result.id),
        started: result.execution.started,
        ended: result.execution.ended,
    };
    let found = result.found(now);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(format!("{}.nessus", result.id), SimpleFileOptions::default())?;
    archive.write_all(nessus_report::head(&about).as_bytes())?;
    for (_, host, findings) in found.all(result.began()) {
        archive.write_all(nessus_report::host(&about, host, &findings).as_bytes())?;
    }
    archive.write_all(nessus_report::FOOT.as_bytes())?;
    Ok(archive.finish()?.into_inner())
}
