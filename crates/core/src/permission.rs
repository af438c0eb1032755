//! Who may do what. Roles are fixed sets of permissions; a [`Grant`] is one caller's rights in one company. There
//! is no "is admin" anywhere else: every route names the one permission it needs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{ApiKeyId, CompanyId, UserId};
use crate::{Error, ErrorCode, Result};

macro_rules! permissions {
    ($($name:ident = $text:literal),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($name),+ }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

permissions! {
    ScanRead = "scan:read",
    ScanCreate = "scan:create",
    ScanControl = "scan:control",
    ScanDelete = "scan:delete",
    ScanImport = "scan:import",
    FindingRead = "finding:read",
    FindingTriage = "finding:triage",
    FindingApprove = "finding:approve",
    AssetRead = "asset:read",
    AssetWrite = "asset:write",
    IntegrationRead = "integration:read",
    IntegrationManage = "integration:manage",
    ScheduleManage = "schedule:manage",
    CompanyManage = "company:manage",
    UserManage = "user:manage",
    AuditRead = "audit:read",
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The built-in roles, weakest first. `Operator` runs the installation: everything, in every company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Analyst,
    Engineer,
    Admin,
    Operator,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Analyst, Self::Engineer, Self::Admin, Self::Operator];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Engineer => "engineer",
            Self::Admin => "admin",
            Self::Operator => "operator",
        }
    }

    /// Each role has all that the weaker ones have.
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        self >= Self::weakest_with(permission)
    }

    const fn weakest_with(permission: Permission) -> Self {
        match permission {
            Permission::ScanRead | Permission::FindingRead | Permission::AssetRead | Permission::IntegrationRead => {
                Self::Viewer
            }
            Permission::FindingTriage => Self::Analyst,
            Permission::ScanCreate
            | Permission::ScanControl
            | Permission::ScanDelete
            | Permission::ScanImport
            | Permission::AssetWrite
            | Permission::ScheduleManage => Self::Engineer,
            Permission::FindingApprove
            | Permission::IntegrationManage
            | Permission::CompanyManage
            | Permission::UserManage
            | Permission::AuditRead => Self::Admin,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            Error::field("role", "unknown", format!("`{text}` is not a role; use viewer, analyst, engineer or admin."))
        })
    }
}

/// Who is acting; kept in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    User(UserId),
    ApiKey(ApiKeyId),
    /// The hub itself: loops, schedules, retries.
    System,
}

/// One caller's rights in one company. Use cases take a grant, never a bare company id, so that tenant scope cannot
/// be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub actor: Actor,
    pub company: CompanyId,
    pub role: Role,
}

impl Grant {
    /// The hub acting on its own for a company.
    #[must_use]
    pub const fn system(company: CompanyId) -> Self {
        Self { actor: Actor::System, company, role: Role::Admin }
    }

    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.role.allows(permission)
    }

    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.allows(permission) {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::PermissionDenied,
            format!("This needs the permission `{permission}`; your role here is {}. Ask an administrator.", self.role),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_only_grow_and_a_viewer_changes_nothing() {
        for permission in Permission::ALL {
            let holders: Vec<bool> = Role::ALL.iter().map(|role| role.allows(*permission)).collect();
            assert!(holders.is_sorted(), "{permission}");
            assert!(Role::Operator.allows(*permission));
        }
        for permission in Permission::ALL.iter().filter(|p| !p.as_str().ends_with(":read")) {
            assert!(!Role::Viewer.allows(*permission), "{permission}");
        }
    }
}
