//! Rows against vendors: I1 (every scan has its row and its results), I3, I4, I7, I8, I12, I13, I14.

use std::collections::BTreeMap;
use std::time::Duration;

use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::{ImportState, VendorState};

use super::Invariant as I;
use crate::simulation::vendor::VendorScan;
use crate::simulation::world::{Connected, Deletion, World, audit_entries};

impl World {
    pub(super) async fn check_scans(&mut self) {
        for company in 0..self.companies.len() {
            for (connected, scans) in self.scans_of(company).await {
                self.check_rows(company, &connected, &scans).await;
            }
        }
    }

    async fn check_rows(&mut self, company: usize, connected: &Connected, scans: &[Scan]) {
        let grant = self.companies[company].grant;
        let store = self.processes[0].store.clone();
        let enabled = store.integration(grant.company, connected.id).await.unwrap().unwrap().enabled;
        let blocked = store.blocked(connected.id).await.unwrap();
        let (incarnation, truths): (String, Vec<VendorScan>) = {
            let state = self.vendors[connected.vendor].state();
            (state.incarnation.clone(), state.scans.values().cloned().collect())
        };
        let mut rows: BTreeMap<(String, String), Vec<&Scan>> = BTreeMap::new();
        for scan in scans {
            if let Some(link) = &scan.link {
                rows.entry((link.incarnation.clone(), link.external_scan_id.clone())).or_default().push(scan);
            }
        }
        for (link, same) in rows.iter().filter(|(_, same)| same.len() > 1) {
            self.broken(I::I3, format!("{} rows for {link:?}", same.len()));
        }
        for truth in &truths {
            let key = (incarnation.clone(), truth.id.clone());
            let row = rows.get(&key).and_then(|same| same.first().copied());
            self.check_creation(connected.vendor, truth, row, scans).await;
            match row {
                None if blocked.contains(&key) || !enabled || !self.companies[company].active => {}
                None => {
                    let reused = self.told.deletions.iter().any(|deletion| {
                        deletion.vendor == connected.vendor && deletion.link.external_scan_id == truth.id
                    });
                    let invariant = if reused { I::I4 } else { I::I1 };
                    self.broken(invariant, format!("vendor scan {key:?} ({}) has no row", truth.name));
                }
                Some(row) if enabled => self.check_row(connected, truth, row).await,
                Some(_) => {}
            }
        }
        for scan in scans {
            self.check_liveness(scan, &incarnation, &truths, enabled);
        }
    }

    /// A scan that was created here is represented by the row of its creation, if that still exists.
    async fn check_creation(&mut self, vendor: usize, truth: &VendorScan, row: Option<&Scan>, scans: &[Scan]) {
        let Some(command) = &truth.command else {
            return;
        };
        // Made in a new installation before the hub could hear of it, and without a token in it.
        if !self.vendors[vendor].kind.token && self.made_unawares(vendor, truth) {
            return;
        }
        let mut meant = None;
        for scan in scans {
            let commands = self.processes[0].store.scan_commands(scan.company_id, scan.id).await.unwrap();
            if commands.iter().any(|found| found.id.to_string() == *command) {
                meant = Some(scan);
            }
        }
        if let Some(meant) = meant
            // Linked by hand, it belongs to the row that the person chose.
            && row.is_some_and(|row| row.id != meant.id && row.origin == Origin::Adopted)
        {
            let what = format!(
                "vendor scan {}/{} was created for row {}, but row {:?} represents it",
                truth.incarnation,
                truth.id,
                meant.id,
                row.map(|row| row.id)
            );
            self.broken(I::I3, what);
        }
        if let (Some(row), Some(pin)) = (meant.filter(|meant| meant.link.is_some()), &truth.sub_scanner) {
            let pinned = match row.sub_scanner_id {
                Some(id) => self.processes[0].store.sub_scanner(row.company_id, id).await.unwrap(),
                None => None,
            };
            if pinned.is_none_or(|pinned| pinned.external_id != *pin) {
                self.broken(I::I5, format!("scan {} was pinned to another sub-scanner than asked for", row.id));
            }
        }
    }

