//! Companies, the roles people have in them, and what was changed by whom.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Permission, Role};
use scanhelm_hub::accounts::NewInstallation;

use crate::Api;
use crate::access::{Access, Caller, Granted};
use crate::dto::account::{AuditEntry, CompanyPatch, CompanyRef, CreatedCompany, NewCompany, RoleRights};
use crate::dto::list::Listing;
use crate::extract::{Asked, Body, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Session, handler!(list))
        .operation(Access::Operator, handler!(create))
        .operation(Access::Session, handler!(get))
        .operation(Access::Permission(Permission::CompanyManage), handler!(change))
        .operation(Access::Session, handler!(roles))
        .operation(Access::Permission(Permission::AuditRead), handler!(audit_log))
}

/// The companies that the caller may look at. Comes whole.
#[utoipa::path(get, path = "/api/v1/companies", operation_id = "list_companies", tag = "companies",
    responses((status = 200, body = Listing<CompanyRef>)))]
async fn list(State(api): State<Api>, caller: Caller) -> ApiResult<Json<Listing<CompanyRef>>> {
    Ok(Json(Listing::whole(api.hub.accounts().companies_of(&caller.proven).await?)))
}

/// Makes a company with its first administrator. `api_key` is shown this once.
#[utoipa::path(post, path = "/api/v1/companies", operation_id = "create_company", tag = "companies",
    request_body = NewCompany,
    responses((status = 201, body = CreatedCompany), (status = 409, description = "The address is in use.")))]
async fn create(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(new): Body<NewCompany>,
) -> ApiResult<(StatusCode, Json<CreatedCompany>)> {
    let installation = NewInstallation {
        company: new.company,
        name: new.name,
        email: new.email,
        password: new.password.map(|password| password.0),
    };
    let made = api.hub.accounts().create_company(&grant, installation).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// One of the companies that the caller may look at.
#[utoipa::path(get, path = "/api/v1/companies/{id}", operation_id = "get_company", tag = "companies",
    params(("id" = Uuid, Path)), responses((status = 200, body = CompanyRef)))]
async fn get(State(api): State<Api>, caller: Caller, Id(id): Id<CompanyId>) -> ApiResult<Json<CompanyRef>> {
    Ok(Json(api.hub.accounts().company_of(&caller.proven, id).await?.into()))
}

/// Renames a company, or deactivates or reactivates it.
///
/// In a deactivated company nothing new is created, launched, resumed or adopted and its schedules are held back; what
/// runs is followed and imported to its end, and can be paused, stopped and read. Only an operator of the installation
/// sets the status.
#[utoipa::path(patch, path = "/api/v1/companies/{id}", operation_id = "update_company", tag = "companies",
    params(("id" = Uuid, Path)), request_body = CompanyPatch, responses((status = 200, body = CompanyRef)))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<CompanyId>,
    Body(patch): Body<CompanyPatch>,
) -> ApiResult<Json<CompanyRef>> {
    Ok(Json(api.hub.accounts().change_company(&grant, id, patch.into()).await?.into()))
}

/// The built-in roles and what each may do. Comes whole.
#[utoipa::path(get, path = "/api/v1/roles", operation_id = "list_roles", tag = "companies",
    responses((status = 200, body = Listing<RoleRights>)))]
async fn roles() -> Json<Listing<RoleRights>> {
    Json(Listing::whole(Role::ALL))
}

struct AuditLog(PageRequest);

impl Filters for AuditLog {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("-created_at", &["created_at"]))
    }
}

/// Every change in the company and who made it.
#[utoipa::path(get, path = "/api/v1/audit-log", operation_id = "list_audit_log", tag = "companies",
    params(Paging), responses((status = 200, body = Listing<AuditEntry>)))]
async fn audit_log(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(AuditLog(page)): Asked<AuditLog>,
) -> ApiResult<Json<Listing<AuditEntry>>> {
    Ok(Json(Listing::of(api.hub.accounts().audit_log(&grant, &page).await?)))
}
