//! Opening a database, and the two ways to use it: [`Store`] for reads on any free connection, [`Transaction`] for
//! writes and the reads that belong to them. Both dereference to [`Reader`], so every read is written once.
//!
//! SQLite has one writer. It gets one connection of its own, and write transactions say so at their start (`BEGIN
//! IMMEDIATE`): one that begins by reading and turns to writing later fails at once when another was faster,
//! whatever the busy timeout. Reads go to other connections and never wait for a writer (WAL).

use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use scanhelm_core::activity::NewActivity;
use scanhelm_core::{Error, Result};
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use tokio::sync::watch;

use crate::changes::{self, Changes};
use crate::connection::{Backend, Connection};
use crate::sql::Sql;
use crate::{activity, fault, schema};

/// How long a statement waits for a lock or a free connection before the store counts as unavailable.
const PATIENCE: Duration = Duration::from_secs(15);
/// Write connections on PostgreSQL.
const POSTGRES_WRITERS: u32 = 8;
/// The writer keeps the hot pages of its indexes; readers are served by the page cache of the operating system.
const SQLITE_WRITER_CACHE_KIBIBYTES: i64 = 32 * 1024;
/// The log is copied into the database when it has so many pages (32 MB). A page of an index that batch after batch of an
/// import writes into is copied once for many of them.
const SQLITE_CHECKPOINT_PAGES: &str = "8000";
/// Rows that a connection's thread reads before it waits for who asked.
const SQLITE_ROWS_AHEAD: usize = 1_000;
const SQLITE_READER_CACHE_KIBIBYTES: i64 = 8 * 1024;

#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite:///path/file.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections for reading.
    pub readers: u32,
}

/// An open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Pools>);

#[derive(Debug)]
struct Pools {
    reader: Reader,
    writer: DatabaseConnection,
    changed: watch::Sender<()>,
}

/// Everything that can be read. Methods stand in the file of their subject.
#[derive(Debug)]
pub struct Reader(Connection);

impl Reader {
    pub(crate) const fn connection(&self) -> &Connection {
        &self.0
    }

    pub(crate) fn sql(&self, text: &str, values: Vec<sea_orm::Value>) -> Sql {
        Sql::with(self.0.backend(), text, values)
    }
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0.reader
    }
}

impl Store {
    /// Connects and migrates. Refuses a database that a newer hub has written.
    pub async fn open(options: &StoreOptions) -> Result<Self> {
        let (backend, reader, writer) = match options.url.split_once(':') {
            Some(("sqlite", _)) => {
                let path = sqlite_path(&options.url)?;
                let writer = connect_sqlite(path, 1, false).await?;
                migrate(Backend::Sqlite, &writer).await?;
                (Backend::Sqlite, connect_sqlite(path, options.readers.max(1), true).await?, writer)
            }
            Some(("postgres" | "postgresql", _)) => {
                let writer = connect_postgres(&options.url, POSTGRES_WRITERS).await?;
                migrate(Backend::Postgres, &writer).await?;
                // One more, for listening.
                (Backend::Postgres, connect_postgres(&options.url, options.readers.max(1) + 1).await?, writer)
            }
            _ => {
                return Err(Error::field(
                    "database_url",
                    "malformed",
                    "The database address must start with `sqlite:///` or `postgres://`.",
                ));
            }
        };
        Ok(Self(Arc::new(Pools {
            reader: Reader(Connection::Pool(backend, reader)),
            writer,
            changed: watch::Sender::default(),
        })))
    }

    #[must_use]
    pub fn backend(&self) -> Backend {
        self.0.reader.0.backend()
    }

    /// Starts a write transaction. Dropping it without [`Transaction::commit`] undoes everything.
    pub async fn begin(&self) -> Result<Transaction> {
        let transaction = begin(self.backend(), &self.0.writer).await?;
        Ok(Transaction { changed: Some(self.0.changed.clone()), ..transaction })
    }

