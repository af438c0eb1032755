//! What assets are made of: lists that replace lists, and how components are found.

use std::collections::HashSet;

use scanhelm_core::component::{ComponentKind, ComponentRecord};
use scanhelm_core::finding::{FindingState, Location, SightingSource};
use scanhelm_core::ids::{AssetId, ComponentId, MergeId, RunId};
use scanhelm_core::merging::AssetMerge;
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_store::{ComponentChanges, ComponentCounts, ComponentFilter, ComponentList, NewComponent};

use crate::fixture::{World, at, on_both};

on_both!(
    a_newer_list_of_a_source_replaces_the_one_before,
    a_component_is_there_as_long_as_one_list_names_it,
    components_are_found_counted_and_paged,
    a_list_goes_with_its_scan_and_not_with_time,
    merged_assets_are_made_of_what_both_are_made_of,
    open_findings_are_counted_in_the_very_package,
);

/// `npm` packages by name, each of version 1.0 and with one licence.
fn library(name: &str) -> ComponentRecord {
    ComponentRecord {
        name: name.to_owned(),
        version: Some("1.0".to_owned()),
        purl: Some(format!("pkg:npm/{name}@1.0")),
        licenses: vec!["MIT".to_owned()],
        locations: vec![format!("{name}/package.json")],
        ..ComponentRecord::default()
    }
}

struct Listing<'a> {
    world: &'a World,
    asset: AssetId,
    scan: Scan,
    run: RunId,
}

impl<'a> Listing<'a> {
    async fn of(world: &'a World, asset: &str) -> Self {
        let tx = world.store.begin().await.unwrap();
        let row = world.asset(asset, 1, 1, asset);
        let asset = tx.upsert_assets(world.company, &[row]).await.unwrap()[asset];
        tx.commit().await.unwrap();
        let mut scan = world.scan(&format!("of {asset}"), Origin::Upload, 1);
        scan.vendor_state = VendorState::Completed;
        scan.import_state = ImportState::Done;
        world.store_scan(&scan).await.unwrap();
        let run = world.stored_run(&mut scan).await;
        Self { world, asset, scan, run }
    }

    async fn list(&self, source: &str, second: i64, records: &[ComponentRecord]) -> Option<ComponentChanges> {
        let list = ComponentList {
            company_id: self.world.company,
            asset_id: self.asset,
            source: SightingSource::scanner(source),
            scan_id: self.scan.id,
            run_id: self.run,
            listed_at: at(second),
        };
        let new =
            |record: &ComponentRecord| NewComponent { id: ComponentId::new(&self.world.ids), record: record.clone() };
        let components: Vec<_> = records.iter().map(new).collect();
        let tx = self.world.store.begin().await.unwrap();
        let changes = tx.replace_components(&list, &components).await.unwrap();
        tx.commit().await.unwrap();
        changes
    }

    async fn names(&self) -> Vec<String> {
        names(self.world, ComponentFilter { asset_id: Some(self.asset), ..ComponentFilter::default() }).await
    }
}

/// Of all that match, in the order of names; by pages of one, so that none is lost between two.
async fn names(world: &World, filter: ComponentFilter) -> Vec<String> {
    sorted(world, filter, "name").await
}

async fn sorted(world: &World, filter: ComponentFilter, order: &str) -> Vec<String> {
    let mut page = PageRequest { limit: 1, sort: Sort::parse(order), ..PageRequest::default() };
    let mut found = Vec::new();
    let mut total = None;
    loop {
        assert_eq!(world.store.components(world.other, &filter, &PageRequest::default()).await.unwrap().items, []);
        let listed = world.store.components(world.company, &filter, &page).await.unwrap();
        total = total.or(listed.total);
        found.extend(listed.items.into_iter().map(|component| component.record.name));
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            assert_eq!(total, Some(Total::Exactly(found.len() as u64)), "{filter:?}");
            return found;
        }
    }
}

fn changes(added: u64, changed: u64, unchanged: u64, gone: u64) -> Option<ComponentChanges> {
    Some(ComponentChanges { added, changed, unchanged, gone })
}

