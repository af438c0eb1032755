//! What an organisation has before it scans: repositories, policies, asset lists, zones and the scanners in them.
//!
//! None of these can be changed; the simulator refuses to try.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::TenableSc;
use super::answer::{Answer, Call, Refused, Said};
use super::wire::{Parameters, both_lists, chosen, flag, relation, text};

pub(super) const FULL_SAFE_SCAN: i64 = 1_000_001;
pub(super) const DEFAULT_REPOSITORY: i64 = 1;
/// The scanner works; seen with other bits while it is asked for its status.
const WORKING: i64 = 1;

/// Id, name and description of anything that has no more to it here.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
}

const REPOSITORIES: [Entry; 2] = [
    Entry { id: DEFAULT_REPOSITORY, name: "Default", description: "" },
    Entry { id: 2, name: "Perimeter", description: "What the world can see" },
];
const POLICIES: [Entry; 3] = [
    Entry { id: FULL_SAFE_SCAN, name: "Full Safe Scan", description: "" },
    Entry { id: 1_000_002, name: "Basic Network Scan", description: "" },
    Entry { id: 1_000_003, name: "Credentialed Patch Audit", description: "" },
];

#[derive(Debug)]
pub(super) struct Asset {
    pub(super) entry: Entry,
    pub(super) addresses: &'static str,
}

const ASSETS: [Asset; 2] = [
    Asset { entry: Entry { id: 1, name: "Web farm", description: "" }, addresses: "10.40.1.10-10.40.1.15" },
    Asset { entry: Entry { id: 2, name: "Branch office", description: "" }, addresses: "10.40.2.0/28" },
];

#[derive(Debug)]
struct Zone {
    entry: Entry,
    addresses: &'static str,
    scanners: &'static [i64],
}

const ZONES: [Zone; 2] = [
    Zone { entry: Entry { id: 7, name: "Headquarters", description: "" }, addresses: "10.0.0.0/8", scanners: &[1, 3] },
    Zone { entry: Entry { id: 8, name: "Perimeter", description: "" }, addresses: "0.0.0.0/0", scanners: &[4] },
];

#[derive(Debug)]
struct Scanner {
    entry: Entry,
    address: &'static str,
    agent_capable: bool,
    enabled: bool,
}

const SCANNERS: [Scanner; 4] = [
    Scanner {
        entry: Entry { id: 1, name: "Internal Scanner", description: "" },
        address: "10.1.0.5",
        agent_capable: false,
        enabled: true,
    },
    Scanner {
        entry: Entry { id: 2, name: "Tenable.io", description: "" },
        address: "198.51.100.20",
        agent_capable: true,
        enabled: true,
    },
    Scanner {
        entry: Entry { id: 3, name: "Datacenter Frankfurt", description: "" },
        address: "10.1.0.6",
        agent_capable: false,
        enabled: true,
    },
    Scanner {
        entry: Entry { id: 4, name: "Perimeter Scanner", description: "" },
        address: "203.0.113.9",
        agent_capable: false,
        enabled: true,
    },
];

fn find<T>(rows: &[T], entry: fn(&T) -> &Entry, id: i64) -> Option<&T> {
    rows.iter().find(|row| entry(row).id == id)
}

pub(super) fn repository(id: i64) -> Option<&'static Entry> {
    find(&REPOSITORIES, |entry| entry, id)
}

pub(super) fn policy(id: i64) -> Option<&'static Entry> {
    find(&POLICIES, |entry| entry, id)
}

pub(super) fn asset(id: i64) -> Option<&'static Asset> {
    find(&ASSETS, |asset| &asset.entry, id)
}

pub(super) fn zone(id: i64) -> Option<&'static Entry> {
    find(&ZONES, |zone| &zone.entry, id).map(|zone| &zone.entry)
}

/// The scanner that does the work of a zone: id, name, description.
pub(super) fn worker(zone: Option<i64>) -> (i64, &'static str, &'static str) {
    let of_zone = zone.and_then(|id| find(&ZONES, |zone| &zone.entry, id)).and_then(|zone| zone.scanners.first());
    let scanner = of_zone.and_then(|id| find(&SCANNERS, |scanner| &scanner.entry, *id)).or(SCANNERS.first());
    scanner.map_or((1, "", ""), |scanner| (scanner.entry.id, scanner.entry.name, scanner.entry.description))
}

pub(super) fn entry_relation(entry: Option<&Entry>) -> Value {
    relation(entry.map(|entry| (entry.id, entry.name, entry.description)))
}

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new()
        .route("/rest/repository", get(repositories))
        .route("/rest/repository/{id}", get(one_repository))
        .route("/rest/policy", get(policies))
        .route("/rest/policy/{id}", get(one_policy))
        .route("/rest/asset", get(assets))
        .route("/rest/asset/{id}", get(one_asset))
        .route("/rest/credential", get(credentials))
        .route("/rest/zone", get(zones))
        .route("/rest/zone/{id}", get(one_zone))
        .route("/rest/scanner", get(scanners))
        .route("/rest/scanner/updateStatus", post(update_status))
        .route("/rest/scanner/{id}", get(one_scanner))
}

