//! Security Center's wire types, read leniently where a value is decoration and strictly where the hub concludes
//! from it.
//!
//! Every answer comes in an envelope. Scalars are texts ("2048", "true", "1550037606"), an absent relation is one with
//! the id -1, and lists come twice, as `usable` and as `manageable`. A list without either, an object without an id
//! and a result that does not say to which scan it belongs are errors: a shorter or differently grouped list would
//! look like deletions.

use scanhelm_core::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient::{count, word};

/// Around everything. `error_code` is what decides: refusals come with HTTP 200 or 403.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub(super) response: Box<RawValue>,
    #[serde(deserialize_with = "code")]
    pub(super) error_code: i64,
    #[serde(default, deserialize_with = "word")]
    pub(super) error_msg: String,
    /// The vendor's own clock.
    #[serde(default, deserialize_with = "epoch")]
    pub(super) timestamp: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listed<T> {
    usable: Option<Vec<T>>,
    manageable: Option<Vec<T>>,
}

impl<T> Listed<T> {
    /// Both lists in one; entries of both stand there twice. `None`: neither was there.
    pub(super) fn all(self) -> Option<Vec<T>> {
        if self.usable.is_none() && self.manageable.is_none() {
            return None;
        }
        Some(self.usable.into_iter().chain(self.manageable).flatten().collect())
    }
}

/// A scan as it is configured.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Definition {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
    #[serde(default, rename = "ipList", deserialize_with = "word")]
    pub(super) ip_list: String,
    #[serde(default)]
    pub(super) assets: Vec<Relation>,
    #[serde(default)]
    pub(super) owner: Relation,
    #[serde(default)]
    pub(super) policy: Relation,
    #[serde(default)]
    pub(super) repository: Relation,
    #[serde(default)]
    pub(super) zone: Relation,
    #[serde(default)]
    pub(super) schedule: Schedule,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Schedule {
    #[serde(default, rename = "type", deserialize_with = "word")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) start: String,
    #[serde(default, rename = "repeatRule", deserialize_with = "word")]
    pub(super) repeat_rule: String,
}

/// A scan result: one run, or something that was imported.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) id: Id,
    /// Of which definition. Security Center says -1 where there is none (any more).
    #[serde(deserialize_with = "present")]
    pub(super) scan: Relation,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, rename = "importStatus", deserialize_with = "word")]
    pub(super) import_status: String,
    #[serde(default, rename = "downloadAvailable", deserialize_with = "flag")]
    pub(super) download_available: bool,
    #[serde(default, rename = "startTime", deserialize_with = "epoch")]
    pub(super) start_time: Option<Timestamp>,
    #[serde(default, rename = "finishTime", deserialize_with = "epoch")]
    pub(super) finish_time: Option<Timestamp>,
    #[serde(default, rename = "completedChecks", deserialize_with = "count")]
    pub(super) completed_checks: u64,
    #[serde(default, rename = "totalChecks", deserialize_with = "count")]
    pub(super) total_checks: u64,
    #[serde(default, rename = "resultType", deserialize_with = "word")]
    pub(super) result_type: String,
    #[serde(default, rename = "errorDetails", deserialize_with = "word")]
    pub(super) error_details: String,
    #[serde(default, rename = "importErrorDetails", deserialize_with = "word")]
    pub(super) import_error_details: String,
    /// The policy's name.
    #[serde(default, deserialize_with = "word")]
    pub(super) details: String,
    #[serde(default)]
    pub(super) owner: Relation,
    #[serde(default)]
    pub(super) repository: Relation,
    /// Only of a single result.
    #[serde(default)]
    pub(super) progress: Option<Progress>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Progress {
    /// Hosts that answered.
    #[serde(default, rename = "scannedSize", deserialize_with = "some_count")]
    pub(super) scanned_size: Option<u64>,
    #[serde(default)]
    pub(super) scanners: Vec<Relation>,
}

/// What a launch answers.
#[derive(Debug, Deserialize)]
pub(super) struct Launched {
    #[serde(rename = "scanResult")]
    pub(super) result: Identified,
}

#[derive(Debug, Deserialize)]
pub(super) struct Identified {
    pub(super) id: Id,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct System {
    #[serde(default, deserialize_with = "word")]
    pub(super) version: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) uuid: String,
    #[serde(default, rename = "licenseStatus", deserialize_with = "word")]
    pub(super) licence_status: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Session {
    #[serde(default)]
    pub(super) token: Option<Id>,
    /// Said in place of a token: the user has as many sessions as it may have, and one of them would have to end.
    #[serde(default, rename = "releaseSession", deserialize_with = "flag")]
    pub(super) release_session: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Scanner {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    /// A number whose bits mean something.
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) version: String,
}

/// Where a scan can be sent.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Zone {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) scanners: Vec<Relation>,
}

/// A policy or a repository.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Choice {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
    #[serde(default, rename = "dataFormat", deserialize_with = "word")]
    pub(super) data_format: String,
}

/// One page of an analysis.
#[derive(Debug, Deserialize)]
pub(super) struct Analysis<T> {
    pub(super) results: Vec<T>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SeverityCount {
    pub(super) severity: Relation,
    #[serde(default, deserialize_with = "count")]
    pub(super) count: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PluginCount {
    #[serde(rename = "pluginID")]
    pub(super) plugin: Id,
    pub(super) severity: Relation,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) family: Relation,
    #[serde(default, deserialize_with = "count")]
    pub(super) total: u64,
}

/// Another object, by id and name. Without an id: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) id: Option<String>,
    pub(super) name: String,
}

impl<'de> Deserialize<'de> for Relation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            id: Value,
            #[serde(default, deserialize_with = "word")]
            name: String,
            /// What users have in place of a name.
            #[serde(default, deserialize_with = "word")]
            username: String,
        }
        let Some(wire) = Option::<Wire>::deserialize(deserializer)? else { return Ok(Self::default()) };
        let id = match wire.id {
            Value::Number(number) => Some(number.to_string()),
            Value::String(id) => Some(id),
            _ => None,
        };
        let name = if wire.name.is_empty() { wire.username } else { wire.name };
        Ok(Self { id: id.filter(|id| is_number(id)), name })
    }
}

/// A relation that may say "none" and may not be left out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Relation, D::Error> {
    Relation::deserialize(deserializer)
}

/// A number, sent as one or as a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) String);

impl Id {
    /// Later things have greater numbers.
    pub(super) fn rank(&self) -> u128 {
        self.0.parse().unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => String::new(),
        };
        if is_number(&text) { Ok(Self(text)) } else { Err(serde::de::Error::custom("an id is due, a number")) }
    }
}

/// What an id of Security Center looks like; nothing else is put into a path.
pub(super) fn is_number(text: &str) -> bool {
    (1..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let code = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    code.ok_or_else(|| serde::de::Error::custom("error_code is no number"))
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => flag,
        Value::String(text) => text.trim().eq_ignore_ascii_case("true"),
        _ => false,
    })
}

fn some_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// Seconds since 1970; -1 and 0 mean "never".
fn epoch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // Year 9999, the last that RFC 3339 can write.
    Ok(seconds.filter(|seconds| (1..=253_402_300_799).contains(seconds)).map(Timestamp::from_seconds))
}
