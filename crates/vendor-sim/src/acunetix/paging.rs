//! Lists: a page of at most 100, found by a cursor that is the index of its first entry.
//!
//! `cursors` holds the present cursor and, unless this is the last page, the next one. That the first page is called
//! `0`, and that the sort order asked for is only echoed, are choices; entries come in the order they were made.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refused};
use crate::random::Draw;

const MOST: usize = 100;
const LONGEST_QUERY: usize = 1024;

#[derive(Debug, Deserialize)]
pub(super) struct ListQuery {
    c: Option<String>,
    l: Option<String>,
    q: Option<String>,
    s: Option<String>,
}

/// Which entries of a list a client asks for.
#[derive(Debug)]
pub(super) struct Page {
    start: usize,
    limit: usize,
    query: ListQuery,
}

impl ListQuery {
    pub(super) fn page(self) -> Answer<Page> {
        let number = |text: &Option<String>, default: usize, name: &str| match text {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Refused::invalid(format!("{name}: `{text}` is not valid"))),
        };
        let start = number(&self.c, 0, "c")?;
        let limit = number(&self.l, MOST, "l")?;
        if !(1..=MOST).contains(&limit) {
            return Err(Refused::invalid(format!("l: {limit} is not between 1 and {MOST}")));
        }
        Ok(Page { start, limit, query: self })
    }
}

impl Page {
    /// The filters of `q`: `name:value,value;name:value`.
    pub(super) fn filters(&self) -> Answer<Vec<Filter<'_>>> {
        let text = self.query.q.as_deref().unwrap_or_default();
        if text.len() > LONGEST_QUERY {
            return Err(Refused::invalid(format!("q: longer than {LONGEST_QUERY} characters")));
        }
        text.split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| match part.split_once(':') {
                Some((name, values)) => Ok(Filter { name, values: values.split(',').collect() }),
                None => Err(Refused::invalid(format!("q: `{part}` is not name:value"))),
            })
            .collect()
    }

    /// The entries of this page, and the `pagination` that goes with them.
    pub(super) fn of<T>(&self, entries: Vec<T>) -> (Vec<T>, Value) {
        let count = entries.len();
        let here: Vec<T> = entries.into_iter().skip(self.start).take(self.limit).collect();
        let next = self.start + here.len();
        let mut cursors = vec![self.start.to_string()];
        if next < count && !here.is_empty() {
            cursors.push(next.to_string());
        }
        let key = format!("{}|{:?}|{:?}", self.start, self.query.q, self.query.s);
        let hash = Draw::new(0).of("cursor").of(&key).hex(32);
        (here, json!({ "count": count, "cursors": cursors, "cursor_hash": hash, "sort": self.query.s }))
    }
}

#[derive(Debug)]
pub(super) struct Filter<'a> {
    pub(super) name: &'a str,
    values: Vec<&'a str>,
}

impl Filter<'_> {
    pub(super) fn admits(&self, value: impl ToString) -> bool {
        self.values.contains(&value.to_string().as_str())
    }

    /// For text searches: `*` at either end stands for anything.
    pub(super) fn is_within(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value.trim_matches('*')))
    }

    /// That a filter nobody knows is refused is a choice.
    pub(super) fn unknown<T>(&self) -> Answer<T> {
        Err(Refused::invalid(format!("q: there is no filter `{}` here", self.name)))
    }
}
