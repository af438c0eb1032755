//! Issues: what is known of a website over all its scans.
//!
//! An issue keeps its id, which reports call `LookupId`, over all scans of its website. It is `Present` when the latest
//! complete scan has it and `FixedUnconfirmed` when not; what people make of it is not simulated.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Invicti;
use super::answer::{Answer, Call, Refused, account_time};
use super::paging::PageQuery;
use super::state::{Scan, State};
use super::words::{Words, url, words};
use crate::clock::Moment;
use crate::sites::Flaw;

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new().route("/issues/allissues", get(all)).route("/issues/get/{id}", get(one))
}

/// One issue with the scans that saw it.
pub(super) struct Issue<'a> {
    pub(super) id: String,
    pub(super) flaw: Flaw,
    pub(super) first: Moment,
    pub(super) last: Moment,
    latest: &'a Scan,
    present: bool,
}

/// When each flaw of the website of `scan` was first and last seen, as far as scans until `until` know.
pub(super) fn seen<'a>(state: &'a State, origin: &str, now: Moment) -> BTreeMap<u32, Issue<'a>> {
    let of_site = state.scans.values().filter(|scan| scan.order.site.origin == origin);
    let mut scans: Vec<&Scan> = of_site.filter(|scan| scan.is_over(now)).collect();
    scans.sort_by_key(|scan| scan.initiated());
    let mut issues: BTreeMap<u32, Issue<'a>> = BTreeMap::new();
    for scan in &scans {
        let at = scan.execution.ended.unwrap_or(now);
        for (number, flaw) in scan.found(now) {
            let fresh = || Issue {
                id: state.issue_id(&scan.order.site, number),
                flaw,
                first: at,
                last: at,
                latest: scan,
                present: false,
            };
            let issue = issues.entry(number).or_insert_with(fresh);
            issue.last = at;
            issue.latest = scan;
        }
    }
    if let Some(last) = scans.iter().rev().find(|scan| scan.state(now) == "Complete") {
        for number in last.numbers(now) {
            if let Some(issue) = issues.get_mut(&number) {
                issue.present = true;
            }
        }
    }
    issues
}

fn item(state: &State, issue: &Issue<'_>, words: Words) -> Value {
    let site = &issue.latest.order.site;
    let facts = issue.flaw.weakness.facts();
    json!({
        "Id": issue.id,
        "Title": words.name,
        "Type": words.kind,
        "Severity": words.severity,
        "State": if issue.present { "Present" } else { "FixedUnconfirmed" },
        "Url": url(&issue.flaw, &site.origin),
        "FirstSeenDate": account_time(issue.first),
        "LastSeenDate": account_time(issue.last),
        "IsAddressed": !issue.present,
        "IsPresent": issue.present,
        "IsTodo": issue.present,
        "IsRetest": false,
        "IsDetectedByShark": false,
        "LatestScanId": issue.latest.id,
        "LatestVulnerabilityIsConfirmed": words.certainty == 100,
        "Certainty": words.certainty,
        "WebsiteId": state.website_id(site),
        "WebsiteName": site.host,
        "WebsiteRootUrl": format!("{}/", site.origin),
        "AssigneeName": "",
        "Classification": super::report::classification(facts, words),
        "CvssVectorString": facts.cvss3.1,
        "VulnerabilityDetail": facts.description,
        "Impact": facts.impact,
        "Remedy": facts.remedy,
        "History": [],
        "Tags": [],
    })
}

fn origins(state: &State) -> Vec<String> {
    let mut origins: Vec<String> = state.scans.values().map(|scan| scan.order.site.origin.clone()).collect();
    origins.sort();
    origins.dedup();
    origins
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueQuery {
    severity: Option<String>,
    #[serde(rename = "webSiteName")]
    website: Option<String>,
    page: Option<String>,
    page_size: Option<String>,
}

async fn all(call: Call, Query(query): Query<IssueQuery>) -> Answer<Json<Value>> {
    let page = PageQuery::of(query.page, query.page_size).page()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (severity, website) = (given(query.severity), given(query.website));
    let state = call.state();
    let mut entries = Vec::new();
    for origin in origins(&state) {
        for issue in seen(&state, &origin, call.now).into_values() {
            let Some(words) = words(issue.flaw.weakness) else { continue };
            let fits = severity.as_deref().is_none_or(|wanted| wanted == words.severity)
                && website.as_deref().is_none_or(|wanted| wanted == issue.latest.order.site.host);
            if fits {
                entries.push((issue, words));
            }
        }
    }
    Ok(Json(page.of(entries, |(issue, words)| item(&state, &issue, words))))
}

async fn one(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    for origin in origins(&state) {
        let found = seen(&state, &origin, call.now).into_values().find(|issue| issue.id == id);
        if let Some((issue, words)) =
            found.and_then(|issue| Some((words(issue.flaw.weakness)?, issue))).map(|(words, issue)| (issue, words))
        {
            return Ok(Json(item(&state, &issue, words)));
        }
    }
    Err(Refused::not_found("The issue"))
}
