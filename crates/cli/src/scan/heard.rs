//! What counts for nothing at a hub counts for nothing in the scan that was sent there: the fourth way to suppress a
//! finding, behind comment, rule and baseline. Where the hub cannot tell, everything counts.

use scanhelm_core::Timestamp;

use crate::exit;
use crate::remote::run::Told;
use crate::remote::standings::Standing;
use crate::results::{Results, cell};

/// The cause may name machines, which is nothing for a file.
const UNHEARD: &str = "what was judged at the hub is not known, so it suppresses nothing here; the scan's standard error \
                       says why. The hub has to answer, to be of this version or a later one, and to let the API key \
                       import and read findings";
const MOST_SHOWN: usize = 20;

/// Gives warnings about judgements that ran out.
pub(super) fn hear(results: &mut Results, told: &Told, now: Timestamp) -> Vec<String> {
    if let Some(Ok(standings)) = &told.standings {
        return suppress(results, standings, now);
    }
    if let Some(trouble) = told.trouble().filter(|_| !results.findings.is_empty()) {
        exit::say(&format!("warning: what was judged at the hub is not known: {}", cell(&trouble.to_string(), 500)));
        results.warnings.push(UNHEARD.to_owned());
    }
    Vec::new()
}

fn suppress(results: &mut Results, standings: &[Option<Standing>], now: Timestamp) -> Vec<String> {
    let mut over = Vec::new();
    for (mut entry, standing) in std::mem::take(&mut results.findings).into_iter().zip(standings) {
        let standing = standing.as_ref();
        entry.suppressed = standing.and_then(|standing| standing.suppressed(now)).map(Box::new);
        if entry.suppressed.is_some() {
            results.suppressed.push(entry);
            continue;
        }
        if let Some(end) = standing.and_then(|standing| standing.ran_out(now)) {
            let (rule, place) = (&entry.record.rule_id, entry.record.location.label());
            over.push(format!("{rule} in {place} counts again. The hub says: {end} Mend it or judge it anew"));
        }
        results.findings.push(entry);
    }
    let more = over.len().saturating_sub(MOST_SHOWN);
    over.truncate(MOST_SHOWN);
    over.extend((more > 0).then(|| format!("{more} more judgements of the hub ran out")));
    over
}
