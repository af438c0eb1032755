//! What this process counts for Prometheus. Counting is a no-op until somebody installs a recorder.
//!
//! Names, help and labels stand here and nowhere else in the hub. Labels are words of closed lists (connectors,
//! outcomes), never a company, a name, an address or a vendor's own word, so that nothing leaks and the number of
//! series stays bounded.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use scanhelm_core::import::ImportCounts;

/// Seconds from the vendor's own end of a run to when the hub showed it; a histogram.
pub const SYNC_LAG: &str = "scanhelm_sync_lag_seconds";
/// Upper bounds of its buckets.
pub const SYNC_LAG_BUCKETS: [f64; 11] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];

const POLLS: &str = "scanhelm_polls_total";
const ADOPTED: &str = "scanhelm_scans_adopted_total";
const UNKNOWN_STATUS: &str = "scanhelm_unknown_vendor_status_total";
const CLOCK_AHEAD: &str = "scanhelm_vendor_clock_ahead_total";
const IMPORTS: &str = "scanhelm_imports_total";
const RECORDS: &str = "scanhelm_imported_records_total";
const QUARANTINED: &str = "scanhelm_quarantined_records_total";

const NOTIFICATIONS: &str = "scanhelm_notification_attempts_total";

/// Gives the installed recorder the help texts.
pub fn describe() {
    scanhelm_net::describe_metrics();
    describe_counter!(
        POLLS,
        "Looks at integrations by connector and outcome: ok, store_error or the condition's kind."
    );
    describe_counter!(ADOPTED, "Vendor scans found by a sweep and taken in, by connector.");
    describe_counter!(UNKNOWN_STATUS, "Vendor status words that the connector does not know, by connector.");
    describe_counter!(CLOCK_AHEAD, "Runs that had ended after we saw it, by their vendor's clock, by connector.");
    describe_counter!(IMPORTS, "Imports that ended, by outcome: done, partial or failed.");
    describe_counter!(RECORDS, "Records of ended imports, quarantined ones not included.");
    describe_counter!(QUARANTINED, "Records of ended imports that could not be read.");
    describe_counter!(
        NOTIFICATIONS,
        "Attempts to send a notification, by kind of channel and outcome: delivered, refused, gone or unavailable."
    );
    describe_histogram!(SYNC_LAG, Unit::Seconds, "From the vendor's own end of a run until the hub showed it.");
}

pub(crate) fn polled(connector: &str, outcome: &'static str) {
    counter!(POLLS, "connector" => connector.to_owned(), "outcome" => outcome).increment(1);
}

pub(crate) fn adopted(connector: &str, scans: u64) {
    counter!(ADOPTED, "connector" => connector.to_owned()).increment(scans);
}

pub(crate) fn unknown_status(connector: &str) {
    counter!(UNKNOWN_STATUS, "connector" => connector.to_owned()).increment(1);
}

/// A run's end was seen so long after the vendor's own; `None`: the vendor's clock is ahead of ours.
pub(crate) fn reflected(connector: &str, lag: Option<Duration>) {
    if lag.is_none() {
        counter!(CLOCK_AHEAD, "connector" => connector.to_owned()).increment(1);
    }
    histogram!(SYNC_LAG, "connector" => connector.to_owned()).record(lag.unwrap_or_default().as_secs_f64());
}

/// After the commit that ends the import.
pub(crate) fn import_ended(outcome: &'static str, counts: &ImportCounts) {
    counter!(IMPORTS, "outcome" => outcome).increment(1);
    counter!(RECORDS).increment(counts.records.saturating_sub(counts.quarantined));
    counter!(QUARANTINED).increment(counts.quarantined);
}

/// An attempt to send a notification was recorded.
pub(crate) fn notified(channel: &'static str, outcome: &'static str) {
    counter!(NOTIFICATIONS, "channel" => channel, "outcome" => outcome).increment(1);
}
