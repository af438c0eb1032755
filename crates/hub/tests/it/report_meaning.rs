//! C rows of the fault matrix about what stands in a report: order, repetition, other words, other hosts.

use std::collections::BTreeSet;

use scanhelm_core::company::{Company, CompanyStatus};
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::severity::Severity;
use scanhelm_core::status::ImportState;
use scanhelm_store::FindingFilter;

use crate::harness::{Home, Running, on_both_databases};

/// One check on one host.
#[derive(Clone)]
pub(crate) struct Item {
    plugin: u32,
    port: u16,
    severity: u8,
    output: &'static str,
}

pub(crate) struct Host<'items> {
    pub(crate) tags: &'items [(&'items str, &'items str)],
    pub(crate) ended: Option<u32>,
    pub(crate) items: Vec<Item>,
}

pub(crate) fn report(hosts: &[Host<'_>]) -> Vec<u8> {
    let mut text = "<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Policy><policyName>Basic</policyName></Policy>\n\
                    <Report name=\"lab\">\n"
        .to_owned();
    for host in hosts {
        let address = host.tags.iter().find(|(name, _)| *name == "host-ip").unwrap().1;
        text.push_str(&format!("<ReportHost name=\"{address}\"><HostProperties>"));
        text.push_str("<tag name=\"HOST_START_TIMESTAMP\">1700000000</tag>");
        if let Some(ended) = host.ended {
            text.push_str(&format!("<tag name=\"HOST_END_TIMESTAMP\">{ended}</tag>"));
        }
        for (name, value) in host.tags {
            text.push_str(&format!("<tag name=\"{name}\">{value}</tag>"));
        }
        text.push_str("<tag name=\"Credentialed_Scan\">true</tag></HostProperties>\n");
        for item in &host.items {
            text.push_str(&format!(
                "<ReportItem port=\"{}\" svc_name=\"www\" protocol=\"tcp\" severity=\"{}\" pluginID=\"{}\" \
                 pluginName=\"Check {}\" pluginFamily=\"General\"><description>d</description>\
                 <plugin_output>{}</plugin_output></ReportItem>\n",
                item.port, item.severity, item.plugin, item.plugin, item.output
            ));
        }
        text.push_str("</ReportHost>\n");
    }
    text.push_str("</Report>\n</NessusClientData_v2>\n");
    text.into_bytes()
}

pub(crate) fn item(plugin: u32, port: u16, severity: u8) -> Item {
    Item { plugin, port, severity, output: "as seen" }
}

pub(crate) const WEB: &[(&str, &str)] = &[("host-ip", "10.0.0.5"), ("host-fqdn", "web.example.com")];
const DESK: &[(&str, &str)] = &[("host-ip", "10.0.0.6"), ("host-fqdn", "desk.example.com")];

/// Fingerprints hold the company, so that results can only be compared within the same one.
pub(crate) async fn same_company(hub: &Running) -> Grant {
    let id = CompanyId("00000000-0000-7000-8000-00000000000b".parse().unwrap());
    let company = Company { id, name: "Acme".to_owned(), status: CompanyStatus::Active, created_at: hub.hub.now() };
    let transaction = hub.hub.store().begin().await.unwrap();
    transaction.insert_company(&company).await.unwrap();
    transaction.commit().await.unwrap();
    Grant::system(id)
}

async fn findings(hub: &Running, grant: &Grant) -> Vec<Finding> {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap().items
}

on_both_databases! {
    /// Hosts and checks in whatever order: the same end, to the letter.
    async fn fm_c13_the_order_of_a_report_changes_nothing(database) {
        let mut ends = Vec::new();
        for turn in 0..2 {
            let home = Home::new(database);
            let hub = home.start().await;
            let grant = same_company(&hub).await;
            let mut items = vec![item(1, 443, 2), item(2, 443, 1), item(1, 8443, 4), item(3, 22, 3)];
            items.rotate_left(2 * turn);
            let mut hosts = vec![
                Host { tags: WEB, ended: Some(1_700_000_600), items: items.clone() },
                Host { tags: DESK, ended: Some(1_700_000_700), items },
            ];
            if turn % 2 == 1 {
                hosts.reverse();
            }
            hub.upload(&grant, "lab.nessus", &report(&hosts)).await;
            ends.push(hub.dump(&grant).await.into_iter().collect::<BTreeSet<_>>());
            hub.stop().await;
        }
        assert!(!ends[0].is_empty());
        for other in &ends[1..] {
            let differing: Vec<_> = ends[0].symmetric_difference(other).collect();
            assert!(differing.is_empty(), "{differing:#?}");
        }
    }

    /// One check twice at one place with two severities is two findings (docs/IDENTITY.md). In whatever order they stand,
    /// each keeps its identity, its severity and what a person has said about it.
    async fn fm_c12_a_check_that_reports_twice_is_the_same_two_findings_in_any_order(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let of = |output, severity| Item { output, ..item(1, 443, severity) };
        let mut items = vec![of("weak key", 2), of("no key at all", 4), of("weak key", 4), of("expired", 2)];
        let mut first = None;
        let told = "known to the owner";
        for turn in 0..items.len() {
            let host = Host { tags: WEB, ended: Some(1_700_000_600 + turn as u32), items: items.clone() };
            let result = hub.upload(&grant, "lab.nessus", &report(&[host])).await.result.unwrap();
            let mut seen = BTreeSet::new();
            for finding in findings(&hub, &grant).await {
                let view = hub.hub.findings().get(&grant, finding.id).await.unwrap();
                let evidence = view.sightings[0].detail["evidence"].as_str().unwrap().to_owned();
                let ordinal = view.identity.unwrap().ordinal;
                seen.insert((finding.id, ordinal, finding.severity.rank(), evidence, finding.status.as_str()));
            }
            match &first {
                None => {
                    assert_eq!(seen.iter().map(|(_, ordinal, ..)| *ordinal).collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2, 3]));
                    let by_number = |wanted: u32| seen.iter().find(|(_, ordinal, ..)| *ordinal == wanted).unwrap();
                    let severities = [0, 1, 2, 3].map(|ordinal| by_number(ordinal).2);
                    assert_eq!(severities, [Severity::Critical, Severity::Critical, Severity::Medium, Severity::Medium].map(Severity::rank));
                    let (judged, ..) = by_number(0);
                    hub.hub.findings().transition(&grant, *judged, FindingState::FalsePositive, told, None).await.unwrap();
                    let mut expected = seen.clone();
                    let mut worst = by_number(0).clone();
                    expected.remove(&worst);
                    worst.4 = FindingState::FalsePositive.as_str();
                    expected.insert(worst);
                    first = Some(expected);
                }
                Some(first) => {
                    assert_eq!(&seen, first, "turn {turn}");
                    assert_eq!(result["created"].as_u64(), Some(0));
                }
            }
            items.rotate_left(1);
            if turn == 1 {
                items.reverse();
            }
        }
        hub.stop().await;
    }

    async fn fm_c15_other_words_are_the_same_finding(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let host = |output, ended| Host {
            tags: WEB,
            ended: Some(ended),
            items: vec![Item { output, ..item(1, 443, 3) }],
        };
        hub.upload(&grant, "1", &report(&[host("OpenSSL 1.0.1", 1_700_000_600)])).await;
        let before = findings(&hub, &grant).await;
        let result = hub.upload(&grant, "2", &report(&[host("OpenSSL 1.0.2, built yesterday", 1_700_001_600)])).await.result.unwrap();
        assert_eq!((result["created"].as_u64(), result["updated"].as_u64(), result["fixed"].as_u64()), (Some(0), Some(1), Some(0)));
        let after = findings(&hub, &grant).await;
        assert_eq!((after.len(), after[0].id, after[0].status), (1, before[0].id, FindingState::Open));
        hub.stop().await;
    }

    /// An address given to another machine does not make one machine of two, and a machine that moved to another
    /// address stays one.
    async fn fm_c16_an_address_used_again_merges_no_two_hosts(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let seen = |tags: &[(&str, &str)], ended, plugin| {
            report(&[Host { tags, ended: Some(ended), items: vec![item(plugin, 443, 3)] }])
        };
        hub.upload(&grant, "1", &seen(WEB, 1_700_000_600, 1)).await;
        let web = findings(&hub, &grant).await.remove(0);
        // The address now belongs to the desk, which has none of the web server's weaknesses.
        let lease: &[(&str, &str)] = &[("host-ip", "10.0.0.5"), ("host-fqdn", "desk.example.com")];
        let result = hub.upload(&grant, "2", &seen(lease, 1_700_001_600, 2)).await.result.unwrap();
        assert_eq!((result["created"].as_u64(), result["fixed"].as_u64()), (Some(1), Some(0)));
        let found = findings(&hub, &grant).await;
        let assets: BTreeSet<_> = found.iter().map(|finding| finding.asset_id).collect();
        assert_eq!((found.len(), assets.len()), (2, 2));
        assert!(found.iter().all(|finding| finding.status == FindingState::Open));
        // The web server turns up elsewhere: the same asset, the same finding.
        let moved: &[(&str, &str)] = &[("host-ip", "10.0.9.9"), ("host-fqdn", "web.example.com")];
        let result = hub.upload(&grant, "3", &seen(moved, 1_700_002_600, 1)).await.result.unwrap();
        assert_eq!(result["created"].as_u64(), Some(0));
        let again = findings(&hub, &grant).await;
        assert!(again.iter().any(|finding| finding.id == web.id && finding.asset_id == web.asset_id));
        assert_eq!(again.len(), 2);
        hub.stop().await;
    }

    /// A scanner that says that it did not get to the end is believed in what it saw and not in what it did not see.
    async fn fm_c05_results_that_say_they_are_partial_close_nothing(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let whole = Host { tags: WEB, ended: Some(1_700_000_600), items: vec![item(1, 443, 3), item(2, 443, 2)] };
        hub.upload(&grant, "whole", &report(&[whole])).await;
        let broken_off = Host { tags: WEB, ended: None, items: vec![item(2, 443, 2)] };
        let other = Host { tags: DESK, ended: Some(1_700_002_600), items: vec![item(3, 22, 1)] };
        let job = hub.upload(&grant, "partial", &report(&[broken_off, other])).await;
        let result = job.result.unwrap();
        assert_eq!((result["fixed"].as_u64(), result["records"].as_u64()), (Some(0), Some(2)), "{result}");
        let scan = hub.scans(&grant).await.into_iter().find(|scan| scan.config["file_name"] == "partial").unwrap();
        assert_eq!(scan.import_state, ImportState::Partial);
        let feed = hub.feed(&grant, scan.id).await;
        assert!(feed.iter().any(|line| line.contains("not scanned to their end")), "{feed:?}");
        assert!(findings(&hub, &grant).await.iter().all(|finding| finding.status != FindingState::Fixed));
        hub.stop().await;
    }
}
