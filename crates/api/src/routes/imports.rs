//! Bringing report files, and what stands of the findings in them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::ci::CiMetadata;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::permission::Permission;
use scanhelm_core::{Error, Result};
use scanhelm_hub::import::UploadOptions;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::job::JobTicket;
use crate::dto::reported_run::ReportedRun;
use crate::dto::scan::ContinuousIntegration;
use crate::dto::standing::{Evidence, Standings};
use crate::extract::Body;
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};
use crate::spool::Upload;

pub(crate) fn register(operations: Operations) -> Operations {
    let import = Access::Permission(Permission::ScanImport);
    operations.upload(import, handler!(accept)).operation(import, handler!(standings))
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: the form is read part by part")]
struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// A reader's id; recognised by itself when left out.
    format: Option<String>,
    /// Made from the file's name when left out.
    scan_name: Option<String>,
    /// Counts as this integration's evidence.
    integration_id: Option<Uuid>,
    /// Name of the repository that relative paths belong to.
    repository: Option<String>,
    /// The change and pipeline, as JSON.
    #[schema(value_type = Option<ContinuousIntegration>)]
    ci: Option<String>,
    /// What became of the scanners, as JSON, when the report holds what the scanners of one run of `scanhelm scan` found:
    /// then it is a new run of the scan of this name.
    #[schema(value_type = Option<ReportedRun>)]
    run: Option<String>,
}

/// An upload that is being read.
#[derive(Debug, Serialize, ToSchema)]
struct Accepted {
    #[serde(flatten)]
    job: JobTicket,
    /// The recognised format.
    format: &'static str,
}

/// Takes a report file. The same bytes are the same scan: uploading twice changes nothing. With `run` they are a new run
/// of the scan of this name.
///
/// The job's result is `{scan_id, created, updated, reopened, unchanged, quarantined[]}`.
#[utoipa::path(post, path = "/api/v1/imports", operation_id = "import_report", tag = "imports",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 202, body = Accepted),
        (status = 409, description = "`company_deactivated`"),
        (status = 422, description = "`unknown_format`, `unreadable_report` or `invalid_input`"),
    ))]
async fn accept(
    State(api): State<Api>,
    Granted(grant): Granted,
    mut upload: Upload,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let options = UploadOptions {
        file_name: upload.file_name.take(),
        format: upload.take("format"),
        scan_name: upload.take("scan_name"),
        integration_id: integration(upload.take("integration_id"))?,
        repository: upload.take("repository"),
        ci: ci(upload.take("ci"))?,
        run: run(upload.take("run"))?,
    };
    upload.finish()?;
    let accepted = api.hub.imports().accept(&grant, upload.file.keep(), options).await?;
    let body = Accepted { job: JobTicket::of(accepted.job_id), format: accepted.format };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

/// What stands of findings whose evidence was sent: which of them were judged, or are suppressed by a rule, so that a gate
/// elsewhere counts what the hub counts. Nothing is changed.
///
/// Needs `finding:read`, too.
#[utoipa::path(post, path = "/api/v1/imports/standings", operation_id = "list_standings", tag = "imports",
    request_body = Evidence,
    responses((status = 200, body = Standings), (status = 422, description = "`invalid_input`")))]
async fn standings(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(evidence): Body<Evidence>,
) -> ApiResult<Json<Standings>> {
    let Evidence { scanner, references } = evidence;
    let standings = api.hub.findings().standings(&grant, &scanner, &references).await?;
    Ok(Json(Standings { items: standings.into_iter().map(|standing| standing.map(Into::into)).collect() }))
}

fn integration(text: Option<String>) -> Result<Option<IntegrationId>> {
    let malformed = || Error::field("integration_id", "malformed", "This is not an id.");
    text.map(|text| text.trim().parse().map_err(|_| malformed())).transpose()
}

fn ci(text: Option<String>) -> Result<CiMetadata> {
    let Some(text) = text else {
        return Ok(CiMetadata::default());
    };
    serde_json::from_str::<ContinuousIntegration>(&text)
        .map(Into::into)
        .map_err(|error| Error::field("ci", "malformed", format!("Send the CI facts as JSON: {error}.")))
}

fn run(text: Option<String>) -> Result<Option<scanhelm_hub::import::ReportedRun>> {
    let malformed =
        |error| Error::field("run", "malformed", format!("Send what became of the scanners as JSON: {error}."));
    text.map(|text| serde_json::from_str::<ReportedRun>(&text).map(Into::into).map_err(malformed)).transpose()
}
