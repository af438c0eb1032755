//! Loading a feed: read it to its end without keeping anything, judge what was read, then write it in short
//! transactions. Whether a load is over is told by the last one, which also forgets what the feed no longer names and
//! wants every finding rated anew. A load that was cut in between is begun again; its rows are each true by
//! themselves.

use std::time::Duration;

use scanhelm_core::feed::{FeedKind, FeedRecord, FeedState};
use scanhelm_core::job::Job;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, Result};
use scanhelm_formats::Limits;
use scanhelm_formats::feed::{FeedAbout, FeedFault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::source::{self, FeedFile, Files};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome, Turn};

pub(crate) const LOAD_FEED_JOB: &str = "load_feed";

/// Records of one transaction: some tens of milliseconds.
const BATCH: usize = 2_000;
const CHUNKS_WAITING: usize = 4;

/// Fewer records than this share of what is loaded are no newer edition but a part of one.
const LEAST_SHARE: f64 = 0.8;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) kind: FeedKind,
    pub(super) from: From,
    #[serde(default)]
    pub(super) force: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    Settings,
    /// `kept_by`: the hub in whose spool the file is.
    Upload {
        spool: String,
        kept_by: String,
        file_name: String,
    },
}

/// What the first reading learnt.
struct Survey {
    about: FeedAbout,
    records: u64,
    digest: String,
}

pub(crate) async fn run_load(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    let kind = payload.kind;
    let files = match &payload.from {
        From::Settings => match hub.settings().feeds.source(kind) {
            Some(place) => source::files(hub, kind, place).await,
            None => return Ok(Outcome::Failed(format!("The settings name no place for the feed {kind} any more."))),
        },
        From::Upload { spool, kept_by, file_name } => {
            let path = hub.spool_path(spool)?;
            if !path.exists() {
                if *kept_by != hub.0.owner && hub.store().live_hubs(hub.now()).await?.contains(kept_by) {
                    return Ok(Outcome::Continue { after: Duration::from_secs(1) });
                }
                let reason = "The uploaded file is no longer in the spool of this hub. Upload it again.";
                return Ok(Outcome::Failed(reason.to_owned()));
            }
            Ok(Files::spooled(path, file_name.clone()))
        }
    };
    let outcome = match files {
        Ok(files) => match hub.turn(context).await {
            Turn::Mine(_place) => load(hub, context, &payload, &files).await?,
            Turn::Later => Outcome::Continue { after: Duration::ZERO },
            Turn::Cancelled => Outcome::Cancelled,
        },
        Err(reason) => failed(hub, context, kind, reason).await?,
    };
    if let (From::Upload { spool, .. }, false) = (&payload.from, matches!(outcome, Outcome::Continue { .. })) {
        crate::import::discard(&hub.spool_path(spool)?);
    }
    Ok(outcome)
}

/// What was loaded before stays; why, and what to do, is kept.
async fn failed(hub: &Hub, context: &JobContext, kind: FeedKind, reason: String) -> Result<Outcome> {
    let reason = single_line(&reason, 1000);
    tracing::warn!(feed = %kind, reason, "a feed was not loaded; what was loaded before stays");
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let mut state = transaction.feed(kind).await?;
    state.attempted_at = Some(hub.now());
    state.error = Some(reason.clone());
    transaction.save_feed(&state).await?;
    transaction.commit().await?;
    Ok(Outcome::Failed(reason))
}

