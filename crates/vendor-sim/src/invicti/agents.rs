//! `/agents` and the scan profiles, which alone can bind a full scan to an agent.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Invicti;
use super::answer::{Answer, Call, Refused, body, time};
use super::orders::site;
use super::paging::PageQuery;
use super::state::{Profile, State};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::lifecycle::Phase;
use crate::random::Draw;

/// The agent of scans that name none.
pub(super) const CLOUD: &str = "Cloud Agent";

/// Name, address, operating system, whether it is there.
const AGENTS: [(&str, &str, &str, bool); 4] = [
    (CLOUD, "203.0.113.20", "Microsoft Windows 10.0.17763", true),
    ("agent-dmz", "10.20.0.51", "Linux 5.15.0 x86_64", true),
    ("agent-köln", "10.44.7.51", "Microsoft Windows 10.0.20348", true),
    ("agent-plant", "10.60.1.51", "Linux 5.10.0 x86_64", false),
];

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new()
        .route("/agents/list", get(list))
        .route("/agents/setstatus", post(set_status))
        .route("/scanprofiles/list", get(profiles))
        .route("/scanprofiles/new", post(new_profile))
}

pub(super) fn id(draw: Draw, name: &str) -> String {
    draw.of("agent").of(name).hex(32)
}

pub(super) fn exists(name: &str) -> bool {
    AGENTS.iter().any(|agent| agent.0 == name)
}

fn named(draw: Draw, wanted: &str) -> Option<&'static str> {
    AGENTS.iter().map(|agent| agent.0).find(|name| id(draw, name) == wanted.replace('-', ""))
}

fn item(state: &State, agent: &(&str, &str, &str, bool), now: Moment) -> Value {
    let (name, address, system, there) = *agent;
    let busy = state.scans.values().any(|scan| scan.agent == name && scan.execution.phase() == Phase::Running);
    let word = match (there, busy) {
        _ if state.disabled_agents.iter().any(|disabled| disabled == name) => "Disabled",
        (false, _) => "NotAvailable",
        (true, true) => "Scanning",
        (true, false) => "Waiting",
    };
    json!({
        "Id": id(state.draw, name),
        "Name": name,
        "State": word,
        "Heartbeat": time(if there { now } else { state.started.plus(-86_400.0) }),
        "Launched": time(state.started.plus(-30.0 * 86_400.0)),
        "IpAddress": address,
        "Version": "24.5.0.0",
        "VdbVersion": "20240521.0001",
        "OsDescription": system,
        "FrameworkDescription": ".NET 6.0.30",
        "OsArchitecture": "X64",
        "ProcessArchitecture": "X64",
        "HasWaitingCommand": false,
        "IsAgentNeedsUpdate": false,
        "AutoUpdateEnabled": true,
        "StorageHealthState": "Healthy",
    })
}

async fn list(call: Call, Query(query): Query<PageQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    Ok(Json(page.of(AGENTS.iter().collect(), |agent| item(&state, agent, call.now))))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    agent_id: String,
    status: bool,
}

async fn set_status(call: Call, bytes: Bytes) -> Answer<()> {
    let wanted: Status = body(&bytes)?;
    let mut state = call.state();
    let name = named(state.draw, &wanted.agent_id).ok_or_else(|| Refused::not_found("The agent"))?;
    state.disabled_agents.retain(|disabled| disabled != name);
    if !wanted.status {
        state.disabled_agents.push(name.to_owned());
    }
    call.effect(Action::Update, name, None);
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewProfile {
    profile_name: String,
    target_uri: String,
    agent_id: Option<String>,
}

fn shown(state: &State, profile: &Profile) -> Value {
    json!({
        "ProfileId": profile.id,
        "ProfileName": profile.name,
        "TargetUri": profile.target,
        "TargetUrl": profile.target,
        "AgentId": profile.agent.as_deref().map(|name| id(state.draw, name)),
        "CreateType": "Website",
        "IsPrimary": false,
        "IsShared": true,
    })
}

/// A profile of the same name is replaced.
async fn new_profile(call: Call, bytes: Bytes) -> Answer<(StatusCode, Json<Value>)> {
    let wanted: NewProfile = body(&bytes)?;
    site(&wanted.target_uri)?;
    let mut state = call.state();
    let draw = state.draw;
    let agent = wanted.agent_id.as_deref().filter(|id| !id.is_empty());
    let agent = agent.map(|id| named(draw, id).ok_or_else(|| Refused::not_found("The agent"))).transpose()?;
    let (_, id) = state.next_id("profile");
    let profile = Profile { id, name: wanted.profile_name, target: wanted.target_uri, agent: agent.map(str::to_owned) };
    state.profiles.retain(|known| known.name != profile.name);
    let answer = shown(&state, &profile);
    state.profiles.push(profile);
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn profiles(call: Call, Query(query): Query<PageQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    Ok(Json(page.of(state.profiles.iter().collect(), |profile| shown(&state, profile))))
}
