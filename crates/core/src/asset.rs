//! Assets and how they are recognised.
//!
//! An asset is known by *keys* of different strength. The identity of a finding must not depend on what was imported
//! first nor on which scanner saw it, so it uses the strongest key that every scanner can know: cloud id, then FQDN,
//! then hostname within a network, then IP address; for code and packages the repository or image. A vendor's own
//! asset uuid is stronger for recognising a host *within one integration*, but no other scanner knows it; it is kept
//! as a further key for linking and never enters a fingerprint.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    Host,
    Site,
    Repository,
    Image,
    CloudResource,
}

impl AssetKind {
    pub const ALL: [Self; 5] = [Self::Host, Self::Site, Self::Repository, Self::Image, Self::CloudResource];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Site => "site",
            Self::Repository => "repository",
            Self::Image => "image",
            Self::CloudResource => "cloud_resource",
        }
    }
}

/// How much depends on an asset, as people say. Ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    Low,
    #[default]
    Normal,
    High,
    Critical,
}

impl Criticality {
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Critical];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A way to recognise an asset, strongest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum AssetKey {
    CloudId(String),
    Fqdn(String),
    Hostname(String),
    Ip(String),
    Site(String),
    Repository(String),
    Image(String),
    /// Known only within one integration; see the module's text.
    VendorUuid(String),
}

impl AssetKey {
    /// Lower-cased and trimmed, without a trailing dot: the same machine however a scanner spells it.
    fn normalised(&self) -> String {
        let value = match self {
            Self::Repository(value) | Self::Image(value) | Self::CloudId(value) | Self::VendorUuid(value) => {
                return value.trim().to_owned();
            }
            Self::Fqdn(value) | Self::Hostname(value) | Self::Ip(value) | Self::Site(value) => value,
        };
        value.trim().trim_end_matches('.').to_ascii_lowercase()
    }

    const fn prefix(&self) -> &'static str {
        match self {
            Self::CloudId(_) => "cloud",
            Self::Fqdn(_) => "fqdn",
            Self::Hostname(_) => "hostname",
            Self::Ip(_) => "ip",
            Self::Site(_) => "site",
            Self::Repository(_) => "repository",
            Self::Image(_) => "image",
            Self::VendorUuid(_) => "vendor",
        }
    }

    /// Position in the order of strength; lower is stronger.
    const fn strength(&self) -> u8 {
        match self {
            Self::CloudId(_) => 0,
            Self::Fqdn(_) => 1,
            Self::Hostname(_) => 2,
            Self::Ip(_) => 3,
            Self::Site(_) => 4,
            Self::Repository(_) => 5,
            Self::Image(_) => 6,
            Self::VendorUuid(_) => 7,
        }
    }

    const fn is_neutral(&self) -> bool {
        !matches!(self, Self::VendorUuid(_))
    }
}

impl fmt::Display for AssetKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.prefix(), self.normalised())
    }
}

/// An asset as a report describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetDescription {
    pub kind: AssetKind,
    /// For people.
    pub name: String,
    pub keys: Vec<AssetKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    /// The scanner logged in on it.
    #[serde(default)]
    pub authenticated: bool,
}

/// A description that the findings of a report share: there can be a hundred thousand of one asset. Whoever writes to
/// it gets a description of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetRecord(Arc<AssetDescription>);

impl From<AssetDescription> for AssetRecord {
    fn from(description: AssetDescription) -> Self {
        Self(Arc::new(description))
    }
}

impl Deref for AssetRecord {
    type Target = AssetDescription;

    fn deref(&self) -> &AssetDescription {
        &self.0
    }
}

impl DerefMut for AssetRecord {
    fn deref_mut(&mut self) -> &mut AssetDescription {
        Arc::make_mut(&mut self.0)
    }
}

impl AssetRecord {
    #[must_use]
    pub fn new(kind: AssetKind, name: impl Into<String>, keys: Vec<AssetKey>) -> Self {
        AssetDescription { kind, name: name.into(), keys, operating_system: None, authenticated: false }.into()
    }

    #[must_use]
    pub fn repository(name: &str) -> Self {
        Self::new(AssetKind::Repository, name, vec![AssetKey::Repository(name.to_owned())])
    }

