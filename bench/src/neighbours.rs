//! What the others notice of one vendor that answers slowly and one that does not answer at all.
//!
//! Pairs: an estate in order, and the same estate in which those two go wrong after everything was adopted. What is
//! compared is the rest of the estate, without these two on both sides.

use std::path::Path;
use std::time::Duration;

use scanhelm_testkit::postgres::PostgresDatabase;
use serde::Serialize;

use crate::estate::{Estate, Integration, Size};
use crate::failure::{Failure, Outcome, While};
use crate::figures::median;
use crate::hub::Installation;
use crate::import::Engine;
use crate::process;
use crate::scale::{Lags, Spans, seconds};
use crate::watch::{self, percentile};

const SLOW: &str = "slow,delay_ms=10000";
const DEAD: &str = "hang";
/// Many end, so that there is much to compare.
pub(crate) const LASTS: (Duration, Duration) = (Duration::from_mins(4), Duration::from_mins(8));
const FINDINGS: u32 = 40;

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
    let folder = tempfile::Builder::new().prefix("neighbours-").tempdir_in(work).during("make a folder")?;
    let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
    let installation = Installation {
        program: program.to_owned(),
        data: folder.path().join("hub"),
        database_url: database.as_ref().map(|database| database.url().to_owned()),
    };
    let mut estate = Estate::start(&installation, size).await?;
    // One of the first vendor's and one of the second's.
    let bad: Vec<Integration> = estate.integrations.iter().take(2).cloned().collect();
    if trouble {
        for (integration, fault) in bad.iter().zip([SLOW, DEAD]) {
            estate.fault(integration, fault)?;
        }
    }
    tokio::time::sleep(spans.settle).await;
    let is_bad = |id: &str| bad.iter().any(|bad| bad.id == id);
    let since = watch::now();
    let fresh = estate.watch.freshness(spans.watch, |id| !is_bad(id)).await?;
    let ended = estate.watch.ended(since).await?;
    let lags = Lags::of(ended.iter().filter(|run| !is_bad(&run.integration)));
    estate.stop().await?;
    if lags.runs == 0 {
        return Err(Failure::new(
            "no run of the others ended while the estate was watched: there is no lag to compare",
        ));
    }
    Ok(Rest { lags, age_p99_s: seconds(percentile(&fresh.ages, 0.99)) })
}
