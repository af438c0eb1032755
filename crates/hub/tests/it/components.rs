//! What inventories say: each newest whole one takes the place of the one before, whatever becomes of its findings.

use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::status::ImportState;
use scanhelm_hub::ComponentFilter;
use scanhelm_hub::components::ComponentEntry;
use serde_json::{Value, json};

use crate::harness::{Home, Running, on_both_databases};

/// Of the project `shop`, as its builder saw it on a day, with a flaw in `ini`.
fn inventory(day: u32, names: &[&str]) -> Value {
    let component = |name: &&str| {
        json!({
            "type": "library", "bom-ref": name, "name": name, "version": "1.0", "purl": format!("pkg:npm/{name}@1.0?x=y"),
            "licenses": [{"license": {"id": "MIT"}}],
        })
    };
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "metadata": {
            "timestamp": format!("2026-01-{day:02}T00:00:00Z"), "tools": [{"name": "syft"}],
            "component": {"type": "application", "name": "shop"},
        },
        "components": names.iter().map(component).collect::<Vec<_>>(),
        "vulnerabilities": [{"id": "CVE-2020-7788", "ratings": [{"severity": "high"}], "affects": [{"ref": "ini"}]}],
    })
}

async fn components(hub: &Running, grant: &Grant) -> Vec<ComponentEntry> {
    let page = PageRequest { limit: 100, ..PageRequest::default() };
    hub.hub.components().list(grant, &ComponentFilter::default(), &page).await.unwrap().items
}

async fn names(hub: &Running, grant: &Grant) -> Vec<String> {
    components(hub, grant).await.into_iter().map(|entry| entry.component.record.name).collect()
}

on_both_databases! {
    async fn an_inventory_takes_the_place_of_the_one_before(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let stranger = hub.company("Zenith").await;
        hub.upload(&grant, "a.json", inventory(1, &["ini", "ms"]).to_string().as_bytes()).await;
        let listed = components(&hub, &grant).await;
        let told: Vec<_> = listed
            .iter()
            .map(|entry| (entry.component.record.name.as_str(), entry.asset_name.as_str(), entry.open_findings))
            .collect();
        assert_eq!(told, [("ini", "shop", 1), ("ms", "shop", 0)]);
        assert_eq!(listed[0].sources[0].0.as_str(), "scanner:syft");
        assert_eq!(listed[0].component.record.licenses, ["MIT"]);
        assert!(components(&hub, &stranger).await.is_empty());

        hub.upload(&grant, "b.json", inventory(3, &["ini", "qs"]).to_string().as_bytes()).await;
        assert_eq!(names(&hub, &grant).await, ["ini", "qs"]);
        let late = hub.upload(&grant, "late.json", inventory(2, &["ini", "old"]).to_string().as_bytes()).await;
        assert!(late.result.is_some());
        assert_eq!(names(&hub, &grant).await, ["ini", "qs"], "a newer one is known");

        let mut half = inventory(4, &["ini"]);
        half["components"].as_array_mut().unwrap().push(json!({"type": "library", "version": "1"}));
        hub.upload(&grant, "half.json", half.to_string().as_bytes()).await;
        assert_eq!(names(&hub, &grant).await, ["ini", "qs"], "one entry cannot be read");
        let scans = hub.scans(&grant).await;
        let newest = scans.iter().max_by_key(|scan| scan.id).unwrap();
        assert_eq!(newest.import_state, ImportState::Partial);

        let mut plain = inventory(5, &["ini"]);
        plain.as_object_mut().unwrap().remove("vulnerabilities");
        let plain = hub.upload(&grant, "plain.json", plain.to_string().as_bytes()).await;
        assert!(plain.result.is_some());
        let scans = hub.scans(&grant).await;
        let newest = scans.iter().max_by_key(|scan| scan.id).unwrap();
        assert_eq!(newest.import_state, ImportState::Done, "nothing is missing where nobody looked for flaws");
        assert_eq!(names(&hub, &grant).await, ["ini"]);

        let second = scans.iter().filter(|scan| scan.name == "b.json" || scan.name == "shop").map(|scan| scan.id);
        for scan in second.collect::<Vec<_>>() {
            hub.hub.scans().delete(&grant, scan, false, false).await.unwrap();
        }
        assert!(names(&hub, &grant).await.is_empty(), "the list went with its scan");
        hub.stop().await;
    }
}
