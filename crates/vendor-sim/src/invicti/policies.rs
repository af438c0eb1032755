//! `/scanpolicies/list`. The service has many policies of its own; which, no source tells. Here is the default one and
//! one more, and any id may be asked for in an order.

use std::sync::Arc;

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Invicti;
use super::answer::{Answer, Call};
use super::model::{DEFAULT_POLICY, policy_id};
use super::paging::PageQuery;

const POLICIES: [(&str, &str); 2] = [
    (DEFAULT_POLICY, "Performs recommended security checks"),
    ("Extended Security Checks", "Performs all security checks"),
];

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new().route("/scanpolicies/list", get(list))
}

async fn list(_: Call, Query(query): Query<PageQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    Ok(Json(page.of(POLICIES.to_vec(), |(name, description)| {
        json!({
            "Id": policy_id(name),
            "Name": name,
            "NameWithAccessModifier": name,
            "Description": description,
            "Groups": [],
            "IsDefault": name == DEFAULT_POLICY,
            "IsAccountDefault": name == DEFAULT_POLICY,
            "IsShared": true,
            "OptimizerOptions": null,
        })
    })))
}
