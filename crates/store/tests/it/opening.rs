//! Opening, migrating, refusing; and what is left of a transaction that nobody committed.

use scanhelm_core::ErrorCode;
use scanhelm_store::{Store, StoreOptions};

use crate::fixture::{World, on_both};

on_both!(
    opening_again_keeps_everything,
    fm_d10_a_newer_schema_is_refused_by_name,
    a_dropped_transaction_leaves_nothing,
    what_is_rolled_back_never_was,
    replicas_may_start_together,
    a_replica_starts_while_another_writes,
    the_first_value_of_a_secret_stands,
);

async fn opening_again_keeps_everything(world: World) {
    let second = world.open_again().await.unwrap();
    assert_eq!(second.company(world.company).await.unwrap().unwrap().name, "Acme");
    second.ping().await.unwrap();
    second.close().await.unwrap();
    world.store.ping().await.unwrap();
}

async fn fm_d10_a_newer_schema_is_refused_by_name(world: World) {
    write_version(&world.url(), 99).await;
    let error = world.open_again().await.unwrap_err();
    assert_eq!(error.code, ErrorCode::StoreUnavailable);
    let why = error.internal.unwrap();
    assert!(why.contains("schema version 99, written by Scanhelm 7.0.0"), "{why}");
    assert!(
        why.contains(&format!("versions up to {}", scanhelm_store::SCHEMA_VERSION))
            && why.contains(env!("CARGO_PKG_VERSION")),
        "{why}"
    );
    assert_eq!(world.store.company(world.company).await.unwrap().unwrap().name, "Acme");
}

async fn a_dropped_transaction_leaves_nothing(world: World) {
    let tx = world.store.begin().await.unwrap();
    tx.set_meta("key", "value").await.unwrap();
    assert_eq!(tx.meta("key").await.unwrap().as_deref(), Some("value"));
    assert_eq!(world.store.meta("key").await.unwrap(), None);
    drop(tx);
    let next = world.store.begin().await.unwrap();
    assert_eq!(next.meta("key").await.unwrap(), None);
    next.set_meta("key", "other").await.unwrap();
    next.commit().await.unwrap();
    assert_eq!(world.store.meta("key").await.unwrap().as_deref(), Some("other"));
}

async fn what_is_rolled_back_never_was(world: World) {
    let tx = world.store.begin().await.unwrap();
    tx.set_meta("key", "value").await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(world.store.meta("key").await.unwrap(), None);
}

async fn replicas_may_start_together(world: World) {
    let (_place, empty) = world.empty_database();
    let opened = futures::future::join_all((0..4).map(|_| Store::open(&empty))).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
}

async fn a_replica_starts_while_another_writes(world: World) {
    let tx = world.store.begin().await.unwrap();
    tx.set_meta("key", "value").await.unwrap();
    let other = world.open_again().await.unwrap();
    assert_eq!(other.meta("key").await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(other.meta("key").await.unwrap().as_deref(), Some("value"));
}

async fn the_first_value_of_a_secret_stands(world: World) {
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.init_meta("salt", "one").await.unwrap(), "one");
    assert_eq!(tx.init_meta("salt", "two").await.unwrap(), "one");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_address_of_neither_kind_is_refused_before_connecting() {
    for url in ["mysql://x", "sqlite://", "sqlite://:memory:", "nonsense", ""] {
        let error = Store::open(&StoreOptions { url: url.to_owned(), readers: 1 }).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidInput, "{url}");
        assert_eq!(error.fields[0].field, "database_url");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let url = "postgres://hub:hunter2@nowhere.invalid:1/hub".to_owned();
    let error = Store::open(&StoreOptions { url, readers: 1 }).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::StoreUnavailable);
    let why = error.internal.unwrap();
    assert!(why.contains("nowhere.invalid:1/hub") && !why.contains("hunter2"), "{why}");
}

/// As a newer hub would have left it. The store offers no way to do this, so it is done beside it.
async fn write_version(url: &str, version: i64) {
    let database = sea_orm::Database::connect(url).await.unwrap();
    let text = format!("UPDATE schema_version SET version = {version}, hub = '7.0.0'");
    sea_orm::ConnectionTrait::execute_unprepared(&database, &text).await.unwrap();
    database.close().await.unwrap();
}
