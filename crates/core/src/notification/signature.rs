//! How a receiver knows that a message is ours: the scheme of Standard Webhooks (standardwebhooks.com), for which
//! receivers have libraries in most languages.
//!
//! HMAC-SHA256 over `id.timestamp.body`, keyed with the bytes behind `whsec_`. The id is that of the message and stays
//! the same in every attempt; the timestamp is that of the attempt, so that a recorded one grows old.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::credential::Secret;
use crate::ids::DeliveryId;
use crate::{Error, Result, Timestamp};

/// Before the base64 of the key.
const PREFIX: &str = "whsec_";

/// A signing secret of 32 random bytes.
#[must_use]
pub fn secret(random: [u8; 32]) -> Secret {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// The value of `webhook-timestamp`.
#[must_use]
pub fn timestamp(at: Timestamp) -> String {
    at.as_millis().div_euclid(1000).to_string()
}

/// One entry of `webhook-signature`.
pub fn sign(secret: &Secret, id: DeliveryId, at: Timestamp, body: &[u8]) -> Result<String> {
    let unusable = || Error::internal("a signing secret that this hub did not make");
    let key = secret.expose().strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok()).ok_or_else(unusable)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| unusable())?;
    mac.update(format!("{id}.{}.", timestamp(at)).as_bytes());
    mac.update(body);
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Computed with Python's `hmac` and `base64` over the text that the specification names.
    #[test]
    fn signs_as_others_verify() {
        let secret = secret([7; 32]);
        assert_eq!(secret.expose(), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        let id = DeliveryId(Uuid::from_u128(0x0190_b8a2_0000_7000_8000_0000_0000_0001));
        let at = Timestamp::from_millis(1_674_087_231_999);
        let signature = sign(&secret, id, at, br#"{"type":"run.completed"}"#).unwrap();
        assert_eq!(signature, "v1,lWhHeny5+RNG0CqO7ccPKpjRa6RrNhD/axBjKwWiVrY=");
        assert_ne!(sign(&secret, id, at, b"{}").unwrap(), signature);
        assert!(sign(&Secret::new("hunter2"), id, at, b"{}").is_err());
    }
}