    /// The row of a vendor scan that is followed.
    async fn check_row(&mut self, connected: &Connected, truth: &VendorScan, row: &Scan) {
        let named = format!("scan {} of {}/{}", row.id, truth.incarnation, truth.id);
        if row.vendor_missing_since.is_some() {
            self.broken(I::I9, format!("{named} is shown as gone"));
        }
        if row.vendor_state != truth.state() {
            self.broken(I::I6, format!("{named} is shown as {}, is {}", row.vendor_state, truth.state()));
            return;
        }
        let run_ids = self.vendors[connected.vendor].kind.run_ids;
        if run_ids && row.external_run_id.as_ref() != truth.runs.last().map(|run| &run.id) {
            self.broken(I::I6, format!("{named} shows run {:?}", row.external_run_id));
            return;
        }
        let Some(run) = truth.runs.last().filter(|run| run.state == VendorState::Completed) else {
            return;
        };
        if row.counts_known && row.counts != run.counts() {
            self.broken(I::I8, format!("{named} shows {:?}, has {:?}", row.counts, run.counts()));
        }
        if row.import_state.is_finished() {
            self.check_latest_results(connected, truth, run, row).await;
        }
    }

    fn check_liveness(&mut self, scan: &Scan, incarnation: &str, truths: &[VendorScan], enabled: bool) {
        let named = format!("scan {} ({:?})", scan.id, scan.link);
        match scan.import_state {
            ImportState::Failed if scan.error.is_none() => {
                self.broken(I::I7, format!("{named}: its import failed without a reason"));
            }
            ImportState::Running | ImportState::Pending if scan.vendor_state == VendorState::Completed => {
                self.broken(I::I7, format!("{named}: completed, and its import is {} for ever", scan.import_state));
            }
            ImportState::None if scan.import_is_due() => {
                self.broken(I::I7, format!("{named}: completed and never imported"));
            }
            _ => {}
        }
        let here = |link: &scanhelm_core::scan::VendorLink| {
            link.incarnation == incarnation && truths.iter().any(|truth| truth.id == link.external_scan_id)
        };
        if let Some(link) = &scan.link
            && enabled
            && link.incarnation == incarnation
            && !here(link)
            && scan.vendor_missing_since.is_none()
        {
            self.broken(I::I13, format!("{named}: gone from the vendor, and not shown so"));
        }
        if scan.link.is_none() && enabled && !scan.vendor_state.is_terminal() {
            self.broken(I::I7, format!("{named}: is being created for ever"));
        }
    }

    pub(super) async fn check_deletions(&mut self) {
        for index in 0..self.told.deletions.len() {
            let deletion = &self.told.deletions[index];
            if deletion.withdrawn {
                continue;
            }
            let found = self.processes[0].store.scan_by_link(&deletion.link).await.unwrap();
            let what = format!("{:?}", deletion.link);
            if let Some(row) = found {
                self.broken(I::I4, format!("the deleted {what} is back as {}", row.id));
                continue;
            }
            self.check_copy(index).await;
        }
    }

    /// The vendor's copy is gone as well where that was promised.
    async fn check_copy(&mut self, index: usize) {
        let Deletion { link, vendor, uid, cascade, .. } = &self.told.deletions[index];
        let present = self.vendors[*vendor].state().scans.values().any(|scan| Some(scan.uid) == *uid);
        let integration = self.processes[0].store.any_integration(link.integration_id).await.unwrap();
        if *cascade && present && integration.is_some_and(|integration| integration.enabled) {
            let what = format!("the vendor's copy of the deleted {link:?} is still there, and nobody deletes it");
            self.broken(I::I4, what);
        }
    }

