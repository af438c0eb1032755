//! Telling people and other programs what happened.
//!
//! An event that somebody may want to hear of is a [`Notice`]. It is written in the transaction of its cause, so there
//! is one exactly when the thing happened. [`Rule`]s say which notices go to which [`Channel`] and whether they are
//! collected for a while first; what goes out is a [`Delivery`], one message with an id of its own that stays the same
//! however often it has to be sent.
//!
//! Deliveries of a channel go out in their order. What a channel answers decides by [`judge`] whether the next may
//! follow, when the same one is tried again, and when the channel is given up; nothing of it is decided elsewhere.

mod channel;
mod delivery;
mod message;
mod notice;
mod policy;
mod rule;
pub mod signature;

pub use channel::{Channel, ChannelKind, Standing, Suspension, SuspensionReason, is_mail_address};
pub use delivery::{Attempt, AttemptOutcome, Delivery, DeliveryState};
pub use message::{Body, Message};
pub use notice::{Notice, NoticeEvent, integration_notice};
pub use policy::{Answered, GIVEN_UP_AFTER, Judgement, REFUSALS, judge};
pub use rule::{Route, Rule, routes};
