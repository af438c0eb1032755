//! What people do meanwhile, and what they are told.

use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{CompanyId, IntegrationId};
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::Scan;
use scanhelm_core::{Clock as _, Error, ErrorCode};
use scanhelm_hub::Hub;
use scanhelm_hub::import::UploadOptions;
use scanhelm_hub::integrations::IntegrationChange;
use scanhelm_hub::scans::{NewScan, Ordered};
use scanhelm_hub::schedules::NewSchedule;

use super::checkers::{Invariant, Violation};
use super::driver::short;
use super::vendor::Vendor;
use super::world::{Deletion, Order, World};

#[derive(Clone, Copy, Debug)]
enum Deed {
    Create,
    Link,
    Record,
    Control,
    Delete,
    ImportAgain,
    Sync,
    Upload,
    Schedule,
    Deactivate,
    Enable,
    Edit,
    Unblock,
    Trespass,
}

const DEEDS: [(usize, Deed); 14] = [
    (12, Deed::Create),
    (4, Deed::Link),
    (1, Deed::Record),
    (24, Deed::Control),
    (9, Deed::Delete),
    (4, Deed::ImportAgain),
    (6, Deed::Sync),
    (3, Deed::Upload),
    (5, Deed::Schedule),
    (4, Deed::Deactivate),
    (2, Deed::Enable),
    (5, Deed::Edit),
    (3, Deed::Unblock),
    (2, Deed::Trespass),
];

impl World {
    pub(crate) async fn someone_acts(&mut self) {
        let deed = self.dice.weighted(&DEEDS);
        let company = self.dice.below(self.companies.len());
        let process = self.dice.below(self.processes.len());
        let hub = self.processes[process].hub.clone();
        let done = match deed {
            Deed::Create => self.create(company, &hub).await,
            Deed::Link => self.link(company, &hub).await,
            Deed::Record => self.record(company, &hub).await,
            Deed::Control => self.control(company, &hub).await,
            Deed::Delete => self.delete(company, &hub).await,
            Deed::ImportAgain => self.import_again(company, &hub).await,
            Deed::Sync => self.sync(company, &hub).await,
            Deed::Upload => self.upload(company, &hub).await,
            Deed::Schedule => self.schedule(company, &hub).await,
            Deed::Deactivate => self.deactivate(company).await,
            Deed::Enable => self.enable(company, &hub).await,
            Deed::Edit => self.edit(company, &hub).await,
            Deed::Unblock => self.unblock(company, &hub).await,
            Deed::Trespass => self.trespass(company, &hub).await,
        };
        match done {
            Ok(what) => self.tell(&format!("company {company} (hub {process}): {what}")),
            Err(error) => {
                self.tell(&format!("company {company} (hub {process}): {deed:?} refused: {}", error.detail));
                if matches!(error.code, ErrorCode::Internal | ErrorCode::StoreUnavailable) {
                    let detail = format!("{deed:?} broke: {error} {:?}", error.internal);
                    self.violations.push(Violation { invariant: Invariant::I17, detail });
                }
            }
        }
    }

    fn grant(&self, company: usize) -> Grant {
        self.companies[company].grant
    }

    /// A linked scan of the company.
    async fn some_scan(&mut self, company: usize) -> Result<(usize, Scan), Error> {
        let mut all = Vec::new();
        for (connected, scans) in self.scans_of(company).await {
            all.extend(scans.into_iter().filter(|scan| scan.link.is_some()).map(|scan| (connected.vendor, scan)));
        }
        self.dice.pick(&all).cloned().ok_or_else(Error::not_found)
    }

    fn some_integration(&mut self, company: usize) -> Result<(IntegrationId, Vendor, usize), Error> {
        let connected = self.companies[company].integrations.clone();
        let chosen = self.dice.pick(&connected).ok_or_else(Error::not_found)?;
        Ok((chosen.id, self.vendors[chosen.vendor].clone(), chosen.vendor))
    }

    async fn create(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (integration, vendor, number) = self.some_integration(company)?;
        let grant = self.grant(company);
        let sub_scanners = hub.integrations().sub_scanners(&grant, integration).await?;
        let pinned = self.dice.percent(50);
        let sub_scanner = self.dice.pick(&sub_scanners).filter(|_| pinned).map(|found| found.id);
        let names = ["Weekly", "Office", "Own 1", "Own 2", "Own 3", "Own 4"];
        let new = NewScan {
            name: self.dice.pick(&names).map(|name| (*name).to_owned()),
            targets: vec![format!("host-{}.lab.example", self.dice.below(4))],
            integration_id: Some(integration),
            sub_scanner_id: sub_scanner,
            launch: self.dice.percent(50),
            ..NewScan::default()
        };
        let (name, launch) = (new.name.clone().unwrap_or_default(), new.launch);
        let made = hub.scans().create(&grant, new).await?.scan;
        self.companies[company].changes += 1;
        self.told.created.push((grant.company, made.id, number, launch));
        for command in hub.store().scan_commands(grant.company, made.id).await? {
            let order =
                Order { command: command.id, company: grant.company, vendor: number, uid: None, at: self.clock.now() };
            self.told.orders.push(order);
        }
        Ok(format!("creates {name} at {} as {} (launch: {launch})", vendor.name, short(&made.id.to_string())))
    }

