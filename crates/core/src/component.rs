//! What software is made of, as an SBOM says it: packages, libraries, files.
//!
//! A component is no finding: nothing is wrong with it. It is known by its purl, the name that every tool can know;
//! without one by kind, group, name and version. So what two tools list of one tree meets in one component.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{AssetId, ComponentId};

/// What a component is, in the words of CycloneDX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    Application,
    Framework,
    #[default]
    Library,
    Container,
    OperatingSystem,
    Firmware,
    File,
    /// A kind that only newer or rarer documents have: devices, data, models.
    Other,
}

impl ComponentKind {
    pub const ALL: [Self; 8] = [
        Self::Application,
        Self::Framework,
        Self::Library,
        Self::Container,
        Self::OperatingSystem,
        Self::Firmware,
        Self::File,
        Self::Other,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Framework => "framework",
            Self::Library => "library",
            Self::Container => "container",
            Self::OperatingSystem => "operating-system",
            Self::Firmware => "firmware",
            Self::File => "file",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ComponentKind {
    type Err = std::convert::Infallible;

    /// What is not known is `Other`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::ALL.into_iter().find(|kind| kind.as_str() == text).unwrap_or(Self::Other))
    }
}

/// One component of one asset, as a document lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ComponentRecord {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub kind: ComponentKind,
    /// A vendor's or an organisation's name before the name: `org.apache.commons`, `@babel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// SPDX ids or expressions, else the names that the document gives. Sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
    /// Files of the target that say so: lock files, manifests. Sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
}

impl ComponentRecord {
    /// Equal for what is one component.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.purl {
            Some(purl) => purl.clone(),
            None => {
                let parts = [self.group.as_deref(), Some(self.name.as_str()), self.version.as_deref()];
                format!("{}:{}", self.kind, parts.map(|part| part.unwrap_or_default()).join("\u{1f}"))
            }
        }
    }

    /// The kind of packages that it is one of, as its purl says: `npm`, `maven`, `deb`.
    #[must_use]
    pub fn ecosystem(&self) -> Option<&str> {
        let (kind, _) = self.purl.as_deref()?.strip_prefix("pkg:")?.split_once('/')?;
        Some(kind).filter(|kind| !kind.is_empty())
    }

    /// The purl without what only describes the package: by this findings name packages.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        self.purl.as_deref()?.split(['?', '#']).next()
    }

    /// Adds what another document says of the same component.
    pub fn absorb(&mut self, other: Self) {
        self.cpe = self.cpe.take().or(other.cpe);
        self.group = self.group.take().or(other.group);
        self.version = self.version.take().or(other.version);
        for (own, others) in [(&mut self.licenses, other.licenses), (&mut self.locations, other.locations)] {
            own.extend(others);
            own.sort();
            own.dedup();
        }
    }
}

/// A component of an asset that the hub knows: what all newest inventories together say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub id: ComponentId,
    pub asset_id: AssetId,
    pub record: ComponentRecord,
    /// Since then an inventory of the asset has listed it, without a gap.
    pub first_seen_at: Timestamp,
}

#[must_use]
pub fn components_in_words(count: u64) -> String {
    if count == 1 { "1 component".to_owned() } else { format!("{count} components") }
}

/// Each component once, in an order that depends on the components only.
#[must_use]
pub fn united(records: impl IntoIterator<Item = ComponentRecord>) -> Vec<ComponentRecord> {
    let mut by_identity = std::collections::BTreeMap::<String, ComponentRecord>::new();
    for mut record in records {
        record.licenses.sort();
        record.licenses.dedup();
        record.locations.sort();
        record.locations.dedup();
        match by_identity.entry(record.identity()) {
            std::collections::btree_map::Entry::Occupied(mut known) => known.get_mut().absorb(record),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(record);
            }
        }
    }
    let mut all: Vec<ComponentRecord> = by_identity.into_values().collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str, purl: Option<&str>, location: &str) -> ComponentRecord {
        ComponentRecord {
            name: name.to_owned(),
            version: Some("1.0".to_owned()),
            purl: purl.map(str::to_owned),
            locations: vec![location.to_owned()],
            ..ComponentRecord::default()
        }
    }

    #[test]
    fn one_component_of_two_files_is_listed_once_with_both() {
        let purl = Some("pkg:npm/ini@1.0");
        let both =
            united([component("ini", purl, "b/package-lock.json"), component("ini", purl, "a/package-lock.json")]);
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].locations, ["a/package-lock.json", "b/package-lock.json"]);
    }

    #[test]
    fn without_a_purl_group_name_and_version_tell_components_apart() {
        let mut other = component("ini", None, "x");
        other.version = Some("2.0".to_owned());
        assert_eq!(united([component("ini", None, "x"), other.clone(), other]).len(), 2);
    }

    #[test]
    fn a_purl_tells_ecosystem_and_package() {
        let said = |purl: &str| {
            let component = component("x", Some(purl), "x");
            (component.ecosystem().map(str::to_owned), component.package().map(str::to_owned))
        };
        let expected = |one: &str, other: &str| (Some(one.to_owned()), Some(other.to_owned()));
        assert_eq!(said("pkg:npm/%40babel/core@7.0.0"), expected("npm", "pkg:npm/%40babel/core@7.0.0"));
        assert_eq!(said("pkg:deb/debian/curl@7.88?arch=amd64#x"), expected("deb", "pkg:deb/debian/curl@7.88"));
        assert_eq!(said("no purl").0, None);
        assert_eq!(component("x", None, "x").ecosystem(), None);
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in ComponentKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("machine-learning-model".parse(), Ok(ComponentKind::Other));
    }
}
