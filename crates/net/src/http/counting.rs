//! What is counted of calls to vendors. The labels are words of closed lists; a host would tell a tenant apart.

use metrics::{counter, describe_counter};

use super::Inner;
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

impl Inner {
    /// One call as its caller sees it.
    pub(super) fn count_call(&self, trouble: Option<&NetErrorKind>) {
        let Some(connector) = self.counted_as else { return };
        let outcome = match trouble {
            None => "ok",
            Some(NetErrorKind::BreakerOpen { .. } | NetErrorKind::RateLimited { sent: false, .. }) => "not_sent",
            Some(kind) => kind.condition().as_str(),
        };
        counter!(CALLS, "connector" => connector, "outcome" => outcome).increment(1);
    }

    /// One request on the wire.
    pub(super) fn count_request(&self) {
        if let Some(connector) = self.counted_as {
            counter!(REQUESTS, "connector" => connector).increment(1);
        }
    }
}
