//! `/folders`.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused, body, number};
use super::state::{Folder, MY_SCANS, State};
use crate::ledger::Action;

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new().route("/folders", get(all).post(create)).route("/folders/{id}", put(rename).delete(remove))
}

pub(super) fn list(state: &State) -> Vec<Value> {
    state
        .folders
        .iter()
        .map(|folder| {
            let unread = state.scans.values().filter(|scan| scan.folder_id == folder.id && !scan.read).count();
            json!({
                "id": folder.id,
                "name": folder.name,
                "type": folder.kind,
                "custom": u8::from(folder.kind == "custom"),
                "default_tag": u8::from(folder.kind == "main"),
                // Recorded as null for the trash.
                "unread_count": if folder.kind == "trash" { Value::Null } else { json!(unread) },
            })
        })
        .collect()
}

async fn all(call: Call) -> Json<Value> {
    Json(json!({ "folders": list(&call.state()) }))
}

#[derive(Deserialize)]
struct FolderOrder {
    #[serde(default)]
    name: String,
}

fn free_name(state: &State, name: &str) -> Answer<()> {
    if name.trim().is_empty() || name.chars().count() > 20 {
        return Err(Refused::invalid("name"));
    }
    if state.folders.iter().any(|folder| folder.name == name) {
        return Err(Refused::bad("A folder with this name already exists"));
    }
    Ok(())
}

async fn create(call: Call, bytes: Bytes) -> Answer<Json<Value>> {
    let order: FolderOrder = body(&bytes)?;
    let mut state = call.state();
    free_name(&state, &order.name)?;
    let id = state.add_folder(&order.name);
    call.effect(Action::CreateFolder, id, None);
    Ok(Json(json!({ "id": id })))
}

/// The built-in folders cannot be changed.
fn custom(state: &mut State, id: i64) -> Answer<&mut Folder> {
    let folder = state.folders.iter_mut().find(|folder| folder.id == id).ok_or_else(Refused::not_found)?;
    if folder.kind != "custom" {
        return Err(Refused(StatusCode::FORBIDDEN, "A system folder cannot be changed".to_owned()));
    }
    Ok(folder)
}

async fn rename(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<()> {
    let id = number(&id)?;
    let order: FolderOrder = body(&bytes)?;
    let mut state = call.state();
    custom(&mut state, id)?;
    free_name(&state, &order.name)?;
    custom(&mut state, id)?.name = order.name;
    call.effect(Action::RenameFolder, id, None);
    Ok(())
}

/// Its scans go back to My Scans.
async fn remove(call: Call, Path(id): Path<String>) -> Answer<()> {
    let id = number(&id)?;
    let mut state = call.state();
    custom(&mut state, id)?;
    state.folders.retain(|folder| folder.id != id);
    for scan in state.scans.values_mut().filter(|scan| scan.folder_id == id) {
        scan.folder_id = MY_SCANS;
    }
    call.effect(Action::DeleteFolder, id, None);
    Ok(())
}
