//! Statements in the making. Texts are written once with `?` for each value; PostgreSQL gets `$n` in their place.
//! SQLite keeps the `?`: numbered placeholders make it 30 to 60 times slower in statements of many rows.

use futures::join;
use scanhelm_core::Timestamp;
use scanhelm_core::ids::{
    ApiKeyId, ApprovalId, AssetId, AuditId, BlockId, ChannelId, CommandId, CommentId, CompanyId, ComponentId,
    DeliveryId, FindingId, ImportId, IntegrationId, JobId, MergeId, NoticeId, RuleId, RunId, ScanId, ScheduleId,
    SightingId, SubScannerId, SuppressionRuleId, UserId,
};
use sea_orm::Value;
use sea_orm::sea_query::ArrayType;

use crate::connection::{Backend, Connection};
use crate::row::Row;

/// Most parameters in one statement: SQLite allows 32,766.
const MAX_PARAMETERS: usize = 30_000;
/// More rows in one statement gain nothing (measured).
const MAX_ROWS: usize = 250;

#[derive(Debug)]
pub(crate) struct Sql {
    backend: Backend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(backend: Backend, text: &str) -> Self {
        Self::with(backend, text, Vec::new())
    }

    pub(crate) fn with(backend: Backend, text: &str, values: Vec<Value>) -> Self {
        let mut sql = Self { backend, text: String::with_capacity(text.len() + 16), values: Vec::new() };
        sql.add(text, values);
        sql
    }

    pub(crate) const fn backend(&self) -> Backend {
        self.backend
    }

    /// Appends text with a `?` for each of `values`.
    pub(crate) fn add(&mut self, text: &str, values: Vec<Value>) -> &mut Self {
        match self.backend {
            Backend::Sqlite => self.text.push_str(text),
            Backend::Postgres => {
                let mut parameter = self.values.len();
                for (index, part) in text.split('?').enumerate() {
                    if index > 0 {
                        parameter += 1;
                        self.text.push('$');
                        self.text.push_str(&parameter.to_string());
                    }
                    self.text.push_str(part);
                }
            }
        }
        self.values.extend(values);
        self
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.add(text, Vec::new())
    }

    /// What `write` says of `table`, said of another row of it that the statement calls `alias`.
    pub(crate) fn said_of(&mut self, table: &str, alias: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.text.len();
        write(self);
        let said = self.text.split_off(start);
        self.text.push_str(&said.replace(&format!("{table}."), &format!("{alias}.")));
        self
    }

    /// ` column IN (texts)`, as one parameter however many there are, so that the statement is prepared once.
    pub(crate) fn among(&mut self, column: &str, texts: impl IntoIterator<Item = String>) -> &mut Self {
        match self.backend {
            Backend::Sqlite => {
                let list = serde_json::Value::from_iter(texts).to_string();
                self.add(&format!(" {column} IN (SELECT value FROM json_each(?))"), values![list])
            }
            Backend::Postgres => self.add(&format!(" {column} = ANY(?)"), vec![array(texts)]),
        }
    }

    /// ` (the text holds the part)`, letter by letter.
    pub(crate) fn containing(&mut self, text: &str, part: &str) -> &mut Self {
        let position = match self.backend {
            Backend::Sqlite => "instr",
            Backend::Postgres => "strpos",
        };
        self.add(&format!(" ({position}({text}, ?) > 0)"), values![part])
    }

    /// ` FROM` the rows of `table`, called `alias`, in which `key` holds and `column` is one of `texts`, where `key`
    /// and `column` are together a unique key.
    ///
    /// Says the same as [`among`](Self::among), but leaves PostgreSQL no other plan than one look-up a text. Its own
    /// choice, while the statistics are behind as in a first import, is to compare every row of the company with
    /// every text: measured 13 s for 5,000 texts and 100,000 rows.
    pub(crate) fn look_up_in(
        &mut self,
        (table, alias): (&str, &str),
        (key, values): (&str, Vec<Value>),
        column: &str,
        texts: impl IntoIterator<Item = String>,
    ) -> &mut Self {
        match self.backend {
            Backend::Sqlite => {
                self.add(&format!(" FROM (SELECT * FROM {table} WHERE {key} AND"), values);
                self.among(column, texts).push(&format!(") {alias}"))
            }
            Backend::Postgres => {
                let rows = format!("SELECT * FROM {table} WHERE {key} AND {column} = wanted.text OFFSET 0");
                let text = format!(" FROM unnest(?::text[]) AS wanted (text) CROSS JOIN LATERAL ({rows}) {alias}");
                let wanted = array(texts);
                self.add(&text, std::iter::once(wanted).chain(values).collect())
            }
        }
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}

fn array(texts: impl IntoIterator<Item = String>) -> Value {
    Value::Array(ArrayType::String, Some(Box::new(texts.into_iter().map(Value::from).collect())))
}

/// A statement of many rows: `head`, then `(?, ?), (?, ?), ...`, then `tail`.
pub(crate) struct Rows<'a> {
    pub(crate) head: &'a str,
    pub(crate) columns: usize,
    pub(crate) tail: &'a str,
}

