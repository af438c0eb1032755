//! What every list answers.

use scanhelm_core::page::{Page, Total};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    items: Vec<T>,
    /// Send it as `cursor` for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// How many match in all; only on the first page, and where counting is cheap.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    /// In place of `total` where more match than are counted: at least so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_at_least: Option<u64>,
}

impl<T> Listing<T> {
    pub(crate) fn of<U: Into<T>>(page: Page<U>) -> Self {
        let (total, total_at_least) = match page.total {
            Some(Total::Exactly(total)) => (Some(total), None),
            Some(Total::AtLeast(counted)) => (None, Some(counted)),
            None => (None, None),
        };
        let items = page.items.into_iter().map(Into::into).collect();
        Self { items, next_cursor: page.next_cursor, total, total_at_least }
    }

    /// A list that is short by nature and comes whole.
    pub(crate) fn whole<U: Into<T>>(items: impl IntoIterator<Item = U>) -> Self {
        let items: Vec<T> = items.into_iter().map(Into::into).collect();
        let total = Some(items.len() as u64);
        Self { items, next_cursor: None, total, total_at_least: None }
    }
}
