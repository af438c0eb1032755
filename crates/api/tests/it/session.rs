//! The console's way in: set-up, log-in, the cookie, and what defends it.

use axum::http::Method;
use serde_json::{Value, json};

use crate::house::{Ask, House, PASSWORD, Reply};

const ORIGIN: &str = "http://hub.test";

fn cookie(reply: &Reply) -> String {
    let header = reply.headers["set-cookie"].to_str().unwrap();
    assert!(header.contains("HttpOnly") && header.contains("SameSite=Strict") && header.contains("Path=/"), "{header}");
    header.split(';').next().unwrap().to_owned()
}

fn log_in(password: &str) -> Ask {
    Ask::post("/api/v1/session", json!({"email": "admin@acme.example", "password": password}))
}

#[tokio::test]
async fn the_first_user_sets_the_installation_up_once() {
    let house = House::new().await;
    let token = house.hub.accounts().offer_setup().await.unwrap().unwrap();
    let body = |token: &str| json!({"token": token, "company": "Acme", "name": "Ann", "email": "ann@acme.example", "password": PASSWORD});
    assert_eq!(house.send(Ask::get("/api/v1/setup")).await.expect(200), json!({"needs_setup": true}));
    assert_eq!(house.send(Ask::post("/api/v1/setup", body("wrong"))).await.code(), "unauthenticated");
    let foreign = Ask::post("/api/v1/setup", body(token.expose())).header("origin", "http://evil.test");
    assert_eq!(house.send(foreign).await.code(), "origin_refused");
    let made = house.send(Ask::post("/api/v1/setup", body(token.expose())).header("origin", ORIGIN)).await;
    let session = made.expect(201);
    assert_eq!(session["user"]["name"], "Ann");
    assert_eq!(session["company"]["name"], "Acme");
    let seen = house.send(Ask::get("/api/v1/session").header("cookie", cookie(&made))).await.expect(200);
    assert_eq!(seen, session);
    assert_eq!(house.send(Ask::get("/api/v1/setup")).await.expect(200), json!({"needs_setup": false}));
    let again = house.send(Ask::post("/api/v1/setup", body(token.expose()))).await;
    assert!(matches!(again.status.as_u16(), 401 | 409), "{again:?}");
}

#[tokio::test]
async fn a_cookie_reads_freely_and_writes_only_from_our_origin() {
    let house = House::new().await;
    house.first().await;
    let opened = house.send(log_in(PASSWORD)).await;
    let session = opened.expect(200);
    assert_eq!(session["role"], "operator");
    assert!(session["permissions"].as_array().unwrap().contains(&json!("scan:create")));
    let cookie = cookie(&opened);
    house.send(Ask::get("/api/v1/scans").header("cookie", &cookie)).await.expect(200);
    let create = |origin: Option<&str>| {
        let ask = Ask::post("/api/v1/scans", json!({"name": "by cookie"})).header("cookie", &cookie);
        match origin {
            Some(origin) => ask.header("origin", origin),
            None => ask,
        }
    };
    for origin in [None, Some("null"), Some("http://evil.test"), Some("http://hub.test:81"), Some("http://x.hub.test")]
    {
        assert_eq!(house.send(create(origin)).await.code(), "origin_refused", "{origin:?}");
    }
    house.send(create(Some(ORIGIN))).await.expect(201);

    let out = Ask::new(Method::DELETE, "/api/v1/session").header("cookie", &cookie).header("origin", ORIGIN);
    let out = house.send(out).await;
    assert_eq!(out.status, 204);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(house.send(Ask::get("/api/v1/scans").header("cookie", &cookie)).await.code(), "unauthenticated");
    house.send(Ask::new(Method::DELETE, "/api/v1/session")).await.expect(204);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_the_same_answer() {
    let house = House::new().await;
    house.first().await;
    let unknown = Ask::post("/api/v1/session", json!({"email": "nobody@acme.example", "password": PASSWORD}));
    let unknown = house.send(unknown.header("x-request-id", "same")).await;
    let wrong = house.send(log_in("wrong wrong wrong").header("x-request-id", "same")).await;
    assert_eq!(wrong.code(), "unauthenticated");
    assert_eq!((unknown.status, unknown.body), (wrong.status, wrong.body));
}

#[tokio::test]
async fn parallel_guesses_get_no_further_than_slow_ones() {
    let house = House::new().await;
    house.first().await;
    let guesses = (0..60).map(|number| house.send(log_in(&format!("guess number {number}"))));
    let replies = futures::future::join_all(guesses).await;
    let looked_at = replies.iter().filter(|reply| reply.status == 401).count();
    assert!((1..=20).contains(&looked_at), "{looked_at}");
    let refused = replies.iter().find(|reply| reply.status == 429).unwrap();
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn a_log_in_looks_at_one_company_at_a_time() {
    let house = House::new().await;
    let first = house.first().await;
    let second = house.another(&first, "Zenith").await;
    let cookie = cookie(&house.send(log_in(PASSWORD)).await);
    let switch = |id: String| {
        Ask::post("/api/v1/session/company", json!({"company_id": id}))
            .header("cookie", &cookie)
            .header("origin", ORIGIN)
    };
    let session = house.send(switch(second.company.to_string())).await.expect(200);
    assert_eq!(session["company"]["name"], "Zenith");
    let names: Vec<&Value> = session["companies"].as_array().unwrap().iter().map(|company| &company["name"]).collect();
    assert_eq!(names, ["Acme", "Zenith"]);
    let unknown = house.send(switch("0190b8a2-0000-7000-8000-00000000ffff".to_owned())).await;
    assert_eq!(unknown.code(), "not_found");
    let by_key = Ask::post("/api/v1/session/company", json!({"company_id": second.company.to_string()}));
    assert_eq!(house.send(by_key.key(&first.key)).await.code(), "conflict");
}

#[tokio::test]
async fn https_makes_the_cookie_secure() {
    let house = House::with(|_, settings| settings.public_url = Some("https://hub.example".to_owned())).await;
    house.first().await;
    let reply = house.send(log_in(PASSWORD).header("origin", "https://hub.example")).await;
    let header = reply.headers["set-cookie"].to_str().unwrap();
    assert!(header.starts_with("__Host-scanhelm_session=") && header.contains("Secure"), "{header}");
    assert!(reply.headers.contains_key("strict-transport-security"));
}
