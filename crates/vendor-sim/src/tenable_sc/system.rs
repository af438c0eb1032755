//! The product itself.

use std::sync::Arc;

use axum::Router;
use axum::extract::State as Shared;
use axum::routing::get;
use serde_json::json;

use super::TenableSc;
use super::access::SESSION_SECONDS;
use super::answer::{Call, Said};
use super::wire::text;

pub(super) const VERSION: &str = "6.4.0";
pub(super) const ORGANISATION: &str = "Corp Example";

/// The vendor tells its version before anybody has logged in.
pub(super) fn open_routes() -> Router<Arc<TenableSc>> {
    Router::new().route("/rest/system", get(system))
}

pub(super) fn guarded_routes() -> Router<Arc<TenableSc>> {
    Router::new().route("/rest/status", get(status))
}

async fn system(Shared(sc): Shared<Arc<TenableSc>>) -> Said {
    let uuid = sc.state().draw.of("server").uuid();
    json!({
        "version": VERSION,
        "buildID": "20240613043",
        "releaseID": "",
        "uuid": uuid,
        "sessionTimeout": text(SESSION_SECONDS),
        "licenseStatus": "Valid",
        "banner": "",
        "headerText": "",
        "ACAS": "false",
        "freshInstall": "no",
        "timezones": [{ "name": "UTC", "gmtOffset": 0 }],
    })
    .into()
}

async fn status(call: Call) -> Said {
    let now = text(call.now.epoch_seconds());
    json!({
        "jobd": "Running",
        "licenseStatus": "Valid",
        "PluginSubscriptionStatus": "Valid",
        "LCEPluginSubscriptionStatus": "Expired",
        "PassivePluginSubscriptionStatus": null,
        "pluginUpdates": { "active": { "updateTime": now, "stale": "false", "pluginCurrentSet": "202611200930" } },
        "feedUpdates": { "updateTime": now, "stale": "false" },
        "activeIPs": "46",
        "licensedIPs": "102400",
    })
    .into()
}
