//! Reading who changed what.

use scanhelm_core::Result;
use scanhelm_core::company::AuditEntry;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};

use super::Accounts;

impl Accounts<'_> {
    pub async fn audit_log(&self, grant: &Grant, page: &PageRequest) -> Result<Page<AuditEntry>> {
        grant.require(Permission::AuditRead)?;
        self.hub.store().audit_log(grant.company, page).await
    }
}
