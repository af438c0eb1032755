//! Reports brought in by a client, and bringing results into their repository again.

use std::sync::Arc;

use axum::Router;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::TenableSc;
use super::answer::{Answer, Call, Refused, Said, body};
use super::holdings;
use super::results::known;
use super::status::Import;
use super::wire::related;
use crate::estate::nessus_reader;
use crate::estate::survey::Survey;
use crate::ledger::Action;

const LARGEST_FILE: usize = 256 * 1024 * 1024;
/// Older files that were never used are thrown away.
const MOST_FILES: usize = 100;

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new()
        .route("/rest/file/upload", post(upload).layer(DefaultBodyLimit::max(LARGEST_FILE)))
        .route("/rest/file/clear", post(clear))
        .route("/rest/scanResult/import", post(import))
        .route("/rest/scanResult/{id}/import", post(import_again))
}

async fn upload(call: Call, mut form: Multipart) -> Answer {
    let unreadable = |error: MultipartError| Refused::invalid(error.body_text());
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("Filedata") {
            continue;
        }
        let original = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(unreadable)?;
        let mut state = call.state();
        if state.uploads.len() >= MOST_FILES {
            return Err(Refused::invalid("Too many uploaded files; clear or import some."));
        }
        let name = state.draw.of("file").with(call.seq).hex(6);
        state.uploads.insert(name.clone(), bytes);
        call.effect(Action::Upload, &name, None);
        let answer = json!({ "filename": name, "originalFilename": original, "content": "", "context": "" });
        return Ok(answer.into());
    }
    Err(Refused::invalid("No file was uploaded as 'Filedata'."))
}

fn filename(order: &Map<String, Value>) -> Answer<&str> {
    let name = order.get("filename").and_then(Value::as_str);
    name.ok_or_else(|| Refused::invalid("Invalid 'filename' field."))
}

async fn clear(call: Call, bytes: Bytes) -> Answer {
    let order: Map<String, Value> = body(&bytes)?;
    let name = filename(&order)?;
    call.state().uploads.remove(name).ok_or_else(|| Refused::missing("clear", "File", name))?;
    Ok(json!({ "filename": name }).into())
}

async fn import(call: Call, bytes: Bytes) -> Answer {
    call.may_change_scans()?;
    let order: Map<String, Value> = body(&bytes)?;
    let name = filename(&order)?;
    let repository = related(order.get("repository")).filter(|id| holdings::repository(*id).is_some());
    let repository = repository.ok_or_else(|| Refused::invalid("Invalid 'repository' field."))?;
    let mut state = call.state();
    let file = state.uploads.get(name).ok_or_else(|| Refused::missing("import", "File", name))?;
    let report = nessus_reader::read(file)
        .map_err(|problem| Refused::invalid(format!("The file is not a .nessus report: {problem}")))?;
    state.uploads.remove(name);
    let targets: Vec<&str> = report.hosts.iter().map(|(host, _)| host.name.as_str()).collect();
    let targets = targets.join(",");
    let id = state.upload(report.name, repository, targets, Survey::uploaded(report.hosts), call.now);
    call.effect(Action::Import, format!("result-{id}"), Some(id));
    Ok(Said::nothing())
}

async fn import_again(call: Call, Path(id): Path<String>) -> Answer {
    call.may_change_scans()?;
    let mut state = call.state();
    let result = known(&mut state, "import", &id)?;
    if !matches!(result.import(call.now), Import::Finished { .. }) {
        let word = result.import(call.now).word();
        return Err(Refused::invalid(format!("Unable to import Scan Result #{id}.\nIts import is '{word}'.")));
    }
    result.imported_again = Some(call.now);
    call.effect(Action::Import, result.subject(), Some(result.id));
    Ok(Said::nothing())
}