async fn a_newer_list_of_a_source_replaces_the_one_before(world: World) {
    let shop = Listing::of(&world, "shop").await;
    assert_eq!(shop.list("syft", 10, &[library("a"), library("b"), library("c")]).await, changes(3, 0, 0, 0));
    let other = ComponentRecord { licenses: vec!["ISC".to_owned()], ..library("b") };
    assert_eq!(shop.list("syft", 20, &[library("a"), other.clone(), library("d")]).await, changes(1, 1, 1, 1));
    assert_eq!(shop.names().await, ["a", "b", "d"]);
    assert_eq!(
        names(&world, ComponentFilter { license: vec!["ISC".to_owned()], ..ComponentFilter::default() }).await,
        ["b"]
    );
    assert_eq!(sorted(&world, ComponentFilter::default(), "first_seen_at").await, ["a", "b", "d"]);
    // The report of a day before comes late.
    assert_eq!(shop.list("syft", 15, &[library("z")]).await, None);
    assert_eq!(shop.names().await, ["a", "b", "d"]);
    let found = world.store.components(world.company, &ComponentFilter::default(), &PageRequest::default()).await;
    let found = found.unwrap().items;
    assert_eq!((&found[1].record, found[1].first_seen_at), (&other, at(10)));
    assert_eq!(found[2].first_seen_at, at(20));
    let sources = world.store.component_sources(world.company, &[found[0].id]).await.unwrap();
    assert_eq!(sources[&found[0].id], [(SightingSource::scanner("syft"), at(20))]);
    assert!(world.store.component_sources(world.other, &[found[0].id]).await.unwrap().is_empty());
    assert_eq!(shop.list("syft", 30, &[]).await, changes(0, 0, 0, 3));
    assert!(shop.names().await.is_empty());
    let counts = world.store.component_counts(world.company, &ComponentFilter::default()).await.unwrap();
    assert_eq!(counts, ComponentCounts::default(), "nothing says it any more");
}

async fn a_component_is_there_as_long_as_one_list_names_it(world: World) {
    let shop = Listing::of(&world, "shop").await;
    let licensed = ComponentRecord { cpe: Some("cpe:a".to_owned()), licenses: vec!["ISC".to_owned()], ..library("a") };
    shop.list("syft", 10, &[library("a"), library("b")]).await;
    assert_eq!(shop.list("trivy", 20, &[licensed]).await, changes(1, 0, 0, 0));
    assert_eq!(shop.names().await, ["a", "b"], "two tools, one component");
    let a = async || {
        let filter = ComponentFilter { q: Some("NPM/A@1".to_owned()), ..ComponentFilter::default() };
        world.store.components(world.company, &filter, &PageRequest::default()).await.unwrap().items.remove(0)
    };
    let both = a().await;
    assert_eq!(
        (both.record.licenses, both.record.cpe.as_deref()),
        (vec!["ISC".to_owned(), "MIT".to_owned()], Some("cpe:a"))
    );
    let by =
        |source: &str| ComponentFilter { source: Some(SightingSource::scanner(source)), ..ComponentFilter::default() };
    assert_eq!((names(&world, by("trivy")).await.len(), names(&world, by("syft")).await.len()), (1, 2));
    shop.list("trivy", 30, &[]).await;
    let left = a().await;
    assert_eq!((left.id, left.record), (both.id, library("a")), "what only the other one said is gone");
    shop.list("syft", 30, &[library("b")]).await;
    assert_eq!(shop.names().await, ["b"]);
}

async fn components_are_found_counted_and_paged(world: World) {
    let (shop, site) = (Listing::of(&world, "shop").await, Listing::of(&world, "site").await);
    let second =
        ComponentRecord { version: Some("2.0".to_owned()), purl: Some("pkg:npm/a@2.0".to_owned()), ..library("a") };
    let system = ComponentRecord {
        name: "debian".to_owned(),
        kind: ComponentKind::OperatingSystem,
        ..ComponentRecord::default()
    };
    let java = ComponentRecord {
        name: "core".to_owned(),
        group: Some("org.log4j".to_owned()),
        purl: Some("pkg:maven/org.log4j/core@1".to_owned()),
        ..ComponentRecord::default()
    };
    shop.list("syft", 10, &[second.clone(), library("a"), system]).await;
    site.list("syft", 20, &[library("a"), java]).await;
    let all = ComponentFilter::default();
    assert_eq!(names(&world, all.clone()).await, ["a", "a", "a", "core", "debian"]);
    assert_eq!(sorted(&world, all.clone(), "-name").await, ["debian", "core", "a", "a", "a"]);
    assert_eq!(sorted(&world, all.clone(), "-first_seen_at").await[..2], ["core", "a"]);
    let page = PageRequest { limit: 3, sort: Sort::parse("name"), ..PageRequest::default() };
    let first = world.store.components(world.company, &all, &page).await.unwrap().items;
    assert_eq!(first[2].record, second, "of one name by version");
    let word = |word: &str| vec![word.to_owned()];
    for (filter, expected) in [
        (ComponentFilter { q: Some("Log4J/core".to_owned()), ..all.clone() }, &["core"][..]),
        (ComponentFilter { q: Some("2.0".to_owned()), ..all.clone() }, &["a"]),
        (ComponentFilter { kind: vec![ComponentKind::OperatingSystem], ..all.clone() }, &["debian"]),
        (ComponentFilter { ecosystem: word("Maven"), ..all.clone() }, &["core"]),
        (ComponentFilter { ecosystem: word("none"), ..all.clone() }, &["debian"]),
        (ComponentFilter { license: word("MIT"), q: Some("2.0".to_owned()), ..all.clone() }, &["a"]),
        (ComponentFilter { license: word("MIT"), asset_id: Some(site.asset), ..all.clone() }, &["a"]),
        (ComponentFilter { source: Some(SightingSource::scanner("trivy")), ..all.clone() }, &[]),
    ] {
        assert_eq!(names(&world, filter.clone()).await, expected, "{filter:?}");
        let every = world.store.all_components(world.company, &filter).await.unwrap();
        assert_eq!(every.len(), expected.len(), "{filter:?}");
    }
    let counted = |entries: &[(&str, u64)]| entries.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
    let counts = world.store.component_counts(world.company, &all).await.unwrap();
    let expected = ComponentCounts {
        kinds: vec![(ComponentKind::Library, 4), (ComponentKind::OperatingSystem, 1)],
        ecosystems: counted(&[("npm", 3), ("", 1), ("maven", 1)]),
        licenses: counted(&[("MIT", 3)]),
    };
    assert_eq!(counts, expected);
    let of_site = ComponentFilter { asset_id: Some(site.asset), ..all };
    let counts = world.store.component_counts(world.company, &of_site).await.unwrap();
    assert_eq!(counts.ecosystems, counted(&[("maven", 1), ("npm", 1)]));
    assert_eq!(world.store.component_counts(world.other, &of_site).await.unwrap(), ComponentCounts::default());
}

