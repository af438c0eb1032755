use std::sync::atomic::{AtomicBool, Ordering};

use scanhelm_core::ErrorCode;
use scanhelm_core::job::JobState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Grant, Role};
use scanhelm_core::status::Status;
use scanhelm_hub::import::UploadOptions;
use scanhelm_vendor_sim::SeedState;

use crate::harness::{Home, Running, nessus, on_both_databases, seed};

pub(crate) const REPORT: &str = r#"<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>Basic</policyName></Policy>
<Report name="lab">
<ReportHost name="10.0.0.5"><HostProperties>
<tag name="HOST_END_TIMESTAMP">1700000600</tag><tag name="HOST_START_TIMESTAMP">1700000000</tag>
<tag name="host-ip">10.0.0.5</tag><tag name="Credentialed_Scan">true</tag>
</HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="1001" pluginName="Old OpenSSL" pluginFamily="General"><cve>CVE-2022-3602</cve><description>d</description></ReportItem>
<ReportItem port="22" svc_name="ssh" protocol="tcp" severity="1" pluginID="1002" pluginName="Weak MAC" pluginFamily="Misc."><description>d</description></ReportItem>
</ReportHost>
</Report>
</NessusClientData_v2>
"#;

/// Says that every CVE is exploited.
#[derive(Debug)]
struct Kev;

impl scanhelm_hub::import::Enrichment for Kev {
    fn enrich(&self, record: &scanhelm_core::finding::FindingRecord) -> serde_json::Map<String, serde_json::Value> {
        let facts = (!record.cves.is_empty()).then(|| ("kev".to_owned(), serde_json::Value::Bool(true)));
        facts.into_iter().collect()
    }
}

/// Breaks off once, in the middle of the second reading.
#[derive(Debug, Default)]
struct BreaksOnce(AtomicBool);

impl scanhelm_hub::import::Enrichment for BreaksOnce {
    fn enrich(&self, record: &scanhelm_core::finding::FindingRecord) -> serde_json::Map<String, serde_json::Value> {
        assert!(record.rule_id != "1002" || !self.0.swap(false, Ordering::Relaxed), "broken off for a test");
        serde_json::Map::new()
    }
}

async fn stored(hub: &Running, grant: &Grant) -> (usize, usize) {
    let findings = hub.dump(grant).await.iter().filter(|line| line.contains("\tfinding\t")).count();
    (hub.scans(grant).await.len(), findings)
}

async fn refused(hub: &Running, grant: &Grant, bytes: &[u8]) -> scanhelm_core::Error {
    let path = hub.hub.imports().upload_file().unwrap();
    std::fs::write(&path, bytes).unwrap();
    let options = UploadOptions { file_name: Some("report.bin".to_owned()), ..UploadOptions::default() };
    let error = hub.hub.imports().accept(grant, path.clone(), options).await.unwrap_err();
    assert!(!path.exists(), "the refused file stayed in the spool");
    error
}

