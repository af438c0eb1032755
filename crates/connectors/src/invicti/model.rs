//! Invicti's wire types, as its Swagger (May 2024) and answers of the service have them. What the hub concludes from
//! is read strictly: a page says how many things there are, and every scan has an id and a state.

use scanhelm_core::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lenient::{count, nullable, word};

/// One page of anything.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page<T> {
    pub(super) list: Vec<T>,
    pub(super) total_item_count: u64,
    pub(super) page_number: u64,
    pub(super) has_next_page: bool,
}

/// `ScanTaskModel`, as lists, details and creations answer it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScanTask {
    pub(super) id: Id,
    #[serde(deserialize_with = "word")]
    pub(super) state: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) scan_type: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) scope: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) phase: String,
    #[serde(default, deserialize_with = "percentage")]
    pub(super) percentage: Option<f64>,
    #[serde(default, deserialize_with = "word")]
    pub(super) target_url: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) additional_websites: Vec<AdditionalWebsite>,
    #[serde(default, deserialize_with = "word")]
    pub(super) website_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) website_url: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) policy_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) report_policy_name: String,
    #[serde(default)]
    pub(super) scan_task_profile: Option<ScanProfile>,
    #[serde(default, deserialize_with = "word")]
    pub(super) authentication_profile_id: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) agent_id: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) agent_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) user_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) scheduled_scan_id: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) comments: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) failure_reason: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) failure_reason_string: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) failure_reason_description: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) threat_level: String,
    #[serde(default, deserialize_with = "moment")]
    pub(super) initiated: Option<Timestamp>,
    #[serde(default, deserialize_with = "moment")]
    pub(super) state_changed: Option<Timestamp>,
    /// Set on what somebody has deleted.
    #[serde(default, deserialize_with = "word")]
    pub(super) deleted_on: String,
    #[serde(default, deserialize_with = "known_count")]
    pub(super) vulnerability_critical_count: Option<u64>,
    #[serde(default, deserialize_with = "known_count")]
    pub(super) vulnerability_high_count: Option<u64>,
    #[serde(default, deserialize_with = "known_count")]
    pub(super) vulnerability_medium_count: Option<u64>,
    #[serde(default, deserialize_with = "known_count")]
    pub(super) vulnerability_low_count: Option<u64>,
    #[serde(default, deserialize_with = "known_count")]
    pub(super) vulnerability_info_count: Option<u64>,
    #[serde(default, deserialize_with = "known_count")]
    pub(super) vulnerability_best_practice_count: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdditionalWebsite {
    #[serde(default, deserialize_with = "word")]
    pub(super) target_url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScanProfile {
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
}

/// A creation answers a list, from a profile one scan.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum CreatedScans {
    List(Vec<CreatedScan>),
    One(CreatedScan),
}

impl CreatedScans {
    pub(super) fn first_id(self) -> Option<String> {
        match self {
            Self::List(scans) => scans.into_iter().next().map(|scan| scan.id.0),
            Self::One(scan) => Some(scan.id.0),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreatedScan {
    id: Id,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policy {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Agent {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) state: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) version: String,
}

/// Who the token belongs to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Account {
    #[serde(default, deserialize_with = "word")]
    pub(super) display_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) time_zone_info: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct License {
    #[serde(deserialize_with = "nullable")]
    pub(super) licenses: Vec<ProductLicense>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ProductLicense {
    #[serde(deserialize_with = "word")]
    pub(super) product_definition: String,
    pub(super) is_active: Option<bool>,
}

/// 32 hexadecimal digits or a GUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_id(&text) { Ok(Self(text)) } else { Err(serde::de::Error::custom("an id is due")) }
    }
}

/// Whether the vendor could have given this id.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The vendor writes ids with and without hyphens, in either case.
pub(super) fn is_same_id(one: &str, other: &str) -> bool {
    let digits = |id: &str| id.bytes().filter(|byte| *byte != b'-').map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    digits(one) == digits(other)
}

/// ISO 8601 with an offset; anything else (the account's culture) is no time that could be relied upon.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().and_then(Timestamp::parse))
}

fn known_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => count(value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn percentage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_f64().filter(|percent| (0.0..=100.0).contains(percent)))
}
