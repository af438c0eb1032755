//! Keyset paging. A page is "the next n after this row", never "skip n": stable under inserts, and as fast on the
//! last page as on the first.

/// What the caller asks for. `limit` is already within bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: u32,
    /// Opaque; made by the store from the last row of the page before.
    pub cursor: Option<String>,
    pub sort: Sort,
}

impl PageRequest {
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAX_LIMIT: u32 = 500;
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: Self::DEFAULT_LIMIT, cursor: None, sort: Sort::default() }
    }
}

/// A sort field name (each list says which it knows) and a direction; written `-created_at` in the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub field: String,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { field: "created_at".to_owned(), descending: true }
    }
}

impl Sort {
    /// `-created_at` is descending, `name` ascending.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(field) => Self { field: field.to_owned(), descending: true },
            None => Self { field: text.to_owned(), descending: false },
        }
    }
}

/// How many rows a filter matches. Counting ends where it would cost more than the number is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Exactly(u64),
    AtLeast(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
    /// On first pages of lists that tell it.
    pub total: Option<Total>,
}

impl<T> Page<T> {
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next_cursor: self.next_cursor, total: self.total }
    }
}
