//! `/server`: health and what is installed. Readable without credentials.
//!
//! The strings of `nessus_type` are not documented in what we found; those here are our choice.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Nessus;
use super::access::IDLE_MINUTES;
use super::answer::Call;
use crate::config::Licence;

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new().route("/server/status", get(status)).route("/server/properties", get(properties))
}

async fn status() -> Json<Value> {
    Json(json!({ "status": "ready", "progress": null, "code": 200 }))
}

async fn properties(call: Call) -> Json<Value> {
    let state = call.state();
    let manager = call.nessus.licence() == Licence::Manager;
    let product = if manager { "Nessus Manager" } else { "Nessus Professional" };
    let license_type = if manager { "manager" } else { "professional" };
    Json(json!({
        "nessus_type": product,
        "server_version": "10.8.3",
        "server_build": "20010",
        "nessus_ui_version": "10.8.3",
        "nessus_ui_build": "52",
        "server_uuid": state.server_uuid,
        "platform": "LINUX",
        "feed": if manager { "ManagerFeed" } else { "ProfessionalFeed" },
        "loaded_plugin_set": "202611200615",
        "plugin_set": "202611200615",
        "idle_timeout": IDLE_MINUTES.to_string(),
        "expiration": state.started.epoch_seconds() + 300 * 86_400,
        "capabilities": {
            "scan_api": manager,
            "multi_scanner": manager,
            "multi_user": if manager { "full" } else { "single" },
            "report_email_config": true,
        },
        "license": {
            "type": license_type,
            "name": product,
            "ips": if manager { 512 } else { 32_768 },
            "features": { "api": manager, "users": manager, "report": true, "remote_link": manager },
            "expiration_date": state.started.epoch_seconds() + 300 * 86_400,
        },
        "notifications": [],
        "restart_pending": { "reason": null, "type": null },
        "scanner_boottime": state.started.epoch_seconds(),
    }))
}
