//! Findings on their way out: all that match a filter, in one of the formats of `formats::write`, as a stream.
//!
//! What is exported is of one moment. The rows are read by one statement as fast as the database gives them, and
//! sorted on disk; only then is anything sent. So an import in the middle makes no row appear twice or vanish, the order
//! is the same on every database, memory does not grow with the findings, and a client that reads slowly keeps disk
//! and not the database. What goes wrong before the first bytes is an ordinary refusal, later it breaks the transfer.
//!
//! Whoever takes the stream ends the work by dropping it.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use scanhelm_core::asset::AssetDescription;
use scanhelm_core::finding::{CvssScore, FindingRecord, FindingState, Location};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::local::suppression::Suppressed;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result};
pub use scanhelm_formats::write::Output;
use scanhelm_formats::write::{Entry, Gathering, Heading, Hidden, Standing, ToolInfo};
use scanhelm_store::{ExportedFinding, FindingFilter, Store};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::Findings;

/// Of this process. Each takes a connection to the database while it reads, and room on the disk.
pub(crate) const AT_ONCE: usize = 2;
/// Findings that are handed over at a time.
const ROWS: usize = 500;
/// Bytes that are handed over at a time.
const PIECE: usize = 64 << 10;
/// After this the answer begins without its first bytes.
const UNTIL_ANSWER: Duration = Duration::from_secs(20);

/// An export that has begun.
#[derive(Debug)]
pub struct Export {
    pub format: Output,
    /// `scanhelm-findings-2026-11-22.csv`
    pub file_name: String,
    first: Option<Piece>,
    pieces: Receiver<Piece>,
    over: bool,
}

/// The end is told and not concluded from silence: what breaks off must not look whole.
#[derive(Debug)]
enum Piece {
    Bytes(Bytes),
    End,
    Failed(Error),
}

impl Export {
    /// The next bytes; `None` when that was all.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        if self.over {
            return None;
        }
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.pieces.recv().await,
        };
        self.over = !matches!(piece, Some(Piece::Bytes(_)));
        match piece {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => None,
            Some(Piece::Failed(error)) => Some(Err(error)),
            None => Some(Err(Error::internal("an export ended without its end"))),
        }
    }
}

impl Findings<'_> {
    /// Whatever matches now. Nothing is told twice or left out, whatever is written meanwhile.
    ///
    /// # Errors
    /// [`ErrorCode::RateLimited`] while as many exports run as this machine bears.
    pub async fn export(&self, grant: &Grant, filter: &FindingFilter, format: Output) -> Result<Export> {
        grant.require(Permission::FindingRead)?;
        let busy = "As many exports run as this hub does at once. Ask again when one has ended.";
        let place = self.hub.0.exports.clone().try_acquire_owned();
        let place = place.map_err(|_| Error::new(ErrorCode::RateLimited, busy))?;
        let folder = self.hub.spool_dir()?;
        let company = self.hub.store().company(grant.company).await?.ok_or_else(Error::not_found)?;
        let heading = Heading {
            tool: ToolInfo::scanhelm(),
            name: company.name,
            of_hub: true,
            scanners: Vec::new(),
            warnings: Vec::new(),
            hidden: Hidden::default(),
            components: None,
        };
        self.note(grant, format).await?;
        let (gathered, gathering) = mpsc::channel(2);
        let (sent, mut pieces) = mpsc::channel(4);
        tokio::spawn(read(self.hub.store().clone(), grant.company, filter.clone(), gathered));
        tokio::task::spawn_blocking(move || send(gathering, folder, format, &heading, sent, place));
        let first = tokio::time::timeout(UNTIL_ANSWER, pieces.recv()).await.ok().flatten();
        if let Some(Piece::Failed(error)) = first {
            return Err(error);
        }
        let day = self.hub.now().to_string();
        let day = day.split('T').next().unwrap_or_default();
        let file_name = format!("scanhelm-findings-{day}.{}", format.ending());
        Ok(Export { format, file_name, first, pieces, over: false })
    }

    /// Who took what is worth knowing later.
    async fn note(&self, grant: &Grant, format: Output) -> Result<()> {
        let transaction = self.hub.store().begin().await?;
        let detail = json!({"format": format.as_str()});
        let target = format!("company/{}", grant.company);
        transaction.append_audit(&self.hub.audit_entry(grant, "finding.export", target, detail)).await?;
        transaction.commit().await
    }
}

