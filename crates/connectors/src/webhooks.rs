//! Vendors that call us when something happens.
//!
//! A delivery is a nudge, never a fact: it makes the hub look at the vendor sooner, and what the hub then believes is
//! what the vendor's own API answers. So a forged, repeated or reordered delivery can cost one look and nothing
//! else. All the same it must prove that it comes from somebody who knows the integration's secret; the way differs
//! by vendor (a signature over the body, a shared secret in a header), the decision is the same.
//!
//! What implements this decides without effects: the time comes with the delivery, nothing is read or kept.

use std::fmt;

use scanhelm_core::Timestamp;
use scanhelm_core::credential::Secret;
use subtle::ConstantTimeEq;

/// One call on the hook of an integration, as it came.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// Names in lower case. A header that came twice stands here twice.
    pub headers: &'a [(String, String)],
    /// Bounded by whoever received it.
    pub body: &'a [u8],
    pub received_at: Timestamp,
}

impl<'a> Delivery<'a> {
    /// The value of a header that came exactly once. Of two nobody knows which one a proxy in between has looked at.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }
}

/// Headers may hold the secret.
impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Delivery")
            .field("headers", &names)
            .field("bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish()
    }
}

/// What a vendor that sends webhooks needs decided.
pub trait Webhooks: Send + Sync + fmt::Debug {
    /// For the person who sets it up at the vendor: where the address and the secret go. Plain text.
    fn setup(&self) -> &'static str;

    /// Whether the sender knows `secret`. MUST compare in constant time, MUST cover the body where the vendor signs
    /// it, and MUST refuse what is outside of the replay window where the vendor dates its signature.
    fn verify(&self, delivery: &Delivery<'_>, secret: &Secret) -> Result<(), Unverified>;

    /// What a verified delivery asks to look at. A body that says nothing readable is still a nudge:
    /// [`About::Everything`].
    fn notice(&self, delivery: &Delivery<'_>) -> Notice;
}

/// What to do about a delivery. Its texts are the sender's: bounded, never believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The vendor's own id of the delivery, the same when it delivers again. `None`: the vendor has none.
    pub delivery_id: Option<String>,
    pub about: About,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Something happened; the whole list tells what.
    Everything,
    /// External ids of the scans it is about; not empty. They may be unknown to hub and vendor alike.
    Scans(Vec<String>),
}

/// Why a delivery proves nothing. For the integration's owner; the sender learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("it carries no secret or signature; set it up at the vendor as the integration's page says")]
    Missing,
    #[error("its secret or signature is wrong; enter the integration's present secret at the vendor")]
    Wrong,
    #[error("its signature is too old or from the future; check the clocks of vendor and hub")]
    OutOfTime,
}

/// Whether what came is the secret, in a time that tells only whether the lengths agree.
pub fn is_secret(came: &str, secret: &Secret) -> Result<(), Unverified> {
    if bool::from(came.as_bytes().ct_eq(secret.expose().as_bytes())) { Ok(()) } else { Err(Unverified::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_came_twice_is_none() {
        let headers = [("a", "1"), ("b", "2"), ("a", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let delivery = Delivery { headers: &headers, body: b"MARKER", received_at: Timestamp::default() };
        assert_eq!((delivery.header("a"), delivery.header("b"), delivery.header("c")), (None, Some("2"), None));
        assert!(!format!("{delivery:?}").contains("MARKER") && !format!("{delivery:?}").contains('2'));
    }

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        let secret = Secret::new("0123456789abcdef");
        assert_eq!(is_secret("0123456789abcdef", &secret), Ok(()));
        for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            assert_eq!(is_secret(wrong, &secret), Err(Unverified::Wrong), "{wrong}");
        }
    }
}
