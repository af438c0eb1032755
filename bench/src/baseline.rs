//! The limit of the database: the same rows into the same tables with the same constraints and indexes, by nothing but
//! multi-row inserts in large transactions.
//!
//! The rows are read back from a database that the hub has filled, so both sides wrote the same bytes. Reading them
//! and making the statements is not part of the time.

use std::time::{Duration, Instant};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement, TransactionTrait,
    Value,
};

use crate::failure::{Failure, Outcome, While};

const ROWS_A_STATEMENT: usize = 250;
const FINDINGS_A_TRANSACTION: u64 = 20_000;

/// What the measured rows refer to; written before the clock runs.
const PARENTS: [&str; 4] = ["companies", "scans", "runs", "assets"];

/// How long the rows took, and how many findings they were.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare {
    pub(crate) time: Duration,
    pub(crate) findings: u64,
}

/// `from` has been filled by the hub; `to` has the same schema and no rows.
pub(crate) async fn measure(from: &str, to: &str) -> Outcome<Bare> {
    let (from, to) = (connect(from).await?, connect(to).await?);
    for parent in PARENTS {
        let table = Table::of(&from, parent).await?;
        let rows = table.read(&from, "", Vec::new()).await?;
        write(&to, &table.statements(to.get_database_backend(), &rows)).await?;
    }
    let findings = Table::of(&from, "findings").await?;
    let sightings = Table::of(&from, "sightings").await?;
    let links = Table::of(&from, "run_sightings").await?;
    let mut bare = Bare { time: Duration::ZERO, findings: 0 };
    let mut after = String::new();
    loop {
        let page = format!("WHERE id > ? ORDER BY id LIMIT {FINDINGS_A_TRANSACTION}");
        let rows = findings.read(&from, &page, vec![after.clone().into()]).await?;
        let Some(Value::String(Some(last))) = rows.last().and_then(|row| row.first()).cloned() else {
            break;
        };
        let range = vec![Value::from(after), Value::from(last.clone())];
        let evidence = "WHERE finding_id > ? AND finding_id <= ? ORDER BY id";
        let evidence = sightings.read(&from, evidence, range.clone()).await?;
        let seen = "WHERE sighting_id IN (SELECT id FROM sightings WHERE finding_id > ? AND finding_id <= ?) \
                    ORDER BY run_id, sighting_id";
        let seen = links.read(&from, seen, range).await?;
        let backend = to.get_database_backend();
        let mut statements = findings.statements(backend, &rows);
        statements.extend(sightings.statements(backend, &evidence));
        statements.extend(links.statements(backend, &seen));
        bare.time += write(&to, &statements).await?;
        bare.findings += rows.len() as u64;
        after = last;
    }
    from.close().await.during("close the hub's database")?;
    to.close().await.during("close the bare database")?;
    Ok(bare)
}

/// Fills up to so many scans with copies of one, each older than the one before, as an installation of some years has.
pub(crate) async fn multiply_scans(database: &str, scans: u32) -> Outcome<()> {
    const APART: i64 = 600_000;
    let database = connect(database).await?;
    let table = Table::of(&database, "scans").await?;
    let rows = table.read(&database, "ORDER BY id", Vec::new()).await?;
    let mut model = rows.first().cloned().during("a scan to copy")?;
    let place = |name: &str| table.columns.iter().position(|(column, _)| column == name).during(name);
    let (id, created, digest) = (place("id")?, place("created_at")?, place("upload_sha256")?);
    let Some(Value::BigInt(Some(first))) = model.get(created).cloned() else {
        return Err(Failure::new("the scan to copy has no time of creation"));
    };
    let put = |row: &mut Vec<Value>, place: usize, value: Value| {
        row.splice(place..=place, [value]);
    };
    put(&mut model, digest, Value::String(None));
    let copies = (1..=i64::from(scans) - rows.len() as i64).map(|number| {
        let mut copy = model.clone();
        put(&mut copy, id, Value::from(format!("00000000-0000-7000-8000-{number:012x}")));
        put(&mut copy, created, Value::from(first - number * APART));
        copy
    });
    let copies: Vec<Vec<Value>> = copies.collect();
    write(&database, &table.statements(database.get_database_backend(), &copies)).await?;
    database.close().await.during("close the hub's database")
}

