//! When the places in the settings are looked at: daily unless set otherwise, sooner after a failure.

use std::time::Duration;

use scanhelm_core::feed::{FeedKind, FeedState};
use scanhelm_core::job::NewJob;
use scanhelm_core::{Result, Timestamp};

use super::load::{From, Payload};
use crate::Hub;

/// After a failure.
const AGAIN_AFTER: Duration = Duration::from_hours(1);

pub(super) fn key(kind: FeedKind) -> String {
    format!("feed:{kind}")
}

/// When a feed with a source is looked at next.
pub(super) fn next_look(state: &FeedState, refresh: Duration, now: Timestamp) -> Timestamp {
    match (state.attempted_at, &state.error) {
        (None, _) => now,
        (Some(attempted_at), None) => attempted_at.plus(refresh),
        (Some(attempted_at), Some(_)) => attempted_at.plus(refresh.min(AGAIN_AFTER)),
    }
}

/// Enqueues a load for every feed that is due; how many. Jobs belong to companies: these are those of the oldest one,
/// which was there first and belongs to whoever set the installation up.
pub(crate) async fn enqueue_due(hub: &Hub) -> Result<u64> {
    let settings = &hub.settings().feeds;
    if FeedKind::ALL.into_iter().all(|kind| settings.source(kind).is_none()) {
        return Ok(0);
    }
    let Some(home) = hub.store().companies().await?.into_iter().min_by_key(|company| (company.created_at, company.id))
    else {
        return Ok(0);
    };
    let mut enqueued = 0;
    for state in hub.store().feeds().await? {
        let due = settings.source(state.kind).is_some() && next_look(&state, settings.refresh, hub.now()) <= hub.now();
        if !due {
            continue;
        }
        let payload = Payload { kind: state.kind, from: From::Settings, force: false };
        let job = NewJob { dedup_key: Some(key(state.kind)), ..hub.load_job(home.id, state.kind, &payload)? };
        enqueued += u64::from(hub.enqueue_alone(&job).await?);
    }
    Ok(enqueued)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_tried_again_sooner() {
        let (day, now) = (Duration::from_hours(24), Timestamp::from_seconds(1_000_000));
        let mut state = FeedState::empty(FeedKind::Epss);
        assert_eq!(next_look(&state, day, now), now);
        state.attempted_at = Some(now);
        assert_eq!(next_look(&state, day, now), now.plus(day));
        state.error = Some("odd".to_owned());
        assert_eq!(next_look(&state, day, now), now.plus(Duration::from_hours(1)));
        let often = Duration::from_mins(5);
        assert_eq!(next_look(&state, often, now), now.plus(often));
    }
}
