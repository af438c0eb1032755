//! The schema and its versions.
//!
//! Migrations are SQL files, written once for both databases in a handful of neutral type words wherever that is
//! possible. They run in one
//! transaction together with the version they lead to, so a database is at a version or at the one before, never in
//! between; replicas that start together take turns. A database of a newer hub is refused: an old binary must not
//! write into a schema it does not know.
//!
//! PostgreSQL texts collate as bytes (`"C"`), as SQLite's do, so that both databases sort and page alike.

use scanhelm_core::{Error, Result};

use crate::connection::{Backend, Connection};
use crate::sql::{Sql, values};

/// A step in the neutral words, or in those of each database where they have no common ones.
#[derive(Clone, Copy)]
enum Step {
    Both(&'static str),
    Each { sqlite: &'static str, postgres: &'static str },
}

impl Step {
    fn script(self, backend: Backend) -> String {
        match (self, backend) {
            (Self::Both(script), _)
            | (Self::Each { sqlite: script, .. }, Backend::Sqlite)
            | (Self::Each { postgres: script, .. }, Backend::Postgres) => spell(backend, script),
        }
    }
}

/// The n-th (from 1) leads to schema version n. Never changed after a release.
const MIGRATIONS: [Step; 25] = [
    Step::Both(include_str!("0001_initial.sql")),
    Step::Both(include_str!("0002_schedules.sql")),
    Step::Both(include_str!("0003_program.sql")),
    Step::Both(include_str!("0004_webhooks.sql")),
    Step::Both(include_str!("0005_lookups.sql")),
    Step::Both(include_str!("0006_hubs.sql")),
    Step::Both(include_str!("0007_notifications.sql")),
    Step::Both(include_str!("0008_repeated_requests.sql")),
    Step::Both(include_str!("0009_relation.sql")),
    Step::Both(include_str!("0010_judgement.sql")),
    Step::Each {
        sqlite: include_str!("0011_counted_findings.sqlite.sql"),
        postgres: include_str!("0011_counted_findings.postgres.sql"),
    },
    Step::Both(include_str!("0012_finding_orders.sql")),
    Step::Both(include_str!("0013_settled_coverage.sql")),
    Step::Both(include_str!("0014_finding_texts.sql")),
    Step::Each {
        sqlite: include_str!("0015_scan_orders.sqlite.sql"),
        postgres: include_str!("0015_scan_orders.postgres.sql"),
    },
    Step::Both(include_str!("0016_assets.sql")),
    Step::Both(include_str!("0017_rating.sql")),
    Step::Both(include_str!("0018_seen_findings.sql")),
    Step::Each {
        sqlite: include_str!("0019_scan_search.sqlite.sql"),
        postgres: include_str!("0019_scan_search.postgres.sql"),
    },
    Step::Both(include_str!("0020_relation_by_evidence.sql")),
    Step::Each {
        sqlite: include_str!("0021_suppression.sqlite.sql"),
        postgres: include_str!("0021_suppression.postgres.sql"),
    },
    Step::Both(include_str!("0022_asset_merging.sql")),
    Step::Both(include_str!("0023_project_suppression.sql")),
    Step::Both(include_str!("0024_coverage_by_source.sql")),
    Step::Both(include_str!("0025_components.sql")),
];

/// Serialises the start of several replicas on PostgreSQL.
const MIGRATION_LOCK: i64 = 0x5343_414e_4845_4c4d;

/// The schema version this build writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// Whether there is nothing to do, so that a replica can start while another one writes for long. Any doubt, such as
/// a missing table, is left to [`migrate`].
pub(crate) async fn is_current(connection: &Connection) -> bool {
    let sql = Sql::new(connection.backend(), "SELECT version FROM schema_version");
    matches!(connection.optional(sql, |row| row.integer("version")).await, Ok(Some(VERSION)))
}

/// Brings the database to [`VERSION`]. Runs inside the caller's transaction.
pub(crate) async fn migrate(connection: &Connection) -> Result<()> {
    migrate_to(connection, VERSION).await
}

async fn migrate_to(connection: &Connection, wanted: i64) -> Result<()> {
    let backend = connection.backend();
    if backend == Backend::Postgres {
        connection.execute(Sql::with(backend, "SELECT pg_advisory_xact_lock(?)", values![MIGRATION_LOCK])).await?;
    }
    connection.execute_script(&spell(backend, VERSION_TABLE)).await?;
    let present = connection
        .optional(Sql::new(backend, "SELECT version, hub FROM schema_version"), |row| {
            Ok((row.integer("version")?, row.text("hub")?))
        })
        .await?;
    let (version, hub) = present.unwrap_or((0, String::new()));
    if version > VERSION {
        return Err(Error::store_unavailable(format!(
            "the database has schema version {version}, written by Scanhelm {hub}; this is Scanhelm {} and knows \
             versions up to {VERSION}. Start Scanhelm {hub} or newer, or restore a backup from before the upgrade",
            env!("CARGO_PKG_VERSION")
        )));
    }
    for (number, step) in (1..=wanted).zip(MIGRATIONS).filter(|(number, _)| *number > version) {
        tracing::info!(from = number - 1, to = number, "migrating the database schema");
        connection.execute_script(&step.script(backend)).await?;
    }
    if version < wanted {
        connection.execute(Sql::new(backend, "DELETE FROM schema_version")).await?;
        let record = "INSERT INTO schema_version (version, hub) VALUES (?, ?)";
        connection.execute(Sql::with(backend, record, values![wanted, env!("CARGO_PKG_VERSION")])).await?;
    }
    Ok(())
}

const VERSION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL, hub TEXT NOT NULL) STRICT;";

/// The neutral words in the database's own.
fn spell(backend: Backend, script: &str) -> String {
    let mut spelled = String::with_capacity(script.len() * 2);
    for line in script.lines().filter(|line| !line.trim_start().starts_with("--")) {
        let mut word = String::new();
        for character in line.chars().chain(std::iter::once('\n')) {
            if character.is_ascii_alphanumeric() || character == '_' {
                word.push(character);
            } else {
                spelled.push_str(type_name(backend, &word));
                spelled.push(character);
                word.clear();
            }
        }
    }
    spelled
}

fn type_name(backend: Backend, word: &str) -> &str {
    match (backend, word) {
        (Backend::Sqlite, "BIGINT") => "INTEGER",
        (Backend::Sqlite, "DOUBLE") => "REAL",
        (Backend::Sqlite, "BYTES") => "BLOB",
        (Backend::Sqlite, "SERIAL") => "INTEGER PRIMARY KEY",
        (Backend::Sqlite, "STRICT_CLUSTERED") => "STRICT, WITHOUT ROWID",
        (Backend::Postgres, "TEXT") => "TEXT COLLATE \"C\"",
        (Backend::Postgres, "DOUBLE") => "DOUBLE PRECISION",
        (Backend::Postgres, "BYTES") => "BYTEA",
        (Backend::Postgres, "SERIAL") => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        (Backend::Postgres, "STRICT" | "STRICT_CLUSTERED") => "",
        (_, other) => other,
    }
}

#[cfg(test)]
mod tests;
