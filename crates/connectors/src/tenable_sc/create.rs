//! Making a definition: Security Center wants a policy, a repository and, for pinning, a zone, each by number.

use scanhelm_core::text;
use serde_json::{Value, json};

use super::client::Client;
use super::model::{Choice, Zone};
use crate::client_token;
use crate::contract::{CallError, NewVendorScan};

/// Where findings of network scans can go; the others hold what agents and phones report.
fn takes_network_scans(repository: &Choice) -> bool {
    !["agent", "mobile"].contains(&repository.data_format.trim().to_ascii_lowercase().as_str())
}

pub(super) async fn definition(client: &Client, scan: &NewVendorScan) -> Result<Value, CallError> {
    let policies = client.policies().await?;
    let policy = chosen("scan policy", "template", scan.template.as_deref(), &policies)?;
    let mut repositories = client.repositories().await?;
    repositories.retain(takes_network_scans);
    // Security Center has no folders; where a scan's results are kept is the nearest to one.
    let repository = chosen("repository", "folder", scan.folder.as_deref(), &repositories)?;
    let mut body = json!({
        "name": scan.name,
        // In the description, because the name is what people search by, and a run copies it.
        "description": client_token::marked("Created by Scanhelm.", &scan.client_token),
        "type": "policy",
        "policy": {"id": number(policy)},
        "repository": {"id": number(repository)},
        "ipList": scan.targets.join(","),
        // Runs when it is launched.
        "schedule": {"type": "template"},
    });
    if let (Some(wanted), Some(fields)) = (&scan.sub_scanner, body.as_object_mut()) {
        fields.insert("zone".to_owned(), json!({"id": number(&pinned(wanted, &client.zones().await?)?)}));
    }
    Ok(body)
}

/// The one that is named by number or name; of a single one no name is needed.
fn chosen<'a>(kind: &str, field: &str, wanted: Option<&str>, known: &'a [Choice]) -> Result<&'a str, CallError> {
    let mut once: Vec<&Choice> = Vec::new();
    for choice in known {
        if once.iter().all(|seen| seen.id != choice.id) {
            once.push(choice);
        }
    }
    let names = || once.iter().map(|choice| choice.name.as_str());
    match (wanted, once.as_slice()) {
        (None, [only]) => Ok(&only.id.0),
        (None, []) => {
            Err(refused(format!("Security Center shows this user no {kind} for a scan. Share one with the user there")))
        }
        (None, _) => Err(refused(format!(
            "Security Center needs a {kind} for a scan; name one as {field}. It has: {}",
            list(names())
        ))),
        (Some(wanted), _) => {
            let mut fits = once.iter().filter(|choice| choice.id.0 == wanted || choice.name == wanted);
            match (fits.next(), fits.next()) {
                (Some(one), None) => Ok(&one.id.0),
                (Some(_), Some(_)) => Err(refused(format!(
                    "Security Center has more than one {kind} called `{}`; give its number",
                    text::single_line(wanted, 100)
                ))),
                (None, _) => Err(refused(format!(
                    "Security Center has no {kind} `{}`. It has: {}",
                    text::single_line(wanted, 100),
                    list(names())
                ))),
            }
        }
    }
}

/// The zone that a scan is pinned to. A scan can be pinned to a zone only; a scanner stands for the zone that holds
/// it alone, because any other zone could send the scan elsewhere.
fn pinned(wanted: &str, zones: &[Zone]) -> Result<String, CallError> {
    if let Some(number) = wanted.strip_prefix("zone-") {
        return match zones.iter().find(|zone| zone.id.0 == number) {
            Some(zone) => Ok(zone.id.0.clone()),
            None => Err(refused(format!(
                "Security Center has no scan zone with the number {}. It has: {}",
                text::single_line(number, 40),
                list(zones.iter().map(|zone| zone.name.as_str()))
            ))),
        };
    }
    let scanner = wanted.strip_prefix("scanner-").unwrap_or(wanted);
    match zones.iter().find(|zone| zone.is_only(scanner)) {
        Some(zone) => Ok(zone.id.0.clone()),
        None => Err(refused(format!(
            "Security Center sends a scan to a scan zone, not to a scanner, and no zone holds scanner {} alone. Choose a \
             zone, or make one for this scanner there. It has: {}",
            text::single_line(scanner, 40),
            list(zones.iter().map(|zone| zone.name.as_str()))
        ))),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.take(60).collect();
    text::single_line(&names.join(", "), 1000)
}

fn refused(detail: String) -> CallError {
    CallError::Refused { detail, by_licence: false }
}

/// Numbers are sent as numbers.
fn number(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from)
}

#[cfg(test)]
mod tests {
    use super::super::model::{Id, Relation};
    use super::*;

    fn choice(id: &str, name: &str) -> Choice {
        Choice { id: Id(id.to_owned()), name: name.to_owned(), description: String::new(), data_format: String::new() }
    }

    fn zone(id: &str, scanners: &[&str]) -> Zone {
        let scanners = scanners.iter().map(|id| Relation { id: Some((*id).to_owned()), name: String::new() }).collect();
        Zone { id: Id(id.to_owned()), name: format!("Zone {id}"), scanners }
    }

    #[test]
    fn a_single_choice_needs_no_name_and_of_several_one_is_asked_for() {
        let policies = [choice("7", "Full"), choice("7", "Full"), choice("8", "Light"), choice("9", "Light")];
        assert_eq!(chosen("policy", "template", None, &policies[..2]), Ok("7"));
        assert_eq!(chosen("policy", "template", Some("Full"), &policies), Ok("7"));
        assert_eq!(chosen("policy", "template", Some("9"), &policies), Ok("9"));
        for (wanted, says) in [(None, "Full, Light"), (Some("Light"), "give its number"), (Some("x"), "no policy `x`")]
        {
            let error = chosen("policy", "template", wanted, &policies).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert!(chosen("policy", "template", None, &[]).unwrap_err().to_string().contains("Share one"));
    }

    #[test]
    fn a_scan_is_pinned_to_a_zone_or_to_the_zone_of_one_scanner() {
        let zones = [zone("1", &["5", "6"]), zone("2", &["6"]), zone("3", &[])];
        assert_eq!(pinned("zone-1", &zones), Ok("1".to_owned()));
        assert_eq!(pinned("scanner-6", &zones), Ok("2".to_owned()));
        for (wanted, says) in [("scanner-5", "no zone holds scanner 5 alone"), ("zone-9", "no scan zone")] {
            assert!(pinned(wanted, &zones).unwrap_err().to_string().contains(says));
        }
    }
}
