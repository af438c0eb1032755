//! Assets: what the findings are on.

use axum::Json;
use axum::extract::State;
use scanhelm_core::Error;
use scanhelm_core::asset::AssetKind;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, IntegrationId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_hub::AssetFilter;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::asset::{AssetDetail, AssetFigures, AssetPatch, ListedAsset};
use crate::dto::list::Listing;
use crate::dto::person::OwnerQuery;
use crate::dto::words::{AssetType, Time};
use crate::extract::{Asked, Body, Filters, Id, IfMatch, Paging, QueryReader, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::AssetRead);
    operations
        .operation(read, handler!(list))
        .operation(read, handler!(counts))
        .operation(read, handler!(get))
        .operation(Access::Permission(Permission::AssetWrite), handler!(change))
}

pub(super) const SORTS: &[&str] = &["name", "created_at", "last_seen_at"];

/// A filter in which the caller may be meant, and which may ask for what is stale now.
struct AskedFilter {
    filter: AssetFilter,
    owner: Option<OwnerQuery>,
    stale: Option<bool>,
}

impl AskedFilter {
    fn read(query: &mut QueryReader) -> Self {
        let integration = query.id("integration_id", IntegrationId).map(SightingSource::integration);
        let scanner = query.text("scanner").map(|name| SightingSource::scanner(&name));
        if integration.is_some() && scanner.is_some() {
            query.refuse("scanner", "contradiction", "Ask for an integration or for a scanner of files, not for both.");
        }
        let filter = AssetFilter {
            kind: query.words::<KindWord>("kind").into_iter().map(|word| word.0).collect(),
            tag: query.all("tag"),
            source: integration.or(scanner),
            last_seen_after: query.time("last_seen_after"),
            last_seen_before: query.time("last_seen_before"),
            q: query.text("q"),
            ..AssetFilter::default()
        };
        let owner = query.parsed("owner", "the id of a member, `me`, `none` or `gone`");
        Self { filter, owner, stale: query.flag("stale") }
    }

    async fn meant(self, api: &Api, grant: &Grant) -> Result<AssetFilter, Error> {
        let Self { mut filter, owner, stale } = self;
        if let Some(owner) = owner {
            filter.owner = Some(owner.filter(api.hub.findings().person(grant).await?)?);
        }
        let limit = api.hub.assets().stale_before();
        match stale {
            Some(true) => filter.last_seen_before = Some(filter.last_seen_before.map_or(limit, |time| time.min(limit))),
            Some(false) => filter.last_seen_after = filter.last_seen_after.max(Some(limit)),
            None => {}
        }
        Ok(filter)
    }
}

/// Names the parameter's words where one is unknown.
struct KindWord(AssetKind);

impl std::str::FromStr for KindWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        AssetKind::ALL.into_iter().find(|kind| kind.as_str() == text).map(Self).ok_or_else(|| {
            let known: Vec<_> = AssetKind::ALL.iter().map(|kind| kind.as_str()).collect();
            format!("Use one of: {}", known.join(", "))
        })
    }
}

struct AssetList {
    asked: AskedFilter,
    page: PageRequest,
}

impl Filters for AssetList {
    fn read(query: &mut QueryReader) -> Self {
        Self { asked: AskedFilter::read(query), page: query.page("name", SORTS) }
    }
}

struct Counted(AskedFilter);

impl Filters for Counted {
    fn read(query: &mut QueryReader) -> Self {
        Self(AskedFilter::read(query))
    }
}

/// The company's assets.
#[utoipa::path(get, path = "/api/v1/assets", operation_id = "list_assets", tag = "assets",
    params(
        ("kind" = Option<Vec<AssetType>>, Query, description = "Any of these."),
        ("tag" = Option<Vec<String>>, Query, description = "All of these."),
        ("owner" = Option<String>, Query, description = "The id of a member, `me`, `none`, or `gone`: somebody who left."),
        ("stale" = Option<bool>, Query, description = "Whether no scan has seen it for as long as `assets.stale_after` says."),
        ("integration_id" = Option<Uuid>, Query, description = "Covered by this integration, or something was found by it."),
        ("scanner" = Option<String>, Query, description = "The same of a scanner of files and local scans."),
        ("last_seen_after" = Option<Time>, Query),
        ("last_seen_before" = Option<Time>, Query),
        ("q" = Option<String>, Query, description = "A text in the name or in what it is recognised by."),
        Paging,
    ),
    responses((status = 200, body = Listing<ListedAsset>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(AssetList { asked, page }): Asked<AssetList>,
) -> ApiResult<Json<Listing<ListedAsset>>> {
    let filter = asked.meant(&api, &grant).await?;
    let (found, members) = api.hub.assets().list(&grant, &filter, &page).await?;
    Ok(Json(Listing::of(found.map(|entry| ListedAsset::new(entry, &members)))))
}

/// How many assets of each kind, tag and owner the same filters match, and how many of them are stale.
#[utoipa::path(get, path = "/api/v1/assets/counts", operation_id = "count_assets", tag = "assets",
    params(
        ("kind" = Option<Vec<AssetType>>, Query),
        ("tag" = Option<Vec<String>>, Query),
        ("owner" = Option<String>, Query, description = "The id of a member, `me`, `none`, or `gone`: somebody who left."),
        ("stale" = Option<bool>, Query),
        ("integration_id" = Option<Uuid>, Query),
        ("scanner" = Option<String>, Query),
        ("last_seen_after" = Option<Time>, Query),
        ("last_seen_before" = Option<Time>, Query),
        ("q" = Option<String>, Query),
    ),
    responses((status = 200, body = AssetFigures)))]
async fn counts(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Counted(asked)): Asked<Counted>,
) -> ApiResult<Json<AssetFigures>> {
    let filter = asked.meant(&api, &grant).await?;
    let (counts, members) = api.hub.assets().counts(&grant, &filter).await?;
    Ok(Json(AssetFigures::new(counts, &members)))
}

/// One asset, and which scanner has seen it when.
#[utoipa::path(get, path = "/api/v1/assets/{id}", operation_id = "get_asset", tag = "assets",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = AssetDetail, headers(("ETag" = String)))))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<AssetId>) -> ApiResult<Tagged<AssetDetail>> {
    Ok(tagged(api.hub.assets().get(&grant, id).await?.into()))
}

/// Says whose an asset is, what it belongs to, and how much depends on it. By the last its findings are rated anew.
#[utoipa::path(patch, path = "/api/v1/assets/{id}", operation_id = "update_asset", tag = "assets",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = AssetPatch,
    responses(
        (status = 200, body = AssetDetail, headers(("ETag" = String))),
        (status = 412, description = "`stale_version`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<AssetId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<AssetPatch>,
) -> ApiResult<Tagged<AssetDetail>> {
    Ok(tagged(api.hub.assets().change(&grant, id, patch.into(), version).await?.into()))
}