impl Rows<'_> {
    /// Runs the statement over all rows, in chunks of a good size. `fill` pushes one row's values in order.
    pub(crate) async fn run<T>(
        &self,
        connection: &Connection,
        rows: &[T],
        fill: impl Fn(&T, &mut Vec<Value>),
    ) -> scanhelm_core::Result<()> {
        let mut statements = self.statements(connection.backend(), rows, fill);
        let mut ready = statements.next();
        while let Some(sql) = ready {
            // The database works on one chunk while the next is written down.
            let (written, next) = join!(connection.execute(sql), async { statements.next() });
            written?;
            ready = next;
        }
        Ok(())
    }

    /// The same, with what the statement returns.
    pub(crate) async fn read<T, U>(
        &self,
        connection: &Connection,
        rows: &[T],
        fill: impl Fn(&T, &mut Vec<Value>),
        read: impl Fn(&Row<'_>) -> scanhelm_core::Result<U>,
    ) -> scanhelm_core::Result<Vec<U>> {
        let mut returned = Vec::new();
        for sql in self.statements(connection.backend(), rows, fill) {
            returned.extend(connection.all(sql, &read).await?);
        }
        Ok(returned)
    }

    fn statements<T>(
        &self,
        backend: Backend,
        rows: &[T],
        fill: impl Fn(&T, &mut Vec<Value>),
    ) -> impl Iterator<Item = Sql> {
        let at_once = (MAX_PARAMETERS / self.columns.max(1)).clamp(1, MAX_ROWS);
        let row_text = format!("({})", vec!["?"; self.columns].join(","));
        rows.chunks(at_once).map(move |chunk| {
            let mut filled = Vec::with_capacity(chunk.len() * self.columns);
            for row in chunk {
                fill(row, &mut filled);
            }
            let mut sql = Sql::new(backend, self.head);
            sql.add(&vec![row_text.as_str(); chunk.len()].join(","), filled).push(self.tail);
            sql
        })
    }
}

/// What can be written into a column.
pub(crate) trait Column {
    fn value(&self) -> Value;
}

impl<T: Column + ?Sized> Column for &T {
    fn value(&self) -> Value {
        (*self).value()
    }
}

macro_rules! column {
    ($($type:ty => |$name:ident| $value:expr, null $null:expr;)+) => {$(
        impl Column for $type {
            fn value(&self) -> Value {
                let $name = self;
                Value::from($value)
            }
        }
        impl Column for Option<$type> {
            fn value(&self) -> Value {
                self.as_ref().map_or($null, Column::value)
            }
        }
    )+};
}

column! {
    String => |text| text.clone(), null Value::String(None);
    i64 => |number| *number, null Value::BigInt(None);
    u32 => |number| i64::from(*number), null Value::BigInt(None);
    u64 => |number| number.cast_signed(), null Value::BigInt(None);
    usize => |number| (*number as u64).cast_signed(), null Value::BigInt(None);
    i32 => |number| i64::from(*number), null Value::BigInt(None);
    bool => |flag| i64::from(*flag), null Value::BigInt(None);
    f64 => |number| *number, null Value::Double(None);
    Timestamp => |time| time.as_millis(), null Value::BigInt(None);
    serde_json::Value => |json| json.to_string(), null Value::String(None);
    Vec<u8> => |bytes| bytes.clone(), null Value::Bytes(None);
    [u8; 32] => |bytes| bytes.to_vec(), null Value::Bytes(None);
}

impl Column for str {
    fn value(&self) -> Value {
        Value::from(self.to_owned())
    }
}

impl Column for Option<&str> {
    fn value(&self) -> Value {
        Value::from(self.map(str::to_owned))
    }
}

impl Column for [u8] {
    fn value(&self) -> Value {
        Value::from(self.to_vec())
    }
}

macro_rules! id_columns {
    ($($id:ty),+ $(,)?) => { column! { $($id => |id| id.to_string(), null Value::String(None);)+ } };
}

id_columns!(
    ApiKeyId,
    ApprovalId,
    AssetId,
    AuditId,
    BlockId,
    ChannelId,
    CommandId,
    CommentId,
    CompanyId,
    ComponentId,
    DeliveryId,
    FindingId,
    ImportId,
    IntegrationId,
    JobId,
    MergeId,
    NoticeId,
    RuleId,
    RunId,
    ScanId,
    ScheduleId,
    SightingId,
    SubScannerId,
    SuppressionRuleId,
    UserId,
);

/// The values of a statement in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Column::value(&$value)),*] };
}
pub(crate) use values;

/// JSON text of a value whose serialisation cannot fail.
pub(crate) fn json(value: &impl serde::Serialize) -> scanhelm_core::Result<String> {
    serde_json::to_string(value).map_err(scanhelm_core::Error::internal)
}
