//! What stands at a hub of the findings of a run that was sent there.
//!
//! A finding is named as the hub names its evidence, by scanner and reference, and never by its title. The answer is one
//! of a stranger: it has to be as long as the question, a state that this version does not know hides nothing, and texts
//! become short lines.

use std::collections::BTreeMap;

use scanhelm_core::Timestamp;
use scanhelm_core::finding::FindingState;
use scanhelm_core::finding::identity::scanner_ref;
use scanhelm_core::local::suppression::{Suppressed, Way};
use scanhelm_core::text::single_line;
use scanhelm_formats::write::Entry;
use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use super::{Answer, RemoteError};

/// A hub answers no more of them at once.
const AT_ONCE: usize = 1_000;
const LONGEST_TEXT: usize = 500;
const LONGEST_NAME: usize = 100;

#[derive(Deserialize)]
struct Told {
    items: Vec<Option<Standing>>,
}

/// What stands of one finding.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Standing {
    status: String,
    reason: Option<String>,
    by: Option<String>,
    rule: Option<String>,
    expires_at: Option<Timestamp>,
    ran_out: Option<String>,
}

impl Standing {
    /// Why the finding does not count, if it does not.
    pub(crate) fn suppressed(&self, now: Timestamp) -> Option<Suppressed> {
        let state: FindingState = self.status.parse().ok()?;
        let stands = state.is_hidden() && self.expires_at.is_none_or(|end| now < end);
        let line = |text: &String, longest| Some(single_line(text, longest)).filter(|line| !line.is_empty());
        let reason = self.reason.as_ref().and_then(|reason| line(reason, LONGEST_TEXT));
        let rule = self.rule.as_ref().and_then(|rule| line(rule, LONGEST_NAME));
        let reason = match (reason, rule) {
            (Some(reason), Some(rule)) => Some(format!("{reason} (rule {rule})")),
            (reason, rule) => reason.or_else(|| rule.map(|rule| format!("rule {rule}"))),
        };
        let owner = self.by.as_ref().and_then(|by| line(by, LONGEST_NAME));
        stands.then_some(Suppressed {
            verdict: Some(state),
            expires_at: self.expires_at,
            ..Suppressed::by(Way::Hub, reason, owner)
        })
    }

    /// What there was to say of it once, in the hub's words.
    pub(crate) fn ran_out(&self, now: Timestamp) -> Option<String> {
        let over = self.expires_at.filter(|end| *end <= now);
        let over = over.map(|end| format!("The judgement {} ran out on {end}.", self.status));
        over.or_else(|| self.ran_out.clone()).map(|text| single_line(&text, LONGEST_TEXT))
    }
}

/// Of each finding, in their order; `None` where the hub has none.
pub(super) async fn of(client: &Client, findings: &[Entry]) -> Answer<Vec<Option<Standing>>> {
    let mut by_scanner: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    for (at, entry) in findings.iter().enumerate() {
        let reference = scanner_ref(&entry.record, entry.identity.ordinal);
        by_scanner.entry(&entry.record.scanner).or_default().push((at, reference));
    }
    let mut standings = vec![None; findings.len()];
    for (scanner, named) in by_scanner {
        for named in named.chunks(AT_ONCE) {
            let references: Vec<&str> = named.iter().map(|(_, reference)| reference.as_str()).collect();
            let question = json!({"scanner": scanner, "references": references});
            let told = client.look_up("ask what was judged", &["imports", "standings"], &question).await?;
            let unreadable = || RemoteError::Unreachable("the hub does not say of each finding what stands".to_owned());
            let told: Told = serde_json::from_value(told).map_err(|_| unreadable())?;
            if told.items.len() != named.len() {
                return Err(unreadable());
            }
            for ((at, _), standing) in named.iter().zip(told.items) {
                if let Some(place) = standings.get_mut(*at) {
                    *place = standing;
                }
            }
        }
    }
    Ok(standings)
}
