//! `/editor`, `/policies` and the time zones: what a client reads before it creates a scan.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused};

#[derive(Debug)]
pub(super) struct Template {
    pub(super) uuid: &'static str,
    name: &'static str,
    pub(super) title: &'static str,
    desc: &'static str,
}

/// Uuid of the basic network scan, as recorded.
pub(super) const BASIC: &str = "731a8e52-3ea6-a291-ec0a-d2ff0619c19d7bd788d6be818b65";

const TEMPLATES: [Template; 5] = [
    Template {
        uuid: BASIC,
        name: "basic",
        title: "Basic Network Scan",
        desc: "A full system scan suitable for any host.",
    },
    Template {
        uuid: "0625147c-30fe-d79f-e54f-ce7ccd7523e9b63d84cb81c23c2f",
        name: "patch_audit",
        title: "Credentialed Patch Audit",
        desc: "Authenticate to hosts and enumerate missing updates.",
    },
    Template {
        uuid: "bbd4f805-3966-d464-b2d1-0079eb89d69708c3a05ec2812bcf",
        name: "discovery",
        title: "Host Discovery",
        desc: "A simple scan to discover live hosts and open ports.",
    },
    Template {
        uuid: "d16c51fa-597f-67a8-9add-74d5ab066b49a918400c42a035f7",
        name: "malware",
        title: "Malware Scan",
        desc: "Scan for malware on Windows and Unix systems.",
    },
    Template {
        uuid: "861a8b95-f04c-40b0-ece6-263b1bec457c09cfc122c9666645",
        name: "wannacry",
        title: "WannaCry Ransomware Detection",
        desc: "WannaCry Detection",
    },
];

const ZONES: [&str; 12] = [
    "Africa/Lagos",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Almaty",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Zurich",
    "UTC",
];

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/editor/{object}/templates", get(templates))
        .route("/policies", get(policies))
        .route("/scans/timezones", get(timezones))
}

pub(super) fn template(uuid: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.uuid == uuid)
}

async fn templates(Path(object): Path<String>) -> Answer<Json<Value>> {
    if object != "scan" && object != "policy" {
        return Err(Refused::not_found());
    }
    let entries: Vec<Value> = TEMPLATES
        .iter()
        .map(|template| {
            json!({
                "uuid": template.uuid, "name": template.name, "title": template.title, "desc": template.desc,
                "unsupported": false, "cloud_only": false, "subscription_only": false, "manager_only": false,
                "is_was": null, "is_agent": null, "order": null,
            })
        })
        .collect();
    Ok(Json(json!({ "templates": entries })))
}

async fn policies(call: Call) -> Json<Value> {
    let owner = call.nessus.site.config.credentials.username.clone();
    let created = call.state().started.epoch_seconds();
    Json(json!({ "policies": [{
        "id": 4, "name": "Internal network, careful", "description": "No denial of service checks",
        "template_uuid": BASIC, "owner": owner, "owner_id": 2, "shared": 0, "user_permissions": 128,
        "visibility": "private", "no_target": "false", "is_scap": 0, "has_credentials": 0,
        "creation_date": created, "last_modification_date": created,
    }] }))
}

async fn timezones() -> Json<Value> {
    let zones: Vec<Value> = ZONES.iter().map(|zone| json!({ "name": zone, "value": zone })).collect();
    Json(json!({ "timezones": zones }))
}