/// Some findings, then the end of them.
type Gathered = Result<Option<Vec<Entry>>>;

/// Reads until the end, or until nobody wants more.
async fn read(store: Store, company: CompanyId, filter: FindingFilter, to: Sender<Gathered>) {
    let end = match read_all(&store, company, &filter, &to).await {
        Ok(true) => Ok(None),
        Ok(false) => return,
        Err(error) => Err(error),
    };
    // Whoever is gone needs no end.
    let _ = to.send(end).await;
}

/// `false`: nobody wants more.
async fn read_all(store: &Store, company: CompanyId, filter: &FindingFilter, to: &Sender<Gathered>) -> Result<bool> {
    let mut found = pin!(store.exported_findings(company, filter).await?.chunks(ROWS));
    while let Some(some) = found.next().await {
        let entries = some.into_iter().map(|found| entry(found?)).collect::<Result<Vec<Entry>>>()?;
        if to.send(Ok(Some(entries))).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the import keeps of a record beside columns.
#[derive(Deserialize)]
struct Detail {
    vendor_severity: Option<String>,
    check: Option<String>,
    family: Option<String>,
    #[serde(default)]
    cves: Vec<String>,
    #[serde(default)]
    cwes: Vec<u32>,
    #[serde(default)]
    cvss: Vec<CvssScore>,
    location: Location,
    description: Option<String>,
    solution: Option<String>,
    evidence: Option<String>,
    #[serde(default)]
    references: Vec<String>,
}

fn entry(exported: ExportedFinding) -> Result<Entry> {
    let ExportedFinding { finding, identity, verdict, suppression, by_project, .. } = exported;
    let detail: Detail = serde_json::from_str(&exported.detail)
        .map_err(|error| Error::internal(format!("the evidence of finding {} cannot be read: {error}", finding.id)))?;
    // A judgement that the finding has left behind tells nothing about it.
    let verdict = verdict.filter(|verdict| verdict.state == finding.status);
    let judged_at = verdict.as_ref().map(|verdict| verdict.at);
    let by_project = by_project.filter(|_| finding.status == FindingState::Suppressed);
    let (reason, expires_at) = match (suppression, by_project) {
        (Some((name, reason, end)), _) => (Some(format!("{reason} (rule {name})")), Some(end)),
        (None, Some(Suppressed { by, reason, .. })) => {
            let way = by.described();
            (Some(reason.map_or_else(|| way.to_owned(), |reason| format!("{reason} ({way})"))), None)
        }
        (None, None) => {
            let end = verdict.as_ref().and_then(|verdict| verdict.expires_at);
            (verdict.and_then(|verdict| verdict.reason), end)
        }
    };
    let standing = Standing {
        id: finding.id,
        status: finding.status,
        judged_at,
        expires_at,
        reason,
        first_seen_at: finding.first_seen_at,
        last_seen_at: finding.last_seen_at,
        resolved_at: finding.resolved_at,
        sightings: finding.sighting_count,
    };
    let record = FindingRecord {
        scanner: exported.scanner,
        rule_id: exported.rule_id,
        title: finding.title,
        severity: finding.severity,
        vendor_severity: detail.vendor_severity,
        asset: AssetDescription {
            kind: exported.asset_kind,
            name: exported.asset_name,
            keys: exported.asset_keys,
            operating_system: exported.operating_system,
            authenticated: exported.authenticated,
        }
        .into(),
        location: detail.location,
        check: detail.check,
        cves: detail.cves,
        cwes: detail.cwes,
        cvss: detail.cvss,
        family: detail.family,
        description: detail.description,
        solution: detail.solution,
        evidence: detail.evidence,
        references: detail.references,
        seen_at: None,
    };
    Ok(Entry { standing: Some(Box::new(standing)), ..Entry::of_report(record, identity) })
}

/// Sorts what comes and sends it on; holds its place until it has ended.
fn send(
    from: Receiver<Gathered>,
    folder: PathBuf,
    format: Output,
    heading: &Heading,
    to: Sender<Piece>,
    _place: OwnedSemaphorePermit,
) {
    let end = match sorted_and_written(from, folder, format, heading, &to) {
        Ok(()) => Piece::End,
        Err(error) => {
            if let Some(cause) = error.internal.as_ref().filter(|_| !to.is_closed()) {
                tracing::error!(cause, format = format.as_str(), "an export broke off");
            }
            Piece::Failed(error)
        }
    };
    // Whoever is gone needs no end.
    let _ = to.blocking_send(end);
}

fn sorted_and_written(
    mut from: Receiver<Gathered>,
    folder: PathBuf,
    format: Output,
    heading: &Heading,
    to: &Sender<Piece>,
) -> Result<()> {
    let mut gathering = Gathering::new(folder);
    loop {
        let some = from.blocking_recv().ok_or_else(|| Error::internal("the reading of an export died"))??;
        let Some(entries) = some else { break };
        if to.is_closed() {
            return Err(Error::internal("nobody takes the export"));
        }
        for entry in &entries {
            gathering.add(entry).map_err(unwritten)?;
        }
    }
    // The database is free from here on.
    drop(from);
    let findings = gathering.finish().map_err(unwritten)?;
    let mut output = BufWriter::with_capacity(PIECE, Pieces(to));
    format.write(&mut output, &findings, heading).and_then(|()| output.flush()).map_err(unwritten)
}

fn unwritten(error: io::Error) -> Error {
    Error {
        detail: "The hub cannot keep the findings while it sorts them. Its operator must free space or mend the \
                 permissions of its data folder; then ask again."
            .to_owned(),
        ..Error::internal(format!("an export cannot be written: {error}"))
    }
}

/// Hands over what is written, at the pace of whoever takes it.
struct Pieces<'a>(&'a Sender<Piece>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Piece::Bytes(Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(pieces: Receiver<Piece>) -> Export {
        Export { format: Output::Csv, file_name: String::new(), first: None, pieces, over: false }
    }

    /// A thread that died says nothing; that must not look like the end of the file.
    #[tokio::test]
    async fn an_export_without_its_end_is_broken() {
        let (to, pieces) = mpsc::channel(1);
        to.send(Piece::Bytes(Bytes::from_static(b"severity"))).await.unwrap();
        drop(to);
        let mut broken = export(pieces);
        assert_eq!(broken.next().await.unwrap().unwrap(), "severity");
        assert!(broken.next().await.unwrap().is_err());
        assert!(broken.next().await.is_none());
    }

    #[tokio::test]
    async fn what_fails_in_the_middle_is_told_after_what_was_sent() {
        let (gathered, from) = mpsc::channel(1);
        let (to, pieces) = mpsc::channel(1);
        gathered.send(Err(Error::store_unavailable("gone"))).await.unwrap();
        let place = std::sync::Arc::new(tokio::sync::Semaphore::new(1)).try_acquire_owned().unwrap();
        let heading = Heading {
            tool: ToolInfo::scanhelm(),
            name: "Acme".to_owned(),
            of_hub: true,
            scanners: Vec::new(),
            warnings: Vec::new(),
            hidden: Hidden::default(),
            components: None,
        };
        let sending =
            tokio::task::spawn_blocking(move || send(from, std::env::temp_dir(), Output::Csv, &heading, to, place));
        let mut broken = export(pieces);
        assert_eq!(broken.next().await.unwrap().unwrap_err().code, ErrorCode::StoreUnavailable);
        assert!(broken.next().await.is_none());
        sending.await.unwrap();
    }
}
