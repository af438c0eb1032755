//! The only place that touches the database driver: a pool or a transaction, the statements run on it, and what
//! their errors mean to the rest of the product.

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use scanhelm_core::Result;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement, StreamTrait,
};

use crate::fault;
use crate::row::Row;
use crate::sql::Sql;

/// Which database is underneath. Outside this crate it is for display only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    const fn driver(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Connection {
    Pool(Backend, DatabaseConnection),
    Transaction(Backend, DatabaseTransaction),
}

impl Connection {
    pub(crate) const fn backend(&self) -> Backend {
        match self {
            Self::Pool(backend, _) | Self::Transaction(backend, _) => *backend,
        }
    }

    /// How many rows the statement touched.
    pub(crate) async fn execute(&self, sql: Sql) -> Result<u64> {
        let statement = self.statement(sql);
        let outcome = match self {
            Self::Pool(_, pool) => pool.execute_raw(statement).await,
            Self::Transaction(_, transaction) => transaction.execute_raw(statement).await,
        };
        outcome.map(|result| result.rows_affected()).map_err(|error| fault::translate(&error))
    }

    /// Several statements without parameters.
    pub(crate) async fn execute_script(&self, script: &str) -> Result<()> {
        let outcome = match self {
            Self::Pool(_, pool) => pool.execute_unprepared(script).await,
            Self::Transaction(_, transaction) => transaction.execute_unprepared(script).await,
        };
        outcome.map(|_| ()).map_err(|error| fault::translate(&error))
    }

    pub(crate) async fn all<T>(&self, sql: Sql, read: impl Fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        self.rows(sql).await?.iter().map(|row| read(&Row(row))).collect()
    }

    /// The first row, if there is one.
    pub(crate) async fn optional<T>(&self, sql: Sql, read: impl Fn(&Row<'_>) -> Result<T>) -> Result<Option<T>> {
        self.rows(sql).await?.first().map(|row| read(&Row(row))).transpose()
    }

    /// The column `value` of the only row of an aggregate.
    pub(crate) async fn number(&self, sql: Sql) -> Result<u64> {
        Ok(self.optional(sql, |row| row.count("value")).await?.unwrap_or(0))
    }

    /// The rows of one statement as they come, for an answer that memory should not hold. It is of one moment however
    /// long it takes, and holds a connection until it is dropped.
    pub(crate) async fn stream<'a, T>(
        &'a self,
        sql: Sql,
        read: impl Fn(&Row<'_>) -> Result<T> + Send + 'a,
    ) -> Result<impl Stream<Item = Result<T>> + Send + 'a> {
        let statement = self.statement(sql);
        let begun = match self {
            Self::Pool(_, pool) => pool.stream_raw(statement).await.map(StreamExt::boxed),
            Self::Transaction(_, transaction) => transaction.stream_raw(statement).await.map(StreamExt::boxed),
        };
        let rows: BoxStream<'a, Result<QueryResult, DbErr>> = begun.map_err(|error| fault::translate(&error))?;
        Ok(rows.map(move |row| read(&Row(&row.map_err(|error| fault::translate(&error))?))))
    }

    async fn rows(&self, sql: Sql) -> Result<Vec<QueryResult>> {
        let statement = self.statement(sql);
        let outcome = match self {
            Self::Pool(_, pool) => pool.query_all_raw(statement).await,
            Self::Transaction(_, transaction) => transaction.query_all_raw(statement).await,
        };
        outcome.map_err(|error| fault::translate(&error))
    }

    fn statement(&self, sql: Sql) -> Statement {
        let (text, values) = sql.into_parts();
        Statement::from_sql_and_values(self.backend().driver(), text, values)
    }
}
