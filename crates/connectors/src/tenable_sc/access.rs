//! How a request proves who it is.
//!
//! API keys are one header, spelt `x-apikey` and not as Tenable's other products spell it. A session is a cookie *and*
//! a token in a header; either alone is refused.

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::{Error, FieldError};
use scanhelm_net::{Answer, Request, Unreadable, VendorHttp};
use serde_json::json;
use tokio::sync::Mutex;

use super::model::{Envelope, Session};
use super::wire::Trouble;

#[derive(Debug)]
pub(super) enum Access {
    /// The whole value of `x-apikey`.
    Keys(Secret),
    /// A user's session, made on the first call and again when Security Center has ended it.
    Session { username: Secret, password: Secret, headers: Mutex<Option<Headers>> },
}

pub(super) type Headers = Vec<(&'static str, Secret)>;

impl Access {
    /// API keys where there are any, else the password.
    pub(super) fn of(credentials: &Credentials) -> Result<Self, Error> {
        let keys = ["access_key", "secret_key"];
        let login = ["username", "password"];
        let wanted = if keys.iter().any(|name| credentials.get(name).is_some()) { keys } else { login };
        let [first, second] = wanted.map(|name| {
            credentials.get(name).ok_or_else(|| missing(name, wanted)).and_then(|secret| sendable(name, secret))
        });
        let (first, second) = (first?, second?);
        if wanted == keys {
            let value = format!("accessKey={}; secretKey={}", first.expose(), second.expose());
            return Ok(Self::Keys(Secret::new(value)));
        }
        Ok(Self::Session { username: first.clone(), password: second.clone(), headers: Mutex::new(None) })
    }

    pub(super) async fn headers(&self, http: &VendorHttp) -> Result<Headers, Trouble> {
        match self {
            Self::Keys(value) => Ok(vec![("x-apikey", value.clone())]),
            Self::Session { username, password, headers } => {
                let mut headers = headers.lock().await;
                match &*headers {
                    Some(known) => Ok(known.clone()),
                    None => Ok(headers.insert(log_in(http, username, password).await?).clone()),
                }
            }
        }
    }

    /// Fresh headers in place of those that were refused. `None`: there is nothing to renew.
    pub(super) async fn renewed(
        &self,
        http: &VendorHttp,
        refused: &[(&'static str, Secret)],
    ) -> Result<Option<Headers>, Trouble> {
        let Self::Session { headers, .. } = self else { return Ok(None) };
        {
            let mut headers = headers.lock().await;
            // Another call may have renewed them meanwhile.
            if headers.as_deref() == Some(refused) {
                *headers = None;
            }
        }
        self.headers(http).await.map(Some)
    }
}

fn missing(name: &str, both: [&str; 2]) -> Error {
    let [first, second] = both;
    Error::fields(vec![FieldError {
        field: format!("credentials.{name}"),
        code: "required",
        detail: format!("Security Center needs {first} and {second}, or the other way to log in."),
    }])
}

/// Keys go into a header, names into a line of JSON; a line break in one is a mistake of pasting.
fn sendable<'a>(name: &str, secret: &'a Secret) -> Result<&'a Secret, Error> {
    let text = secret.expose();
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Error::field(
            format!("credentials.{name}"),
            "malformed",
            "It is empty or holds a line break or another control character. Paste it again.",
        ));
    }
    Ok(secret)
}

/// A user may have so many sessions only, and those that nobody ended (a hub that was killed) count until they time
/// out. So where Security Center asks whether to end one for the new one, it may: the user is there for Scanhelm alone.
async fn log_in(http: &VendorHttp, username: &Secret, password: &Secret) -> Result<Headers, Trouble> {
    let body = json!({"username": username.expose(), "password": password.expose()});
    let (mut session, mut answer) = ask(http, &body).await?;
    if session.token.is_none() && session.release_session {
        let body = json!({"username": username.expose(), "password": password.expose(), "releaseSession": "true"});
        (session, answer) = ask(http, &body).await?;
    }
    match session.token {
        Some(token) if !answer.cookies.is_empty() => {
            let cookies: Vec<&str> = answer.cookies.iter().map(Secret::expose).collect();
            Ok(vec![("X-SecurityCenter", Secret::new(token.0)), ("Cookie", Secret::new(cookies.join("; ")))])
        }
        _ => Err(Trouble::login(format!(
            "log in at {}: Security Center took the password and gave no session. The user may be logged in too \
             often; give Scanhelm a user of its own, or API keys",
            http.host()
        ))),
    }
}

async fn ask(http: &VendorHttp, body: &serde_json::Value) -> Result<(Session, Answer), Trouble> {
    let request = Request::new("log in", &["rest", "token"]);
    let host = http.host();
    // Logging in twice harms nothing, so a lost answer is an ordinary failure.
    let answer = http.post_json(&request, body).await.map_err(|error| {
        let error = error.net();
        match error.status() {
            Some(400 | 401 | 403) => refused(host, serde_json::from_slice(error.body()).ok()),
            _ => Trouble::Net(error.clone()),
        }
    })?;
    let envelope: Envelope = answer.json().map_err(Trouble::Net)?;
    if envelope.error_code != 0 {
        return Err(refused(host, Some(envelope)));
    }
    let session = serde_json::from_str(envelope.response.get())
        .map_err(|error| Trouble::Net(answer.unreadable(Unreadable::Malformed(error.to_string()))))?;
    Ok((session, answer))
}

fn refused(host: &str, envelope: Option<Envelope>) -> Trouble {
    let reason = envelope.map(|envelope| scanhelm_core::text::single_line(&envelope.error_msg, 300));
    let reason = reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| "no reason given".to_owned());
    Trouble::login(format!("log in at {host}: refused ({reason})"))
}