/// The settings of the connection that the hub writes by.
async fn connect(url: &str) -> Outcome<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .foreign_keys(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
            .pragma("cache_size", "-32768")
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "8000")
    });
    Database::connect(options).await.during("connect to the database")
}

/// One transaction; answers how long it took.
async fn write(to: &DatabaseConnection, statements: &[Statement]) -> Outcome<Duration> {
    let statements = statements.to_vec();
    let started = Instant::now();
    let transaction = to.begin().await.during("begin")?;
    for statement in statements {
        transaction.execute_raw(statement).await.during("insert rows")?;
    }
    transaction.commit().await.during("commit")?;
    Ok(started.elapsed())
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Integer,
    Float,
}

/// A table and its columns, as the database itself describes them.
#[derive(Debug)]
struct Table {
    name: &'static str,
    columns: Vec<(String, Kind)>,
}

impl Table {
    async fn of(database: &DatabaseConnection, name: &'static str) -> Outcome<Self> {
        let text = match database.get_database_backend() {
            DbBackend::Postgres => {
                "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = ? AND is_generated = 'NEVER' \
                 ORDER BY ordinal_position"
            }
            _ => "SELECT name, type AS kind FROM pragma_table_info(?) ORDER BY cid",
        };
        let what = format!("the columns of {name}");
        let columns = query(database, text, vec![name.into()])
            .await?
            .iter()
            .map(|row| {
                let kind: String = row.try_get("", "kind").during(&what)?;
                let kind = match kind.to_ascii_uppercase().as_str() {
                    "BIGINT" | "INTEGER" => Kind::Integer,
                    "DOUBLE PRECISION" | "REAL" => Kind::Float,
                    _ => Kind::Text,
                };
                Ok((row.try_get("", "name").during(&what)?, kind))
            })
            .collect::<Outcome<_>>()?;
        Ok(Self { name, columns })
    }

    fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    async fn read(&self, from: &DatabaseConnection, rest: &str, values: Vec<Value>) -> Outcome<Vec<Vec<Value>>> {
        let text = format!("SELECT {} FROM {} {rest}", self.column_list(), self.name);
        let rows = query(from, &text, values).await?;
        rows.iter().map(|row| self.columns.iter().map(|(name, kind)| value(row, name, *kind)).collect()).collect()
    }

    fn statements(&self, backend: DbBackend, rows: &[Vec<Value>]) -> Vec<Statement> {
        let one = format!("({})", vec!["?"; self.columns.len()].join(","));
        rows.chunks(ROWS_A_STATEMENT)
            .map(|chunk| {
                let places = vec![one.as_str(); chunk.len()].join(",");
                let text = format!("INSERT INTO {} ({}) VALUES {places}", self.name, self.column_list());
                Statement::from_sql_and_values(backend, numbered(backend, &text), chunk.concat())
            })
            .collect()
    }
}

fn value(row: &QueryResult, name: &str, kind: Kind) -> Outcome<Value> {
    match kind {
        Kind::Text => row.try_get::<Option<String>>("", name).map(Value::from),
        Kind::Integer => row.try_get::<Option<i64>>("", name).map(Value::from),
        Kind::Float => row.try_get::<Option<f64>>("", name).map(Value::from),
    }
    .during(format!("read {name}"))
}

async fn query(database: &DatabaseConnection, text: &str, values: Vec<Value>) -> Outcome<Vec<QueryResult>> {
    let backend = database.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, numbered(backend, text), values);
    database.query_all_raw(statement).await.during(text)
}

/// PostgreSQL numbers its places; on SQLite numbers would make large statements slow.
fn numbered(backend: DbBackend, text: &str) -> String {
    if backend != DbBackend::Postgres {
        return text.to_owned();
    }
    let mut parts = text.split('?');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        whole.push_str(&format!("${}{part}", index + 1));
    }
    whole
}
