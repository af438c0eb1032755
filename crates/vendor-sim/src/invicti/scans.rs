//! The lists of scans, one scan, its status and its short result.
//!
//! Lists begin with the newest scan. Dates are read as `MM/dd/yyyy HH:mm:ss` or ISO 8601, in UTC.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refused};
use super::paging::PageQuery;
use super::state::Scan;
use super::words::{url, words};
use super::{Invicti, model};
use crate::clock::Moment;

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new()
        .route("/scans/list", get(list))
        .route("/scans/listbystate", get(by_state))
        .route("/scans/listbystatechanged", get(by_change))
        .route("/scans/listbywebsite", get(by_website))
        .route("/scans/detail/{id}", get(detail))
        .route("/scans/status/{id}", get(status))
        .route("/scans/result/{id}", get(result))
}

pub(super) fn date(text: &str) -> Answer<Moment> {
    let text = text.trim();
    let iso = text.parse::<jiff::Timestamp>().ok();
    let civil = jiff::civil::DateTime::strptime("%m/%d/%Y %H:%M:%S", text).or_else(|_| text.parse());
    let at = iso.or_else(|| civil.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp()));
    at.map(|at| Moment::from_epoch_seconds(at.as_second()))
        .ok_or_else(|| Refused::invalid(format!("The value '{text}' is not a date.")))
}

/// Scans that fit, newest first, a page of them.
fn listed(call: &Call, query: &PageQuery, fits: impl Fn(&Scan) -> bool) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    let scans: Vec<&Scan> = state.scans.values().rev().filter(|scan| fits(scan)).collect();
    Ok(Json(page.of(scans, |scan| model::scan(&state, scan, call.now))))
}

async fn list(call: Call, Query(query): Query<PageQuery>) -> Answer<Json<Value>> {
    listed(&call, &query, |_| true)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StateQuery {
    scan_task_state: Option<String>,
    target_url_criteria: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    page: Option<String>,
    page_size: Option<String>,
    website_url: Option<String>,
    target_url: Option<String>,
}

impl StateQuery {
    /// The pages asked for and the span of time, open where no date is given.
    fn parts(&self) -> Answer<(PageQuery, Option<Moment>, Option<Moment>)> {
        let moment = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(date).transpose();
        let pages = PageQuery::of(self.page.clone(), self.page_size.clone());
        Ok((pages, moment(&self.start_date)?, moment(&self.end_date)?))
    }
}

fn within(at: Moment, start: Option<Moment>, end: Option<Moment>) -> bool {
    start.is_none_or(|start| at >= start) && end.is_none_or(|end| at <= end)
}

async fn by_state(call: Call, Query(query): Query<StateQuery>) -> Answer<Json<Value>> {
    let wanted = query.scan_task_state.clone().ok_or_else(|| Refused::invalid("scanTaskState is required."))?;
    let (pages, start, end) = query.parts()?;
    let criteria = query.target_url_criteria.as_deref().unwrap_or_default();
    listed(&call, &pages, |scan| {
        scan.state(call.now) == wanted
            && scan.order.target.contains(criteria)
            && within(scan.state_changed(call.now), start, end)
    })
}

async fn by_change(call: Call, Query(query): Query<StateQuery>) -> Answer<Json<Value>> {
    let (pages, start, end) = query.parts()?;
    if start.is_none() || end.is_none() {
        return Err(Refused::invalid("startDate and endDate are required."));
    }
    listed(&call, &pages, |scan| within(scan.state_changed(call.now), start, end))
}

async fn by_website(call: Call, Query(query): Query<StateQuery>) -> Answer<Json<Value>> {
    let (pages, _, _) = query.parts()?;
    let same = |wanted: &Option<String>, known: &str| {
        wanted.as_deref().is_none_or(|wanted| wanted.trim_end_matches('/') == known.trim_end_matches('/'))
    };
    listed(&call, &pages, |scan| {
        same(&query.website_url, &scan.order.site.origin) && same(&query.target_url, &scan.order.target)
    })
}

pub(super) fn no_such_scan() -> Refused {
    Refused::not_found("The scan")
}

async fn detail(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let scan = state.scan(&id).ok_or_else(no_such_scan)?;
    Ok(Json(model::scan(&state, scan, call.now)))
}

async fn status(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let scan = state.scan(&id).ok_or_else(no_such_scan)?;
    let (done, all) = model::steps(scan, call.now);
    Ok(Json(json!({
        "State": scan.state(call.now),
        "CompletedSteps": done,
        "EstimatedSteps": all,
        "EstimatedLaunchTime": model::launch_in(scan, call.now),
    })))
}

async fn result(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let scan = state.scan(&id).ok_or_else(no_such_scan)?;
    let site = &scan.order.site;
    let issues: Vec<Value> = scan
        .found(call.now)
        .iter()
        .filter_map(|(number, flaw)| Some((number, flaw, words(flaw.weakness)?)))
        .map(|(number, flaw, words)| {
            json!({
                "IssueUrl": format!("/issues/detail/{}", state.issue_id(site, *number)),
                "Title": words.name,
                "Type": words.kind,
                "Url": url(flaw, &site.origin),
            })
        })
        .collect();
    Ok(Json(Value::Array(issues)))
}
