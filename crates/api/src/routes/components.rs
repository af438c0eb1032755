//! What assets are made of: lists, counts and files.

use axum::Json;
use axum::extract::State;
use axum::http::Version;
use axum::response::Response;
use futures::stream;
use scanhelm_core::component::ComponentKind as CoreComponentKind;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, IntegrationId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_hub::ComponentFilter;
use scanhelm_hub::components::ComponentOutput;
use utoipa::IntoParams;
use uuid::Uuid;

use super::export::{file, require_chunks};
use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::component::{Component, ComponentFigures};
use crate::dto::list::Listing;
use crate::dto::words::ComponentKind;
use crate::extract::{Asked, Filters, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::AssetRead);
    operations.operation(read, handler!(list)).operation(read, handler!(counts)).operation(read, handler!(export))
}

const SORTS: &[&str] = &["name", "first_seen_at"];

/// Documents what [`asked`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is used: the parameters are read one by one")]
struct ComponentFilters {
    /// Of this asset, with what was merged into it.
    asset_id: Option<Uuid>,
    /// Any of these.
    kind: Option<Vec<ComponentKind>>,
    /// Any of these, in the words of a purl; `none` for components without one.
    #[param(example = json!(["npm"]))]
    ecosystem: Option<Vec<String>>,
    /// Any of these, as they are written.
    #[param(example = json!(["MIT"]))]
    license: Option<Vec<String>>,
    /// Listed by this integration.
    integration_id: Option<Uuid>,
    /// The same of a scanner of files and local scans.
    scanner: Option<String>,
    /// A text in the name, the version or the purl.
    q: Option<String>,
}

fn asked(query: &mut QueryReader) -> ComponentFilter {
    let integration = query.id("integration_id", IntegrationId).map(SightingSource::integration);
    let scanner = query.text("scanner").map(|name| SightingSource::scanner(&name));
    if integration.is_some() && scanner.is_some() {
        query.refuse("scanner", "contradiction", "Ask for an integration or for a scanner of files, not for both.");
    }
    ComponentFilter {
        asset_id: query.id("asset_id", AssetId),
        kind: query.words::<KindWord>("kind").into_iter().map(|word| word.0).collect(),
        ecosystem: query.all("ecosystem"),
        license: query.all("license"),
        source: integration.or(scanner),
        q: query.text("q"),
    }
}

/// Core takes a word that it does not know for another kind; a filter must not.
struct KindWord(CoreComponentKind);

impl std::str::FromStr for KindWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        CoreComponentKind::ALL.into_iter().find(|kind| kind.as_str() == text).map(Self).ok_or_else(|| {
            let known: Vec<_> = CoreComponentKind::ALL.iter().map(|kind| kind.as_str()).collect();
            format!("Use one of: {}", known.join(", "))
        })
    }
}

struct ComponentList {
    filter: ComponentFilter,
    page: PageRequest,
}

impl Filters for ComponentList {
    fn read(query: &mut QueryReader) -> Self {
        Self { filter: asked(query), page: query.page("name", SORTS) }
    }
}

struct Counted(ComponentFilter);

impl Filters for Counted {
    fn read(query: &mut QueryReader) -> Self {
        Self(asked(query))
    }
}

struct Exporting {
    filter: ComponentFilter,
    format: ComponentOutput,
}

impl Filters for Exporting {
    fn read(query: &mut QueryReader) -> Self {
        let format = query.word_of("format", &ComponentOutput::ALL, ComponentOutput::as_str);
        Self { filter: asked(query), format: format.unwrap_or(ComponentOutput::Csv) }
    }
}

/// What the company's assets are made of, as the newest inventories list it.
#[utoipa::path(get, path = "/api/v1/components", operation_id = "list_components", tag = "components",
    params(ComponentFilters, Paging),
    responses((status = 200, body = Listing<Component>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(ComponentList { filter, page }): Asked<ComponentList>,
) -> ApiResult<Json<Listing<Component>>> {
    let found = api.hub.components().list(&grant, &filter, &page).await?;
    Ok(Json(Listing::of(found.map(Component::from))))
}

/// How many components of each kind, ecosystem and licence the same filters match.
#[utoipa::path(get, path = "/api/v1/components/counts", operation_id = "count_components", tag = "components",
    params(ComponentFilters),
    responses((status = 200, body = ComponentFigures)))]
async fn counts(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Counted(filter)): Asked<Counted>,
) -> ApiResult<Json<ComponentFigures>> {
    Ok(Json(api.hub.components().counts(&grant, &filter).await?.into()))
}

/// All components that the filters match, as one file: a table by name and version, or an SBOM of one asset.
///
/// A transfer that ends without its end was broken off and is no whole file; HTTP/1.0 cannot tell that, so it is refused.
#[utoipa::path(get, path = "/api/v1/components/export", operation_id = "export_components", tag = "components",
    params(
        ("format" = Option<String>, Query, example = "cyclonedx",
            description = "`csv` (the default), or `cyclonedx`, which needs `asset_id`."),
        ComponentFilters,
    ),
    responses((status = 200, description = "The file, named in `Content-Disposition`.", body = String,
        content_type = "application/octet-stream")))]
async fn export(
    State(api): State<Api>,
    Granted(grant): Granted,
    version: Version,
    Asked(Exporting { filter, format }): Asked<Exporting>,
) -> ApiResult<Response> {
    require_chunks(version)?;
    let export = api.hub.components().export(&grant, &filter, format).await?;
    let file_name = export.file_name.clone();
    let pieces = stream::unfold(export, |mut export| async move { Some((export.next().await?, export)) });
    Ok(file(&file_name, format.media_type(), pieces))
}
