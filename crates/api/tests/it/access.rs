//! Who may do what, for every operation and every role: walked, not listed.

use scanhelm_core::permission::{Permission, Role};

use crate::house::{House, Operation, operations};

/// Needs no credential of a caller. One that is signed looks at the proof in the call: see `webhooks`.
fn is_open(operation: &Operation) -> bool {
    matches!(operation.permission.as_str(), "public" | "signed")
}

const NOBODY: &str = "0190b8a2-0000-7000-8000-000000000000";

#[tokio::test]
async fn nothing_but_the_public_operations_answers_a_stranger() {
    let house = House::new().await;
    house.first().await;
    let wrong = format!("shk_{}", "0".repeat(64));
    for operation in operations().iter().filter(|operation| !is_open(operation)) {
        for stranger in [
            operation.ask(NOBODY),
            operation.ask(NOBODY).key(&wrong),
            operation.ask(NOBODY).key(""),
            operation.ask(NOBODY).header("authorization", "Bearer "),
            operation.ask(NOBODY).header("authorization", "Bearer null"),
            operation.ask(NOBODY).header("cookie", "scanhelm_session=0123"),
        ] {
            let reply = house.send(stranger).await;
            // A cookie on a write is refused for its origin before it is looked up.
            let expected = if reply.status == 403 { "origin_refused" } else { "unauthenticated" };
            assert!(matches!(reply.status.as_u16(), 401 | 403), "{} answered {}", operation.id, reply.status);
            assert_eq!(reply.code(), expected, "{}", operation.id);
            assert_eq!(reply.status == 401, reply.headers.contains_key("www-authenticate"));
        }
    }
}

#[tokio::test]
async fn every_role_can_do_exactly_what_its_permissions_say() {
    let house = House::new().await;
    let tenant = house.first().await;
    for role in [Role::Viewer, Role::Analyst, Role::Engineer, Role::Admin] {
        let key = house.key(&tenant, role).await;
        for operation in operations() {
            let allowed = match operation.permission.as_str() {
                "public" | "signed" | "session" => true,
                "operator" => false,
                word => role.allows(permission(word)),
            };
            // Not read: event streams never end.
            let response = house.raw(operation.ask(NOBODY).key(&key).build()).await;
            assert_eq!(
                response.status() != 403,
                allowed,
                "{role} at {} ({}) got {}",
                operation.id,
                operation.permission,
                response.status()
            );
            assert!(response.status() != 500, "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn a_viewer_writes_nothing() {
    let house = House::new().await;
    let tenant = house.first().await;
    let key = house.key(&tenant, Role::Viewer).await;
    for operation in &operations() {
        if operation.method == "GET" || is_open(operation) || operation.permission == "session" {
            continue;
        }
        let reply = house.send(operation.ask(NOBODY).key(&key)).await;
        assert_eq!(reply.status, 403, "{}", operation.id);
        assert_eq!(reply.code(), "permission_denied");
    }
}

#[tokio::test]
async fn a_revoked_key_is_worth_nothing_at_once() {
    let house = House::new().await;
    let tenant = house.first().await;
    let issued = house.hub.accounts().create_api_key(&tenant.grant, "ci", Role::Engineer, None).await.unwrap();
    let key = issued.secret.expose();
    let ask = crate::house::Ask::get("/api/v1/scans");
    house.send(ask.clone().key(key)).await.expect(200);
    house.send(ask.clone().header("authorization", format!("Bearer {key}"))).await.expect(200);
    house.hub.accounts().revoke_api_key(&tenant.grant, issued.key.id).await.unwrap();
    assert_eq!(house.send(ask.key(key)).await.code(), "unauthenticated");
}

fn permission(word: &str) -> Permission {
    Permission::ALL.iter().copied().find(|permission| permission.as_str() == word).unwrap_or_else(|| panic!("{word}"))
}
