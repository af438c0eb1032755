//! Looking into a record whose shape differs from version to version.

use serde_json::Value;

/// The value at this path below, `info.severity`; null where there is none.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// The text at this path; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// The text or number at this path, as text; empty where there is neither.
pub(crate) fn word(value: &Value, path: &str) -> String {
    match at(value, path) {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The text, or each text of the list, at this path.
pub(crate) fn texts<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    match at(value, path) {
        Value::String(text) => vec![text.as_str()],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The elements of the list at this path; none where there is none.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

/// The number at this path, also where it is written as a text.
pub(crate) fn number(value: &Value, path: &str) -> Option<f64> {
    match at(value, path) {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
