//! Vendor credentials on their way through the product: named secret texts that can neither be printed nor
//! serialised. The only way to the text is [`Secret::expose`], which is easy to find in a review.

use std::collections::BTreeMap;
use std::fmt;

/// A secret text. `Debug` and `Display` show `***`; it has no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send or seal it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last characters, to recognise a secret without knowing it; nothing of a short one.
    #[must_use]
    pub fn hint(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        match characters.len().checked_sub(4).filter(|hidden| *hidden >= 8) {
            Some(hidden) => format!("…{}", characters.iter().skip(hidden).collect::<String>()),
            None => "…".to_owned(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The credentials of one integration, by field name as the connector's manifest declares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials(BTreeMap<String, Secret>);

impl Credentials {
    pub fn insert(&mut self, name: impl Into<String>, secret: Secret) {
        self.0.insert(name.into(), secret);
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, secret)| (name.as_str(), secret))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Secret)> for Credentials {
    fn from_iter<I: IntoIterator<Item = (String, Secret)>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_cannot_be_printed() {
        let mut credentials = Credentials::default();
        credentials.insert("secret_key", Secret::new("0123456789abcdef"));
        assert!(!format!("{credentials:?} {}", Secret::new("hunter2")).contains("hunter2"));
        assert!(!format!("{credentials:?}").contains("abcdef"));
        assert_eq!(Secret::new("0123456789abcdef").hint(), "…cdef");
        assert_eq!(Secret::new("hunter2").hint(), "…");
    }
}
