//! Reading what vendors send loosely, where the value is decoration: numbers as text, `null` for "none", types that
//! change between versions. What the hub concludes from is read strictly instead.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `null` is the empty value.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A text; `null` is the empty one, anything else its JSON.
pub(crate) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    })
}

/// A count; what is negative or not a number counts nothing. Bounded, so that no sum of them can overflow.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count: u64 = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().unwrap_or(0),
        Value::String(text) => text.trim().parse().unwrap_or(0),
        _ => 0,
    };
    Ok(count.min(u64::from(u32::MAX)))
}
