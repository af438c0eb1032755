//! Invicti's "Webhook" integration, sent by a "Scan Completed" notification.
//!
//! It is made for issues: one call for each new issue of the scan, with a title and a text under names that the
//! customer chooses; no id of the scan, no id of the delivery, no signature. What it lets a customer add is headers of
//! their own, so the proof is a secret in one of them, and what it says is "something has ended".

use scanhelm_core::credential::Secret;

use crate::webhooks::{About, Delivery, Notice, Unverified, Webhooks, is_secret};

/// As a customer enters it at Invicti; compared in lower case.
pub(super) const HEADER: &str = "x-scanhelm-secret";

#[derive(Debug)]
pub(super) struct InvictiWebhooks;

impl Webhooks for InvictiWebhooks {
    fn setup(&self) -> &'static str {
        "In Invicti: Integrations, New Integration, Webhook. HTTP method POST, parameter type JSON, the address of this \
         hook as URL, and a custom HTTP header X-Scanhelm-Secret with the secret as its value. Then Notifications, New \
         Notification: event Scan Completed, any website, and this integration as recipient."
    }

    fn verify(&self, delivery: &Delivery<'_>, secret: &Secret) -> Result<(), Unverified> {
        is_secret(delivery.header(HEADER).ok_or(Unverified::Missing)?, secret)
    }

    fn notice(&self, _delivery: &Delivery<'_>) -> Notice {
        Notice { delivery_id: None, about: About::Everything }
    }
}

#[cfg(test)]
mod tests {
    use scanhelm_core::Timestamp;

    use super::*;

    fn verified(headers: &[(&str, &str)]) -> Result<(), Unverified> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let delivery = Delivery { headers: &headers, body: b"\xff{", received_at: Timestamp::default() };
        assert_eq!(InvictiWebhooks.notice(&delivery), Notice { delivery_id: None, about: About::Everything });
        InvictiWebhooks.verify(&delivery, &Secret::new("whs_0123456789"))
    }

    #[test]
    fn only_the_secret_in_its_header_once_is_proof() {
        assert_eq!(verified(&[("x-scanhelm-secret", "whs_0123456789")]), Ok(()));
        assert_eq!(verified(&[("x-scanhelm-secret", "whs_0123456788")]), Err(Unverified::Wrong));
        assert_eq!(verified(&[("authorization", "whs_0123456789")]), Err(Unverified::Missing));
        let twice = [("x-scanhelm-secret", "whs_0123456789"), ("x-scanhelm-secret", "whs_0123456789")];
        assert_eq!(verified(&twice), Err(Unverified::Missing));
    }
}
