//! What of a look belongs into the activity feed.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Change, Scan};
use scanhelm_core::status::VendorState;
use serde_json::json;

use crate::Hub;
use crate::telemetry;

pub(super) fn feed(hub: &Hub, scan: &Scan, event: Event, message: String, data: serde_json::Value) -> NewActivity {
    NewActivity {
        company_id: scan.company_id,
        scan_id: scan.id,
        at: hub.now(),
        actor: Actor::System,
        event,
        message,
        data,
    }
}

pub(super) fn went_back(hub: &Hub, scan: &Scan) -> NewActivity {
    let message = "The scanner shows an earlier run again: it was restored from a backup, or the later run was deleted \
                   there. What the later run brought stays.";
    feed(hub, scan, Event::ScanStatus, message.to_owned(), json!({"external_run_id": scan.external_run_id}))
}

/// `None`: nothing that people follow. Raw and mapped words side by side.
pub(super) fn activity_of(hub: &Hub, scan: &Scan, change: &Change) -> Option<NewActivity> {
    let raw = scan.vendor_status_raw.clone().unwrap_or_default();
    match change {
        Change::State { from, to } => {
            let event = match to {
                VendorState::Completed => Event::ScanComplete,
                VendorState::Failed => Event::ScanFailed,
                VendorState::Cancelled => Event::ScanCancelled,
                VendorState::Queued | VendorState::Running | VendorState::Paused => Event::ScanStatus,
            };
            let message = format!("{from} → {to} (the scanner says \"{raw}\").");
            Some(feed(hub, scan, event, message, json!({"from": from.as_str(), "to": to.as_str(), "raw": raw})))
        }
        Change::UnknownWord { raw } => {
            telemetry::unknown_status(scan.vendor.as_deref().unwrap_or_default());
            let message =
                format!("The scanner uses a status we do not know: \"{raw}\". The state stays {}.", scan.vendor_state);
            Some(feed(hub, scan, Event::UnknownVendorStatus, message, json!({"raw": raw})))
        }
        Change::NewRun { external_run_id } => {
            let data = json!({"run_id": scan.run_id, "external_run_id": external_run_id, "number": scan.run_number});
            Some(feed(hub, scan, Event::ScanStart, format!("Run {} began.", scan.run_number), data))
        }
        Change::Progress { percent } if !scan.vendor_state.is_terminal() => {
            let data = json!({"progress": percent, "counts": scan.counts});
            Some(feed(hub, scan, Event::ScanProgress, format!("{percent:.0} %."), data))
        }
        Change::Renamed { name } => {
            Some(feed(hub, scan, Event::ScanChanged, format!("Renamed at the scanner: {name}."), json!({"name": name})))
        }
        Change::Reappeared => {
            Some(feed(hub, scan, Event::ScanStatus, "In the scanner's list again.".to_owned(), json!({})))
        }
        _ => None,
    }
}
