//! The front desk: every request passes here on its way to the vendor.
//!
//! It writes the ledger, lets due events happen first, and lets a fault act before, instead of, or after the vendor.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use url::form_urlencoded;

use crate::clock::Clock;
use crate::fault::{FaultBook, FaultKind, answer_instead, spoil};
use crate::ledger::{Arrival, Ledger};
use crate::line::Line;
use crate::vendor::{Form, RequestSeq, Vendor};

const LARGEST_FORM: usize = 16 * 1024 * 1024;

/// Everything one simulator consists of; shared by the server, the control routes and the handle.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) vendor: Arc<dyn Vendor>,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) faults: FaultBook,
}

pub(crate) async fn attend(State(desk): State<Desk>, mut request: Request, next: Next) -> Response {
    desk.vendor.settle();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut operation = desk.vendor.operation(&method, &path);
    if desk.vendor.speaks_forms() {
        let form = take_form(&mut request).await;
        operation = desk.vendor.form_operation(&path, &form).unwrap_or(operation);
        request.extensions_mut().insert(Form(form.into()));
    }
    let seq = desk.ledger.arrive(Arrival {
        at: desk.clock.now(),
        method: method.to_string(),
        path: path.clone(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        operation: operation.to_owned(),
        authenticated: desk.vendor.authenticates(request.headers()),
    });
    let line = request.extensions().get::<ConnectInfo<Line>>().map(|info| info.0.clone());
    request.extensions_mut().insert(RequestSeq(seq));

    let fault = desk.faults.strike(method.as_str(), &path, operation);
    if let Some((_, kind)) = &fault {
        tracing::debug!(fault = kind.name(), %method, path, "fault strikes");
        desk.ledger.fault(seq, kind.name());
        if let FaultKind::Slow { delay } = kind {
            tokio::time::sleep(*delay).await;
        }
    }
    let Some((id, kind)) = fault else {
        let response = next.run(request).await;
        return sent(&desk, seq, response, true);
    };
    if kind.reaches_vendor() {
        let response = next.run(request).await;
        if kind == FaultKind::LoseAnswer {
            desk.ledger.leave(seq, false);
            return no_answer(line);
        }
        if kind == FaultKind::Hold {
            desk.faults.until_cleared(id).await;
        }
        let intact = kind.keeps_answer();
        let response = spoil(&kind, response, desk.vendor.wording()).await;
        return sent(&desk, seq, response, intact);
    }
    match answer_instead(&kind, desk.vendor.as_ref(), desk.clock.now()) {
        Some(response) => sent(&desk, seq, response, false),
        None if kind == FaultKind::Hang => std::future::pending().await,
        None => no_answer(line),
    }
}

/// Query and body, decoded, of a request whose call is named in a form.
async fn take_form(request: &mut Request) -> Vec<(String, String)> {
    let body = std::mem::take(request.body_mut());
    let bytes = to_bytes(body, LARGEST_FORM).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "a form cannot be read");
        Bytes::new()
    });
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let pairs = form_urlencoded::parse(query).chain(form_urlencoded::parse(&bytes));
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn sent(desk: &Desk, seq: u64, response: Response, intact: bool) -> Response {
    desk.ledger.answer(seq, response.status().as_u16());
    desk.ledger.leave(seq, intact);
    response
}

/// Severs the connection; the response returned for form's sake cannot be written any more.
fn no_answer(line: Option<Line>) -> Response {
    if let Some(line) = line {
        line.sever();
    }
    Response::new(Body::empty())
}
