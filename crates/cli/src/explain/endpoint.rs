//! One OpenAI-compatible endpoint: `POST {base}/chat/completions`, as OpenAI documents it and Ollama, llama.cpp, vLLM and
//! others serve it (<https://platform.openai.com/docs/api-reference/chat>).
//!
//! Asked once: an answer costs money or minutes, so trouble is told instead of tried again.

use std::time::Duration;

use scanhelm_core::credential::Secret;
use scanhelm_core::explanation::plain;
use scanhelm_core::text::single_line;
use scanhelm_net::{HttpLimits, NetError, NetErrorKind, Request, VendorHttp};
use serde::Deserialize;
use serde_json::Value;

use crate::ci::Variables;
use crate::remote::{advice, chosen_host_within};

const KEY: &str = "SCANHELM_AI_KEY";
const MOST_BYTES: u64 = 1024 * 1024;

pub(super) struct Endpoint {
    http: VendorHttp,
    key: Option<Secret>,
}

pub(super) struct Explanation {
    pub(super) text: String,
    /// By the endpoint's own limit of words.
    pub(super) is_cut: bool,
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Message>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl Endpoint {
    /// Opens no connection.
    pub(super) fn of(address: &str, variables: &Variables, time_limit: Duration) -> Result<Self, String> {
        // Not repeated in an error: it may hold a password.
        if address.contains('@') {
            return Err(format!("the address of the endpoint holds a user name or password; a key goes into {KEY}"));
        }
        let limits = HttpLimits {
            connect: Duration::from_secs(10).min(time_limit),
            // A model thinks in silence, also between the head and the body.
            silence: time_limit,
            total: time_limit,
            pace_window: time_limit,
            min_bytes_per_second: 0,
            body_bytes: MOST_BYTES,
            ..HttpLimits::default()
        };
        let http = chosen_host_within(address, limits).map_err(|error| {
            format!("{error}. Use https, or an endpoint in this machine's networks, such as http://127.0.0.1:11434/v1")
        })?;
        Ok(Self { http, key: variables.get(KEY).map(Secret::new) })
    }

    pub(super) fn host(&self) -> &str {
        self.http.host()
    }

    pub(super) async fn asked(&self, model: &str, body: String) -> Result<Explanation, String> {
        let bearer = |key: &Secret| ("authorization", Secret::new(format!("Bearer {}", key.expose())));
        let headers: Vec<_> = self.key.iter().map(bearer).collect();
        let request = Request::new("ask for an explanation", &["chat", "completions"]).headers(&headers);
        let answer = self.http.post_bytes(&request, "application/json", body.into_bytes()).await;
        let answer = answer.map_err(|error| self.explained(error.net(), model))?;
        let Completion { choices } = answer.json().map_err(|error| self.explained(&error, model))?;
        let host = self.host();
        let choice = choices.into_iter().next().ok_or_else(|| {
            format!("the endpoint {host} answered without any choice, so there is no explanation; try another model")
        })?;
        let text = choice.message.and_then(|message| message.content).and_then(|content| plain(&content));
        let text = text.ok_or_else(|| {
            format!("the model `{}` at {host} answered with an empty text; try another", single_line(model, 100))
        })?;
        Ok(Explanation { text, is_cut: choice.finish_reason.as_deref() == Some("length") })
    }

    fn explained(&self, error: &NetError, model: &str) -> String {
        let (host, model) = (self.host(), single_line(model, 100));
        let said = self.said(error);
        match &error.kind {
            NetErrorKind::Status { status: 401 | 403, .. } if self.key.is_none() => {
                format!("the endpoint {host} wants a key{said}; put one into {KEY}")
            }
            NetErrorKind::Status { status: 401 | 403, .. } => {
                format!("the endpoint {host} does not accept the key in {KEY}{said}; give one that may use `{model}`")
            }
            NetErrorKind::Status { status: 404, .. } => format!(
                "the endpoint {host} has no chat completions at this address, or no model `{model}`{said}; the address \
                 is what stands before /chat/completions and often ends with /v1"
            ),
            NetErrorKind::RateLimited { retry_after, .. } => format!(
                "the endpoint {host} has had enough for now (429): try again in {} s, and look at the quota of the \
                 account if that does not help",
                retry_after.as_secs()
            ),
            NetErrorKind::Status { status: status @ 500.., .. } => {
                format!("the endpoint {host} failed ({status}){said}; try again later, its log tells more")
            }
            NetErrorKind::Status { status, .. } => {
                format!(
                    "the endpoint {host} refused the request ({status}){said}; is the model `{model}` one of its own?"
                )
            }
            NetErrorKind::Timeout { .. } => {
                format!("the endpoint {host}: {}; --time-limit gives it longer", error.kind)
            }
            NetErrorKind::AddressRefused(refusal) => format!(
                "the endpoint {host} is not asked: {}. Use https, or an endpoint in this machine's networks",
                advice(&refusal.to_string())
            ),
            NetErrorKind::Redirect { .. } => format!("the endpoint {host} {}", error.kind),
            NetErrorKind::Unreadable(_) | NetErrorKind::NotHttp { .. } | NetErrorKind::TooLarge { .. } => format!(
                "what answers at {host} is no OpenAI-compatible API ({}); check the address in --endpoint",
                error.kind
            ),
            NetErrorKind::Cut { .. } => format!("the endpoint {host}: {}; try again", error.kind),
            kind => format!("cannot ask the endpoint {host}: {kind}. Is it running, and is --endpoint right?"),
        }
    }

    /// The endpoint's own words, which may quote the key.
    fn said(&self, error: &NetError) -> String {
        let body: Value = serde_json::from_slice(error.body()).unwrap_or_default();
        let error = body.get("error").unwrap_or(&body);
        let words = error.get("message").unwrap_or(error).as_str().unwrap_or_default();
        let words = self.key.iter().fold(words.to_owned(), |words, key| words.replace(key.expose(), "***"));
        let words = single_line(&words, 200);
        if words.is_empty() { words } else { format!(", and says: {words}") }
    }
}
