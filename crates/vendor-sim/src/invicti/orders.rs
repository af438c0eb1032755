//! Making scans. Each of them starts as soon as it is made: nothing launches a scan that is there already.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refused, body};
use super::scans::no_such_scan;
use super::state::Order;
use super::{Invicti, agents, model};
use crate::ledger::Action;
use crate::sites::Site;

type Created = (StatusCode, Json<Value>);

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new()
        .route("/scans/new", post(new))
        .route("/scans/newwithprofile", post(new_with_profile))
        .route("/scans/newfromscan", post(new_from_scan))
        .route("/scans/incremental", post(incremental))
}

pub(super) fn site(target: &str) -> Answer<Site> {
    let absolute = target.starts_with("http://") || target.starts_with("https://");
    Site::at(target).filter(|_| absolute).ok_or_else(|| Refused::invalid("TargetUri is not an absolute URL."))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewScan {
    target_uri: Option<String>,
    policy_id: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    comments: Option<String>,
}

impl NewScan {
    pub(super) fn order(self) -> Answer<Order> {
        let target = self.target_uri.ok_or_else(|| Refused::invalid("TargetUri is required."))?;
        let site = site(&target)?;
        Ok(Order {
            policy: self.policy_id,
            tags: self.tags.unwrap_or_default(),
            comments: self.comments.unwrap_or_default(),
            ..Order::new(&target, site)
        })
    }
}

/// The scan that was made.
fn launch(call: &Call, order: Order) -> Answer<Value> {
    let mut state = call.state();
    let id = state.launch(order, call.now);
    call.effect(Action::Create, &id, None);
    call.effect(Action::Launch, &id, None);
    let scan = state.scan(&id).ok_or_else(no_such_scan)?;
    call.vendor.tell("NewScan", scan, call.now);
    Ok(model::scan(&state, scan, call.now))
}

/// Answers a list, of one.
async fn new(call: Call, bytes: Bytes) -> Answer<Created> {
    let order: NewScan = body(&bytes)?;
    Ok((StatusCode::CREATED, Json(json!([launch(&call, order.order()?)?]))))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WithProfile {
    profile_name: String,
    target_uri: String,
}

async fn new_with_profile(call: Call, bytes: Bytes) -> Answer<Created> {
    let wanted: WithProfile = body(&bytes)?;
    let known = call.state().profiles.iter().find(|profile| profile.name == wanted.profile_name).cloned();
    let profile = known.ok_or_else(|| Refused::not_found("The scan profile"))?;
    let order = Order {
        agent: profile.agent,
        profile: Some(profile.name),
        ..Order::new(&wanted.target_uri, site(&wanted.target_uri)?)
    };
    Ok((StatusCode::CREATED, Json(launch(&call, order)?)))
}

async fn new_from_scan(call: Call, bytes: Bytes) -> Answer<Created> {
    let id: String = body(&bytes)?;
    let order = call.state().scan(&id).ok_or_else(no_such_scan)?.order.clone();
    Ok((StatusCode::CREATED, Json(launch(&call, Order { schedule: None, ..order })?)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Incremental {
    base_scan_id: String,
    agent_name: Option<String>,
}

/// The base scan must be complete.
async fn incremental(call: Call, bytes: Bytes) -> Answer<Created> {
    let wanted: Incremental = body(&bytes)?;
    let order = {
        let state = call.state();
        let base = state.scan(&wanted.base_scan_id).ok_or_else(no_such_scan)?;
        if base.state(call.now) != "Complete" {
            return Err(Refused::invalid("The base scan is not completed."));
        }
        if wanted.agent_name.as_deref().is_some_and(|name| !agents::exists(name)) {
            return Err(Refused::not_found("The agent"));
        }
        Order { kind: "Incremental", schedule: None, agent: wanted.agent_name, ..base.order.clone() }
    };
    Ok((StatusCode::CREATED, Json(launch(&call, order)?)))
}
