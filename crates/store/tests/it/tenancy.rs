//! Nobody sees another tenant: every read that takes a company is asked with the wrong one, and must be empty, and
//! with the right one, and must not be.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::company::{ApiKey, AuditEntry, Membership, User};
use scanhelm_core::coverage::AssetCoverage;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingSource};
use scanhelm_core::ids::{ApiKeyId, AuditId, BlockId, CommandId, CompanyId, ImportId, JobId, SubScannerId, UserId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::integration::{BlockEntry, SubScanner};
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::{Actor, Role};
use scanhelm_core::scan::Origin;
use scanhelm_core::schedule::RunOutcome;
use scanhelm_core::status::ImportState;
use scanhelm_store::{FindingFilter, JobFilter, ScanFilter, ScheduleFilter, VerdictFilter};

use crate::fixture::{World, at, linked, on_both};

on_both!(foreign_and_unknown_look_the_same_in_every_read);

async fn foreign_and_unknown_look_the_same_in_every_read(world: World) {
    let company = world.company;
    let integration = world.stored_integration(company, "Nessus").await;
    let mut scan = linked(world.scan("one", Origin::Adopted, 1), integration.id, "1");
    scan.upload_sha256 = Some("aa".to_owned());
    scan.assessment_run_id = Some("audit".to_owned());
    world.store_scan(&scan).await.unwrap();
    let run = world.stored_run(&mut scan).await;
    let source = SightingSource::integration(integration.id);
    let node = SubScanner {
        id: SubScannerId::new(&world.ids),
        company_id: company,
        integration_id: integration.id,
        external_id: "1".to_owned(),
        name: "node".to_owned(),
        status: None,
        version: None,
        last_seen_at: at(1),
    };
    let user = User {
        id: UserId::new(&world.ids),
        email: "a@b.c".to_owned(),
        name: "A".to_owned(),
        password_hash: None,
        operator: false,
        created_at: at(0),
    };
    let command_id = CommandId::new(&world.ids);
    let tx = world.store.begin().await.unwrap();
    tx.insert_user(&user).await.unwrap();
    tx.upsert_membership(&Membership { user_id: user.id, company_id: company, role: Role::Viewer }).await.unwrap();
    tx.replace_sub_scanners(integration.id, vec![node.clone()]).await.unwrap();
    tx.insert_api_key(&ApiKey {
        id: ApiKeyId::new(&world.ids),
        company_id: company,
        created_by: Some(user.id),
        name: "k".to_owned(),
        prefix: "shk".to_owned(),
        sha256: [1; 32],
        role: Role::Viewer,
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    })
    .await
    .unwrap();
    tx.append_audit(&AuditEntry {
        id: AuditId::new(&world.ids),
        company_id: company,
        at: at(1),
        actor: Actor::System,
        action: "a".to_owned(),
        target: "t".to_owned(),
        detail: serde_json::Value::Null,
    })
    .await
    .unwrap();
    tx.insert_block(&BlockEntry {
        id: BlockId::new(&world.ids),
        company_id: company,
        integration_id: integration.id,
        incarnation: "i".to_owned(),
        external_scan_id: "9".to_owned(),
        name: "n".to_owned(),
        created_at: at(1),
        created_by: Actor::System,
    })
    .await
    .unwrap();
    tx.insert_command(&Command {
        id: command_id,
        company_id: company,
        scan_id: Some(scan.id),
        integration_id: integration.id,
        kind: CommandKind::Stop,
        target: None,
        state: CommandState::Sent,
        actor: Actor::System,
        detail: None,
        created_at: at(1),
        sent_at: None,
        finished_at: None,
    })
    .await
    .unwrap();
    tx.insert_import(&Import {
        id: ImportId::new(&world.ids),
        company_id: company,
        scan_id: scan.id,
        run_id: run,
        job_id: JobId::new(&world.ids),
        state: ImportState::Done,
        checkpoint: 0,
        counts: ImportCounts::default(),
        news: ImportNews::default(),
        quarantined: Vec::new(),
        vendor_state: None,
        report_sha256: None,
        error: None,
        started_at: at(1),
        finished_at: None,
    })
    .await
    .unwrap();
    let assets = tx.upsert_assets(company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let asset = assets["fqdn:a"];
    let finding = world.finding(company, asset, "CVE-1", 1);
    tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
    tx.insert_sightings(&[world.sighting(&finding, &source, "r", scan.id, run, 1)]).await.unwrap();
    let covered = AssetCoverage { covered_at: at(9), authenticated: Some(true), policy: None, complete: true };
    tx.record_coverage(company, &source, scan.id, run, &[(asset, covered)]).await.unwrap();
    tx.settle_coverage(run, true).await.unwrap();
    tx.save_verdicts(
        company,
        &[Verdict {
            fingerprint: finding.fingerprint.clone(),
            state: FindingState::RiskAccepted,
            reason: None,
            actor: Actor::System,
            at: at(1),
            expires_at: Some(at(2)),
        }],
    )
    .await
    .unwrap();
    let prints = [finding.fingerprint.clone()];
    let by = Actor::User(user.id);
    tx.set_owners(company, &prints, Some(user.id), by, at(1)).await.unwrap();
    let comment = crate::judgement::comment(&world, company, &prints[0], user.id, 1);
    tx.insert_comments(std::slice::from_ref(&comment)).await.unwrap();
    let approval = crate::judgement::approval(&world, company, user.id, 1);
    tx.insert_approval(&approval).await.unwrap();
    tx.add_to_approval(company, approval.id, &prints).await.unwrap();
    let schedule = crate::schedules::schedule(&world, company, scan.id, 1);
    tx.insert_schedule(&schedule).await.unwrap();
    assert!(tx.claim_schedule_run(&crate::schedules::run(&schedule, 1, RunOutcome::Missed)).await.unwrap());
    let job = tx.enqueue(&world.job("import"), at(0)).await.unwrap();
    tx.select_findings(company, job, &[finding.id]).await.unwrap();
    let news = NewActivity {
        company_id: company,
        scan_id: scan.id,
        at: at(1),
        actor: Actor::System,
        event: Event::ScanCreated,
        message: "m".to_owned(),
        data: serde_json::Value::Null,
    };
    tx.append_activity(news).await.unwrap();
    tx.commit().await.unwrap();

    let page = PageRequest::default();
    let sorted = |sort: &str| PageRequest { sort: Sort::parse(sort), ..PageRequest::default() };
    let (by_time, by_request, by_print, by_id) =
        (sorted("-at"), sorted("requested_at"), sorted("fingerprint"), sorted("id"));
    let runs_page = PageRequest { sort: Sort::parse("-nominal_at"), ..PageRequest::default() };
    let fingerprints = [finding.fingerprint.clone()];
    let store = &world.store;
    let everything = async |id: CompanyId| {
        let findings = FindingFilter::default();
        let of_scan = FindingFilter { scan_id: Some(scan.id), ..FindingFilter::default() };
        let of_run = FindingFilter { run_id: Some(run), ..FindingFilter::default() };
        let scans = ScanFilter::default();
        let schedules = ScheduleFilter::default();
        vec![
            ("users", store.users(id).await.unwrap().len()),
            ("role_of", usize::from(store.role_of(user.id, id).await.unwrap().is_some())),
            ("api_keys", store.api_keys(id).await.unwrap().len()),
            ("audit_log", store.audit_log(id, &page).await.unwrap().items.len()),
            ("integration", usize::from(store.integration(id, integration.id).await.unwrap().is_some())),
            ("integrations", store.integrations(id).await.unwrap().len()),
            ("sub_scanners", store.sub_scanners(id, integration.id).await.unwrap().len()),
            ("sub_scanner", usize::from(store.sub_scanner(id, node.id).await.unwrap().is_some())),
            ("blocklist", store.blocklist(id).await.unwrap().len()),
            ("command", usize::from(store.command(id, command_id).await.unwrap().is_some())),
            ("scan_commands", store.scan_commands(id, scan.id).await.unwrap().len()),
            ("scan", usize::from(store.scan(id, scan.id).await.unwrap().is_some())),
            ("scans_of", store.scans_of(id, &[scan.id]).await.unwrap().len()),
            ("scan_by_upload", usize::from(store.scan_by_upload(id, "aa").await.unwrap().is_some())),
            ("list_scans", store.list_scans(id, &scans, &page).await.unwrap().items.len()),
            ("assessment_runs", store.assessment_runs(id, &page).await.unwrap().items.len()),
            ("count_scans", store.count_scans(id, &scans).await.unwrap() as usize),
            ("runs", store.runs(id, scan.id).await.unwrap().len()),
            ("latest_import", usize::from(store.latest_import(id, scan.id).await.unwrap().is_some())),
            ("asset", usize::from(store.asset(id, asset).await.unwrap().is_some())),
            ("assets", store.assets(id, &scanhelm_store::AssetFilter::default(), &page).await.unwrap().items.len()),
            ("scan_assets", store.scan_assets(id, scan.id, &page).await.unwrap().items.len()),
            ("finding", usize::from(store.finding(id, finding.id).await.unwrap().is_some())),
            ("identity", usize::from(store.finding_identity(id, finding.id).await.unwrap().is_some())),
            ("list_findings", store.list_findings(id, &findings, &page).await.unwrap().items.len()),
            ("finding_ids", store.finding_ids(id, &findings, 9).await.unwrap().len()),
            ("of scan", store.list_findings(id, &of_scan, &page).await.unwrap().items.len()),
            ("of run", store.list_findings(id, &of_run, &page).await.unwrap().items.len()),
            ("finding_counts", store.finding_counts(id, &findings).await.unwrap().total() as usize),
            ("sightings", store.sightings(id, finding.id).await.unwrap().len()),
            ("closing", store.closing_candidates(id, &source, run, None, 9).await.unwrap().len()),
            ("triage", usize::from(store.triage(id, &fingerprints[0]).await.unwrap().is_some())),
            ("triage_of", store.triage_of(id, &fingerprints).await.unwrap().len()),
            ("triage_history", store.triage_history(id, &fingerprints[0]).await.unwrap().len()),
            ("expired_triage", store.expired_triage(id, at(9), 9).await.unwrap().len()),
            ("verdicts", store.verdicts(id, &VerdictFilter::default(), &by_time).await.unwrap().items.len()),
            ("by fingerprint", store.findings_by_fingerprint(id, &fingerprints).await.unwrap().len()),
            ("owners_of", store.owners_of(id, &fingerprints).await.unwrap().len()),
            ("owner_history", store.owner_history(id, &fingerprints[0]).await.unwrap().len()),
            ("members_of", store.members_of(id, &[user.id]).await.unwrap().len()),
            ("comment", usize::from(store.comment(id, comment.id).await.unwrap().is_some())),
            ("comments", store.comments(id, &fingerprints[0], &page).await.unwrap().items.len()),
            ("count_comments", store.count_comments(id, &fingerprints[0]).await.unwrap() as usize),
            ("approval", usize::from(store.approval(id, approval.id).await.unwrap().is_some())),
            ("approvals", store.approvals(id, None, &by_request).await.unwrap().items.len()),
            ("approval_findings", store.approval_findings(id, approval.id, &by_print).await.unwrap().items.len()),
            ("open_approvals_of", store.open_approvals_of(id, &fingerprints).await.unwrap().len()),
            ("approval_history", store.approval_history(id, &fingerprints[0]).await.unwrap().len()),
            ("job_findings", store.job_findings(id, job, None, &by_id).await.unwrap().items.len()),
            ("schedule", usize::from(store.schedule(id, schedule.id).await.unwrap().is_some())),
            ("schedule_of_scan", usize::from(store.schedule_of_scan(id, scan.id).await.unwrap().is_some())),
            ("schedules_of_scans", store.schedules_of_scans(id, &[scan.id]).await.unwrap().len()),
            ("list_schedules", store.list_schedules(id, &schedules, &page).await.unwrap().items.len()),
            ("schedule_runs", store.schedule_runs(id, schedule.id, None, &runs_page).await.unwrap().items.len()),
            ("latest runs", store.latest_schedule_runs(id, &[schedule.id], true, 1).await.unwrap().len()),
            ("job", usize::from(store.job(id, job).await.unwrap().is_some())),
            ("jobs", store.jobs(id, &page, &JobFilter::default()).await.unwrap().items.len()),
            ("activity", store.activity(id, scan.id, &page).await.unwrap().items.len()),
            ("dump", store.dump_findings(id).await.unwrap().len()),
        ]
    };
    for (name, rows) in everything(company).await {
        assert!(rows > 0, "{name} finds nothing at home");
    }
    for foreign in [world.other, CompanyId::new(&world.ids)] {
        for (name, rows) in everything(foreign).await {
            assert_eq!(rows, 0, "{name} shows a foreign row");
        }
    }
}
