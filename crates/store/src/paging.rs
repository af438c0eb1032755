//! Keyset paging over any listing: "the next n after this row", with the id as tie-break, so that a page never
//! depends on how many rows came in before it. The cursor is the last row's sort key and id; it carries the order it
//! was made for, because in another order it would silently skip rows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::row::Row;
use crate::sql::{Sql, values};

/// A field that a listing can be sorted by.
pub(crate) struct Order {
    pub(crate) name: &'static str,
    /// SQL over the listing's columns, never NULL.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
}

/// What is listed: `SELECT columns FROM tables WHERE <filter>`.
pub(crate) struct Listing<'a> {
    pub(crate) columns: &'a str,
    pub(crate) tables: &'a str,
    /// The unique, text-typed column that breaks ties.
    pub(crate) id: &'a str,
    pub(crate) orders: &'a [Order],
    /// Count all rows of the filter on the first page.
    pub(crate) total: bool,
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
    key: Key,
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
        let after = request.cursor.as_deref().map(|text| decode(text, &name, order.kind)).transpose()?;
        let total = match (self.total, &after) {
            (true, None) => {
                let mut sql = Sql::new(connection.backend(), "SELECT count(*) AS value FROM ");
                sql.push(self.tables).push(" WHERE");
                filter(&mut sql);
                Some(connection.number(sql).await?)
            }
            _ => None,
        };
        let (direction, comparison) = if request.sort.descending { ("DESC", "<") } else { ("ASC", ">") };
        let limit = request.limit.clamp(1, PageRequest::MAX_LIMIT);
        let Self { columns, tables, id, .. } = self;
        let key = order.key;
        let text = format!("SELECT {columns}, {key} AS page_key, {id} AS page_id FROM {tables} WHERE");
        let mut sql = Sql::new(connection.backend(), &text);
        filter(&mut sql);
        if let Some(cursor) = after {
            let key_value = match cursor.key {
                Key::Number(number) => values![number],
                Key::Text(text) => values![text],
            };
            sql.add(&format!(" AND ({key}, {id}) {comparison} (?, "), key_value).add("?)", values![cursor.id]);
        }
        sql.add(&format!(" ORDER BY {key} {direction}, {id} {direction} LIMIT ?"), values![i64::from(limit) + 1]);
        let mut rows = connection
            .all(sql, |row| {
                let key = match order.kind {
                    Kind::Number => Key::Number(row.integer("page_key")?),
                    Kind::Text => Key::Text(row.text("page_key")?),
                };
                Ok((read(row)?, Cursor { order: name.clone(), key, id: row.text("page_id")? }))
            })
            .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next_cursor = rows.last().filter(|_| more).map(|(_, cursor)| encode(cursor)).transpose()?;
        Ok(Page { items: rows.into_iter().map(|(item, _)| item).collect(), next_cursor, total })
    }

    fn order(&self, field: &str) -> Result<&Order> {
        self.orders.iter().find(|order| order.name == field).ok_or_else(|| {
            let known = self.orders.iter().map(|order| order.name).collect::<Vec<_>>().join(", ");
            Error::field("sort", "unknown", format!("This list cannot be sorted by `{field}`; it knows {known}."))
        })
    }
}

fn encode(cursor: &Cursor) -> Result<String> {
    serde_json::to_vec(cursor).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(Error::internal)
}

fn decode(text: &str, order: &str, kind: Kind) -> Result<Cursor> {
    let malformed = |why: &str| Error::field("cursor", "malformed", format!("{why} Start again without a cursor."));
    let cursor = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|json| serde_json::from_slice::<Cursor>(&json).ok())
        .ok_or_else(|| malformed("This is not a cursor that a list has answered."))?;
    if cursor.order != order {
        return Err(malformed("The cursor belongs to a list in another order."));
    }
    match (&cursor.key, kind) {
        (Key::Number(_), Kind::Number) | (Key::Text(_), Kind::Text) => Ok(cursor),
        _ => Err(malformed("The cursor belongs to another list.")),
    }
}

/// ` AND (lower(a) LIKE ? OR lower(b) LIKE ?)`: the columns that hold a text somewhere, whatever its ASCII case.
pub(crate) fn add_search(sql: &mut Sql, columns: &[&str], wanted: &str) {
    let mut pattern = String::from("%");
    for character in wanted.trim().to_ascii_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    let tests: Vec<_> = columns.iter().map(|column| format!("lower({column}) LIKE ? ESCAPE '\\'")).collect();
    sql.add(&format!(" AND ({})", tests.join(" OR ")), columns.iter().map(|_| pattern.clone().into()).collect());
}
