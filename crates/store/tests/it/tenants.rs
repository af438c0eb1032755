//! Companies, users and their ways in.

use scanhelm_core::ErrorCode;
use scanhelm_core::company::{ApiKey, AuditEntry, CompanyStatus, Membership, Session, User};
use scanhelm_core::ids::{ApiKeyId, AuditId, UserId};
use scanhelm_core::integration::{Condition, ConditionKind, Health, Instance, ToldTrouble};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Actor, Role};

use crate::fixture::{World, at, on_both};

on_both!(
    one_mailbox_is_one_user,
    a_revoked_key_opens_nothing,
    sessions_end,
    audit_is_paged_newest_first,
    health_does_not_make_an_edit_stale,
);

fn user(world: &World, email: &str) -> User {
    User {
        id: UserId::new(&world.ids),
        email: email.to_owned(),
        name: "Ada".to_owned(),
        password_hash: Some("$argon2id$...".to_owned()),
        operator: true,
        created_at: at(0),
    }
}

async fn one_mailbox_is_one_user(world: World) {
    let ada = user(&world, "ada@example.com");
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.count_users().await.unwrap(), 0);
    tx.insert_user(&ada).await.unwrap();
    tx.upsert_membership(&Membership { user_id: ada.id, company_id: world.company, role: Role::Viewer }).await.unwrap();
    tx.upsert_membership(&Membership { user_id: ada.id, company_id: world.company, role: Role::Admin }).await.unwrap();
    tx.set_company_status(world.company, CompanyStatus::Deactivated).await.unwrap();
    tx.commit().await.unwrap();
    let store = &world.store;
    assert_eq!(store.user_by_email(" ADA@example.com ").await.unwrap(), Some(ada.clone()));
    assert_eq!(store.users(world.company).await.unwrap(), [(ada.clone(), Role::Admin)]);
    assert_eq!(store.role_of(ada.id, world.company).await.unwrap(), Some(Role::Admin));
    assert_eq!(store.role_of(ada.id, world.other).await.unwrap(), None);
    assert_eq!(store.memberships_of_user(ada.id).await.unwrap().len(), 1);
    assert_eq!(store.company(world.company).await.unwrap().unwrap().status, CompanyStatus::Deactivated);
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.insert_user(&user(&world, "Ada@Example.com")).await.unwrap_err().code, ErrorCode::Conflict);
}

async fn a_revoked_key_opens_nothing(world: World) {
    let key = ApiKey {
        id: ApiKeyId::new(&world.ids),
        company_id: world.company,
        created_by: None,
        name: "CI".to_owned(),
        prefix: "shk_ab".to_owned(),
        sha256: [7; 32],
        role: Role::Engineer,
        created_at: at(0),
        expires_at: Some(at(100)),
        last_used_at: None,
        revoked_at: None,
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_api_key(&key).await.unwrap();
    tx.touch_api_key(key.id, at(9)).await.unwrap();
    tx.touch_api_key(key.id, at(5)).await.unwrap();
    tx.commit().await.unwrap();
    let found = world.store.api_key_by_sha256(&[7; 32]).await.unwrap().unwrap();
    assert_eq!(found, ApiKey { last_used_at: Some(at(9)), ..key.clone() });
    let tx = world.store.begin().await.unwrap();
    assert!(!tx.revoke_api_key(world.other, key.id, at(10)).await.unwrap());
    assert!(tx.revoke_api_key(world.company, key.id, at(10)).await.unwrap());
    assert!(!tx.revoke_api_key(world.company, key.id, at(11)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.store.api_key_by_sha256(&[7; 32]).await.unwrap(), None);
    assert_eq!(world.store.api_keys(world.company).await.unwrap()[0].revoked_at, Some(at(10)));
}

async fn sessions_end(world: World) {
    let ada = user(&world, "ada@example.com");
    let session = |byte: u8, second| Session {
        sha256: [byte; 32],
        user_id: ada.id,
        company_id: world.company,
        created_at: at(0),
        expires_at: at(second),
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_user(&ada).await.unwrap();
    for (byte, second) in [(1, 10), (2, 20), (3, 30)] {
        tx.insert_session(&session(byte, second)).await.unwrap();
    }
    tx.set_session_company(&[2; 32], world.other).await.unwrap();
    tx.delete_session(&[3; 32]).await.unwrap();
    assert_eq!(tx.delete_expired_sessions(at(10)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(world.store.session_by_sha256(&[1; 32]).await.unwrap(), None);
    let left = world.store.session_by_sha256(&[2; 32]).await.unwrap().unwrap();
    assert_eq!(left, Session { company_id: world.other, ..session(2, 20) });
}

async fn audit_is_paged_newest_first(world: World) {
    let tx = world.store.begin().await.unwrap();
    for number in 0..3 {
        let entry = AuditEntry {
            id: AuditId::new(&world.ids),
            company_id: world.company,
            at: at(number),
            actor: Actor::User(UserId::new(&world.ids)),
            action: "scan.delete".to_owned(),
            target: format!("scan/{number}"),
            detail: serde_json::json!({"n": number}),
        };
        tx.append_audit(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let page = PageRequest { limit: 2, ..PageRequest::default() };
    let first = world.store.audit_log(world.company, &page).await.unwrap();
    let targets: Vec<_> = first.items.iter().map(|entry| entry.target.as_str()).collect();
    assert_eq!(targets, ["scan/2", "scan/1"]);
    let rest = PageRequest { cursor: first.next_cursor, ..page };
    let last = world.store.audit_log(world.company, &rest).await.unwrap();
    assert_eq!((last.items.len(), last.next_cursor), (1, None));
}

async fn health_does_not_make_an_edit_stale(world: World) {
    let mut integration = world.stored_integration(world.company, "Nessus").await;
    let health = Health {
        error_streak: 3,
        condition: Some(Condition {
            kind: ConditionKind::Tls,
            detail: "expired".to_owned(),
            next_step: "renew".to_owned(),
            since: at(1),
        }),
        told: Some(ToldTrouble { kind: ConditionKind::Tls, since: at(1) }),
        ..Health::default()
    };
    let instance = Instance { incarnation: Some("server-1".to_owned()), ..Instance::default() };
    let tx = world.store.begin().await.unwrap();
    tx.save_health(integration.id, &health).await.unwrap();
    tx.save_instance(integration.id, &instance).await.unwrap();
    tx.set_sealed_credentials(integration.id, b"other", &[]).await.unwrap();
    integration.enabled = false;
    integration.version = tx.update_integration(&integration, 1).await.unwrap();
    tx.commit().await.unwrap();
    let stored = world.store.integration(world.company, integration.id).await.unwrap().unwrap();
    assert_eq!((&stored.health, &stored.instance, stored.enabled), (&health, &instance, false));
    assert_eq!(world.store.sealed_credentials(integration.id).await.unwrap(), b"other");
    assert_eq!(world.store.all_enabled_integrations().await.unwrap(), []);
    assert_eq!(world.store.integrations(world.company).await.unwrap(), [stored]);
}
