//! Keyset paging over any listing: "the next n after this row", with the id as tie-break, so that a page never
//! depends on how many rows came in before it. The cursor is the last row's sort keys and id; it carries the order it
//! was made for, because in another order it would silently skip rows.
//!
//! Nothing here may read all that matches: a page is read in the order of an index, and counting stops at
//! [`COUNTED`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use scanhelm_core::page::{Page, PageRequest, Total};
use scanhelm_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::row::Row;
use crate::sql::{Sql, values};

/// A field that a listing can be sorted by.
pub(crate) struct Order {
    pub(crate) name: &'static str,
    /// SQL over the listing's columns, never NULL. The first decides, of equals the next, then the id.
    pub(crate) keys: &'static [(&'static str, Kind)],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
}

/// Rows are counted so far; what matches more is a number that nobody reads.
const COUNTED: u64 = 10_000;

/// What is listed: `SELECT columns FROM tables WHERE <filter>`.
pub(crate) struct Listing<'a> {
    pub(crate) columns: &'a str,
    pub(crate) tables: &'a str,
    /// The unique, text-typed column that breaks ties.
    pub(crate) id: &'a str,
    pub(crate) orders: &'a [Order],
    /// Count the rows of the filter on the first page.
    pub(crate) total: bool,
    /// What the filter says of an index's first columns, value by value: no row meets two of these, and each that is
    /// listed meets one. Each is read by itself in the order of the index, so that a page costs the same however few of
    /// the rows before it are wanted. Empty is one range: everything.
    pub(crate) ranges: &'a [String],
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    /// `-created_at`
    order: String,
    keys: Vec<Key>,
    id: String,
}

