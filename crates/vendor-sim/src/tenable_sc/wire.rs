//! How values are written: nearly every scalar is a text, an empty relation has the id -1, no time is "-1".

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Refused};
use crate::clock::Moment;

pub(super) type Parameters = HashMap<String, String>;

pub(super) fn text(value: impl ToString) -> Value {
    Value::from(value.to_string())
}

pub(super) fn flag(value: bool) -> Value {
    Value::from(if value { "true" } else { "false" })
}

pub(super) fn time(moment: Option<Moment>) -> Value {
    text(moment.map_or(-1, Moment::epoch_seconds))
}

/// A related object, or the empty one.
pub(super) fn relation(of: Option<(i64, &str, &str)>) -> Value {
    match of {
        Some((id, name, description)) => json!({ "id": text(id), "name": name, "description": description }),
        None => json!({ "id": -1, "name": "", "description": "" }),
    }
}

/// An id in the address, a number or its text in a body.
pub(super) fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The `id` of a related object in a body.
pub(super) fn related(value: Option<&Value>) -> Option<i64> {
    id(value?.get("id")?)
}

/// The fields a client asked for; the usual ones when it did not; `id` always.
pub(super) fn chosen(whole: Value, parameters: &Parameters, usual: Option<&[&str]>) -> Value {
    let Value::Object(mut fields) = whole else { return whole };
    let wanted: Vec<&str> = match (parameters.get("fields"), usual) {
        (Some(names), _) => names.split(',').map(str::trim).collect(),
        (None, Some(usual)) => usual.to_vec(),
        (None, None) => return Value::Object(fields),
    };
    let mut picked = Map::new();
    for name in ["id"].into_iter().chain(wanted) {
        if let Some(value) = fields.remove(name) {
            picked.insert(name.to_owned(), value);
        }
    }
    Value::Object(picked)
}

/// The two lists of most collections. All objects of the one organisation there is are in both.
pub(super) fn both_lists(rows: Vec<Value>, parameters: &Parameters) -> Value {
    let filters: Vec<&str> = parameters.get("filter").map(|text| text.split(',').collect()).unwrap_or_default();
    let mut lists = Map::new();
    for name in ["usable", "manageable"] {
        let other = if name == "usable" { "manageable" } else { "usable" };
        if filters.contains(&name) || !filters.contains(&other) {
            lists.insert(name.to_owned(), Value::from(rows.clone()));
        }
    }
    Value::Object(lists)
}

pub(super) fn epoch(parameters: &Parameters, name: &str) -> Answer<Option<i64>> {
    let Some(value) = parameters.get(name) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| Refused::invalid(format!("Invalid '{name}' parameter: '{value}'.")))
}
