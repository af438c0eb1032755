//! Closed lists of words, times and counts: core's values with a schema. The words in the document are core's own
//! list, so they cannot drift apart.

use scanhelm_core::asset::{AssetKind, Criticality as CoreCriticality};
use scanhelm_core::command::{CommandKind, CommandState as CoreCommandState};
use scanhelm_core::company::CompanyStatus as CoreCompanyStatus;
use scanhelm_core::component::ComponentKind as CoreComponentKind;
use scanhelm_core::feed::FeedKind as CoreFeedKind;
use scanhelm_core::finding::approval::ApprovalState as CoreApprovalState;
use scanhelm_core::finding::sla::SlaStanding as CoreSlaStanding;
use scanhelm_core::finding::suppression::RuleState as CoreSuppressionRuleState;
use scanhelm_core::finding::{FindingState as CoreFindingState, SightingState as CoreSightingState};
use scanhelm_core::job::JobState as CoreJobState;
use scanhelm_core::notification::{
    AttemptOutcome as CoreAttemptOutcome, ChannelKind as CoreChannelKind, DeliveryState as CoreDeliveryState,
    NoticeEvent,
};
use scanhelm_core::permission::{Actor, Permission as CorePermission, Role as CoreRole};
use scanhelm_core::scan::Origin;
use scanhelm_core::schedule::{
    RunOutcome as CoreRunOutcome, RunResult as CoreRunResult, SuspendReason as CoreSuspendReason,
};
use scanhelm_core::status::{ImportState as CoreImportState, Status, VendorState as CoreVendorState};
use scanhelm_core::{Severity as CoreSeverity, SeverityCounts, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($core:ty) = $all:expr),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(pub(crate) $core);

        impl From<$core> for $name {
            fn from(word: $core) -> Self {
                Self(word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let all = $all;
                all.iter().copied().find(|word| word.as_str() == text).map(Self).ok_or_else(|| {
                    let known: Vec<_> = all.iter().map(|word| word.as_str()).collect();
                    serde::de::Error::custom(format!("unknown word, expected one of: {}", known.join(", ")))
                })
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                enumeration($all.iter().map(|word| word.as_str()).collect())
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

words! {
    /// The public status of a scan.
    ScanStatus(Status) = Status::ALL,
    VendorState(CoreVendorState) = CoreVendorState::ALL,
    ImportState(CoreImportState) = CoreImportState::ALL,
    ScanOrigin(Origin) = Origin::ALL,
    Severity(CoreSeverity) = CoreSeverity::ALL,
    FindingState(CoreFindingState) = CoreFindingState::ALL,
    SightingState(CoreSightingState) = CoreSightingState::ALL,
    /// Where a request for an approval stands.
    ApprovalState(CoreApprovalState) = CoreApprovalState::ALL,
    /// Where a suppression rule stands.
    SuppressionRuleState(CoreSuppressionRuleState) = CoreSuppressionRuleState::ALL,
    JobState(CoreJobState) = CoreJobState::ALL,
    CommandWord(CommandKind) = CommandKind::ALL,
    CommandState(CoreCommandState) = CoreCommandState::ALL,
    CompanyStatus(CoreCompanyStatus) = [CoreCompanyStatus::Active, CoreCompanyStatus::Deactivated],
    AssetType(AssetKind) = AssetKind::ALL,
    /// What a component is, in the words of CycloneDX.
    ComponentKind(CoreComponentKind) = CoreComponentKind::ALL,
    /// How much depends on an asset.
    Criticality(CoreCriticality) = CoreCriticality::ALL,
    FeedKind(CoreFeedKind) = CoreFeedKind::ALL,
    /// How a finding stands to its due date.
    SlaStanding(CoreSlaStanding) = CoreSlaStanding::ALL,
    Role(CoreRole) = CoreRole::ALL,
    Permission(CorePermission) = CorePermission::ALL,
    /// What became of a schedule's nominal time.
    RunOutcome(CoreRunOutcome) = CoreRunOutcome::ALL,
    /// How a run that a schedule started ended.
    RunResult(CoreRunResult) = CoreRunResult::ALL,
    /// Why the hub holds a schedule back.
    SuspendReason(CoreSuspendReason) = CoreSuspendReason::ALL,
    /// What a notification channel speaks.
    ChannelKind(CoreChannelKind) = CoreChannelKind::ALL,
    /// What a notification rule can ask for.
    NotificationEvent(NoticeEvent) = NoticeEvent::ALL,
    DeliveryState(CoreDeliveryState) = CoreDeliveryState::ALL,
    /// What came of an attempt to send a notification.
    AttemptOutcome(CoreAttemptOutcome) = CoreAttemptOutcome::ALL,
}

fn enumeration(words: Vec<&'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()
}

/// RFC 3339, UTC, milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Time(pub(crate) Timestamp);

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let object: Object = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .build();
        object.into()
    }
}

impl ToSchema for Time {
    fn name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }
}

/// How many of each severity, and together.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Counts {
    total: u64,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

impl From<SeverityCounts> for Counts {
    fn from(counts: SeverityCounts) -> Self {
        let SeverityCounts { critical, high, medium, low, info } = counts;
        Self { total: counts.total(), critical, high, medium, low, info }
    }
}

/// Who did something: `user/0190...`, `api_key/0190...` or `system`.
pub(crate) fn actor(actor: Actor) -> String {
    match actor {
        Actor::User(id) => format!("user/{id}"),
        Actor::ApiKey(id) => format!("api_key/{id}"),
        Actor::System => "system".to_owned(),
    }
}