impl Listing<'_> {
    /// One page. `filter` appends the conditions to a statement that ends in `WHERE`.
    pub(crate) async fn page<T>(
        &self,
        connection: &Connection,
        request: &PageRequest,
        filter: impl Fn(&mut Sql),
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Page<T>> {
        let order = self.order(&request.sort.field)?;
        let name = format!("{}{}", if request.sort.descending { "-" } else { "" }, order.name);
        let after = request.cursor.as_deref().map(|text| decode(text, &name, order.keys)).transpose()?;
        let total = match (self.total, &after) {
            (true, None) => Some(self.count(connection, &filter).await?),
            _ => None,
        };
        if total == Some(Total::Exactly(0)) {
            return Ok(Page { items: Vec::new(), next_cursor: None, total });
        }
        let direction = if request.sort.descending { "DESC" } else { "ASC" };
        let limit = request.limit.clamp(1, PageRequest::MAX_LIMIT);
        let rows = i64::from(limit) + 1;
        let reading = Reading { listing: self, order, direction, after: after.as_ref(), rows };
        let mut sql = Sql::new(connection.backend(), "");
        match self.ranges {
            [] => reading.select(&mut sql, None, &filter),
            [range] => reading.select(&mut sql, Some(range), &filter),
            ranges => {
                for (number, range) in ranges.iter().enumerate() {
                    sql.push(if number == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                    reading.select(&mut sql, Some(range), &filter);
                    sql.push(&format!(") range_{number}"));
                }
                let keys: String = (0..order.keys.len()).map(|key| format!("page_key_{key} {direction}, ")).collect();
                sql.add(&format!(" ORDER BY {keys}page_id {direction} LIMIT ?"), values![rows]);
            }
        }
        let mut rows = connection
            .all(sql, |row| {
                let keys = (0..).zip(order.keys).map(|(number, (_, kind))| {
                    let name = format!("page_key_{number}");
                    Ok(match kind {
                        Kind::Number => Key::Number(row.integer(&name)?),
                        Kind::Text => Key::Text(row.text(&name)?),
                    })
                });
                let keys = keys.collect::<Result<_>>()?;
                Ok((read(row)?, Cursor { order: name.clone(), keys, id: row.text("page_id")? }))
            })
            .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next_cursor = rows.last().filter(|_| more).map(|(_, cursor)| encode(cursor)).transpose()?;
        Ok(Page { items: rows.into_iter().map(|(item, _)| item).collect(), next_cursor, total })
    }

    /// How many rows the filter leaves, as far as anybody reads that.
    pub(crate) async fn count(&self, connection: &Connection, filter: &impl Fn(&mut Sql)) -> Result<Total> {
        let mut sql = Sql::new(connection.backend(), "SELECT count(*) AS value FROM (");
        let whole = [String::new()];
        let ranges = if self.ranges.is_empty() { &whole } else { self.ranges };
        for (number, range) in ranges.iter().enumerate() {
            sql.push(if number == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            sql.push("SELECT 1 AS one FROM ").push(self.tables).push(" WHERE");
            filter(&mut sql);
            if !range.is_empty() {
                sql.push(&format!(" AND {range}"));
            }
            sql.add(&format!(" LIMIT ?) range_{number}"), values![COUNTED + 1]);
        }
        sql.add(" LIMIT ?) counted", values![COUNTED + 1]);
        let counted = connection.number(sql).await?;
        Ok(if counted > COUNTED { Total::AtLeast(COUNTED) } else { Total::Exactly(counted) })
    }

    fn order(&self, field: &str) -> Result<&Order> {
        self.orders.iter().find(|order| order.name == field).ok_or_else(|| {
            let known = self.orders.iter().map(|order| order.name).collect::<Vec<_>>().join(", ");
            Error::field("sort", "unknown", format!("This list cannot be sorted by `{field}`; it knows {known}."))
        })
    }
}

/// One page in the making.
struct Reading<'page> {
    listing: &'page Listing<'page>,
    order: &'page Order,
    direction: &'static str,
    after: Option<&'page Cursor>,
    rows: i64,
}

impl Reading<'_> {
    /// Appends the statement that reads one range, in order.
    fn select(&self, sql: &mut Sql, range: Option<&String>, filter: &impl Fn(&mut Sql)) {
        let Self { listing: Listing { columns, tables, id, .. }, order, direction, .. } = self;
        let each = |spell: fn(usize, &str, &str) -> String| -> String {
            order.keys.iter().enumerate().map(|(number, (key, _))| spell(number, key, direction)).collect()
        };
        let named = each(|number, key, _| format!("{key} AS page_key_{number}, "));
        sql.push(&format!("SELECT {columns}, {named}{id} AS page_id FROM {tables} WHERE"));
        filter(sql);
        if let Some(range) = range {
            sql.push(&format!(" AND {range}"));
        }
        if let Some(cursor) = self.after {
            let comparison = if *direction == "DESC" { "<" } else { ">" };
            sql.push(&format!(" AND ({}{id}) {comparison} (", each(|_, key, _| format!("{key}, "))));
            for key in &cursor.keys {
                let value = match key {
                    Key::Number(number) => values![number],
                    Key::Text(text) => values![text],
                };
                sql.add("?, ", value);
            }
            sql.add("?)", values![cursor.id]);
            // Keys of two tables are no range of an index; the first of them is.
            if let ([(first, _), _, ..], Some(Key::Text(text))) = (order.keys, cursor.keys.first()) {
                sql.add(&format!(" AND {first} {comparison}= ?"), values![text]);
            }
        }
        let directed = each(|_, key, direction| format!("{key} {direction}, "));
        sql.add(&format!(" ORDER BY {directed}{id} {direction} LIMIT ?"), values![self.rows]);
    }
}

fn encode(cursor: &Cursor) -> Result<String> {
    serde_json::to_vec(cursor).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(Error::internal)
}

fn decode(text: &str, order: &str, keys: &[(&str, Kind)]) -> Result<Cursor> {
    let malformed = |why: &str| Error::field("cursor", "malformed", format!("{why} Start again without a cursor."));
    let cursor = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|json| serde_json::from_slice::<Cursor>(&json).ok())
        .ok_or_else(|| malformed("This is not a cursor that a list has answered."))?;
    if cursor.order != order {
        return Err(malformed("The cursor belongs to a list in another order."));
    }
    let fits = |(key, (_, kind)): (&Key, &(&str, Kind))| {
        matches!((key, kind), (Key::Number(_), Kind::Number) | (Key::Text(_), Kind::Text))
    };
    if cursor.keys.len() != keys.len() || !cursor.keys.iter().zip(keys).all(fits) {
        return Err(malformed("The cursor belongs to another list."));
    }
    Ok(cursor)
}
