//! The hooks that vendors call: their secrets, and deliveries that nudge until a look has answered them.

use scanhelm_core::integration::{RefusedDelivery, Webhook};
use scanhelm_store::VendorCall;

use crate::fixture::{World, at, on_both};

on_both!(
    a_hook_has_one_secret_and_one_owner,
    a_delivery_counts_once_and_nudges_until_a_later_look,
    a_delivery_that_was_not_committed_never_came,
    refusals_are_written_down_seldom,
    hooks_go_with_their_integration,
);

impl World {
    async fn hook(&self, name: &str) -> Webhook {
        let integration = self.stored_integration(self.company, name).await;
        let webhook = Webhook {
            integration_id: integration.id,
            company_id: self.company,
            hint: "…cdef".to_owned(),
            updated_at: at(1),
            last_delivery_at: None,
            last_refused: None,
        };
        let tx = self.store.begin().await.unwrap();
        tx.set_webhook(&webhook, b"first").await.unwrap();
        tx.commit().await.unwrap();
        webhook
    }

    async fn deliver(&self, webhook: &Webhook, id: &str, second: i64) -> bool {
        let tx = self.store.begin().await.unwrap();
        let is_new = tx.insert_delivery(&delivery(webhook, id, second)).await.unwrap();
        tx.commit().await.unwrap();
        is_new
    }

    async fn answer(&self, webhook: &Webhook, up_to: i64, now: i64, forget_before: i64) {
        let tx = self.store.begin().await.unwrap();
        tx.handle_deliveries(webhook.integration_id, up_to, at(now), at(forget_before)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn delivery(webhook: &Webhook, id: &str, second: i64) -> VendorCall {
    VendorCall {
        company_id: webhook.company_id,
        integration_id: webhook.integration_id,
        delivery_id: id.to_owned(),
        received_at: at(second),
    }
}

async fn a_hook_has_one_secret_and_one_owner(world: World) {
    let webhook = world.hook("one").await;
    let id = webhook.integration_id;
    assert_eq!(world.store.webhook(world.company, id).await.unwrap(), Some(webhook.clone()));
    assert_eq!(world.store.webhook(world.other, id).await.unwrap(), None);
    assert_eq!(world.store.sealed_webhook_secret(id).await.unwrap().as_deref(), Some(&b"first"[..]));
    world.deliver(&webhook, "a", 5).await;
    let tx = world.store.begin().await.unwrap();
    let renewed = Webhook { hint: "…9999".to_owned(), updated_at: at(9), ..webhook.clone() };
    tx.set_webhook(&renewed, b"second").await.unwrap();
    assert!(!tx.delete_webhook(world.other, id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.store.sealed_webhook_secret(id).await.unwrap().as_deref(), Some(&b"second"[..]));
    let seen = world.store.webhook(world.company, id).await.unwrap().unwrap();
    assert_eq!((seen.hint.as_str(), seen.last_delivery_at), ("…9999", Some(at(5))));
    let tx = world.store.begin().await.unwrap();
    assert!(tx.delete_webhook(world.company, id).await.unwrap());
    assert!(!tx.delete_webhook(world.company, id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.store.sealed_webhook_secret(id).await.unwrap(), None);
}

async fn a_delivery_counts_once_and_nudges_until_a_later_look(world: World) {
    let (one, two) = (world.hook("one").await, world.hook("two").await);
    let nudged = async || world.store.nudged_integrations().await.unwrap();
    assert!(nudged().await.is_empty());
    assert!(world.deliver(&one, "a", 1).await && !world.deliver(&one, "a", 2).await);
    // Ids are the vendor's: another vendor may use the same.
    assert!(world.deliver(&two, "a", 2).await);
    let mark = world.store.last_open_delivery(one.integration_id).await.unwrap().unwrap();
    // Comes while the look is under way: it answers only what was there before.
    assert!(world.deliver(&one, "b", 3).await);
    world.answer(&one, mark, 4, 0).await;
    assert_eq!(nudged().await.len(), 2);
    let mark = world.store.last_open_delivery(one.integration_id).await.unwrap().unwrap();
    world.answer(&one, mark, 5, 0).await;
    assert_eq!(nudged().await, [two.integration_id]);
    assert_eq!(world.store.last_open_delivery(one.integration_id).await.unwrap(), None);
    assert!(!world.deliver(&one, "a", 6).await, "still known");
    assert_eq!(nudged().await, [two.integration_id], "and nudges nobody");
    // Long after, it is forgotten; an open one never is.
    world.answer(&one, mark, 100, 50).await;
    world.answer(&two, 0, 100, 50).await;
    assert!(world.deliver(&one, "a", 101).await && !world.deliver(&two, "a", 101).await);
}

async fn a_delivery_that_was_not_committed_never_came(world: World) {
    let webhook = world.hook("one").await;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.insert_delivery(&delivery(&webhook, "a", 1)).await.unwrap());
    drop(tx);
    assert!(world.store.nudged_integrations().await.unwrap().is_empty());
    assert!(world.deliver(&webhook, "a", 2).await, "delivered again, it counts");
}

async fn refusals_are_written_down_seldom(world: World) {
    let webhook = world.hook("one").await;
    let id = webhook.integration_id;
    for (second, because) in [(100, "wrong"), (105, "missing"), (111, "late")] {
        let tx = world.store.begin().await.unwrap();
        let refused = RefusedDelivery { at: at(second), because: because.to_owned() };
        tx.note_refused_delivery(id, &refused, at(second - 10)).await.unwrap();
        tx.commit().await.unwrap();
        let seen = world.store.webhook(world.company, id).await.unwrap().unwrap().last_refused.unwrap();
        assert_eq!(seen.because, if because == "missing" { "wrong" } else { because });
    }
}

async fn hooks_go_with_their_integration(world: World) {
    let webhook = world.hook("one").await;
    world.deliver(&webhook, "a", 1).await;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.delete_integration(world.company, webhook.integration_id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(world.store.nudged_integrations().await.unwrap().is_empty());
    assert_eq!(world.store.sealed_webhook_secret(webhook.integration_id).await.unwrap(), None);
}
