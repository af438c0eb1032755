//! Lists: pages numbered from 1, of 1 to 200 entries, 20 when not told. A page beyond the last is empty.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refused};

const USUAL: usize = 20;
const MOST: usize = 200;

#[derive(Debug, Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
    #[serde(rename = "pageSize")]
    size: Option<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl PageQuery {
    /// For queries that ask for more than pages.
    pub(super) fn of(page: Option<String>, size: Option<String>) -> Self {
        PageQuery { page, size }
    }

    pub(super) fn page(&self) -> Answer<Page> {
        let number = |text: &Option<String>, usual: usize, name: &str| match text.as_deref() {
            None | Some("") => Ok(usual),
            Some(text) => {
                text.parse().map_err(|_| Refused::invalid(format!("The value '{text}' is not valid for {name}.")))
            }
        };
        let page = Page { number: number(&self.page, 1, "page")?, size: number(&self.size, USUAL, "pageSize")? };
        if page.number == 0 || !(1..=MOST).contains(&page.size) {
            return Err(Refused::invalid(format!("page begins at 1, pageSize is between 1 and {MOST}.")));
        }
        Ok(page)
    }
}

impl Page {
    /// The answer of a list; only the entries of this page are shown.
    pub(super) fn of<T>(self, entries: Vec<T>, show: impl Fn(T) -> Value) -> Value {
        let total = entries.len();
        let pages = total.div_ceil(self.size);
        let first = (self.number - 1).saturating_mul(self.size);
        let list: Vec<Value> = entries.into_iter().skip(first).take(self.size).map(show).collect();
        json!({
            "FirstItemOnPage": if list.is_empty() { 0 } else { first + 1 },
            "LastItemOnPage": if list.is_empty() { 0 } else { first + list.len() },
            "HasNextPage": self.number < pages,
            "HasPreviousPage": self.number > 1,
            "IsFirstPage": self.number == 1,
            "IsLastPage": self.number >= pages,
            "PageCount": pages,
            "PageNumber": self.number,
            "PageSize": self.size,
            "TotalItemCount": total,
            "List": list,
        })
    }
}
