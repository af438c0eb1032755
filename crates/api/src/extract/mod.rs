//! What axum's own extractors do, with refusals that name the field and have our form.

mod body;
mod path;
mod query;
mod version;

pub(crate) use body::{Body, OptionalBody, Present, RawBody, nullable};
pub(crate) use path::Id;
pub(crate) use query::{Asked, Filters, Paging, QueryReader};
pub(crate) use version::{IfMatch, Tagged, Versioned, entity_tag, tagged};
