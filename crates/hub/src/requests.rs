//! Requests that come again.
//!
//! A client that lost the answer cannot tell whether its request was carried out. Under a key of its own it may send
//! the same request again: the second gets the answer of the first, and nothing happens twice. The key belongs to
//! company, caller and operation, and is taken in a transaction before anything is done. The answer is noted after it,
//! sealed, because it may show a secret this once. A hub that dies in between leaves a key without an answer: who
//! repeats is told so, and nothing is done on a guess.

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::permission::{Actor, Grant};
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::RequestKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Hub;
use crate::reconcile::REQUESTS_KEPT;
use crate::vault::Place;

/// Longest key of a client, in characters.
const LONGEST_KEY: usize = 200;
/// Its name among sealed texts.
const FIELD: &str = "answer";

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// A request whose key is taken.
#[derive(Debug)]
pub struct Taken(RequestKey);

#[derive(Debug)]
pub enum Came {
    /// For the first time: to be carried out, then [`Requests::answered`] or [`Requests::nothing_done`].
    First(Taken),
    /// Again.
    Again(Answer),
}

/// Use cases about requests with a key.
#[derive(Clone, Copy, Debug)]
pub struct Requests<'hub> {
    pub(crate) hub: &'hub Hub,
}

impl Requests<'_> {
    /// Whether this request was here before. `operation` is method, path and query.
    ///
    /// # Errors
    /// [`ErrorCode::RequestKeyReused`] when the key belongs to another body, [`ErrorCode::RequestUnderWay`] when nobody
    /// knows yet what came of the first, [`ErrorCode::InvalidInput`] for what is no key.
    pub async fn came(&self, grant: &Grant, operation: &str, key: &str, body: &[u8]) -> Result<Came> {
        if key.is_empty() || key.len() > LONGEST_KEY || !key.chars().all(|letter| letter.is_ascii_graphic()) {
            let detail = format!("A key is 1 to {LONGEST_KEY} visible ASCII characters, such as a random UUID.");
            return Err(Error::field("Idempotency-Key", "malformed", detail));
        }
        let request = RequestKey {
            company_id: grant.company,
            caller: match grant.actor {
                Actor::User(id) => format!("user/{id}"),
                Actor::ApiKey(id) => format!("api_key/{id}"),
                Actor::System => "system".to_owned(),
            },
            operation: operation.to_owned(),
            key: key.to_owned(),
        };
        let (digest, now) = (Sha256::digest(body), self.hub.now());
        let transaction = self.hub.store().begin().await?;
        let known = transaction.keyed_request(&request).await?;
        let forgotten = now.minus(REQUESTS_KEPT);
        if known.as_ref().is_some_and(|known| known.created_at < forgotten) {
            transaction.free_request_key(&request).await?;
        }
        if transaction.take_request_key(&request, &digest, now).await? {
            transaction.commit().await?;
            return Ok(Came::First(Taken(request)));
        }
        drop(transaction);
        let under_way = || {
            let detail = "The first request with this key has no answer yet: it is under way, or its hub ended before it \
                          could note the answer. Look whether it was carried out before you send it under another key.";
            Error::new(ErrorCode::RequestUnderWay, detail)
        };
        // Gone: it came to nothing just now.
        let known = self.hub.store().keyed_request(&request).await?.ok_or_else(under_way)?;
        if known.digest != digest.as_slice() {
            let detail = "This key was sent with another body. Send a new request with a new key.";
            return Err(Error::new(ErrorCode::RequestKeyReused, detail));
        }
        let sealed = known.sealed_answer.ok_or_else(under_way)?;
        let opened = self.hub.0.vault.unseal(&place(&request), &sealed)?;
        let answer = opened.get(FIELD).ok_or_else(|| Error::internal("a sealed answer without its text"))?;
        Ok(Came::Again(serde_json::from_str(answer.expose()).map_err(Error::internal)?))
    }

    /// Keeps the answer for those who ask again.
    pub async fn answered(&self, Taken(request): Taken, answer: &Answer) -> Result<()> {
        let text = serde_json::to_string(answer).map_err(Error::internal)?;
        let answer: Credentials = [(FIELD.to_owned(), Secret::new(text))].into_iter().collect();
        let sealed = self.hub.0.vault.seal(&place(&request), &answer)?;
        let transaction = self.hub.store().begin().await?;
        transaction.keep_answer(&request, &sealed).await?;
        transaction.commit().await
    }

    /// Gives the key back: the request was refused, and may be sent again.
    pub async fn nothing_done(&self, Taken(request): Taken) -> Result<()> {
        let transaction = self.hub.store().begin().await?;
        transaction.free_request_key(&request).await?;
        transaction.commit().await
    }
}

/// The row itself says whose it is; a sealed answer that is moved to another company does not open.
fn place(request: &RequestKey) -> Place {
    Place { company: request.company_id, owner: request.company_id.0, host: "keyed request".to_owned() }
}
