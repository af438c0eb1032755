//! The hub's JSON as lines for people. Fields that a newer hub leaves out show as `-`, never as an error.

use comfy_table::{Table, presets};
use serde_json::Value;

use crate::results;

/// Header and field of a column.
pub(super) type Column = (&'static str, fn(&Value) -> String);

pub(super) fn rows(columns: &[Column], items: &[Value]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(columns.iter().map(|(header, _)| *header));
    for item in items {
        table.add_row(columns.iter().map(|(_, field)| results::cell(&field(item), 80)));
    }
    results::lines_of(&table)
}

/// `name: value` lines.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    facts
        .iter()
        .filter(|(_, value)| value != NOTHING)
        .map(|(name, value)| format!("{name:width$}  {}\n", results::cell(value, 500)))
        .collect()
}

pub(super) const NOTHING: &str = "-";

/// A field by its path, such as `health.state`.
pub(super) fn text(item: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(item, |value, key| value.get(key));
    match found {
        None | Some(Value::Null) => NOTHING.to_owned(),
        Some(Value::String(text)) if text.is_empty() => NOTHING.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.is_empty() => NOTHING.to_owned(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        Some(other) => other.to_string(),
    }
}

/// `2026-11-21T10:00:00.000Z` to the second.
pub(super) fn time(item: &Value, path: &str) -> String {
    let text = text(item, path);
    text.split_once('.').map_or(text.clone(), |(seconds, _)| seconds.replace('T', " "))
}

/// `1 critical, 3 high`; nothing known is not zero.
pub(super) fn counts(item: &Value, path: &str) -> String {
    let Some(counts) = path.split('.').try_fold(item, |value, key| value.get(key)).and_then(Value::as_object) else {
        return NOTHING.to_owned();
    };
    let words: Vec<String> = ["critical", "high", "medium", "low", "info"]
        .into_iter()
        .filter_map(|severity| Some((severity, counts.get(severity)?.as_u64()?)))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    if words.is_empty() { "0".to_owned() } else { words.join(", ") }
}

/// What a list holds.
pub(super) fn items(listing: &Value) -> &[Value] {
    listing.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_unknown_shows_as_a_dash_and_hostile_text_on_one_line() {
        let item = json!({"name": "a\u{1b}[31m\nb", "nothing": null, "deep": {"x": 7}, "list": ["a", "b"]});
        assert_eq!(text(&item, "nothing"), "-");
        assert_eq!(text(&item, "deep.x"), "7");
        assert_eq!(text(&item, "deep.y.z"), "-");
        assert_eq!(text(&item, "list"), "a, b");
        let shown = rows(&[("NAME", |item| text(item, "name"))], std::slice::from_ref(&item));
        assert!(!shown.contains('\u{1b}') && shown.lines().count() == 2, "{shown:?}");
    }

    #[test]
    fn counts_name_what_there_is() {
        assert_eq!(counts(&json!({"c": {"total": 4, "critical": 1, "high": 3, "low": 0}}), "c"), "1 critical, 3 high");
        assert_eq!(counts(&json!({"c": {"total": 0}}), "c"), "0");
        assert_eq!(counts(&json!({"c": null}), "c"), "-");
    }
}
