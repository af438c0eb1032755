//! Requirements of published catalogues on the wire.

use scanhelm_core::compliance as core;
use serde::Serialize;
use utoipa::ToSchema;

/// A requirement that a finding's weaknesses speak against.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceTag {
    /// `owasp-2021:A03`; lists are filtered by it.
    tag: String,
    /// `OWASP Top 10 2021`.
    framework: &'static str,
    /// `Injection`.
    name: &'static str,
    /// The publisher says which weaknesses belong here; else that is Scanhelm's own reading.
    published: bool,
}

impl From<core::Tag> for ComplianceTag {
    fn from(tag: core::Tag) -> Self {
        Self {
            tag: tag.to_string(),
            framework: tag.framework.name,
            name: tag.requirement.name,
            published: tag.framework.published,
        }
    }
}

/// How many findings carry a tag.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceCount {
    #[serde(flatten)]
    tag: ComplianceTag,
    findings: u64,
}

/// Of each requirement, in the order of the catalogues, how many of the findings that match speak against it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceCounts {
    tags: Vec<ComplianceCount>,
}

impl From<Vec<(core::Tag, u64)>> for ComplianceCounts {
    fn from(counted: Vec<(core::Tag, u64)>) -> Self {
        let count = |(tag, findings): (core::Tag, u64)| ComplianceCount { tag: tag.into(), findings };
        Self { tags: counted.into_iter().map(count).collect() }
    }
}

/// All requirements that findings can be filtered by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceTags {
    pub(crate) tags: Vec<ComplianceTag>,
}
