//! The finding queue as a file.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Version, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use scanhelm_core::permission::Permission;
use scanhelm_core::{Error, ErrorCode};
use scanhelm_hub::findings::Output;

use super::finding_filters::{AskedFilter, CommonFilters, QueueFilters, everywhere};
use crate::Api;
use crate::access::{Access, Granted};
use crate::extract::{Asked, Filters, QueryReader};
use crate::problem::{ApiResult, Failure};
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations.operation(Access::Permission(Permission::FindingRead), handler!(export))
}

struct Exporting {
    asked: AskedFilter,
    format: Output,
}

impl Filters for Exporting {
    fn read(query: &mut QueryReader) -> Self {
        let format = query.word_of("format", &Output::ALL, Output::as_str).unwrap_or(Output::Json);
        Self { asked: everywhere(query), format }
    }
}

/// All findings that the filters match, as one file: worst first, then by scanner, rule, asset, place and title.
///
/// The file is of one moment, whatever is imported meanwhile, and begins when its findings are sorted. A transfer that
/// ends without its end was broken off and is no whole file; HTTP/1.0 cannot tell that, so it is refused. Two exports
/// run at a time. docs/OUTPUTS.md tells what stands in each format.
#[utoipa::path(get, path = "/api/v1/findings/export", operation_id = "export_findings", tag = "findings",
    params(
        ("format" = Option<String>, Query, example = "csv",
            description = "`csv`, `json` (the default), `ndjson`, `sarif`, `ocsf`, `cyclonedx-vex` or `html`."),
        CommonFilters,
        QueueFilters,
    ),
    responses(
        (status = 200, description = "The file, named in `Content-Disposition`.", body = String,
            content_type = "application/octet-stream"),
        (status = 429, description = "As many exports run as the hub does at once."),
    ))]
async fn export(
    State(api): State<Api>,
    Granted(grant): Granted,
    version: Version,
    Asked(Exporting { asked, format }): Asked<Exporting>,
) -> ApiResult<Response> {
    require_chunks(version)?;
    let filter = asked.meant(&api, &grant).await?;
    let export = api.hub.findings().export(&grant, &filter, format).await.map_err(|error| match error.code {
        ErrorCode::RateLimited => Failure::rate_limited(error.detail, 10),
        _ => error.into(),
    })?;
    let (file_name, media_type) = (export.file_name.clone(), export.format.media_type());
    let pieces = stream::unfold(export, |mut export| async move { Some((export.next().await?, export)) });
    Ok(file(&file_name, media_type, pieces))
}

/// Refuses whoever could take a file that broke off for a whole one.
pub(super) fn require_chunks(version: Version) -> Result<(), Error> {
    if version < Version::HTTP_11 {
        let detail = "Ask by HTTP/1.1 or newer: HTTP/1.0 cannot tell a file that broke off from a whole one. A proxy in \
                      between may have to be told so (nginx: proxy_http_version 1.1).";
        return Err(Error::new(ErrorCode::InvalidInput, detail));
    }
    Ok(())
}

pub(super) fn file(
    file_name: &str,
    media_type: &'static str,
    pieces: impl Stream<Item = Result<Bytes, Error>> + Send + 'static,
) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{file_name}\""));
    // Whoever compresses it asks once more after the end.
    let mut response = Body::from_stream(pieces.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    // Asks a proxy not to keep the file to itself until it is whole.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