    pub(super) async fn check_jobs(&mut self) {
        for index in 0..self.told.jobs.len() {
            let (company, id, what) = self.told.jobs[index].clone();
            let job = self.processes[0].store.job(company, id).await.unwrap();
            if job.is_none_or(|job| !job.state.is_terminal()) {
                self.broken(I::I7, format!("the promised job {id} ({what}) is lost or does not end"));
            }
        }
        let unfinished = self.unfinished_jobs().await;
        if let Some(job) = unfinished.first() {
            self.broken(I::I7, format!("job {} ({}) is {}", job.id, job.kind, job.state.as_str()));
        }
    }

    pub(super) async fn check_audit(&mut self) {
        let hub = self.processes[0].hub.clone();
        for company in 0..self.companies.len() {
            let found = audit_entries(&hub, &self.companies[company].grant).await;
            let expected = self.companies[company].changes;
            if found != expected {
                self.broken(I::I12, format!("company {company}: {found} audit entries for {expected} changes"));
            }
        }
    }

    pub(super) async fn check_secrets(&mut self) {
        for vendor in self.vendors.clone() {
            if let Some(secret) = vendor.state().ledger.foreign_secrets.first() {
                self.broken(I::I11, format!("{} was shown {secret}", vendor.name));
            }
        }
        // Reading the whole database takes as long as the rest of the checks: every eighth seed will do.
        let files: &[&str] = if self.seed.is_multiple_of(8) { &["hub.db", "hub.db-wal"] } else { &[] };
        for file in files {
            let bytes = std::fs::read(self.home.path().join(file)).unwrap_or_default();
            if bytes.windows(7).any(|window| window == b"MARKER-") {
                self.broken(I::I11, format!("a secret stands in {file}"));
            }
        }
    }

    /// What is said about freshness is true, and what is followed is fresh.
    pub(super) async fn check_freshness(&mut self) {
        let now = scanhelm_core::Clock::now(&self.clock);
        let status_interval = self.processes[0].hub.settings().sync.status_interval;
        for company in 0..self.companies.len() {
            let grant = self.companies[company].grant;
            for (connected, scans) in self.scans_of(company).await {
                let store = &self.processes[0].store;
                let integration = store.integration(grant.company, connected.id).await.unwrap().unwrap();
                let (listed, incarnation) = {
                    let state = self.vendors[connected.vendor].state();
                    (state.ledger.listed_at, state.incarnation.clone())
                };
                let said = integration.health.last_success_at;
                if said.is_some() && listed.is_none() {
                    self.broken(I::I13, format!("last_success_at is {said:?}, the vendor never gave a list"));
                }
                if !integration.enabled {
                    continue;
                }
                let followed = scans.iter().filter(|scan| {
                    scan.link.as_ref().is_some_and(|link| link.incarnation == incarnation)
                        && scan.vendor_missing_since.is_none()
                });
                for scan in followed.filter(|scan| scan.is_stale(now, status_interval)) {
                    self.broken(I::I13, format!("scan {} is stale in all quiet", scan.id));
                }
            }
        }
    }

    /// One list serves all scans of an integration: how often a vendor is asked does not depend on how many there are.
    pub(super) fn check_load(&mut self) {
        for vendor in self.vendors.clone() {
            let (lists, details) = {
                let state = vendor.state();
                let count = |what| state.ledger.calls.iter().filter(|(_, called)| *called == what).count();
                (count("list"), count("scan"))
            };
            let span = scanhelm_core::Clock::now(&self.clock).since(crate::simulation::dice::BEGINNING);
            let ceiling = usize::try_from(span.as_secs() / 10).unwrap()
                + 40
                + self.told.jobs.len() * 2
                + self.told.orders.len() * 2;
            if lists > ceiling * self.processes.len() {
                self.broken(I::I14, format!("{}: {lists} lists in {} s", vendor.name, Duration::as_secs(&span)));
            }
            let bound = self.processes[0].hub.settings().sync.details_per_look * lists + 5;
            if details > bound {
                self.broken(I::I14, format!("{}: {details} detail calls beside {lists} lists", vendor.name));
            }
        }
    }
}