async fn load(hub: &Hub, context: &JobContext, payload: &Payload, files: &Files) -> Result<Outcome> {
    let kind = payload.kind;
    let standing = hub.store().feed(kind).await?;
    let limits = Limits { max_bytes: hub.settings().feeds.max_bytes.saturating_mul(40), ..Limits::default() };
    progress(hub, context, 0, None, "Reading the feed").await?;
    let survey = match survey(kind, files.files.clone(), limits.clone()).await? {
        Ok(survey) => survey,
        Err(reason) => return failed(hub, context, kind, reason).await,
    };
    let fresh = FeedState {
        kind,
        source: Some(single_line(&files.shown, 500)),
        version: survey.about.version.clone(),
        published_at: survey.about.published_at,
        records: survey.records,
        digest: Some(survey.digest.clone()),
        succeeded_at: Some(hub.now()),
        attempted_at: Some(hub.now()),
        error: None,
    };
    if standing.digest == fresh.digest {
        let state = FeedState { records: standing.records, ..fresh };
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        transaction.save_feed(&state).await?;
        transaction.commit().await?;
        return Ok(Outcome::Done(result(&state, "unchanged", 0)));
    }
    if let Some(doubt) = doubt(&standing, &fresh).filter(|_| !payload.force) {
        return failed(hub, context, kind, doubt).await;
    }
    let loading = hub.now().as_millis();
    let mut written = 0;
    let mut records = read(kind, files.files.clone(), limits);
    while let Some(batch) = records.recv().await {
        let batch = match batch {
            Ok(batch) => batch,
            Err(reason) => {
                let reason = format!("{reason} (It was whole a moment before: it changed while it was read.)");
                return failed(hub, context, kind, reason).await;
            }
        };
        if context.cancelled.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        if context.stopping.is_cancelled() || hub.now() >= context.park_at {
            return Ok(Outcome::Continue { after: Duration::ZERO });
        }
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        transaction.write_feed_records(kind, &batch, loading).await?;
        failpoint::hit("feed.batch.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("feed.batch.after_commit").await;
        written += batch.len() as u64;
        progress(hub, context, written, Some(survey.records), "Loading the feed").await?;
    }
    if written != survey.records {
        let found = survey.records;
        let reason =
            format!("The feed changed while it was read: {found} records first, then {written}. Load it again.");
        return failed(hub, context, kind, reason).await;
    }
    finish(hub, context, fresh, loading).await
}

/// The last transaction of a load.
async fn finish(hub: &Hub, context: &JobContext, mut state: FeedState, loading: i64) -> Result<Outcome> {
    let kind = state.kind;
    let companies = hub.store().companies().await?;
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let forgotten = if kind.is_whole() { transaction.forget_feed_records(kind, loading).await? } else { 0 };
    state.records = transaction.count_feed(kind).await?;
    transaction.save_feed(&state).await?;
    if kind != FeedKind::Cwe {
        for company in &companies {
            crate::rating::want(hub, &transaction, company.id).await?;
        }
    }
    failpoint::hit("feed.finish.before_commit").await;
    transaction.commit().await?;
    failpoint::hit("feed.finish.after_commit").await;
    hub.committed();
    Ok(Outcome::Done(result(&state, "loaded", forgotten)))
}

fn result(state: &FeedState, outcome: &str, forgotten: u64) -> Value {
    json!({
        "feed": state.kind,
        "outcome": outcome,
        "records": state.records,
        "forgotten": forgotten,
        "version": state.version,
        "published_at": state.published_at,
    })
}

async fn progress(hub: &Hub, context: &JobContext, done: u64, total: Option<u64>, text: &str) -> Result<()> {
    let progress = json!({"done": done, "total": total, "text": text});
    hub.store().progress(&context.lease, &progress).await.map(|_| ())
}

/// Why a readable feed should not take the place of the one that stands.
fn doubt(standing: &FeedState, fresh: &FeedState) -> Option<String> {
    if fresh.records == 0 {
        return Some("The file holds no record. Download it again.".to_owned());
    }
    if !fresh.kind.is_whole() {
        return None;
    }
    if let (Some(have), Some(came)) = (standing.published_at, fresh.published_at)
        && came < have
    {
        return Some(format!(
            "The file is of {} and what is loaded is of {}. Bring a newer one, or import it with force.",
            day(came),
            day(have)
        ));
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
    let is_short = (fresh.records as f64) < standing.records as f64 * LEAST_SHARE;
    is_short.then(|| {
        format!(
            "The file holds {} records where {} are loaded: it looks cut. Download it again, or import it with force if \
             it is right.",
            fresh.records, standing.records
        )
    })
}

fn day(at: scanhelm_core::Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// `Err` within: the feed cannot be used, and why.
async fn survey(kind: FeedKind, files: Vec<FeedFile>, limits: Limits) -> Result<std::result::Result<Survey, String>> {
    tokio::task::spawn_blocking(move || {
        let mut survey = Survey { about: FeedAbout::default(), records: 0, digest: String::new() };
        let mut hash = Sha256::new();
        for file in &files {
            let digest = match crate::import::digest_of(&file.path) {
                Ok(digest) => digest,
                Err(error) => return Ok(Err(unreadable(file, &error))),
            };
            hash.update(digest);
            let mut reader = match open(kind, file, &limits) {
                Ok(reader) => reader,
                Err(reason) => return Ok(Err(reason)),
            };
            for record in reader.by_ref() {
                if let Err(fault) = record {
                    return Ok(Err(faulty(file, &fault)));
                }
                survey.records += 1;
            }
            let about = reader.about();
            // Of several files the newest speaks for all.
            if survey.about.published_at <= about.published_at {
                survey.about = about.clone();
            }
        }
        survey.digest = hex::encode(hash.finalize());
        Ok(Ok(survey))
    })
    .await
    .map_err(Error::internal)?
}

fn open(
    kind: FeedKind,
    file: &FeedFile,
    limits: &Limits,
) -> std::result::Result<scanhelm_formats::feed::FeedReader, String> {
    let opened = std::fs::File::open(&file.path).map_err(|error| unreadable(file, &error))?;
    scanhelm_formats::feed::open(kind, Box::new(opened), limits).map_err(|fault| faulty(file, &fault))
}

fn unreadable(file: &FeedFile, error: &std::io::Error) -> String {
    format!("{}: the file cannot be read ({error}). Mend its permissions.", file.name)
}

fn faulty(file: &FeedFile, fault: &FeedFault) -> String {
    let text = fault.to_string();
    format!("{}: {}.", file.name, text.trim_end_matches('.'))
}

type Batch = std::result::Result<Vec<FeedRecord>, String>;

/// Starts the second reading, on a thread of its own.
fn read(kind: FeedKind, files: Vec<FeedFile>, limits: Limits) -> mpsc::Receiver<Batch> {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    tokio::task::spawn_blocking(move || {
        let mut batch = Vec::with_capacity(BATCH);
        for file in &files {
            let reader = match open(kind, file, &limits) {
                Ok(reader) => reader,
                Err(reason) => {
                    // A gone receiver means that the load ended.
                    let _ = sender.blocking_send(Err(reason));
                    return;
                }
            };
            for record in reader {
                match record {
                    Ok(record) => batch.push(record),
                    Err(fault) => {
                        let _ = sender.blocking_send(Err(faulty(file, &fault)));
                        return;
                    }
                }
                if batch.len() >= BATCH && sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
                    return;
                }
            }
        }
        let _ = sender.blocking_send(Ok(batch));
    });
    receiver
}