    /// The identity that enters fingerprints: the strongest scanner-neutral key, as text such as
    /// `fqdn:db1.example.com`. Falls back to the name when a report gives no key at all.
    #[must_use]
    pub fn identity(&self) -> String {
        self.keys
            .iter()
            .filter(|key| key.is_neutral() && !key.normalised().is_empty())
            .min_by_key(|key| (key.strength(), key.normalised()))
            .map_or_else(|| format!("name:{}", self.name.trim().to_lowercase()), ToString::to_string)
    }
}

/// An asset of a company as the hub keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asset {
    pub id: crate::ids::AssetId,
    pub company_id: crate::ids::CompanyId,
    pub kind: AssetKind,
    pub name: String,
    /// [`AssetRecord::identity`]; unique in the company.
    pub identity: String,
    pub keys: Vec<AssetKey>,
    pub operating_system: Option<String>,
    pub first_seen_at: crate::Timestamp,
    pub last_seen_at: crate::Timestamp,
    pub criticality: Criticality,
    /// Who takes care of it.
    pub owner_id: Option<crate::ids::UserId>,
    /// Sorted; see [`tags`].
    pub tags: Vec<String>,
    /// The asset that a person says this one is; its findings are there.
    pub merged_into: Option<crate::ids::AssetId>,
    /// Raised by every change that a person makes.
    pub version: i64,
}

/// Most tags of one asset.
const MOST_TAGS: usize = 50;
/// Longest tag in characters.
const LONGEST_TAG: usize = 64;

/// Tags as they are kept: in lower case, sorted, each once.
///
/// # Errors
/// The field `tags`, where one is empty, too long or holds anything but letters, digits and `-_.:/`, or there are too many.
pub fn tags(given: &[String]) -> crate::Result<Vec<String>> {
    let mut tags = std::collections::BTreeSet::new();
    for tag in given {
        let tag = tag.trim().to_lowercase();
        let plain = |letter: char| letter.is_alphanumeric() || "-_.:/".contains(letter);
        if tag.is_empty() || tag.chars().count() > LONGEST_TAG || !tag.chars().all(plain) {
            let shown = crate::text::single_line(&tag, 80);
            let detail = format!(
                "`{shown}` is no tag. A tag has 1 to {LONGEST_TAG} letters, digits, `-`, `_`, `.`, `:` or `/`, no blanks."
            );
            return Err(crate::Error::field("tags", "malformed", detail));
        }
        tags.insert(tag);
    }
    if tags.len() > MOST_TAGS {
        let detail = format!("An asset has at most {MOST_TAGS} tags; these are {}.", tags.len());
        return Err(crate::Error::field("tags", "too_many", detail));
    }
    Ok(tags.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_the_strongest_neutral_key_in_any_order_and_spelling() {
        let keys = vec![
            AssetKey::Ip("10.0.0.5".to_owned()),
            AssetKey::VendorUuid("b7".to_owned()),
            AssetKey::Fqdn("DB1.Example.COM.".to_owned()),
        ];
        let mut reversed = keys.clone();
        reversed.reverse();
        let identity = AssetRecord::new(AssetKind::Host, "x", keys).identity();
        assert_eq!(identity, "fqdn:db1.example.com");
        assert_eq!(AssetRecord::new(AssetKind::Host, "y", reversed).identity(), identity);
    }

    #[test]
    fn tags_are_one_spelling_and_refused_by_name() {
        let given = |tags: &[&str]| super::tags(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
        assert_eq!(given(&[" Prod ", "team:Über", "prod"]).unwrap(), ["prod", "team:über"]);
        for bad in ["", "two words", "a,b", "<b>", &"x".repeat(65)] {
            assert_eq!(given(&[bad]).unwrap_err().fields[0].code, "malformed", "{bad}");
        }
        let many: Vec<String> = (0..51).map(|number| number.to_string()).collect();
        assert_eq!(super::tags(&many).unwrap_err().fields[0].code, "too_many");
    }

    #[test]
    fn a_report_without_keys_still_has_an_identity() {
        let blank = vec![AssetKey::Ip("  ".to_owned())];
        assert_eq!(AssetRecord::new(AssetKind::Host, " Printer ", blank).identity(), "name:printer");
    }
}
