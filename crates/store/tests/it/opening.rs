//! Opening, migrating, refusing; and what is left of a transaction that nobody committed.

use scanhelm_core::ErrorCode;
use scanhelm_store::{Backend, Store, StoreOptions};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::fixture::{Place, World, on_both};

on_both!(
    opening_again_keeps_everything,
    fm_d10_a_newer_schema_is_refused_by_name,
    fm_a27_a_migration_that_ends_at_any_statement_leaves_nothing_and_is_made_at_the_next_start,
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

/// What a migration makes, in the order of nothing in particular.
async fn made_by_migrations(database: &DatabaseConnection, backend: Backend) -> Vec<String> {
    let text = match backend {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        Backend::Postgres => {
            "SELECT relname::text AS name FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace ORDER BY relname"
        }
    };
    let driver = if backend == Backend::Sqlite { DbBackend::Sqlite } else { DbBackend::Postgres };
    let rows = database.query_all_raw(Statement::from_string(driver, text)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

/// Where somebody else's table has the name of the one that is to be made, the migration comes to its end: on PostgreSQL
/// it waits for the other transaction and its session is ended there, as the death of the hub would; on SQLite the
/// statement fails. Nothing of what it had made by then is there, and the next start makes all of it.
async fn fm_a27_a_migration_that_ends_at_any_statement_leaves_nothing_and_is_made_at_the_next_start(world: World) {
    let backend = world.store.backend();
    let complete = {
        let present = sea_orm::Database::connect(world.url()).await.unwrap();
        made_by_migrations(&present, backend).await
    };
    let (place, empty) = world.empty_database();
    let beside = match backend {
        Backend::Sqlite => sea_orm::Database::connect(format!("{}?mode=rwc", empty.url)).await.unwrap(),
        Backend::Postgres => sea_orm::Database::connect(&empty.url).await.unwrap(),
    };
    let tables = complete.iter().filter(|name| name.as_str() != "schema_version" && !name.contains("_pkey"));
    for name in tables.step_by(12) {
        let error = match &place {
            Place::File(_) => {
                beside.execute_unprepared(&format!("CREATE TABLE {name} (id BIGINT)")).await.unwrap();
                let error = Store::open(&empty).await.unwrap_err();
                assert_eq!(
                    made_by_migrations(&beside, backend).await,
                    std::slice::from_ref(name),
                    "half a schema, ended at {name}"
                );
                beside.execute_unprepared(&format!("DROP TABLE {name}")).await.unwrap();
                error
            }
            Place::Server(server) => {
                let held = server.hold(&format!("create table {name} (id bigint)"));
                let options = empty.clone();
                let opening = tokio::spawn(async move { Store::open(&options).await });
                while server.waiting() == 0 {
                    assert!(!opening.is_finished(), "it never came to {name}");
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
                server.query(
                    "select pg_terminate_backend(pid) from pg_stat_activity \
                     where datname = current_database() and wait_event_type = 'Lock'",
                );
                let error = opening.await.unwrap().unwrap_err();
                drop(held);
                assert_eq!(made_by_migrations(&beside, backend).await, [""; 0], "half a schema, ended at {name}");
                error
            }
        };
        assert!(error.internal.is_some(), "{error:?}");
    }
    let store = Store::open(&empty).await.unwrap();
    assert_eq!(made_by_migrations(&beside, backend).await, complete);
    store.ping().await.unwrap();
    store.close().await.unwrap();
    beside.close().await.unwrap();
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
