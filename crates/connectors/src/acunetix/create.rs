//! Making a scan takes a target of its own: the target's description is the only text that the list of scans shows, so it
//! carries the name and the token; and engines are chosen per target, so the choice touches nobody else's scans.
//!
//! The scan is made to wait for its trigger, because only such a scan can be started again and again; starting it is a
//! command of its own, with an outcome of its own. When Acunetix turns the scan down, the target goes again. After a lost
//! answer nothing is touched: the next list tells.

use serde_json::json;

use super::client::Client;
use super::map;
use super::model::Id;
use crate::contract::{CallError, Created, NewVendorScan};

/// The built-in profile "Full Scan", the same everywhere.
const FULL_SCAN: &str = "11111111-1111-1111-1111-111111111111";

pub(super) async fn create(client: &Client, scan: &NewVendorScan) -> Result<Created, CallError> {
    let [address] = scan.targets.as_slice() else {
        return Err(refused(format!(
            "A scan of Acunetix has one target, not {}. Create one scan for each.",
            scan.targets.len()
        )));
    };
    if scan.folder.is_some() {
        return Err(refused("Acunetix has no folders for scans. Leave the folder out.".to_owned()));
    }
    let profile = profile_id(client, scan.template.as_deref()).await?;
    let target = client.create_target(address, &map::description(&scan.name, &scan.client_token)).await?;
    let outcome = fill(client, scan, &target.0, &profile).await;
    match outcome {
        Ok(id) => Ok(Created { external_scan_id: id.0, launched: false }),
        Err(unknown @ CallError::Unknown { .. }) => Err(unknown),
        Err(error) => Err(undone(client, &target.0, error).await),
    }
}

async fn fill(client: &Client, scan: &NewVendorScan, target: &str, profile: &str) -> Result<Id, CallError> {
    if let Some(worker) = &scan.sub_scanner {
        client.pin_worker(target, worker).await.map_err(|error| match error {
            // Nothing is lost with it: the scan does not exist yet, and the target goes.
            CallError::Unknown { detail } => refused(detail),
            CallError::Gone { detail } => refused(format!("{detail}: this Acunetix has no engine to choose")),
            other => other,
        })?;
        // Some settings are accepted and not taken.
        let taken = client.workers_of_target(target).await?;
        if !taken.iter().any(|taken| taken.worker_id.0 == *worker) {
            return Err(refused("Acunetix accepted the choice of the engine and did not take it.".to_owned()));
        }
    }
    let body = json!({
        "target_id": target,
        "profile_id": profile,
        // Either of the first two keeps it from starting by itself, as the vendor's document can be read; an attack on a
        // target that nobody asked for is worth both.
        "schedule": {"disable": true, "triggerable": true, "start_date": null, "time_sensitive": false},
    });
    client.create_scan(&body).await
}

/// Takes the target away, which nothing has scanned yet.
async fn undone(client: &Client, target: &str, error: CallError) -> CallError {
    let Err(left) = client.delete("remove the target again", "targets", target).await else {
        return match error {
            // Not the scan that was asked for is gone, but something that its creation needs.
            CallError::Gone { detail } => refused(detail),
            other => other,
        };
    };
    refused(format!("{error}. The target made for the scan stays in Acunetix ({left}); delete it there."))
}

async fn profile_id(client: &Client, wanted: Option<&str>) -> Result<String, CallError> {
    let Some(wanted) = wanted else { return Ok(FULL_SCAN.to_owned()) };
    let profiles = client.profiles().await?;
    let found = profiles
        .iter()
        .find(|profile| profile.profile_id.0 == wanted || profile.name.trim().eq_ignore_ascii_case(wanted.trim()));
    match found {
        Some(profile) => Ok(profile.profile_id.0.clone()),
        None => {
            let known: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).take(60).collect();
            Err(refused(format!(
                "Acunetix has no scanning profile `{}`. It has: {}.",
                scanhelm_core::text::single_line(wanted, 100),
                scanhelm_core::text::single_line(&known.join(", "), 1000)
            )))
        }
    }
}

fn refused(detail: String) -> CallError {
    CallError::Refused { detail, by_licence: false }
}
