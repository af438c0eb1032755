//! Acunetix' wire types: lenient where a value is decoration, strict where the hub concludes from it.

use scanhelm_core::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lenient::{count, nullable, word};

/// A scan: target, profile and schedule; each start of it is a session of its own.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Scan {
    pub(super) scan_id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) target_id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) target: Target,
    #[serde(default, deserialize_with = "word")]
    pub(super) profile_name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) schedule: Schedule,
    #[serde(default, deserialize_with = "word")]
    pub(super) next_run: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) incremental: bool,
    /// `None`: it was never started.
    #[serde(default)]
    pub(super) current_session: Option<Session>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Target {
    #[serde(default, deserialize_with = "word")]
    pub(super) address: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Schedule {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) disable: bool,
    #[serde(default, deserialize_with = "word")]
    pub(super) recurrence: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) start_date: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Session {
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) scan_session_id: String,
    #[serde(default, deserialize_with = "count")]
    pub(super) progress: u64,
    #[serde(default)]
    pub(super) severity_counts: Option<Counts>,
    #[serde(default, deserialize_with = "instant")]
    pub(super) start_date: Option<Timestamp>,
}

/// Versions before the severity `critical` leave it out.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Counts {
    #[serde(default, deserialize_with = "count")]
    pub(super) critical: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) high: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) medium: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) low: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) info: u64,
}

/// What is kept of one session after its end.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ScanResult {
    pub(super) result_id: Id,
    #[serde(default, deserialize_with = "instant")]
    pub(super) start_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "instant")]
    pub(super) end_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
}

/// A kind of weakness with how often a run found it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct VulnerabilityKind {
    pub(super) vt_id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "count")]
    pub(super) severity: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) count: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Profile {
    pub(super) profile_id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
}

/// A scanning engine.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Worker {
    pub(super) worker_id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) endpoint: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) authorization: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) app_version: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Info {
    #[serde(default, deserialize_with = "word")]
    pub(super) major_version: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) minor_version: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) build_number: String,
}

/// The live facts of one session.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Statistics {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) scanning_app: ScanningApps,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ScanningApps {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) wvs: ScanningApp,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ScanningApp {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) abort_requested: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) hosts: std::collections::BTreeMap<String, HostStatistics>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) main: MainStatistics,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct HostStatistics {
    #[serde(default, deserialize_with = "word")]
    pub(super) host: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) aborted: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) aborted_reason: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct MainStatistics {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) messages: Vec<Message>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Message {
    #[serde(default, deserialize_with = "word")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) data: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) level: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TargetConfiguration {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) login: SiteLogin,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct SiteLogin {
    #[serde(default, deserialize_with = "word")]
    pub(super) kind: String,
}

/// An id that can stand in a path: letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) String);

impl Id {
    pub(super) fn of(text: &str) -> Option<Self> {
        let fits = (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        Self::of(&text).ok_or_else(|| serde::de::Error::custom("an id is due"))
    }
}

/// ISO 8601 with an offset; a time without one could be anyone's and is none.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Timestamp::parse(&text),
        _ => None,
    })
}