    async fn link(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (integration, vendor, number) = self.some_integration(company)?;
        let ids: Vec<String> = vendor.state().scans.keys().cloned().collect();
        let external = self.dice.pick(&ids).cloned().ok_or_else(Error::not_found)?;
        let new = NewScan {
            name: Some(format!("Linked {}", self.dice.below(5))),
            integration_id: Some(integration),
            external_scan_id: Some(external.clone()),
            ..NewScan::default()
        };
        let made = hub.scans().create(&self.grant(company), new).await?.scan;
        self.companies[company].changes += 1;
        let uid = made.link.as_ref().and_then(|link| self.uid_of(number, link));
        self.told.linked.extend(uid.map(|uid| (number, uid)));
        self.wants_back(number, made.link.as_ref().map(|link| (link.incarnation.as_str(), external.as_str())));
        Ok(format!("links scan {external} of {} as {}", vendor.name, short(&made.id.to_string())))
    }

    /// An earlier deletion no longer counts.
    fn wants_back(&mut self, vendor: usize, scan: Option<(&str, &str)>) {
        for deletion in self.told.deletions.iter_mut().filter(|deletion| deletion.vendor == vendor) {
            let link = (deletion.link.incarnation.as_str(), deletion.link.external_scan_id.as_str());
            deletion.withdrawn |= scan == Some(link);
        }
    }

    async fn record(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let new = NewScan { name: Some(format!("Record {}", self.dice.below(3))), ..NewScan::default() };
        hub.scans().create(&self.grant(company), new).await?;
        self.companies[company].changes += 1;
        Ok("makes a record".to_owned())
    }

    async fn control(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (vendor, scan) = self.some_scan(company).await?;
        let grant = self.grant(company);
        let word = self.dice.weighted(&[(5, "launch"), (2, "pause"), (2, "resume"), (2, "stop")]);
        let Ordered { command, job_id } = match word {
            "launch" => hub.scans().launch(&grant, scan.id).await?,
            "pause" => hub.scans().pause(&grant, scan.id).await?,
            "resume" => hub.scans().resume(&grant, scan.id).await?,
            _ => hub.scans().stop(&grant, scan.id).await?,
        };
        self.companies[company].changes += 1;
        let uid = scan.link.as_ref().and_then(|link| self.uid_of(vendor, link));
        self.told.jobs.push((grant.company, job_id, word.to_owned()));
        self.told.orders.push(Order { command: command.id, company: grant.company, vendor, uid, at: self.clock.now() });
        let named = scan.link.map(|link| format!("{}/{}", link.incarnation, link.external_scan_id)).unwrap_or_default();
        Ok(format!("{word} {named} ({})", short(&command.id.to_string())))
    }

    async fn delete(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (vendor, scan) = self.some_scan(company).await?;
        let grant = self.grant(company);
        let cascade = self.dice.percent(50);
        let ordered = hub.scans().order_deletion(&grant, scan.id, cascade, false).await?;
        self.companies[company].changes += 1;
        let link = scan.link.ok_or_else(Error::not_found)?;
        let uid = self.uid_of(vendor, &link);
        let named = format!("{}/{}", link.incarnation, link.external_scan_id);
        if let Some(command) = ordered.command {
            let order = Order { command, company: grant.company, vendor, uid, at: self.clock.now() };
            self.told.orders.push(order);
        }
        self.told.deletions.push(Deletion {
            link,
            vendor,
            uid,
            cascade: cascade && ordered.warnings.is_empty(),
            withdrawn: false,
        });
        Ok(format!("deletes {named}, cascade: {cascade} {:?}", ordered.warnings))
    }

    async fn import_again(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (_, scan) = self.some_scan(company).await?;
        let grant = self.grant(company);
        let job = hub.imports().start(&grant, scan.id, true).await?;
        self.companies[company].changes += 1;
        self.told.jobs.push((grant.company, job, "import".to_owned()));
        Ok(format!("imports {} again", short(&scan.id.to_string())))
    }

    async fn sync(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let grant = self.grant(company);
        let job = hub.scans().sync(&grant, None).await?;
        self.told.jobs.push((grant.company, job, "sync".to_owned()));
        Ok("asks for a sync".to_owned())
    }