    /// Wake-ups after commits of news or jobs. Holds a connection on PostgreSQL: subscribe once a process.
    pub async fn subscribe_changes(&self) -> Result<Changes> {
        match self.backend() {
            Backend::Sqlite => Ok(Changes::of_process(&self.0.changed)),
            Backend::Postgres => Changes::of_server(self.connection()).await,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.connection().number(self.sql("SELECT count(*) AS value FROM schema_version", Vec::new())).await.map(|_| ())
    }

    /// Gives back what SQLite keeps of the pages it has written: after a large import much of a database that nobody
    /// asks for now. PostgreSQL keeps its pages itself.
    pub async fn release_memory(&self) -> Result<()> {
        match self.backend() {
            Backend::Sqlite => {
                let released = self.0.writer.execute_unprepared("PRAGMA shrink_memory").await;
                released.map(|_| ()).map_err(|error| fault::translate(&error))
            }
            Backend::Postgres => Ok(()),
        }
    }

    /// Lets PostgreSQL look at tables that have grown much: it plans by what it knew of them before, and what a first
    /// import filled counts as empty until it has looked, up to a minute later and never while it is told not to.
    /// SQLite keeps no statistics; what it should do is written into the statements.
    pub async fn refresh_statistics(&self) -> Result<()> {
        if self.backend() == Backend::Sqlite {
            return Ok(());
        }
        // By their size, which is known at once; what was written is counted some seconds late.
        let text = "SELECT relname AS name FROM pg_class WHERE relkind = 'r' \
                    AND relnamespace = current_schema()::regnamespace AND pg_get_userbyid(relowner) = current_user \
                    AND pg_relation_size(oid) / current_setting('block_size')::bigint > relpages * 5 / 4 + 16 \
                    ORDER BY relname";
        let grown = self.connection().all(self.sql(text, Vec::new()), |row| row.text("name")).await?;
        for table in grown {
            let analysed = self.0.writer.execute_unprepared(&format!("ANALYZE \"{table}\"")).await;
            analysed.map_err(|error| fault::translate(&error))?;
        }
        Ok(())
    }

    /// Closes every connection; what other clones start after this fails.
    pub async fn close(self) -> Result<()> {
        if let Connection::Pool(_, pool) = &self.0.reader.0 {
            pool.close_by_ref().await.map_err(|error| fault::translate(&error))?;
        }
        self.0.writer.close_by_ref().await.map_err(|error| fault::translate(&error))
    }
}

/// A write transaction.
#[derive(Debug)]
pub struct Transaction {
    reader: Reader,
    /// Written at the very end, see [`crate::activity`].
    news: Mutex<Vec<NewActivity>>,
    /// The commit should wake whoever follows the feed or the queue.
    wakes: AtomicBool,
    changed: Option<watch::Sender<()>>,
}

impl Deref for Transaction {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Transaction {
    /// The end of a SELECT whose rows are to stay as they are until the commit. SQLite has one writer at a time.
    pub(crate) fn row_lock(&self) -> &'static str {
        if self.connection().backend() == Backend::Postgres { " FOR UPDATE" } else { "" }
    }

