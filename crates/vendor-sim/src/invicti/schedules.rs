//! Scans that start by themselves. Each time they make a new scan.
//!
//! `NextExecutionTime` is read in the account's date format, `dd/MM/yyyy HH:mm`, or as ISO 8601, in UTC. Of a custom
//! recurrence only its type and interval are honoured, for ever.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Invicti;
use super::answer::{Answer, Call, Refused, account_time, body};
use super::orders::NewScan;
use super::paging::PageQuery;
use super::scans::date;
use super::state::{Order, Scheduled};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::recurrence::{Recurrence, period};

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new()
        .route("/scans/schedule", post(schedule))
        .route("/scans/list-scheduled", get(list))
        .route("/scans/unschedule", post(unschedule))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewScheduled {
    name: String,
    next_execution_time: String,
    schedule_run_type: String,
    custom_recurrence: Option<Custom>,
    #[serde(flatten)]
    scan: NewScan,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Custom {
    repeat_type: String,
    interval: Option<u32>,
}

impl NewScheduled {
    /// Seconds between the starts; none for a scan that starts once.
    fn every(&self) -> Answer<Option<f64>> {
        let rule = match (self.schedule_run_type.as_str(), &self.custom_recurrence) {
            ("Once", _) => return Ok(None),
            ("Daily", _) => "FREQ=DAILY".to_owned(),
            ("Weekly", _) => "FREQ=WEEKLY".to_owned(),
            ("Monthly", _) => "FREQ=MONTHLY".to_owned(),
            ("Quarterly", _) => "FREQ=MONTHLY;INTERVAL=3".to_owned(),
            ("Biannually", _) => "FREQ=MONTHLY;INTERVAL=6".to_owned(),
            ("Yearly", _) => "FREQ=YEARLY".to_owned(),
            ("Custom", Some(custom)) => {
                let unit = match custom.repeat_type.as_str() {
                    "Days" => "DAILY",
                    "Weeks" => "WEEKLY",
                    "Months" => "MONTHLY",
                    "Years" => "YEARLY",
                    other => return Err(Refused::invalid(format!("RepeatType '{other}' is not valid."))),
                };
                format!("FREQ={unit};INTERVAL={}", custom.interval.unwrap_or(1))
            }
            (other, _) => return Err(Refused::invalid(format!("ScheduleRunType '{other}' is not valid."))),
        };
        Ok(period(&rule))
    }
}

fn first(text: &str) -> Answer<Moment> {
    let civil = jiff::civil::DateTime::strptime("%d/%m/%Y %H:%M", text.trim());
    let at = civil.ok().and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC).ok());
    match at {
        Some(zoned) => Ok(Moment::from_epoch_seconds(zoned.timestamp().as_second())),
        None => date(text),
    }
}

fn item(scheduled: &Scheduled) -> Value {
    json!({
        "Id": scheduled.id,
        "Name": scheduled.name,
        "ScheduleRunType": scheduled.run_type,
        "NextExecutionTime": scheduled.fires.next().map(account_time),
        "TargetUrl": scheduled.order.target,
        "ScanType": scheduled.order.kind,
        "Disabled": false,
        "EnableScheduling": true,
        "OccurencesCount": scheduled.launched,
        "LastExecutedScanTaskId": scheduled.last,
        "LastExecutionStatus": "Ok",
        "Comments": scheduled.order.comments,
    })
}

async fn schedule(call: Call, bytes: Bytes) -> Answer<(StatusCode, Json<Value>)> {
    let wanted: NewScheduled = body(&bytes)?;
    let fires = Recurrence::new(first(&wanted.next_execution_time)?, wanted.every()?);
    if fires.next().is_some_and(|next| next < call.now) {
        return Err(Refused::invalid("NextExecutionTime is in the past."));
    }
    let (name, run_type) = (wanted.name.clone(), wanted.schedule_run_type.clone());
    let order = wanted.scan.order()?;
    let mut state = call.state();
    let (_, id) = state.next_id("scheduled");
    let order = Order { schedule: Some(id.clone()), ..order };
    let scheduled = Scheduled { id, name, run_type, order, fires, launched: 0, last: None };
    call.effect(Action::Schedule, &scheduled.id, None);
    let answer = item(&scheduled);
    state.scheduled.push(scheduled);
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn list(call: Call, Query(query): Query<PageQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    Ok(Json(page.of(state.scheduled.iter().collect(), item)))
}

async fn unschedule(call: Call, bytes: Bytes) -> Answer<()> {
    let id: String = body(&bytes)?;
    let mut state = call.state();
    let before = state.scheduled.len();
    state.scheduled.retain(|scheduled| scheduled.id != id.replace('-', ""));
    if state.scheduled.len() == before {
        return Err(Refused::not_found("The scheduled scan"));
    }
    call.effect(Action::Schedule, &id, None);
    Ok(())
}