    async fn upload(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let grant = self.grant(company);
        let text = {
            let chosen = self.dice.below(self.vendors.len());
            let state = self.vendors[chosen].state();
            let mut ended = state.scans.values().filter_map(|scan| Some((scan, scan.latest_completed()?)));
            let (scan, run) = ended.next().ok_or_else(Error::not_found)?;
            super::vendor::render(scan, run)
        };
        let path = hub.imports().upload_file()?;
        std::fs::write(&path, text).map_err(Error::internal)?;
        let options = UploadOptions { file_name: Some("report.nessus".to_owned()), ..UploadOptions::default() };
        let accepted = hub.imports().accept(&grant, path, options).await?;
        self.companies[company].changes += 1;
        self.told.jobs.push((grant.company, accepted.job_id, "upload".to_owned()));
        Ok("uploads a report".to_owned())
    }

    pub(crate) async fn someone_schedules(&mut self, process: usize) {
        let company = self.dice.below(self.companies.len());
        let hub = self.processes[process].hub.clone();
        if let Ok(done) = self.schedule(company, &hub).await {
            self.tell(&format!("company {company} (hub {process}): {done}"));
        }
    }

    async fn schedule(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (_, scan) = self.some_scan(company).await?;
        let grant = self.grant(company);
        let minutes = [1, 2, 5][self.dice.below(3)];
        let new = NewSchedule {
            scan_id: scan.id,
            cron: format!("*/{minutes} * * * *"),
            tz: Some("UTC".to_owned()),
            enabled: true,
        };
        let made = hub.schedules().create(&grant, new).await?.schedule;
        self.companies[company].changes += 1;
        self.told.schedules.push((grant.company, made.id, minutes));
        Ok(format!("has scan {} run every {minutes} minutes", short(&scan.id.to_string())))
    }

    async fn deactivate(&mut self, company: usize) -> Result<String, Error> {
        let active = !self.companies[company].active;
        self.set_active(company, active).await;
        Ok(format!("active: {active}"))
    }

    pub(crate) async fn set_active(&mut self, company: usize, active: bool) {
        let status = if active { CompanyStatus::Active } else { CompanyStatus::Deactivated };
        let id: CompanyId = self.companies[company].grant.company;
        let transaction = self.processes[0].store.begin().await.unwrap();
        transaction.set_company_status(id, status).await.unwrap();
        transaction.commit().await.unwrap();
        let now = self.clock.now();
        let company = &mut self.companies[company];
        company.active = active;
        match company.deactivated.last_mut().filter(|(_, until)| until.is_none()) {
            Some((_, until)) if active => *until = Some(now),
            None if !active => company.deactivated.push((now, None)),
            _ => {}
        }
    }

    async fn enable(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (id, vendor, _) = self.some_integration(company)?;
        let grant = self.grant(company);
        let enabled = !hub.integrations().get(&grant, id).await?.enabled;
        let change = IntegrationChange { enabled: Some(enabled), ..IntegrationChange::default() };
        hub.integrations().update(&grant, id, change, None).await?;
        self.companies[company].changes += 1;
        Ok(format!("{} enabled: {enabled}", vendor.name))
    }

    async fn edit(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let (id, vendor, _) = self.some_integration(company)?;
        let credentials = self.credentials(&vendor);
        let change = IntegrationChange { credentials: Some(credentials), ..IntegrationChange::default() };
        hub.integrations().update(&self.grant(company), id, change, None).await?;
        self.companies[company].changes += 1;
        Ok(format!("enters the secret of {} again", vendor.name))
    }

    async fn unblock(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let grant = self.grant(company);
        let blocked = hub.integrations().blocklist(&grant).await?;
        let entry = self.dice.pick(&blocked).cloned().ok_or_else(Error::not_found)?;
        hub.integrations().unblock(&grant, entry.id).await?;
        self.companies[company].changes += 1;
        for deletion in &mut self.told.deletions {
            deletion.withdrawn |= deletion.link.integration_id == entry.integration_id
                && deletion.link.incarnation == entry.incarnation
                && deletion.link.external_scan_id == entry.external_scan_id;
        }
        Ok(format!("unblocks {}/{}", entry.incarnation, entry.external_scan_id))
    }

    /// Someone of one company asks for what belongs to another.
    async fn trespass(&mut self, company: usize, hub: &Hub) -> Result<String, Error> {
        let other = (company + 1) % self.companies.len();
        if other == company {
            return Err(Error::not_found());
        }
        let (_, scan) = self.some_scan(other).await?;
        let grant = self.grant(company);
        let asked = [
            hub.scans().get(&grant, scan.id).await.map(|_| ()),
            hub.scans().launch(&grant, scan.id).await.map(|_| ()),
            hub.scans().order_deletion(&grant, scan.id, true, true).await.map(|_| ()),
            hub.imports().start(&grant, scan.id, true).await.map(|_| ()),
        ];
        for answer in asked {
            if answer.is_ok() || answer.is_err_and(|error| error.code != ErrorCode::NotFound) {
                let detail = format!("company {company} got at scan {} of company {other}", scan.id);
                self.violations.push(Violation { invariant: Invariant::I10, detail });
            }
        }
        Ok("asks for a scan of another company".to_owned())
    }
}
