//! Values of a JSON record, read as scanners write them: absent, `null` and empty are the same, a number may be text.

use serde_json::Value;

/// The value at a path such as `fix.state`.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| value.get(name)).filter(|value| !value.is_null())
}

pub(crate) fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    at(value, path)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The first of several spellings that is there.
pub(crate) fn first_text<'a>(value: &'a Value, paths: &[&str]) -> Option<&'a str> {
    paths.iter().find_map(|path| text(value, path))
}

/// Text or number, as text.
pub(crate) fn words(value: &Value, path: &str) -> Option<String> {
    plain(at(value, path)?)
}

pub(crate) fn number(value: &Value, path: &str) -> Option<f64> {
    match at(value, path)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

pub(crate) fn line(value: &Value, path: &str) -> Option<u32> {
    at(value, path)?.as_u64().and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0)
}

pub(crate) fn flag(value: &Value, path: &str) -> bool {
    at(value, path).and_then(Value::as_bool).unwrap_or(false)
}

/// The elements of a list; none where there is none.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    at(value, path).and_then(Value::as_array).into_iter().flatten()
}

/// The texts of a list, or a single text.
pub(crate) fn texts(value: &Value, path: &str) -> Vec<String> {
    match at(value, path) {
        Some(Value::Array(elements)) => elements.iter().filter_map(plain).collect(),
        Some(other) => plain(other).into_iter().collect(),
        None => vec![],
    }
}

/// The text, or why the record is rejected.
pub(crate) fn needed<'a>(value: &'a Value, path: &str) -> Result<&'a str, String> {
    text(value, path).ok_or_else(|| format!("it has no `{path}`"))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_null_and_empty_are_the_same() {
        let record = json!({"a": {"b": " x ", "n": 7, "e": " "}, "l": ["p", 3, null, ""], "z": null, "s": "9.8"});
        assert_eq!((text(&record, "a.b"), text(&record, "a.e"), text(&record, "z.y")), (Some("x"), None, None));
        assert_eq!(
            (words(&record, "a.n").as_deref(), number(&record, "s"), line(&record, "a.n")),
            (Some("7"), Some(9.8), Some(7))
        );
        assert_eq!(texts(&record, "l"), ["p", "3"]);
        assert_eq!(needed(&record, "q").unwrap_err(), "it has no `q`");
    }
}
