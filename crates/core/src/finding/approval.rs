//! Judgements that need a second person.
//!
//! A company says by its [`Policy`] which states are not one person's to choose. Whoever chooses one makes a request: the
//! findings stay as they are until somebody else approves it. What counts is the *person*, not the credential: an API
//! key acts for whoever made it, and an operator of the installation is one person wherever they act. Where nobody knows
//! who stands behind a credential, it can neither ask nor decide.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FindingState;
use crate::ids::{ApprovalId, CompanyId, UserId};
use crate::permission::Actor;
use crate::{Error, ErrorCode, Result, Timestamp};

/// What of a company's judgement needs a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Target states. Empty: every judgement is made at once, which is all that a team of one can do.
    pub states: Vec<FindingState>,
    /// A request that nobody decides ends after so many days.
    pub request_days: u32,
    /// 0: never set.
    pub version: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { states: Vec::new(), request_days: 30, version: 0 }
    }
}

impl Policy {
    /// What can need an approval: whatever a person can choose that takes a finding out of the queue, and rules that do.
    pub const ELIGIBLE: [FindingState; 6] = [
        FindingState::RiskAccepted,
        FindingState::FalsePositive,
        FindingState::Closed,
        FindingState::Duplicate,
        FindingState::VerifiedFixed,
        FindingState::Suppressed,
    ];
    pub const LONGEST_REQUEST_DAYS: u32 = 365;

    #[must_use]
    pub fn needs_approval(&self, to: FindingState) -> bool {
        self.states.contains(&to)
    }

    #[must_use]
    pub const fn request_lasts(&self) -> Duration {
        Duration::from_hours(24 * self.request_days as u64)
    }

    /// In one order and without repetition, or refused.
    pub fn checked(mut self) -> Result<Self> {
        if let Some(state) = self.states.iter().find(|state| !Self::ELIGIBLE.contains(state)) {
            let detail = format!("{state} takes nothing out of the queue or is no person's to choose.");
            return Err(Error::field("approval_states", "not_eligible", detail));
        }
        if self.request_days == 0 || self.request_days > Self::LONGEST_REQUEST_DAYS {
            let detail = format!("A request lasts 1 to {} days.", Self::LONGEST_REQUEST_DAYS);
            return Err(Error::field("request_days", "out_of_range", detail));
        }
        self.states = Self::ELIGIBLE.into_iter().filter(|state| self.states.contains(state)).collect();
        Ok(self)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// The findings of a large request are being gathered; it cannot be decided yet.
    Collecting,
    Pending,
    Approved,
    Rejected,
    /// Taken back by whoever asked.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

impl ApprovalState {
    pub const ALL: [Self; 6] =
        [Self::Collecting, Self::Pending, Self::Approved, Self::Rejected, Self::Withdrawn, Self::Expired];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collecting => "collecting",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Collecting | Self::Pending)
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    pub id: ApprovalId,
    pub company_id: CompanyId,
    pub state: ApprovalState,
    pub to: FindingState,
    pub reason: String,
    /// Until when the verdict would stand.
    pub expires_at: Option<Timestamp>,
    pub requested_by: Actor,
    /// The person behind that.
    pub requester_id: UserId,
    pub requested_at: Timestamp,
    /// Undecided by then, it ends.
    pub ends_at: Timestamp,
    pub decided_by: Option<Actor>,
    pub decided_at: Option<Timestamp>,
    pub decision_reason: Option<String>,
    /// How many it is about; known once it can be decided.
    pub findings: u64,
}

impl Approval {
    /// Whether this person may approve or reject it. Says nothing about permissions.
    pub fn require_decidable_by(&self, person: Option<UserId>, now: Timestamp) -> Result<()> {
        self.require_pending(now)?;
        match person {
            None => Err(unknown_person()),
            Some(person) if person == self.requester_id => Err(Error::new(
                ErrorCode::OwnRequest,
                "You asked for this, with this or another of your accesses. Somebody else has to decide it; you can \
                 withdraw it.",
            )),
            Some(_) => Ok(()),
        }
    }

    /// Whether this person may take it back.
    pub fn require_withdrawable_by(&self, person: Option<UserId>) -> Result<()> {
        if !self.state.is_open() {
            return Err(self.over());
        }
        if person == Some(self.requester_id) {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::PermissionDenied,
            "Only who asked for this can withdraw it. With finding:approve you can reject it.",
        ))
    }

    fn require_pending(&self, now: Timestamp) -> Result<()> {
        match self.state {
            ApprovalState::Pending if now < self.ends_at => Ok(()),
            ApprovalState::Pending => {
                Err(Error::new(ErrorCode::Conflict, "Nobody decided in time: the request has ended. Ask again."))
            }
            ApprovalState::Collecting => Err(Error::new(
                ErrorCode::Conflict,
                "The findings of this request are still being gathered. Wait until its job has ended.",
            )),
            _ => Err(self.over()),
        }
    }

    fn over(&self) -> Error {
        Error::new(ErrorCode::Conflict, format!("The request is {} already.", self.state.as_str()))
    }
}

/// Nobody knows who stands behind the credential.
#[must_use]
pub fn unknown_person() -> Error {
    Error::new(
        ErrorCode::PermissionDenied,
        "It is not known which person stands behind this API key, so it cannot take part in an approval. Log in, or use \
         a key that a person has made.",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::ApiKeyId;

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn request(state: ApprovalState, requester: u128) -> Approval {
        Approval {
            id: ApprovalId(Uuid::from_u128(1)),
            company_id: CompanyId(Uuid::from_u128(2)),
            state,
            to: FindingState::RiskAccepted,
            reason: "known".to_owned(),
            expires_at: None,
            requested_by: Actor::ApiKey(ApiKeyId(Uuid::from_u128(9))),
            requester_id: user(requester),
            requested_at: Timestamp::from_seconds(0),
            ends_at: Timestamp::from_seconds(100),
            decided_by: None,
            decided_at: None,
            decision_reason: None,
            findings: 1,
        }
    }

    #[test]
    fn a_policy_is_about_what_takes_findings_out_of_the_queue() {
        let policy = |states: &[FindingState], request_days| {
            Policy { states: states.to_vec(), request_days, version: 0 }.checked()
        };
        assert_eq!(
            policy(&[FindingState::Closed, FindingState::RiskAccepted, FindingState::Closed], 7).unwrap().states,
            [FindingState::RiskAccepted, FindingState::Closed]
        );
        for state in [FindingState::Open, FindingState::InProgress, FindingState::Fixed, FindingState::NotSeen] {
            assert_eq!(policy(&[state], 7).unwrap_err().fields[0].field, "approval_states");
        }
        assert_eq!(policy(&[], 0).unwrap_err().fields[0].field, "request_days");
        assert!(!Policy::default().needs_approval(FindingState::RiskAccepted));
    }

    proptest! {
        /// Four eyes: whoever asked never decides, nor does anybody unknown, and nothing is decided twice.
        #[test]
        fn only_another_known_person_decides_and_only_once(
            state in proptest::sample::select(ApprovalState::ALL.to_vec()),
            requester in 0..3u128, person in proptest::option::of(0..3u128), now in 0..200i64,
        ) {
            let approval = request(state, requester);
            let decided = approval.require_decidable_by(person.map(user), Timestamp::from_seconds(now));
            let may = state == ApprovalState::Pending && now < 100 && person.is_some_and(|person| person != requester);
            prop_assert_eq!(decided.is_ok(), may);
            let withdrawn = approval.require_withdrawable_by(person.map(user));
            prop_assert_eq!(withdrawn.is_ok(), state.is_open() && person == Some(requester));
        }
    }
}
