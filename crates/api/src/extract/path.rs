//! Ids in paths. What is not an id cannot name anything, so it gets the answer of an unknown one.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use scanhelm_core::Error;
use uuid::Uuid;

use crate::Api;
use crate::problem::Failure;

/// The `{id}` of the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id<T>(pub(crate) T);

macro_rules! ids {
    ($($name:ident),+ $(,)?) => {$(
        impl FromRequestParts<Api> for Id<scanhelm_core::ids::$name> {
            type Rejection = Failure;

            async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
                uuid(parts, api).await.map(scanhelm_core::ids::$name).map(Self)
            }
        }
    )+};
}

ids!(
    ApiKeyId,
    ApprovalId,
    AssetId,
    BlockId,
    ChannelId,
    CommentId,
    CompanyId,
    DeliveryId,
    FindingId,
    IntegrationId,
    JobId,
    MergeId,
    RuleId,
    ScanId,
    ScheduleId,
    SuppressionRuleId,
    UserId
);

async fn uuid(parts: &mut Parts, api: &Api) -> Result<Uuid, Failure> {
    let unknown = || Failure::from(Error::not_found());
    let parameters = RawPathParams::from_request_parts(parts, api).await.map_err(|_| unknown())?;
    let text = parameters.iter().find(|(name, _)| *name == "id").map(|(_, text)| text).ok_or_else(unknown)?;
    // Only the one spelling that the API itself writes: two names for one thing confuse caches and logs.
    let id = Uuid::try_parse(text).map_err(|_| unknown())?;
    if id.hyphenated().to_string() == text.to_ascii_lowercase() { Ok(id) } else { Err(unknown()) }
}
