//! The records of a local scan: in memory already, one source a scanner, no resume (a local scan is not repeated).

use std::sync::Arc;

use scanhelm_core::Result;
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::identity::Census;
use scanhelm_core::finding::{FindingRecord, SightingSource};
use scanhelm_core::import::Import;
use scanhelm_core::scan::Scan;
use scanhelm_formats::CoveredAsset;

use super::components::{self, Inventory};
use super::pipeline::{Frame, Progress, Source, Survey, import_records};
use super::vendor_job::result;
use super::{closing, finish};
use crate::Hub;
use crate::jobs::{JobContext, Outcome};
use crate::local::Said;

/// What one scanner brought.
pub(crate) struct LocalImport {
    pub(crate) source: SightingSource,
    /// With or without a finding.
    pub(crate) looked_at: Vec<CoveredAsset>,
    pub(crate) records: Vec<Box<FindingRecord>>,
    /// What the scanner was asked to look for, where that differs from run to run.
    pub(crate) policy: Option<String>,
    /// It looked at everything, so what it does not show may be fixed.
    pub(crate) covers: bool,
    /// What it lists of what it looked at; `None`: it lists nothing.
    pub(crate) components: Option<Vec<ComponentRecord>>,
}

pub(crate) async fn import_local(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    mut import: Import,
    said: Said,
    parts: Vec<LocalImport>,
) -> Result<Outcome> {
    let suppressed = Arc::new(said.suppressed);
    for part in parts {
        let mut census = Census::default();
        part.records.iter().for_each(|record| census.add(record));
        let frame = Frame {
            source: part.source,
            seen_at: scan.finished_at.unwrap_or(import.started_at),
            policy: part.policy,
            covers: part.covers,
            suppressed: Arc::clone(&suppressed),
        };
        let records = part.records.len() as u64;
        let listed = part.components.zip(part.looked_at.first().map(|covered| covered.asset.clone()));
        let surveyed = Survey { records, ordinals: census.ordinals(), ..Survey::default() };
        // Positions count anew within each source.
        import.checkpoint = 0;
        let source = Source::Memory { looked_at: part.looked_at, records: part.records };
        match Box::pin(import_records(hub, context, scan, &mut import, &frame, source, &surveyed)).await? {
            Progress::Complete => {}
            Progress::Parked | Progress::Cancelled => {
                let reason = "The hub stopped or the import was cancelled; start the scan again.";
                return fail_local(hub, context, scan, import, reason).await;
            }
        }
        closing::close_what_is_gone(hub, context, scan, &mut import, &frame).await?;
        if let Some((components, asset)) = listed {
            components::take_in_whole(hub, context, scan, &import, &frame, Inventory { asset, components }).await?;
        }
    }
    let survey = Survey { counts: said.kept, assets: 1, complete: true, ..Survey::default() };
    finish::finish(hub, context, scan.id, &mut import, &survey, true).await?;
    Ok(Outcome::Done(result(&import)))
}

/// Ends the import of a local scan without success.
pub(crate) async fn fail_local(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    mut import: Import,
    reason: &str,
) -> Result<Outcome> {
    finish::fail(hub, context, scan.id, &mut import, reason).await?;
    Ok(Outcome::Failed(reason.to_owned()))
}
