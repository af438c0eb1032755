//! What every list answers.

use scanhelm_core::page::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    items: Vec<T>,
    /// Send it as `cursor` for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// How many match in all; only where counting is cheap.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl<T> Listing<T> {
    pub(crate) fn of<U: Into<T>>(page: Page<U>) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
            total: page.total,
        }
    }

    /// A list that is short by nature and comes whole.
    pub(crate) fn whole<U: Into<T>>(items: impl IntoIterator<Item = U>) -> Self {
        let items: Vec<T> = items.into_iter().map(Into::into).collect();
        let total = Some(items.len() as u64);
        Self { items, next_cursor: None, total }
    }
}
