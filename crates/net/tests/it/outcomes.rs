//! What a write that did not end well means: certainly not done, or unknown.

use scanhelm_net::{NetErrorKind, Request, VendorHttp, WriteError};
use serde_json::json;

use crate::server::{Say, Server, answer, json as json_answer, limits, options};

const LAUNCH: Request<'static> = Request::new("launch", &["scans", "5", "launch"]);

#[tokio::test]
async fn fm_b06_an_answer_that_proves_nothing_is_unknown_and_is_sent_once() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{".to_vec();
    for (what, script) in [
        ("500", vec![Say::Bytes(answer("500 Broken", "", ""))]),
        ("502", vec![Say::Bytes(answer("502 Bad Gateway", "", ""))]),
        ("503", vec![Say::Bytes(answer("503 Unavailable", "", ""))]),
        ("504", vec![Say::Bytes(answer("504 Timeout", "", ""))]),
        ("408", vec![Say::Bytes(answer("408 Timeout", "", ""))]),
        ("302", vec![Say::Bytes(answer("302 Found", "location: /login\r\n", ""))]),
        ("hang up", vec![Say::Bytes(Vec::new())]),
        ("silence", vec![Say::Hang]),
        ("cut answer", vec![Say::Bytes(cut)]),
        ("not HTTP", vec![Say::Bytes(b"garbage\r\n\r\n".to_vec())]),
    ] {
        let server = Server::saying(vec![script]).await;
        let error = server.http().post_json(&LAUNCH, &json!({})).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{what}: {error:?}");
        assert_eq!(server.asked().len(), 1, "{what}: a write is never repeated");
    }
}

#[tokio::test]
async fn fm_b06_a_definite_no_is_not_done() {
    for status in ["400 Bad", "401 No", "403 No", "404 Gone", "409 Conflict", "412 No", "422 Bad", "429 Slow"] {
        let server = Server::answering(answer(status, "", "")).await;
        let error = server.http().post_json(&LAUNCH, &json!({})).await.unwrap_err();
        assert!(matches!(error, WriteError::NotDone(_)), "{status}: {error:?}");
    }
    for status in ["307 Temporary", "308 Permanent"] {
        let server = Server::answering(answer(status, "location: /other\r\n", "")).await;
        let error = server.http().post_json(&LAUNCH, &json!({})).await.unwrap_err();
        assert!(matches!(error, WriteError::NotDone(_)), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn what_never_left_is_not_done() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = VendorHttp::new(options(format!("http://127.0.0.1:{port}").parse().unwrap(), limits())).unwrap();
    let unresolvable = VendorHttp::new(options("https://nowhere.invalid".parse().unwrap(), limits())).unwrap();
    let plain = Server::answering("HTTP/1.1 400 This is plain HTTP\r\n\r\n").await;
    let not_tls = format!("https://127.0.0.1:{}", plain.port).parse().unwrap();
    let not_tls = VendorHttp::new(options(not_tls, limits())).unwrap();
    for http in [refused, unresolvable, not_tls] {
        let error = http.post_json(&LAUNCH, &json!({})).await.unwrap_err();
        assert!(matches!(error, WriteError::NotDone(_)), "{error:?}");
    }
}

#[tokio::test]
async fn fm_b35_a_write_never_uses_a_connection_that_may_be_closing() {
    // A connection that stays open would be offered for reuse; each write must come on a new one.
    let keep = vec![Say::Bytes(json_answer("{}")), Say::Hang];
    let server = Server::saying(vec![keep]).await;
    let http = server.http();
    http.get(&Request::new("list", &["scans"])).await.unwrap();
    http.post_json(&LAUNCH, &json!({"a": 1})).await.unwrap();
    http.put_json(&LAUNCH, &json!({})).await.unwrap();
    http.delete(&LAUNCH).await.unwrap();
    let asked = server.asked();
    let methods: Vec<&str> = asked.iter().map(|asked| asked.head.split(' ').next().unwrap()).collect();
    assert_eq!(methods, ["GET", "POST", "PUT", "DELETE"]);
    assert_eq!(asked[1].body, r#"{"a":1}"#);
}

#[tokio::test]
async fn the_breaker_stops_writes_before_they_leave() {
    let server = Server::answering(answer("500 Broken", "", "")).await;
    let http = server.http_within(scanhelm_net::HttpLimits { breaker_failures: 1, ..limits() });
    assert!(matches!(http.post_json(&LAUNCH, &json!({})).await, Err(WriteError::Unknown(_))));
    let error = http.post_json(&LAUNCH, &json!({})).await.unwrap_err();
    assert!(matches!(&error, WriteError::NotDone(error) if matches!(error.kind, NetErrorKind::BreakerOpen { .. })));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_form_is_sent_escaped_to_a_path_with_a_slash() {
    let server = Server::answering(answer("200 OK", "", "ok")).await;
    let fields = [("action", "pause"), ("scan_ref", "scan/1.2&x=y")];
    server.http().post_form(&LAUNCH.with_slash(), &fields).await.unwrap();
    let asked = server.asked().remove(0);
    let head = asked.head.to_ascii_lowercase();
    assert!(head.lines().next().unwrap().ends_with("/ http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert_eq!(asked.body, "action=pause&scan_ref=scan%2F1.2%26x%3Dy");
}
