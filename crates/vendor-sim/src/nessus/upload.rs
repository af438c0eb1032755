//! Files brought in by a client.
//!
//! An imported `.nessus` report becomes a scan with the hosts and findings of the file, so that exporting it again
//! gives them back.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Multipart};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused, body};
use super::state::NEVER_RUN;
use crate::estate::nessus_reader;
use crate::estate::survey::Survey;
use crate::ledger::Action;

const LARGEST_FILE: usize = 256 * 1024 * 1024;

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/file/upload", post(upload).layer(DefaultBodyLimit::max(LARGEST_FILE)))
        .route("/scans/import", post(import))
}

async fn upload(call: Call, mut form: Multipart) -> Answer<Json<Value>> {
    let unreadable = |error: axum::extract::multipart::MultipartError| Refused::bad(&error.body_text());
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("Filedata") {
            continue;
        }
        let wanted = field.file_name().unwrap_or("upload.nessus").to_owned();
        let bytes = field.bytes().await.map_err(unreadable)?;
        let mut state = call.state();
        let taken = state.uploads.contains_key(&wanted);
        let name = if taken { format!("{}-{wanted}", state.next_id()) } else { wanted };
        state.uploads.insert(name.clone(), bytes);
        call.effect(Action::Upload, &name, None);
        return Ok(Json(json!({ "fileuploaded": name })));
    }
    Err(Refused::bad("No file was uploaded"))
}

#[derive(Deserialize)]
struct ImportOrder {
    #[serde(default)]
    file: String,
    folder_id: Option<i64>,
}

async fn import(call: Call, bytes: Bytes) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let order: ImportOrder = body(&bytes)?;
    let mut state = call.state();
    let file = state.uploads.get(&order.file).cloned().ok_or_else(Refused::not_found)?;
    if order.folder_id.is_some_and(|folder| state.folder(folder).is_none()) {
        return Err(Refused::invalid("folder_id"));
    }
    let report = nessus_reader::read(&file)
        .map_err(|problem| Refused::bad(&format!("The file is not a .nessus report: {problem}")))?;
    let owner = call.nessus.site.config.credentials.username.clone();
    let targets: Vec<&str> = report.hosts.iter().map(|(host, _)| host.name.as_str()).collect();
    let mut scan = state.new_scan(&report.name, &owner, &targets.join(","), call.now);
    if let Some(folder) = order.folder_id {
        scan.folder_id = folder;
    }
    let id = state.import(scan, Survey::uploaded(report.hosts), call.now);
    let scan = state.scans.get(&id).ok_or_else(Refused::not_found)?;
    let run = scan.latest();
    call.effect(Action::Import, id, run.map(|run| run.uuid.as_str()));
    Ok(Json(json!({ "scan": {
        "id": id, "uuid": run.map(|run| run.uuid.as_str()), "name": scan.name, "owner": scan.owner,
        "status": run.map_or(NEVER_RUN, super::state::Run::status), "folder_id": scan.folder_id, "type": "local",
        "read": false, "shared": false, "control": false, "enabled": false, "user_permissions": 128,
        "creation_date": call.now.epoch_seconds(), "last_modification_date": call.now.epoch_seconds(),
        "starttime": null, "timezone": null, "rrules": null,
    } })))
}
