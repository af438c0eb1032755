//! Judgements by fingerprint: of findings that are there, that are gone, and that nobody has seen yet.

use axum::Json;
use axum::extract::{RawPathParams, State};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_hub::VerdictFilter;

use super::finding_filters::FindingWord;
use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::verdict::{FingerprintJudgement, FingerprintVerdict, Verdict};
use crate::dto::words::{FindingState, Time};
use crate::extract::{Asked, Body, Filters, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Permission(Permission::FindingRead), handler!(list))
        .operation(Access::Permission(Permission::FindingTriage), handler!(judge))
}

struct Verdicts {
    filter: VerdictFilter,
    page: PageRequest,
}

impl Filters for Verdicts {
    fn read(query: &mut QueryReader) -> Self {
        let filter = VerdictFilter {
            state: query.words::<FindingWord>("state").into_iter().map(|word| word.0).collect(),
            expires_before: query.time("expires_before"),
        };
        Self { filter, page: query.page("-at", &["at"]) }
    }
}

/// The last judgement of every fingerprint that was ever judged, the newest first.
#[utoipa::path(get, path = "/api/v1/finding-states", operation_id = "list_finding_states", tag = "findings",
    params(
        ("state" = Option<Vec<FindingState>>, Query, description = "Any of these."),
        ("expires_before" = Option<Time>, Query, description = "Only those that run out by then."),
        Paging,
    ),
    responses((status = 200, body = Listing<Verdict>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Verdicts { filter, page }): Asked<Verdicts>,
) -> ApiResult<Json<Listing<Verdict>>> {
    Ok(Json(Listing::of(api.hub.findings().verdicts(&grant, &filter, &page).await?)))
}

/// Judges a fingerprint. Where nobody has seen it yet, its finding will appear in this state.
#[utoipa::path(post, path = "/api/v1/finding-states/{fingerprint}", operation_id = "set_finding_state", tag = "findings",
    params(("fingerprint" = String, Path, description = "64 hexadecimal digits, as `fingerprint` of a finding.")),
    request_body = FingerprintJudgement,
    responses(
        (status = 200, body = FingerprintVerdict),
        (status = 409, description = "`not_possible_in_state`: see `GET /meta/finding-states`"),
    ))]
async fn judge(
    State(api): State<Api>,
    Granted(grant): Granted,
    path: RawPathParams,
    Body(body): Body<FingerprintJudgement>,
) -> ApiResult<Json<FingerprintVerdict>> {
    let fingerprint = path.iter().find(|(name, _)| *name == "fingerprint").map(|(_, text)| text).unwrap_or_default();
    Ok(Json(api.hub.findings().judge_fingerprint(&grant, fingerprint, body.into()).await?.into()))
}