async fn a_list_goes_with_its_scan_and_not_with_time(world: World) {
    let (shop, site) = (Listing::of(&world, "shop").await, Listing::of(&world, "site").await);
    shop.list("syft", 10, &[library("a")]).await;
    site.list("syft", 10, &[library("a"), library("b")]).await;
    assert!(world.store.scans_to_forget(world.company, at(99), 9).await.unwrap().is_empty(), "its list is the newest");
    let tx = world.store.begin().await.unwrap();
    assert!(tx.delete_scan(world.company, site.scan.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(names(&world, ComponentFilter::default()).await, ["a"]);
    shop.list("syft", 20, &[]).await;
    assert_eq!(world.store.scans_to_forget(world.company, at(99), 9).await.unwrap(), [shop.scan.id]);
}

async fn merged_assets_are_made_of_what_both_are_made_of(world: World) {
    let (shop, site) = (Listing::of(&world, "shop").await, Listing::of(&world, "site").await);
    shop.list("syft", 10, &[library("a")]).await;
    site.list("syft", 10, &[library("b")]).await;
    let absorbed = world.store.asset(world.company, site.asset).await.unwrap().unwrap();
    let merge = AssetMerge {
        id: MergeId::new(&world.ids),
        company_id: world.company,
        asset_id: shop.asset,
        absorbed_id: site.asset,
        absorbed: serde_json::to_value(&absorbed).unwrap(),
        reason: "one".to_owned(),
        actor: Actor::System,
        at: at(20),
        undone: None,
    };
    let tx = world.store.begin().await.unwrap();
    assert!(tx.insert_asset_merge(&merge, &absorbed, 1).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(shop.names().await, ["a", "b"]);
    let tx = world.store.begin().await.unwrap();
    tx.end_asset_merge(&merge, Actor::System, at(30)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((shop.names().await, site.names().await), (vec!["a".to_owned()], vec!["b".to_owned()]));
}

async fn open_findings_are_counted_in_the_very_package(world: World) {
    let (shop, site) = (Listing::of(&world, "shop").await, Listing::of(&world, "site").await);
    let package = |asset, weakness: &str, purl: &str, status| {
        let mut finding = world.finding(world.company, asset, weakness, 1);
        finding.location = Location::Package { purl: purl.to_owned(), path: Some("package-lock.json".to_owned()) };
        finding.status = status;
        finding
    };
    let open = FindingState::Open;
    let findings = [
        package(shop.asset, "1", "pkg:npm/a@1.0", open),
        package(shop.asset, "2", "pkg:npm/a@1.0?arch=x", FindingState::InProgress),
        package(shop.asset, "3", "pkg:npm/a@1.0", FindingState::Fixed),
        package(shop.asset, "4", "pkg:npm/a@1.0.1", open),
        package(site.asset, "5", "pkg:npm/a@1.0", open),
        package(site.asset, "6", &format!("pkg:npm/{}@1", "long".repeat(1_000)), open),
        world.finding(world.company, shop.asset, "7", 1),
    ];
    let tx = world.store.begin().await.unwrap();
    tx.insert_findings(&findings).await.unwrap();
    tx.commit().await.unwrap();
    let asked: Vec<_> = [shop.asset, site.asset]
        .into_iter()
        .flat_map(|asset| ["pkg:npm/a@1.0", "pkg:npm/b@1.0"].map(|purl| (asset, purl.to_owned())))
        .collect();
    let counts = world.store.open_findings_in(world.company, &asked).await.unwrap();
    assert_eq!(counts.keys().collect::<HashSet<_>>(), HashSet::from([&asked[0], &asked[2]]));
    assert_eq!((counts[&asked[0]], counts[&asked[2]]), (2, 1));
    assert!(world.store.open_findings_in(world.other, &asked).await.unwrap().is_empty());
}
