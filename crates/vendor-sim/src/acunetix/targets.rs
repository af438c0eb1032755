//! `/targets`: the sites that can be scanned, and how.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Acunetix;
use super::answer::{Answer, Call, Refused, body, created, time};
use super::paging::{Filter, ListQuery};
use super::scans::{severity_counts, threat};
use super::state::{Scan, State, Target};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::random::Draw;
use crate::sites::Site;

const MOST_AT_ONCE: usize = 500;

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/targets", get(list).post(create))
        .route("/targets/add", post(add))
        .route("/targets/delete", post(delete_many))
        .route("/targets/{id}", get(details).patch(update).delete(remove))
        .route("/targets/{id}/configuration", get(configuration).patch(configure))
}

fn last_scan<'a>(state: &'a State, target: &Target) -> Option<&'a Scan> {
    let ran = state.scans.values().filter(|scan| scan.target_id == target.id && !scan.results.is_empty());
    ran.max_by_key(|scan| scan.latest().map(|result| result.began()))
}

fn item(state: &State, target: &Target, now: Moment) -> Value {
    let last = last_scan(state, target);
    let result = last.and_then(Scan::latest);
    let counts = result.map_or([0; 5], |result| result.counts(now));
    json!({
        "target_id": target.id,
        "address": target.address,
        "description": target.description,
        "type": target.kind,
        "criticality": target.criticality,
        "fqdn": target.site.host,
        "fqdn_hash": Draw::new(0).of(&target.site.host).hex(32),
        "fqdn_status": "active",
        "deleted_at": null,
        "continuous_mode": false,
        "manual_intervention": false,
        "verification": "none",
        "last_scan_date": result.map(|result| time(result.began())),
        "last_scan_id": last.map(|scan| scan.id.as_str()),
        "last_scan_session_id": result.map(|result| result.id.as_str()),
        "last_scan_session_status": result.map(|result| result.status(now)),
        "severity_counts": severity_counts(counts),
        "threat": threat(counts),
    })
}

