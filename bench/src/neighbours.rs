//! What the others notice of one vendor that answers slowly and one that does not answer at all.
//!
//! Pairs: an estate in order, and the same estate in which those two go wrong after everything was adopted. What is
//! compared is the rest of the estate, without these two on both sides.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::estate::{Estate, Integration, Size};
use crate::failure::Outcome;
use crate::figures::median;
use crate::import::Engine;
use crate::process;
use crate::scale::{Lags, Spans, seconds};
use crate::watch::{self, percentile};

const SLOW: &str = "slow,delay_ms=10000";
const DEAD: &str = "hang";
/// As many end as vendors can tell of: Qualys answers 300 calls of a kind in an hour, so two runs a minute of one account
/// are about all that can be fetched.
pub(crate) const LASTS: (Duration, Duration) = (Duration::from_mins(15), Duration::from_mins(35));
/// Few, as Acunetix tells each in a call of its own: what ends here in a minute is to fit into its budget.
const FINDINGS: u32 = 5;

#[derive(Debug, Serialize)]
pub(crate) struct NeighbourFigures {
    pub(crate) engine: &'static str,
    pub(crate) load_before: String,
    pub(crate) watched_s: u64,
    pub(crate) integrations: u32,
    pub(crate) scans: u64,
    /// All in order, then with a slow and a dead one.
    pub(crate) pairs: Vec<(Rest, Rest)>,
    /// Medians over the pairs of the time with trouble by the time without.
    pub(crate) shown_ratio: f64,
    pub(crate) imported_ratio: f64,
}

/// All integrations but the two.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rest {
    pub(crate) lags: Lags,
    pub(crate) age_p99_s: f64,
}

pub(crate) async fn measure(
    program: &Path,
    engine: Engine,
    size: (u32, u32),
    pairs: u32,
    spans: Spans,
    work: &Path,
) -> Outcome<NeighbourFigures> {
    let load_before = process::load()?;
    let size = Size { integrations: size.0, scans: size.1, lasts: spans.lasts, findings: FINDINGS };
    let mut measured = Vec::new();
    for number in 1..=pairs {
        let quiet = one(program, engine, size, false, spans, work).await?;
        let troubled = one(program, engine, size, true, spans, work).await?;
        crate::say(&format!(
            "neighbours {number}/{pairs}: shown after {:.2} s, with a slow and a dead one {:.2} s; results in after \
             {:.2} s and {:.2} s",
            quiet.lags.shown_mean, troubled.lags.shown_mean, quiet.lags.imported_mean, troubled.lags.imported_mean
        ));
        measured.push((quiet, troubled));
    }
    let ratio = |of: fn(&Rest) -> f64| median(measured.iter().map(|(quiet, troubled)| of(troubled) / of(quiet)));
    Ok(NeighbourFigures {
        engine: engine.name(),
        load_before,
        watched_s: spans.watch.as_secs(),
        integrations: size.integrations,
        scans: size.all_scans(),
        shown_ratio: ratio(|rest| rest.lags.shown_mean),
        imported_ratio: ratio(|rest| rest.lags.imported_mean),
        pairs: measured,
    })
}

async fn one(program: &Path, engine: Engine, size: Size, trouble: bool, spans: Spans, work: &Path) -> Outcome<Rest> {
    let mut estate = Estate::of(program, engine, size, work).await?;
    // One of the first vendor's and one of the second's.
    let bad: Vec<Integration> = estate.integrations.iter().take(2).cloned().collect();
    if trouble {
        for (integration, fault) in bad.iter().zip([SLOW, DEAD]) {
            estate.fault(integration, fault)?;
        }
    }
    let is_good = |id: &str| bad.iter().all(|bad| bad.id != id);
    estate.settled(is_good).await?;
    let since = watch::now();
    let fresh = estate.watch.freshness(spans.watch, is_good).await?;
    let lags = Lags::of(estate.ended(since, watch::now(), is_good).await?.iter());
    estate.stop().await?;
    Ok(Rest { lags, age_p99_s: seconds(percentile(&fresh.ages, 0.99)) })
}