    pub async fn commit(self) -> Result<()> {
        let news = self.news.into_inner().unwrap_or_else(PoisonError::into_inner);
        activity::publish(&self.reader.0, &news).await?;
        let wakes = self.wakes.into_inner() || !news.is_empty();
        if wakes {
            changes::announce(&self.reader.0).await?;
        }
        if let Connection::Transaction(_, transaction) = self.reader.0 {
            transaction.commit().await.map_err(|error| fault::translate(&error))?;
        }
        if let Some(changed) = self.changed.filter(|_| wakes) {
            changed.send_replace(());
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<()> {
        match self.reader.0 {
            Connection::Transaction(_, transaction) => {
                transaction.rollback().await.map_err(|error| fault::translate(&error))
            }
            Connection::Pool(..) => Ok(()),
        }
    }

    pub(crate) fn wake(&self) {
        self.wakes.store(true, Ordering::Relaxed);
    }

    pub(crate) fn remember(&self, news: NewActivity) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push(news);
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn write(&self, text: &str, values: Vec<sea_orm::Value>) -> Result<u64> {
        self.connection().execute(self.sql(text, values)).await
    }
}

async fn begin(backend: Backend, writer: &DatabaseConnection) -> Result<Transaction> {
    let mode = (backend == Backend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
    let transaction = writer.begin_with_options(options).await.map_err(|error| fault::translate(&error))?;
    let reader = Reader(Connection::Transaction(backend, transaction));
    Ok(Transaction { reader, news: Mutex::default(), wakes: AtomicBool::new(false), changed: None })
}

async fn migrate(backend: Backend, writer: &DatabaseConnection) -> Result<()> {
    if schema::is_current(&Connection::Pool(backend, writer.clone())).await {
        return Ok(());
    }
    let transaction = begin(backend, writer).await?;
    schema::migrate(transaction.connection()).await?;
    transaction.commit().await
}

pub(crate) fn sqlite_path(url: &str) -> Result<&Path> {
    let path = url.strip_prefix("sqlite://").unwrap_or_default();
    if path.is_empty() || path.contains('?') || path.contains(":memory:") {
        return Err(Error::field(
            "database_url",
            "malformed",
            "An SQLite address is `sqlite://` and the path of a file: `sqlite:///var/lib/scanhelm/scanhelm.db`.",
        ));
    }
    Ok(Path::new(path))
}

pub(crate) async fn connect_sqlite(path: &Path, connections: u32, reading: bool) -> Result<DatabaseConnection> {
    let file = path.to_owned();
    let cache = if reading { SQLITE_READER_CACHE_KIBIBYTES } else { SQLITE_WRITER_CACHE_KIBIBYTES };
    let mut options = ConnectOptions::new("sqlite://");
    options.max_connections(connections).min_connections(1).idle_timeout(None).max_lifetime(None);
    options.acquire_timeout(PATIENCE).sqlx_logging(false).record_stmt_in_spans(false).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .filename(&file)
            .in_memory(false)
            .shared_cache(false)
            .create_if_missing(!reading)
            .busy_timeout(PATIENCE)
            .row_buffer_size(SQLITE_ROWS_AHEAD)
            .foreign_keys(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
            .pragma("cache_size", (-cache).to_string());
        // How pages were before a statement is kept until it has succeeded: in memory, so that none is written for it.
        // Statements are small, see `Rows`.
        if reading {
            return sqlite.pragma("query_only", "ON");
        }
        sqlite.pragma("temp_store", "MEMORY").pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES)
    });
    if !reading {
        options.map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(is_free(connection)));
    }
    Database::connect(options).await.map_err(|error| unreachable(&path.display().to_string(), &error))
}

/// Whether the transaction before is over; a connection on which it is not is replaced. One whose commit failed, on a
/// full disk say, has been undone by SQLite while the driver still counts it as open: what comes next would be written
/// into it, acknowledged, and never be there.
async fn is_free(connection: &mut SqliteConnection) -> std::result::Result<bool, sqlx::Error> {
    // What is still on its way to the connection, such as an ordinary rollback, is done first.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// A transaction whose hub says nothing for so long is ended by the server: a frozen process must not keep locks.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(30);

pub(crate) async fn connect_postgres(url: &str, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.map_sqlx_postgres_opts(|postgres| {
        let told = postgres.get_options().unwrap_or_default().to_owned();
        let limits = [("lock_timeout", PATIENCE), ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION)];
        // What the operator wrote into the address stands.
        let missing = limits.into_iter().filter(|(name, _)| !told.contains(name));
        postgres.options(missing.map(|(name, limit)| (name, limit.as_millis().to_string())))
    });
    options.max_connections(connections).min_connections(1).acquire_timeout(PATIENCE).connect_timeout(PATIENCE);
    options.sqlx_logging(false).record_stmt_in_spans(false);
    let shown = url.rsplit_once('@').map_or(url, |(_, address)| address);
    Database::connect(options).await.map_err(|error| unreachable(shown, &error))
}

/// `place` without a password.
fn unreachable(place: &str, error: &sea_orm::DbErr) -> Error {
    Error::store_unavailable(format!("the database {place} cannot be opened: {error}"))
}
