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

/// All requirements that findings can be filtered by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComplianceTags {
    pub(crate) tags: Vec<ComplianceTag>,
}
