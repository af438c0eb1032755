//! What assets are made of, on the wire.

use scanhelm_core::component::ComponentRecord;
use scanhelm_hub::components::{ComponentCounts, ComponentEntry};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{ComponentKind, Time};

/// A package, library or other part of an asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Component {
    id: Uuid,
    asset: ComponentAsset,
    name: String,
    version: Option<String>,
    kind: ComponentKind,
    /// A vendor's or an organisation's name before the name.
    #[schema(example = "org.apache.logging.log4j")]
    group: Option<String>,
    /// The kind of packages that it is one of, as its purl says.
    #[schema(example = "maven")]
    ecosystem: Option<String>,
    #[schema(example = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1")]
    purl: Option<String>,
    cpe: Option<String>,
    /// SPDX ids or expressions, else as the inventory names them.
    licenses: Vec<String>,
    /// Files of the asset that say so.
    locations: Vec<String>,
    /// Whose newest inventories list it.
    sources: Vec<ComponentSource>,
    /// Since then an inventory has listed it, without a gap.
    first_seen_at: Time,
    /// The asset's findings in this package that are `open` or `in_progress`.
    open_findings: u64,
}

/// What a component is a part of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentAsset {
    id: Uuid,
    name: String,
}

/// Who lists a component.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentSource {
    /// `integration:<id>` or `scanner:<name>`.
    source: String,
    /// When its newest inventory of the asset was made.
    listed_at: Time,
}

impl From<ComponentEntry> for Component {
    fn from(entry: ComponentEntry) -> Self {
        let ComponentEntry { component, asset_id, asset_name, sources, open_findings } = entry;
        let ecosystem = component.record.ecosystem().map(str::to_owned);
        let ComponentRecord { name, version, kind, group, purl, cpe, licenses, locations } = component.record;
        let source = |(source, at): (scanhelm_core::finding::SightingSource, _)| ComponentSource {
            source: source.0,
            listed_at: Time(at),
        };
        Self {
            id: component.id.0,
            asset: ComponentAsset { id: asset_id.0, name: asset_name },
            name,
            version,
            kind: kind.into(),
            group,
            ecosystem,
            purl,
            cpe,
            licenses,
            locations,
            sources: sources.into_iter().map(source).collect(),
            first_seen_at: component.first_seen_at.into(),
            open_findings,
        }
    }
}

/// How many components the filters match.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentFigures {
    total: u64,
    /// Those with most first, as in the lists below.
    kinds: Vec<ComponentKindCount>,
    /// At most 100.
    ecosystems: Vec<EcosystemCount>,
    /// At most 100. A component of two licences counts in both, one without any in none.
    licenses: Vec<LicenseCount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentKindCount {
    kind: ComponentKind,
    components: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EcosystemCount {
    /// `null` for components without one.
    ecosystem: Option<String>,
    components: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenseCount {
    license: String,
    components: u64,
}

impl From<ComponentCounts> for ComponentFigures {
    fn from(counts: ComponentCounts) -> Self {
        let kind = |(kind, components): (scanhelm_core::component::ComponentKind, _)| ComponentKindCount {
            kind: kind.into(),
            components,
        };
        let ecosystem = |(word, components): (String, _)| EcosystemCount {
            ecosystem: Some(word).filter(|word| !word.is_empty()),
            components,
        };
        Self {
            total: counts.kinds.iter().map(|(_, components)| components).sum(),
            kinds: counts.kinds.into_iter().map(kind).collect(),
            ecosystems: counts.ecosystems.into_iter().map(ecosystem).collect(),
            licenses: counts
                .licenses
                .into_iter()
                .map(|(license, components)| LicenseCount { license, components })
                .collect(),
        }
    }
}
