//! Lists come in pages of a hundred, each naming the next by a cursor. A list that ends without all that the vendor
//! counts, names a cursor twice or changes under the reader is an error, never a shorter list.

use std::collections::HashSet;

use scanhelm_core::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::client::Client;
use crate::contract::CallError;
use crate::outcome;

const PAGE: usize = 100;
/// A million entries.
const MOST_PAGES: usize = 10_000;
/// How often a list is begun again that changed while it was read.
const ATTEMPTS: u32 = 3;

/// One list being read.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    client: &'a Client,
    what: &'static str,
    segments: &'a [&'a str],
    key: &'static str,
    cursor: Option<String>,
    seen: HashSet<String>,
    ended: bool,
    /// What the first and the last page say how many there are.
    totals: Option<(u64, u64)>,
    asked_at: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
struct Pagination {
    #[serde(default)]
    count: Option<Value>,
    /// This page's and the following ones.
    #[serde(default)]
    cursors: Option<Vec<Value>>,
    /// Of servers before version 12.
    #[serde(default)]
    next_cursor: Option<Value>,
}

impl Pagination {
    fn next(&self) -> Option<String> {
        let named = match &self.cursors {
            Some(cursors) => cursors.get(1),
            None => self.next_cursor.as_ref(),
        };
        match named? {
            Value::String(cursor) if !cursor.is_empty() && cursor.len() <= 1000 => Some(cursor.clone()),
            Value::Number(cursor) => Some(cursor.to_string()),
            _ => None,
        }
    }
}

impl<'a> Pages<'a> {
    /// `key`: the member of the answer that holds the list.
    pub(super) fn of(client: &'a Client, what: &'static str, segments: &'a [&'a str], key: &'static str) -> Self {
        Self {
            client,
            what,
            segments,
            key,
            cursor: None,
            seen: HashSet::new(),
            ended: false,
            totals: None,
            asked_at: None,
        }
    }

    /// How many there are, as the last page says.
    pub(super) fn total(&self) -> Option<u64> {
        self.totals.map(|(_, last)| last)
    }

    /// The next page; `None` behind the last. The outer `None` of the first page: there is no such thing (404).
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, CallError> {
        if self.ended {
            return Ok(None);
        }
        let size = PAGE.to_string();
        let mut query = vec![("l", size.as_str())];
        if let Some(cursor) = &self.cursor {
            query.push(("c", cursor));
        }
        let answer = self.client.get(self.what, self.segments, &query).await?;
        let Some(answer) = answer else {
            return Err(CallError::Gone { detail: format!("{}: Acunetix has no such thing any more", self.what) });
        };
        self.asked_at.get_or_insert(answer.asked_at);
        let mut members: Map<String, Value> = super::client::read(&answer)?;
        let Some(Value::Array(items)) = members.remove(self.key) else {
            return Err(self.broken(&format!("an answer lacks the list `{}`", self.key)));
        };
        let pagination = members.remove("pagination").filter(|value| !value.is_null());
        let pagination: Option<Pagination> = pagination
            .map(serde_json::from_value)
            .transpose()
            .map_err(|error| self.broken(&format!("`pagination` cannot be read ({error})")))?;
        if let Some(count) = pagination.as_ref().and_then(|pagination| pagination.count.as_ref()?.as_u64()) {
            let first = self.totals.map_or(count, |(first, _)| first);
            self.totals = Some((first, count));
        }
        self.cursor = match &pagination {
            Some(pagination) => pagination.next(),
            None if items.len() < PAGE => None,
            None => return Err(self.broken("a full page does not say whether more follow")),
        };
        match &self.cursor {
            None => self.ended = true,
            Some(cursor) if !self.seen.insert(cursor.clone()) => {
                return Err(self.broken("a page names a cursor that was read before"));
            }
            Some(_) if self.seen.len() >= MOST_PAGES => {
                return Err(self.broken(&format!("more than {MOST_PAGES} pages")));
            }
            Some(_) => {}
        }
        Ok(Some(items))
    }

    /// Whether as many came as there are; `None`: the list changed while it was read.
    pub(super) fn is_whole(&self, distinct: u64) -> Result<Option<()>, CallError> {
        match self.totals {
            Some((first, last)) if first != last => Ok(None),
            Some((_, total)) if distinct < total => Err(self.broken(&format!("it counts {total} and gave {distinct}"))),
            _ => Ok(Some(())),
        }
    }

    fn broken(&self, why: &str) -> CallError {
        outcome::garbage(format!("{} at {}: {why}", self.what, self.client.host()))
    }
}

/// The whole list, each entry once, and when the first page was asked for.
pub(super) async fn whole<T: DeserializeOwned>(
    client: &Client,
    what: &'static str,
    segments: &[&str],
    key: &'static str,
    id: fn(&T) -> &str,
) -> Result<(Vec<T>, Timestamp), CallError> {
    for _ in 0..ATTEMPTS {
        let mut pages = Pages::of(client, what, segments, key);
        let (mut entries, mut known) = (Vec::new(), HashSet::new());
        while let Some(items) = pages.next().await? {
            for item in items {
                let entry: T = serde_json::from_value(item)
                    .map_err(|error| pages.broken(&format!("an entry cannot be read ({error})")))?;
                if known.insert(id(&entry).to_owned()) {
                    entries.push(entry);
                }
            }
        }
        if pages.is_whole(known.len() as u64)?.is_some() {
            return Ok((entries, pages.asked_at.unwrap_or_default()));
        }
    }
    Err(outcome::garbage(format!("{what} at {}: the list changed each time while it was read", client.host())))
}
