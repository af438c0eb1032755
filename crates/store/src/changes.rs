//! "Something was committed, look again": a wake-up for the loops that follow the feed and the queue.
//!
//! It carries no data, because a lost or doubled wake-up must do no harm: whoever is woken reads what is new. On
//! PostgreSQL it reaches every replica (LISTEN/NOTIFY); on SQLite it stays in the process, so that other processes on
//! the same file are only noticed by polling. Loops therefore poll as well, just less often.

use scanhelm_core::{Error, Result};
use sea_orm::sqlx::postgres::PgListener;
use tokio::sync::watch;

use crate::connection::{Backend, Connection};
use crate::sql::Sql;

const CHANNEL: &str = "scanhelm_changes";

/// Wake-ups from now on.
#[derive(Debug)]
pub struct Changes(Source);

#[derive(Debug)]
enum Source {
    Process(watch::Receiver<()>),
    Server(PgListener),
}

impl Changes {
    pub(crate) fn of_process(sender: &watch::Sender<()>) -> Self {
        Self(Source::Process(sender.subscribe()))
    }

    pub(crate) async fn of_server(connection: &Connection) -> Result<Self> {
        let Connection::Pool(Backend::Postgres, pool) = connection else {
            return Err(Error::internal("only a PostgreSQL pool can listen"));
        };
        let mut listener =
            PgListener::connect_with(pool.get_postgres_connection_pool()).await.map_err(Error::store_unavailable)?;
        listener.listen(CHANNEL).await.map_err(Error::store_unavailable)?;
        Ok(Self(Source::Server(listener)))
    }

    /// Waits until news or jobs were committed. Also wakes after a lost connection is back, since something may have
    /// been missed. An error says that the store is closed or cannot be reached; wait and try again.
    pub async fn changed(&mut self) -> Result<()> {
        match &mut self.0 {
            Source::Process(receiver) => receiver.changed().await.map_err(Error::store_unavailable),
            Source::Server(listener) => listener.try_recv().await.map(|_| ()).map_err(Error::store_unavailable),
        }
    }
}

/// Tells the other replicas, once the transaction is committed.
pub(crate) async fn announce(connection: &Connection) -> Result<()> {
    if connection.backend() == Backend::Postgres {
        let sql = Sql::with(connection.backend(), "SELECT pg_notify(?, '')", crate::sql::values![CHANNEL]);
        connection.execute(sql).await?;
    }
    Ok(())
}