on_both_databases! {
    async fn the_same_file_twice_is_one_scan_and_changes_nothing(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let first = hub.upload(&grant, "lab.nessus", REPORT.as_bytes()).await;
        let result = first.result.unwrap();
        assert_eq!((result["created"].as_u64(), result["records"].as_u64()), (Some(2), Some(2)));
        let before = hub.dump(&grant).await;
        let second = hub.upload(&grant, "renamed.nessus", REPORT.as_bytes()).await.result.unwrap();
        assert_eq!(second["scan_id"], result["scan_id"]);
        assert_eq!((second["created"].as_u64(), second["unchanged"].as_u64()), (Some(0), Some(2)));
        assert_eq!(hub.dump(&grant).await, before);
        let scans = hub.scans(&grant).await;
        assert_eq!((scans.len(), scans[0].imported_findings, scans[0].counts.total()), (1, 2, 2));
        hub.stop().await;
    }

    /// The hook: what a feed knows stands beside what the scanner said, and importing again changes nothing.
    async fn feeds_add_to_records_on_their_way_in(database) {
        let home = Home::new(database);
        let hub = home.start_enriched(std::sync::Arc::new(Kev), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "lab.nessus", REPORT.as_bytes()).await;
        let page = hub.hub.findings().list(&grant, &Default::default(), &Default::default()).await.unwrap();
        let mut enriched = 0;
        for finding in &page.items {
            let view = hub.hub.findings().get(&grant, finding.id).await.unwrap();
            let known = &view.sightings[0].detail["enrichment"]["kev"];
            assert_eq!(known.as_bool(), (!finding.cves.is_empty()).then_some(true));
            enriched += usize::from(known.is_boolean());
        }
        assert_eq!(enriched, 1);
        let again = hub.upload(&grant, "lab.nessus", REPORT.as_bytes()).await.result.unwrap();
        assert_eq!(again["unchanged"].as_u64(), Some(2));
        hub.stop().await;
    }

    /// What could not be read again does not count as gone.
    async fn a_reading_that_breaks_off_closes_nothing(database) {
        let home = Home::new(database);
        let breaks = std::sync::Arc::new(BreaksOnce::default());
        let hub = home.start_enriched(breaks.clone(), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "lab.nessus", REPORT.as_bytes()).await;
        breaks.0.store(true, Ordering::Relaxed);
        let newer = REPORT.replace("1700000600", "1700086400");
        let job = hub.upload(&grant, "newer.nessus", newer.as_bytes()).await;
        assert!(!breaks.0.load(Ordering::Relaxed), "it did not break off");
        let result = job.result.unwrap();
        let count = |name: &str| result[name].as_u64();
        assert_eq!((count("records"), count("fixed"), count("not_seen")), (Some(2), Some(0), Some(0)), "{result}");
        hub.stop().await;
    }

    /// The same for what a vendor found, as soon as its run is over and without a click.
    async fn r97_a_vendors_run_is_imported_and_enriched_when_it_completes(database) {
        let sim = nessus().await;
        sim.add_scan(seed("web", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start_enriched(std::sync::Arc::new(Kev), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        hub.await_status(&grant, "web", Status::Running).await;
        let scan = hub.await_imported_in(&sim, &grant, "web").await;
        assert!(scan.asset_count > Some(0));
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        let page = hub.hub.findings().list(&grant, &Default::default(), &page).await.unwrap();
        let mut enriched = 0;
        for finding in &page.items {
            let view = hub.hub.findings().get(&grant, finding.id).await.unwrap();
            let known = &view.sightings[0].detail["enrichment"]["kev"];
            assert_eq!(known.as_bool(), (!finding.cves.is_empty()).then_some(true));
            enriched += usize::from(known.is_boolean());
        }
        assert!(enriched > 0 && page.items.len() > enriched, "{enriched} of {}", page.items.len());
        hub.stop().await;
    }

    /// Unknown, cut, hostile, empty: a clear error, and nothing stored half.
    async fn bad_files_store_nothing(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let unknown = refused(&hub, &grant, b"hello, this is not a report").await;
        assert_eq!(unknown.code, ErrorCode::UnknownFormat);
        assert!(unknown.detail.contains("report.bin") && unknown.detail.contains("nessus"), "{}", unknown.detail);
        assert_eq!(refused(&hub, &grant, b"").await.code, ErrorCode::UnknownFormat);
        let bomb = REPORT.replacen(
            "<NessusClientData_v2>",
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><NessusClientData_v2>",
            1,
        );
        let bombed = hub_outcome(&hub, &grant, bomb.as_bytes()).await;
        assert!(bombed.contains("refused"), "{bombed}");
        let cut = hub_outcome(&hub, &grant, &REPORT.as_bytes()[..REPORT.len() - 60]).await;
        assert!(cut.contains("cut off"), "{cut}");
        assert_eq!(stored(&hub, &grant).await, (0, 0));
        hub.stop().await;
    }

    async fn a_viewer_cannot_import_and_a_company_sees_only_its_own(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let (acme, other) = (hub.company("Acme").await, hub.company("Other").await);
        let viewer = Grant { role: Role::Viewer, ..acme };
        assert_eq!(refused(&hub, &viewer, REPORT.as_bytes()).await.code, ErrorCode::PermissionDenied);
        let job = hub.upload(&acme, "lab.nessus", REPORT.as_bytes()).await;
        let scan = hub.scans(&acme).await.remove(0);
        assert_eq!(hub.hub.scans().get(&other, scan.id).await.unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(hub.hub.jobs().get(&other, job.id).await.unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(stored(&hub, &other).await, (0, 0));
        // The same file in another company is that company's own.
        hub.upload(&other, "lab.nessus", REPORT.as_bytes()).await;
        assert_eq!((stored(&hub, &acme).await, stored(&hub, &other).await), ((1, 2), (1, 2)));
        hub.stop().await;
    }
}

/// How a broken file was turned down, at once or by its job.
async fn hub_outcome(hub: &Running, grant: &Grant, bytes: &[u8]) -> String {
    let path = hub.hub.imports().upload_file().unwrap();
    std::fs::write(&path, bytes).unwrap();
    match hub.hub.imports().accept(grant, path, UploadOptions::default()).await {
        Err(error) => {
            assert_eq!(error.code, ErrorCode::UnreadableReport);
            error.detail
        }
        Ok(accepted) => {
            let job = hub.await_job(grant, accepted.job_id).await;
            assert_eq!(job.state, JobState::Failed);
            job.error.unwrap()
        }
    }
}