fn admits(filters: &[Filter<'_>], state: &State, target: &Target, now: Moment) -> Answer<bool> {
    for filter in filters {
        let fits = match filter.name {
            "target_id" => filter.admits(&target.id),
            "type" => filter.admits(&target.kind),
            "criticality" | "business_criticality" => filter.admits(target.criticality),
            "text_search" => filter.is_within(&target.address) || filter.is_within(&target.description),
            "threat" => {
                let result = last_scan(state, target).and_then(Scan::latest);
                filter.admits(threat(result.map_or([0; 5], |result| result.counts(now))))
            }
            _ => return filter.unknown(),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn list(call: Call, Query(query): Query<ListQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let filters = page.filters()?;
    let state = call.state();
    let mut entries = Vec::new();
    for target in state.targets.values() {
        if admits(&filters, &state, target, call.now)? {
            entries.push(target);
        }
    }
    let (here, pagination) = page.of(entries);
    let targets: Vec<Value> = here.into_iter().map(|target| item(&state, target, call.now)).collect();
    Ok(Json(json!({ "targets": targets, "pagination": pagination })))
}

#[derive(Debug, Deserialize)]
struct Order {
    address: Option<String>,
    description: Option<String>,
    criticality: Option<u8>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Order {
    fn check(&self) -> Answer<()> {
        if self.criticality.is_some_and(|level| ![0, 10, 20, 30].contains(&level)) {
            return Err(Refused::invalid("body.criticality: is not one of 30, 20, 10, 0"));
        }
        if self.kind.as_deref().is_some_and(|kind| !["default", "demo", "network"].contains(&kind)) {
            return Err(Refused::invalid("body.type: is not one of default, demo, network"));
        }
        if self.description.as_ref().is_some_and(|text| text.chars().count() > 1024) {
            return Err(Refused::invalid("body.description: longer than 1024 characters"));
        }
        Ok(())
    }

    fn place(&self) -> Answer<(String, Site)> {
        let address = self.address.clone().ok_or_else(|| Refused::invalid("body.address: is missing"))?;
        let site = Site::at(&address).ok_or_else(|| Refused::invalid("body.address: is not a host or a URL"))?;
        Ok((address, site))
    }

    /// The id of the new target. An address may be used more than once, as in the product.
    fn create(self, call: &Call, state: &mut State) -> Answer<String> {
        self.check()?;
        let (address, site) = self.place()?;
        let description = self.description.unwrap_or_default();
        let id = state.add_target(&address, site, &description, self.criticality.unwrap_or(10));
        if let (Some(kind), Some(target)) = (self.kind, state.target_mut(&id)) {
            target.kind = kind;
        }
        call.effect(Action::CreateTarget, &id, None);
        Ok(id)
    }
}

fn show(state: &State, id: &str, now: Moment) -> Answer<Value> {
    let target = state.target(id).ok_or_else(|| Refused::not_found("Target"))?;
    Ok(item(state, target, now))
}

async fn create(call: Call, bytes: Bytes) -> Answer<Response> {
    let order: Order = body(&bytes)?;
    let mut state = call.state();
    let id = order.create(&call, &mut state)?;
    Ok(created(&format!("{}/targets/{id}", super::ROOT), show(&state, &id, call.now)?))
}

#[derive(Debug, Deserialize)]
struct Orders {
    targets: Vec<Order>,
}

/// All or none.
async fn add(call: Call, bytes: Bytes) -> Answer<Json<Value>> {
    let orders: Orders = body(&bytes)?;
    if orders.targets.len() > MOST_AT_ONCE {
        return Err(Refused::invalid(format!("body.targets: more than {MOST_AT_ONCE}")));
    }
    for order in &orders.targets {
        order.check()?;
        order.place()?;
    }
    let mut state = call.state();
    let mut targets = Vec::new();
    for order in orders.targets {
        let id = order.create(&call, &mut state)?;
        targets.push(show(&state, &id, call.now)?);
    }
    Ok(Json(json!({ "targets": targets })))
}

async fn details(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(show(&call.state(), &id, call.now)?))
}

async fn update(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<StatusCode> {
    let order: Order = body(&bytes)?;
    order.check()?;
    let place = order.address.is_some().then(|| order.place()).transpose()?;
    let mut state = call.state();
    let target = state.target_mut(&id).ok_or_else(|| Refused::not_found("Target"))?;
    if let Some((address, site)) = place {
        target.address = address;
        target.site = site;
    }
    target.description = order.description.unwrap_or_else(|| target.description.clone());
    target.criticality = order.criticality.unwrap_or(target.criticality);
    call.effect(Action::Update, &id, None);
    Ok(StatusCode::NO_CONTENT)
}

fn remove_one(call: &Call, state: &mut State, id: &str) -> Answer<()> {
    let scans = state.remove_target(id).ok_or_else(|| Refused::not_found("Target"))?;
    for scan in scans {
        call.effect(Action::Delete, &scan, None);
    }
    call.effect(Action::DeleteTarget, id, None);
    Ok(())
}

/// Takes everything below the target with it.
async fn remove(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    remove_one(&call, &mut call.state(), &id)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
struct Ids {
    target_id_list: Vec<String>,
}

async fn delete_many(call: Call, bytes: Bytes) -> Answer<StatusCode> {
    let ids: Ids = body(&bytes)?;
    let mut state = call.state();
    if ids.target_id_list.iter().any(|id| state.target(id).is_none()) {
        return Err(Refused::not_found("Target"));
    }
    for id in ids.target_id_list {
        remove_one(&call, &mut state, &id)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn defaults() -> Map<String, Value> {
    let defaults = json!({
        "limit_crawler_scope": true, "login": { "kind": "none" }, "sensor": false, "ssh_credentials": { "kind": "none" },
        "proxy": { "enabled": false }, "authentication": { "enabled": false }, "client_certificate_password": "",
        "scan_speed": "fast", "case_sensitive": "auto", "technologies": [], "custom_headers": [], "custom_cookies": [],
        "excluded_paths": [], "user_agent": "", "debug": false,
    });
    match defaults {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

async fn configuration(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let target = state.target(&id).ok_or_else(|| Refused::not_found("Target"))?;
    let mut fields = defaults();
    fields.extend(target.configuration.clone());
    Ok(Json(Value::Object(fields)))
}

/// Keys nobody knows are dropped without a word, as was seen on the product.
async fn configure(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<StatusCode> {
    let order: Map<String, Value> = body(&bytes)?;
    let mut state = call.state();
    let target = state.target_mut(&id).ok_or_else(|| Refused::not_found("Target"))?;
    let known = defaults();
    target.configuration.extend(order.into_iter().filter(|(name, _)| known.contains_key(name)));
    call.effect(Action::Update, &id, None);
    Ok(StatusCode::NO_CONTENT)
}
