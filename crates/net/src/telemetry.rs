//! What is counted of calls to vendors. The labels are words of closed lists; a host would tell a tenant apart.

use metrics::{counter, describe_counter};

use crate::error::NetErrorKind;

const CALLS: &str = "scanhelm_vendor_calls_total";
const REQUESTS: &str = "scanhelm_vendor_requests_total";

/// Gives the installed recorder the help texts.
pub fn describe_metrics() {
    describe_counter!(
        CALLS,
        "Calls to vendors by connector and outcome: ok, not_sent (breaker or budget) or the kind of trouble."
    );
    describe_counter!(REQUESTS, "Requests sent to vendors, repetitions included, by connector.");
}

/// One call as its caller sees it.
pub(crate) fn called(connector: &'static str, trouble: Option<&NetErrorKind>) {
    let outcome = match trouble {
        None => "ok",
        Some(NetErrorKind::BreakerOpen { .. } | NetErrorKind::RateLimited { sent: false, .. }) => "not_sent",
        Some(kind) => kind.condition().as_str(),
    };
    counter!(CALLS, "connector" => connector, "outcome" => outcome).increment(1);
}

/// One request on the wire.
pub(crate) fn requested(connector: &'static str) {
    counter!(REQUESTS, "connector" => connector).increment(1);
}
