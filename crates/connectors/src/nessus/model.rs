//! Nessus' wire types, read leniently where a value is decoration and strictly where the hub concludes from it.
//!
//! Nessus sends numbers as text here and there, `null` for "none", and leaves out what does not apply. A missing list
//! of scans or a scan without an id is an error all the same: a shorter list would look like deletions.

use scanhelm_core::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lenient::{count, nullable, word};

#[derive(Debug, Deserialize)]
pub(super) struct ScansAnswer {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) folders: Vec<Folder>,
    /// `null` when there is none, but never left out.
    #[serde(deserialize_with = "nullable")]
    pub(super) scans: Vec<ListedScan>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FoldersAnswer {
    #[serde(deserialize_with = "nullable")]
    pub(super) folders: Vec<Folder>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Folder {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, rename = "type", deserialize_with = "word")]
    pub(super) kind: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ListedScan {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) uuid: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, rename = "type", deserialize_with = "word")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) folder_id: Option<Id>,
    #[serde(default, deserialize_with = "word")]
    pub(super) owner: String,
    #[serde(default)]
    pub(super) control: Option<bool>,
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) last_modification_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "word")]
    pub(super) starttime: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) timezone: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) rrules: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct DetailAnswer {
    pub(super) info: Info,
    /// Left out for a scan that never ran.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) hosts: Option<Vec<Host>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) vulnerabilities: Vec<Vulnerability>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) history: Vec<HistoryEntry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Info {
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) uuid: String,
    #[serde(default)]
    pub(super) object_id: Option<Id>,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) description: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) policy: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) targets: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) owner: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) scanner_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) scan_type: String,
    #[serde(default)]
    pub(super) control: Option<bool>,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) scan_start: Option<Timestamp>,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) scan_end: Option<Timestamp>,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) scanner_start: Option<Timestamp>,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) scanner_end: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Host {
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
    #[serde(default, deserialize_with = "count")]
    pub(super) scanprogresscurrent: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) scanprogresstotal: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Vulnerability {
    pub(super) plugin_id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) plugin_name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) plugin_family: String,
    #[serde(default, deserialize_with = "count")]
    pub(super) severity: u64,
    #[serde(default, deserialize_with = "count")]
    pub(super) count: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct HistoryEntry {
    pub(super) history_id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) uuid: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) creation_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "epoch")]
    pub(super) last_modification_date: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Properties {
    #[serde(default, deserialize_with = "word")]
    pub(super) nessus_type: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) server_version: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) nessus_ui_version: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) server_uuid: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) uuid: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TemplatesAnswer {
    #[serde(deserialize_with = "nullable")]
    pub(super) templates: Vec<EditorTemplate>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EditorTemplate {
    pub(super) uuid: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) title: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) desc: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ScannersAnswer {
    #[serde(deserialize_with = "nullable")]
    pub(super) scanners: Vec<Scanner>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Scanner {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "word")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "word")]
    pub(super) engine_version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreatedAnswer {
    pub(super) scan: CreatedScan,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreatedScan {
    pub(super) id: Id,
}

#[derive(Debug, Deserialize)]
pub(super) struct LaunchAnswer {
    #[serde(default, deserialize_with = "word")]
    pub(super) scan_uuid: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExportAnswer {
    #[serde(default, deserialize_with = "word")]
    pub(super) token: String,
    #[serde(default)]
    pub(super) file: Option<Id>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusAnswer {
    pub(super) status: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SessionAnswer {
    pub(super) token: String,
}

/// A number or a text; never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) if number.is_u64() || number.is_i64() => Ok(Self(number.to_string())),
            Value::String(text) if !text.trim().is_empty() && text.len() <= 200 => Ok(Self(text)),
            other => Err(serde::de::Error::custom(format!("an id is due, not {}", kind_of(&other)))),
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a fraction",
        Value::String(_) => "an empty or overlong text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Seconds since 1970; 0 means "never".
fn epoch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // Year 9999, the last that RFC 3339 can write.
    Ok(seconds.filter(|seconds| (1..=253_402_300_799).contains(seconds)).map(Timestamp::from_seconds))
}
