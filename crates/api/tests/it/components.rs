//! What assets are made of: the list, its counts and its files.

use std::collections::BTreeSet;

use scanhelm_core::asset::{AssetKey, AssetKind};
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, ComponentId, RunId, ScanId};
use scanhelm_core::permission::Role;
use scanhelm_core::{Ids, Timestamp};
use scanhelm_hub::system::SystemIds;
use scanhelm_store::{AssetRow, ComponentList, NewComponent};
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant};

fn library(name: &str, license: &str) -> ComponentRecord {
    ComponentRecord {
        name: name.to_owned(),
        version: Some("1.0".to_owned()),
        purl: Some(format!("pkg:npm/{name}@1.0")),
        licenses: vec![license.to_owned()],
        ..ComponentRecord::default()
    }
}

/// As an import leaves them.
pub(crate) async fn listed(house: &House, tenant: &Tenant, asset: &str, records: &[ComponentRecord]) -> AssetId {
    let ids = SystemIds;
    let row = AssetRow {
        id: AssetId(ids.next()),
        identity: format!("repository:{asset}"),
        kind: AssetKind::Repository,
        name: asset.to_owned(),
        keys: vec![AssetKey::Repository(asset.to_owned())],
        operating_system: None,
        first_seen_at: Timestamp::from_seconds(1_700_000_000),
        last_seen_at: Timestamp::from_seconds(1_700_000_000),
    };
    let new = |record: &ComponentRecord| NewComponent { id: ComponentId(ids.next()), record: record.clone() };
    let components: Vec<_> = records.iter().map(new).collect();
    let transaction = house.hub.store().begin().await.unwrap();
    let asset_id = transaction.upsert_assets(tenant.company, &[row]).await.unwrap()[&format!("repository:{asset}")];
    let list = ComponentList {
        company_id: tenant.company,
        asset_id,
        source: SightingSource::scanner("syft"),
        scan_id: ScanId(ids.next()),
        run_id: RunId(ids.next()),
        listed_at: Timestamp::from_seconds(1_700_000_000),
    };
    transaction.replace_components(&list, &components).await.unwrap();
    transaction.commit().await.unwrap();
    asset_id
}

async fn get(house: &House, key: &str, path: &str) -> Value {
    house.send(Ask::get(format!("/api/v1/components{path}")).key(key)).await.expect(200)
}

#[tokio::test]
async fn components_are_listed_counted_and_given_out_to_their_company() {
    let house = House::new().await;
    let tenant = house.first().await;
    let stranger = house.another(&tenant, "Zenith").await;
    let shop = listed(&house, &tenant, "shop", &[library("ini", "ISC"), library("=ms", "MIT")]).await;
    listed(&house, &tenant, "site", &[library("ini", "ISC")]).await;
    let viewer = house.key(&tenant, Role::Viewer).await;

    let all = get(&house, &viewer, "").await;
    assert_eq!((&all["total"], all["items"].as_array().unwrap().len()), (&json!(3), 3));
    let first = get(&house, &viewer, &format!("?asset_id={shop}&q=INI&license=ISC&ecosystem=npm&scanner=syft")).await;
    assert_eq!(first["total"], 1, "{first}");
    let ini = &first["items"][0];
    assert_eq!((&ini["asset"]["name"], &ini["ecosystem"]), (&json!("shop"), &json!("npm")));
    assert_eq!((&ini["licenses"], &ini["open_findings"]), (&json!(["ISC"]), &json!(0)));
    assert_eq!(ini["sources"], json!([{"source": "scanner:syft", "listed_at": "2023-11-14T22:13:20.000Z"}]));
    let counts = get(&house, &viewer, "/counts").await;
    assert_eq!((&counts["total"], &counts["kinds"][0]["kind"]), (&json!(3), &json!("library")));
    assert_eq!(counts["ecosystems"], json!([{"ecosystem": "npm", "components": 3}]));
    let licenses = json!([{"license": "ISC", "components": 2}, {"license": "MIT", "components": 1}]);
    assert_eq!(counts["licenses"], licenses);

    let export = |key: &str, query: &str| Ask::get(format!("/api/v1/components/export?{query}")).key(key);
    let table = house.send(export(&viewer, "format=csv")).await;
    assert!(table.headers["content-disposition"].to_str().unwrap().contains("scanhelm-components-2"));
    let table = String::from_utf8(table.body.to_vec()).unwrap();
    let rows: BTreeSet<&str> = table.lines().skip(1).map(|row| row.split_once(",npm,").unwrap().0).collect();
    assert_eq!(rows, BTreeSet::from(["shop,'=ms,,1.0,library", "shop,ini,,1.0,library", "site,ini,,1.0,library"]));
    let sbom = house.send(export(&viewer, &format!("format=cyclonedx&asset_id={shop}"))).await;
    let again = house.send(export(&viewer, &format!("format=cyclonedx&asset_id={shop}"))).await;
    assert_eq!(sbom.body, again.body, "one asset, one file");
    let sbom = sbom.json();
    assert_eq!((&sbom["bomFormat"], sbom["components"].as_array().unwrap().len()), (&json!("CycloneDX"), 2));
    let audit = house.send(Ask::get("/api/v1/audit-log").key(&tenant.key)).await.expect(200);
    assert_eq!(audit["items"][0]["action"], "component.export");

    for (query, field) in [
        ("format=cyclonedx", "asset_id"),
        ("format=pdf", "format"),
        ("kind=lib", "kind"),
        ("scanner=a&integration_id=0190b8a2-0000-7000-8000-00000000ffff", "scanner"),
    ] {
        let refused = house.send(export(&viewer, query)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{query}");
    }
    // Another company finds nothing, and no difference to what is not there.
    assert_eq!(get(&house, &stranger.key, &format!("?asset_id={shop}")).await["items"], json!([]));
    assert_eq!(get(&house, &stranger.key, "/counts").await["total"], 0);
    let mut refused = Vec::new();
    for id in [shop.to_string(), "0190b8a2-0000-7000-8000-00000000ffff".to_owned()] {
        let query = format!("format=cyclonedx&asset_id={id}");
        let reply = house.send(export(&stranger.key, &query).header("x-request-id", "same")).await;
        refused.push((reply.status, reply.body));
    }
    assert_eq!(refused[0], refused[1]);
}
