//! Looking at a database without changing it: for diagnosis, and to tell what a migration did.

use std::path::Path;

use scanhelm_core::Result;

use crate::connection::{Backend, Connection};
use crate::sql::Sql;
use crate::store::{Store, StoreOptions, connect_postgres, connect_sqlite, sqlite_path};

/// The schema that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaState {
    pub version: i64,
    /// Version of the hub that wrote it.
    pub hub: String,
}

impl Store {
    /// What schema a database has; `None`: none yet. Neither makes nor migrates anything.
    pub async fn inspect(options: &StoreOptions) -> Result<Option<SchemaState>> {
        let connection = match options.url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => {
                Connection::Pool(Backend::Postgres, connect_postgres(&options.url, 1).await?)
            }
            _ => {
                let path: &Path = sqlite_path(&options.url)?;
                if !path.exists() {
                    return Ok(None);
                }
                Connection::Pool(Backend::Sqlite, connect_sqlite(path, 1, true).await?)
            }
        };
        let found = state(&connection).await;
        if let Connection::Pool(_, pool) = &connection {
            pool.close_by_ref().await.map_err(|error| crate::fault::translate(&error))?;
        }
        found
    }
}

async fn state(connection: &Connection) -> Result<Option<SchemaState>> {
    let backend = connection.backend();
    let tables = match backend {
        Backend::Sqlite => "SELECT count(*) AS value FROM sqlite_master WHERE name = 'schema_version'",
        Backend::Postgres => {
            "SELECT count(*) AS value FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'schema_version'"
        }
    };
    if connection.number(Sql::new(backend, tables)).await? == 0 {
        return Ok(None);
    }
    connection
        .optional(Sql::new(backend, "SELECT version, hub FROM schema_version"), |row| {
            Ok(SchemaState { version: row.integer("version")?, hub: row.text("hub")? })
        })
        .await
}
