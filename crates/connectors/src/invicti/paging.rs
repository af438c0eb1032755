//! Walking a list that is paged by number, while the vendor may add to it and delete from it.
//!
//! A page has no cursor, so what is deleted on a page already read moves the rest up, and something slips through
//! between two pages; what is added stands in front, since the newest comes first, and makes others come twice. The
//! count that every page tells decides: the walk is whole when as many different things were seen as any of its pages
//! promised. A walk that was disturbed is done again, a few times; then it is an error, never a shorter list.

use std::collections::HashSet;
use std::future::Future;

use scanhelm_core::Timestamp;

use super::model::{Id, Page};
use crate::contract::CallError;
use crate::outcome;

/// The largest that the vendor gives.
pub(super) const PAGE_SIZE: u64 = 200;
/// More than any account has; bounds what a hostile server can make us ask.
const MAX_PAGES: u64 = 5000;
const WALKS: u32 = 3;

/// A thing with an id of its own.
pub(super) trait Listed {
    fn id(&self) -> &Id;
}

/// Everything, each once; the time is that of asking for the first page. `page` asks for the page of this number, from 1.
pub(super) async fn whole<T, Asked>(
    what: &str,
    mut page: impl FnMut(u64) -> Asked,
) -> Result<(Vec<T>, Timestamp), CallError>
where
    T: Listed,
    Asked: Future<Output = Result<(Page<T>, Timestamp), CallError>>,
{
    let mut short = (0, 0);
    for _ in 0..WALKS {
        match walk(what, &mut page).await? {
            Walk::Whole(things, at) => return Ok((things, at)),
            Walk::Disturbed { seen, promised } => short = (seen, promised),
        }
    }
    let (seen, promised) = short;
    Err(outcome::garbage(format!(
        "{what}: Invicti says that there are {promised} and lists {seen}, again and again; nothing is concluded from it"
    )))
}

enum Walk<T> {
    Whole(Vec<T>, Timestamp),
    Disturbed { seen: u64, promised: u64 },
}

async fn walk<T, Asked>(what: &str, page: &mut impl FnMut(u64) -> Asked) -> Result<Walk<T>, CallError>
where
    T: Listed,
    Asked: Future<Output = Result<(Page<T>, Timestamp), CallError>>,
{
    let mut known = HashSet::new();
    let mut things = Vec::new();
    let (mut begun_at, mut promised) = (None, 0);
    for number in 1..=MAX_PAGES {
        let (answer, at) = page(number).await?;
        if answer.page_number != number {
            let got = answer.page_number;
            return Err(outcome::garbage(format!("{what}: asked for page {number} and got page {got}")));
        }
        let begun_at = *begun_at.get_or_insert(at);
        promised = answer.total_item_count.max(promised);
        let before = things.len();
        things.extend(answer.list.into_iter().filter(|thing| known.insert(thing.id().0.to_ascii_lowercase())));
        if !answer.has_next_page {
            let seen = things.len() as u64;
            let whole = seen >= promised;
            return Ok(if whole { Walk::Whole(things, begun_at) } else { Walk::Disturbed { seen, promised } });
        }
        // A page of nothing new that promises more: a list that goes round in a circle.
        if things.len() == before {
            return Ok(Walk::Disturbed { seen: things.len() as u64, promised });
        }
    }
    Err(outcome::garbage(format!("{what}: the list has no end after {MAX_PAGES} pages")))
}

#[cfg(test)]
mod tests;