fn named(entry: &Entry) -> Value {
    json!({ "id": text(entry.id), "name": entry.name, "description": entry.description })
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}

fn one(rows: Option<Value>, kind: &str, id: &str, parameters: &Parameters) -> Answer {
    let whole = rows.ok_or_else(|| Refused::missing("view", kind, id))?;
    Ok(chosen(whole, parameters, None).into())
}

const USUAL: Option<&[&str]> = Some(&["name", "description"]);

fn whole_repository(entry: &Entry) -> Value {
    let more = json!({ "type": "Local", "dataFormat": "IPv4", "organizations": [] });
    with(named(entry), more)
}

async fn repositories(Query(parameters): Query<Parameters>) -> Said {
    let usual = Some(&["name", "description", "type", "dataFormat"][..]);
    let rows = REPOSITORIES.iter().map(|entry| chosen(whole_repository(entry), &parameters, usual));
    rows.collect::<Value>().into()
}

async fn one_repository(Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    one(id.parse().ok().and_then(repository).map(whole_repository), "Repository", &id, &parameters)
}

fn whole_policy(entry: &Entry) -> Value {
    with(named(entry), json!({ "status": "0", "tags": "", "context": "", "preferences": {}, "families": [] }))
}

async fn policies(Query(parameters): Query<Parameters>) -> Said {
    let usual = Some(&["name", "description", "status"][..]);
    let rows = POLICIES.iter().map(|entry| chosen(whole_policy(entry), &parameters, usual)).collect();
    both_lists(rows, &parameters).into()
}

async fn one_policy(Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    one(id.parse().ok().and_then(policy).map(whole_policy), "Policy", &id, &parameters)
}

fn whole_asset(asset: &Asset) -> Value {
    let more = json!({ "type": "static", "status": "0", "typeFields": { "definedIPs": asset.addresses } });
    with(named(&asset.entry), more)
}

async fn assets(Query(parameters): Query<Parameters>) -> Said {
    let rows = ASSETS.iter().map(|asset| chosen(whole_asset(asset), &parameters, USUAL)).collect();
    both_lists(rows, &parameters).into()
}

async fn one_asset(Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    one(id.parse().ok().and_then(asset).map(whole_asset), "Asset", &id, &parameters)
}

async fn credentials(Query(parameters): Query<Parameters>) -> Said {
    both_lists(Vec::new(), &parameters).into()
}

fn whole_zone(zone: &Zone) -> Value {
    let scanners: Vec<Value> = zone
        .scanners
        .iter()
        .filter_map(|id| find(&SCANNERS, |scanner| &scanner.entry, *id))
        .map(|scanner| with(named(&scanner.entry), json!({ "status": text(WORKING) })))
        .collect();
    let count = scanners.len();
    let more = json!({
        "ipList": zone.addresses, "createdTime": "1553205885", "modifiedTime": "1553205885", "scanners": scanners,
        "organizations": [], "activeScanners": count, "totalScanners": count,
    });
    with(named(&zone.entry), more)
}

async fn zones(Query(parameters): Query<Parameters>) -> Said {
    ZONES.iter().map(|zone| chosen(whole_zone(zone), &parameters, USUAL)).collect::<Value>().into()
}

async fn one_zone(Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    let zone = id.parse().ok().and_then(|id| find(&ZONES, |zone| &zone.entry, id));
    one(zone.map(whole_zone), "Zone", &id, &parameters)
}

/// An organisation is shown the scanners that can do agent scans, and no others.
fn visible(call: &Call) -> impl Iterator<Item = &'static Scanner> {
    let all = call.is_administrator();
    SCANNERS.iter().filter(move |scanner| all || scanner.agent_capable)
}

fn whole_scanner(scanner: &Scanner) -> Value {
    let zones: Vec<Value> =
        ZONES.iter().filter(|zone| zone.scanners.contains(&scanner.entry.id)).map(|zone| named(&zone.entry)).collect();
    let more = json!({
        "ip": scanner.address, "port": "8834", "enabled": flag(scanner.enabled), "zones": zones,
        "agentCapable": flag(scanner.agent_capable), "status": text(WORKING), "version": "10.8.3",
        "loadedPluginSet": "202611200930", "numScans": "0", "numHosts": "0", "uptime": "864000",
    });
    with(named(&scanner.entry), more)
}

async fn scanners(call: Call, Query(parameters): Query<Parameters>) -> Said {
    let usual = Some(&["name", "description", "agentCapable", "status"][..]);
    visible(&call).map(|scanner| chosen(whole_scanner(scanner), &parameters, usual)).collect::<Value>().into()
}

async fn one_scanner(call: Call, Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    let scanner = id.parse::<i64>().ok().and_then(|id| visible(&call).find(|scanner| scanner.entry.id == id));
    one(scanner.map(whole_scanner), "Scanner", &id, &parameters)
}

async fn update_status(call: Call) -> Said {
    let rows: Value =
        visible(&call).map(|scanner| with(named(&scanner.entry), json!({ "status": text(WORKING) }))).collect();
    json!({ "status": rows }).into()
}
