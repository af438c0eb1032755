//! What is counted of calls to vendors. The labels are words of closed lists; a host would tell a tenant apart.

use metrics::{counter, describe_counter};

use super::{Inner, VendorHttp};
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

impl VendorHttp {
    /// Counts the calls of this handle and its clones under a connector's id; the first one given stays.
    #[must_use]
    pub fn counted_as(self, connector: &'static str) -> Self {
        self.inner.counted_as.get_or_init(|| connector);
        self
    }
}

impl Inner {
    /// One call as its caller sees it.
    pub(super) fn count_call(&self, trouble: Option<&NetErrorKind>) {
        let Some(connector) = self.counted_as.get().copied() else { return };
        let outcome = match trouble {
            None => "ok",
            Some(NetErrorKind::BreakerOpen { .. } | NetErrorKind::RateLimited { sent: false, .. }) => "not_sent",
            Some(kind) => kind.condition().as_str(),
        };
        counter!(CALLS, "connector" => connector, "outcome" => outcome).increment(1);
    }

    /// One request on the wire.
    pub(super) fn count_request(&self) {
        if let Some(connector) = self.counted_as.get().copied() {
            counter!(REQUESTS, "connector" => connector).increment(1);
        }
    }
}
