//! Posting a message to an address that a company named: notifications.
//!
//! Unlike a vendor's, this address is a secret as a whole (whoever knows it can write there), may hold a query, and is
//! called for one message at a time. The target policy, TLS and deadlines are those of every outgoing call; redirects
//! are not followed, and of the answer nothing but its status is read, so that no one can use a notification to look
//! into a network.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use scanhelm_core::credential::Secret;
use scanhelm_core::{Error, Timestamp};
use url::Url;

use crate::error::{NetError, NetErrorKind, Phase};
use crate::http::{host_and_port, target_of};
use crate::limits::HttpLimits;
use crate::policy::NetworkPolicy;
use crate::retry_after;
use crate::transport::{Live, Outgoing};

/// Where messages are posted to.
pub struct Hook {
    url: Url,
    live: Live,
    limits: HttpLimits,
}

impl fmt::Debug for Hook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hook").field("host", &host_and_port(&self.url)).finish_non_exhaustive()
    }
}

/// An answer, whatever its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookAnswer {
    pub status: u16,
    /// The receiver's wish, where it named one.
    pub retry_after: Option<Duration>,
}

impl Hook {
    /// Opens no connection.
    ///
    /// # Errors
    /// A field error of `url` when it is no `http(s)://host[:port]/...` without user name; [`AddressRefused`] when it
    /// names an address that the policy refuses.
    ///
    /// [`AddressRefused`]: scanhelm_core::ErrorCode::AddressRefused
    pub fn new(url: &Secret, policy: Arc<NetworkPolicy>, limits: HttpLimits) -> Result<Self, Error> {
        let refuse = |detail: &str| Error::field("url", "malformed", detail.to_owned());
        let text = url.expose();
        if text.len() > 2048 {
            return Err(refuse("The address is longer than 2,048 characters."));
        }
        let url = Url::parse(text).map_err(|_| refuse("This is not an address like https://host/path."))?;
        let mut bare = url.clone();
        bare.set_query(None);
        if url.fragment().is_some() {
            return Err(refuse("The address may not hold a fragment (the part after #)."));
        }
        let target = target_of(&bare, policy).map_err(|mut error| {
            for field in &mut error.fields {
                field.field = "url".to_owned();
            }
            if error.fields.is_empty() { error } else { Error::fields(error.fields) }
        })?;
        let live = Live::new(target, None, limits)?;
        Ok(Self { url, live, limits })
    }

    /// `https://host:port`: what of the address may be shown.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.url.scheme(), host_and_port(&self.url))
    }

    /// Posts JSON once.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(
        &self,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<HookAnswer, NetError> {
        let failed = |kind| NetError { what: "post a notification", host: host_and_port(&self.url), kind };
        let mut map = HeaderMap::new();
        map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| failed(NetErrorKind::Request { detail: format!("the header {name} cannot be sent") }))?;
            map.insert(HeaderName::from_static(name), value);
        }
        let outgoing =
            Outgoing { method: Method::POST, url: self.url.clone(), headers: map, body: Some(body), form: None };
        let total = self.limits.total;
        let incoming = tokio::time::timeout(total, self.live.send(outgoing))
            .await
            .map_err(|_| failed(NetErrorKind::Timeout { phase: Phase::Total, after: total }))?
            .map_err(failed)?;
        let header = |name| incoming.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let retry_after = header(RETRY_AFTER)
            .map(|text| retry_after::pause(Some(text), now, Duration::ZERO, self.limits.max_retry_after));
        let status = incoming.status;
        tracing::debug!(status, redirected = header(LOCATION).is_some(), "notification answered");
        Ok(HookAnswer { status, retry_after })
    }
}
