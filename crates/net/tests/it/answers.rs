//! B rows of the fault matrix that end in one answer: what it is called and what a person sees.

use std::io::Write;
use std::time::{Duration, Instant};

use scanhelm_core::credential::Secret;
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{BreakerState, HttpLimits, NetError, NetErrorKind, Phase, Request, Unreadable};
use serde_json::Value;

use crate::server::{Say, Server, answer, json, limits};

const LIST: Request<'static> = Request::new("list scans", &["scans"]);

async fn fails(server: &Server) -> NetError {
    let outcome = server.http().get(&LIST).await;
    match outcome {
        Ok(answer) => answer.json::<Value>().expect_err("an error is due"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn fm_b01_b02_b03_a_429_holds_the_budget_and_says_until_when() {
    for (header, seconds) in [
        ("", 30),
        ("retry-after: 7\r\n", 7),
        ("retry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n", 30),
        ("retry-after: Sun, 06 Nov 1994 08:00:00 GMT\r\n", 1),
        ("retry-after: 1000000000\r\n", 3600),
        ("retry-after: -3\r\n", 30),
        ("retry-after: tomorrow\r\n", 30),
    ] {
        let server = Server::answering(answer("429 Too Many Requests", header, "")).await;
        let http = server.http();
        let error = http.get(&LIST).await.unwrap_err();
        assert_eq!(error.condition(), ConditionKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{header}");
        let again = http.get(&LIST).await.unwrap_err();
        assert!(matches!(again.kind, NetErrorKind::RateLimited { sent: false, .. }), "{again:?}");
        assert_eq!(server.asked().len(), 1, "no call before the time");
        assert_eq!(http.breaker().failures_in_a_row, 0, "being asked to slow down is no failure");
    }
}

#[tokio::test]
async fn fm_b02_a_wish_to_wait_may_stand_in_the_body() {
    let body = r#"{"code": 429, "retry_after": {"delay_seconds": 12}}"#;
    for (header, seconds) in [("", 12), ("retry-after: 7\r\n", 7)] {
        let server = Server::answering(answer("429 Too Many Requests", header, body)).await;
        let http = server.http();
        let error = http.get(&LIST).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
        assert_eq!(http.budget().held_for_seconds, seconds);
    }
}

#[tokio::test]
async fn a_creation_answered_by_its_address_alone_tells_it() {
    let server = Server::answering(answer("201 Created", "location: /api/v1/scans/5\r\n", "")).await;
    let created = server.http().post_json(&LIST, &serde_json::json!({})).await.unwrap();
    assert_eq!(created.location.as_deref(), Some("/api/v1/scans/5"));
    assert_eq!(server.asked().len(), 1, "it is not followed");
}

#[tokio::test]
async fn fm_b04_an_empty_allowance_stops_us_before_the_429() {
    let headers = "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 784111797\r\n";
    let server = Server::answering(answer("200 OK", headers, "{}")).await;
    let http = server.http();
    assert!(http.get(&LIST).await.is_ok());
    assert_eq!(http.budget().held_for_seconds, 20);
    assert!(http.get(&LIST).await.is_err());
    assert_eq!(server.asked().len(), 1);
}

/// Qualys' way: a time to wait beside the refusal, and how many calls it serves at once.
#[tokio::test]
async fn fm_b04_a_time_to_wait_holds_the_budget_and_fewer_at_once_are_heeded() {
    let headers = "x-ratelimit-remaining: 299\r\nx-ratelimit-towait-sec: 0\r\nx-concurrency-limit-limit: 2\r\n";
    let refusal = answer("409 Conflict", "x-ratelimit-towait-sec: 25\r\n", "<SIMPLE_RETURN/>");
    let scripts = vec![vec![Say::Bytes(answer("200 OK", headers, "{}"))], vec![Say::Bytes(refusal)]];
    let server = Server::saying(scripts).await;
    let http = server.http();
    http.get(&LIST).await.unwrap();
    assert_eq!((http.budget().concurrency, http.budget().held_for_seconds), (2, 0));
    let error = http.get(&LIST).await.unwrap_err();
    assert_eq!((error.status(), error.body()), (Some(409), b"<SIMPLE_RETURN/>".as_slice()));
    assert_eq!(http.budget().held_for_seconds, 25);
    assert!(http.get(&LIST).await.is_err());
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn fm_b05_gateway_errors_are_tried_again_a_few_times_and_500_is_not() {
    for (status, attempts) in [("502 Bad Gateway", 3), ("503 Unavailable", 3), ("504 Timeout", 3), ("500 Broken", 1)] {
        let server = Server::answering(answer(status, "", r#"{"error":"boom"}"#)).await;
        let error = fails(&server).await;
        assert_eq!((error.condition(), server.asked().len()), (ConditionKind::VendorError, attempts), "{status}");
        assert!(error.to_string().contains("boom") && error.to_string().contains("list scans at 127.0.0.1"), "{error}");
    }
    let server =
        Server::saying(vec![vec![Say::Bytes(answer("503 Unavailable", "", ""))], vec![Say::Bytes(json("{}"))]]).await;
    assert!(server.http().get(&LIST).await.is_ok(), "once is not noticed");
}

#[tokio::test]
async fn fm_b05_the_breaker_opens_and_spares_the_vendor() {
    let server = Server::answering(answer("500 Broken", "", "")).await;
    let http = server.http_within(HttpLimits { breaker_failures: 2, ..limits() });
    for _ in 0..5 {
        let error = http.get(&LIST).await.unwrap_err();
        assert_eq!(error.condition(), ConditionKind::VendorError);
    }
    assert_eq!(server.asked().len(), 2);
    let view = http.breaker();
    assert_eq!((view.state, view.because), (BreakerState::Open, Some(ConditionKind::VendorError)));
    assert!(view.open_until.is_some());
}

#[tokio::test]
async fn fm_b07_refused_and_reset_connections() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}").parse().unwrap();
    let http = scanhelm_net::VendorHttp::new(crate::server::options(url, limits())).unwrap();
    let error = http.get(&LIST).await.unwrap_err();
    assert!(matches!(error.kind, NetErrorKind::Connect { .. }), "{error:?}");
    assert_eq!(error.condition(), ConditionKind::Unreachable);

    let server = Server::answering("").await;
    let error = fails(&server).await;
    assert!(matches!(error.kind, NetErrorKind::NoAnswer { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 3, "a read may be asked again");
}

#[tokio::test]
async fn fm_b09_b10_silence_and_slow_loris_end_in_time() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let drip = Duration::from_millis(100);
    for (what, script) in [
        ("never a byte", vec![Say::Hang]),
        ("silent after the head", vec![Say::Bytes(head.clone()), Say::Hang]),
        ("one byte now and then in the body", vec![Say::Bytes(head), Say::Repeat(b"x".to_vec(), drip)]),
        (
            "one header now and then",
            vec![Say::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Say::Repeat(b"a: b\r\n".to_vec(), drip)],
        ),
    ] {
        let server = Server::saying(vec![script]).await;
        let begun = Instant::now();
        let error = fails(&server).await;
        assert_eq!(error.condition(), ConditionKind::Timeout, "{what}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{what} took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn fm_b10_a_slow_body_is_cut_by_pace_long_before_the_deadline() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let server =
        Server::saying(vec![vec![Say::Bytes(head), Say::Repeat(b"x".to_vec(), Duration::from_millis(50))]]).await;
    let http = server.http_within(HttpLimits { total: Duration::from_mins(5), ..limits() });
    let error = http.get(&LIST).await.unwrap_err();
    assert!(matches!(error.kind, NetErrorKind::TooSlow { .. }), "{error:?}");
}

#[tokio::test]
async fn fm_b11_b12_large_bodies_and_bombs_stop_at_the_cap() {
    let server = Server::answering(json(&format!("\"{}\"", "x".repeat(2 * 1024 * 1024)))).await;
    let error = fails(&server).await;
    assert!(matches!(error.kind, NetErrorKind::TooLarge { limit: 1_048_576 }), "{error:?}");

    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..32 {
        bomb.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1024 * 1024, "small on the wire");
    let server = Server::answering(answer("200 OK", "content-encoding: gzip\r\n", bomb)).await;
    let error = fails(&server).await;
    assert!(matches!(error.kind, NetErrorKind::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_a_foreign_compression_is_named() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(br#"{"scans":[]}"#).unwrap();
    let server = Server::answering(answer("200 OK", "content-encoding: gzip\r\n", packed.finish().unwrap())).await;
    let read: Value = server.http().get(&LIST).await.unwrap().json().unwrap();
    assert_eq!(read["scans"], serde_json::json!([]));

    let server = Server::answering(answer("200 OK", "content-encoding: br\r\n", "xyz")).await;
    let error = fails(&server).await;
    assert!(
        matches!(&error.kind, NetErrorKind::Unreadable(Unreadable::Compression(name)) if name == "br"),
        "{error:?}"
    );

    let server = Server::answering(answer("200 OK", "content-encoding: gzip\r\n", "not gzip at all")).await;
    let error = fails(&server).await;
    assert_eq!(error.condition(), ConditionKind::Garbage, "{error:?}");
}

#[tokio::test]
async fn fm_b13_a_cut_body_is_an_error() {
    for (what, bytes) in [
        ("content-length", &b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"scans\":"[..]),
        ("chunked", &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"scans\":\r\n"[..]),
    ] {
        let server = Server::answering(bytes).await;
        let error = fails(&server).await;
        assert!(matches!(error.kind, NetErrorKind::Cut { received: 9, .. }), "{what}: {error:?}");
        assert_eq!(error.condition(), ConditionKind::Garbage);
    }
}

#[tokio::test]
async fn fm_b14_contradicting_lengths_and_things_that_are_not_http() {
    for (what, bytes) in [
        ("shorter length than body", &b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{\"scans\":[]}"[..]),
        ("two lengths", &b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 12\r\n\r\n{\"scans\":[]}"[..]),
        ("an SSH banner", &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..]),
    ] {
        let server = Server::answering(bytes).await;
        let error = fails(&server).await;
        assert_eq!(error.condition(), ConditionKind::Garbage, "{what}: {error:?}");
        assert!(!error.to_string().contains("OpenSSH"), "no banner is shown: {error}");
    }
}

#[tokio::test]
async fn fm_b15_b16_b37_pages_and_nothings_are_told_apart() {
    let html = "content-type: text/html; charset=utf-8\r\n";
    let bom = "\u{feff}{\"a\":1}";
    for (bytes, expected) in [
        (answer("200 OK", html, "please log in"), Unreadable::Html),
        (json("  <!DOCTYPE html><html></html>"), Unreadable::Html),
        (json("<HTML><meta http-equiv=refresh>"), Unreadable::Html),
        (json(""), Unreadable::Empty),
        (json("  \n"), Unreadable::Empty),
        (json("null"), Unreadable::Null),
        (answer("200 OK", "", b"{\"name\":\"\xff\xfe\"}"), Unreadable::Encoding),
    ] {
        let server = Server::answering(bytes).await;
        let error = fails(&server).await;
        assert_eq!(error.kind, NetErrorKind::Unreadable(expected));
        assert_eq!(error.condition(), ConditionKind::Garbage);
    }
    let server = Server::answering(json(bom)).await;
    assert!(server.http().get(&LIST).await.unwrap().json::<Value>().is_ok(), "a byte order mark is harmless");
}

#[tokio::test]
async fn fm_b17_b18_json_that_is_none_or_has_another_shape() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["{\"a\":", "{\"a\":1e400}", "{\"a\":NaN}", "{\"a\":\"\\ud800\"}", "{} {}", deep.as_str()] {
        let server = Server::answering(json(body)).await;
        let error = fails(&server).await;
        assert!(matches!(error.kind, NetErrorKind::Unreadable(Unreadable::Malformed(_))), "{error:?}");
        assert!(error.to_string().len() < 500);
    }
}

#[tokio::test]
async fn fm_b20_no_redirect_is_followed_and_no_credential_travels() {
    let elsewhere = Server::answering(json("{}")).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let to = format!("location: http://user:pw@127.0.0.1:{}/steal?token=abc\r\n", elsewhere.port);
        let server = Server::answering(answer(status, &to, "")).await;
        let secret = [("x-apikeys", Secret::new("accessKey=top-secret"))];
        let error = server.http().get(&LIST.headers(&secret)).await.unwrap_err();
        assert!(matches!(error.kind, NetErrorKind::Redirect { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&elsewhere.port.to_string()) && text.contains("/steal"), "{text}");
        assert!(!text.contains("abc") && !text.contains("pw@") && !text.contains("top-secret"), "{text}");
        assert!(server.asked()[0].head.contains("accessKey=top-secret"));
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn fm_b22_refusals_of_the_credentials_or_the_right() {
    for (status, condition) in [
        ("401 Unauthorized", ConditionKind::Authentication),
        ("403 Forbidden", ConditionKind::Permission),
        ("412 Precondition Failed", ConditionKind::Permission),
        ("404 Not Found", ConditionKind::Garbage),
    ] {
        let server = Server::answering(answer(status, "", r#"{"error":"Invalid Credentials"}"#)).await;
        let error = fails(&server).await;
        assert_eq!((error.condition(), server.asked().len()), (condition, 1), "never tried again");
    }
}

#[tokio::test]
async fn requests_carry_what_they_should_and_nothing_else() {
    let server = Server::answering(json("{}")).await;
    let secret = [("X-Cookie", Secret::new("token=s3cret"))];
    let hostile = ["scans", "../session?x=y#z", "a b"];
    let request = Request::new("odd", &hostile).query(&[("q", "a&b=c")]).headers(&secret);
    server.http().get(&request).await.unwrap();
    let head = &server.asked()[0].head;
    assert!(head.starts_with("GET /scans/..%2Fsession%3Fx=y%23z/a%20b?q=a%26b%3Dc HTTP/1.1"), "{head}");
    let lower = head.to_ascii_lowercase();
    assert!(lower.contains("user-agent: scanhelm/") && lower.contains("x-cookie: token=s3cret"), "{head}");
    assert!(!lower.contains("\r\ncookie:") && !lower.contains("referer"), "{head}");

    for dots in [&["scans", ".."][..], &["", "x"][..]] {
        let error = server.http().get(&Request::new("odd", dots)).await.unwrap_err();
        assert!(matches!(error.kind, NetErrorKind::Request { .. }), "{error:?}");
    }
    let broken = [("X-Cookie", Secret::new("line\r\nbreak-secret"))];
    let error = server.http().get(&LIST.headers(&broken)).await.unwrap_err();
    assert!(!error.to_string().contains("break-secret"), "{error}");
    assert_eq!(server.asked().len(), 1);
    assert!(!format!("{:?} {request:?}", server.http()).contains("s3cret"));
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let server = Server::answering(answer("200 OK", "set-cookie: tracking=1\r\nconnection: close\r\n", "{}")).await;
    let http = server.http();
    http.get(&LIST).await.unwrap();
    http.get(&LIST).await.unwrap();
    assert!(!server.asked()[1].head.to_ascii_lowercase().contains("cookie"));
}

#[tokio::test]
async fn a_total_deadline_names_itself() {
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024)).into_bytes();
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let server = Server::saying(vec![vec![Say::Bytes(head), Say::Repeat(chunk, Duration::from_millis(100))]]).await;
    let error = fails(&server).await;
    assert!(matches!(error.kind, NetErrorKind::Timeout { phase: Phase::Total, .. }), "{error:?}");
}

#[tokio::test]
async fn cookies_are_told_without_their_attributes_and_never_shown() {
    let headers = "set-cookie: SESSION=abc123; Path=/; HttpOnly\r\nset-cookie: nonsense\r\nset-cookie: b=c=d\r\n";
    let server = Server::answering(answer("200 OK", headers, "{}")).await;
    let answer = server.http().get(&LIST).await.unwrap();
    let cookies: Vec<&str> = answer.cookies.iter().map(scanhelm_core::credential::Secret::expose).collect();
    assert_eq!(cookies, ["SESSION=abc123", "b=c=d"]);
    assert!(!format!("{answer:?}").contains("abc123"));
}

/// A port whose queue of connections is full: the next one's greeting is dropped, as by a firewall that says nothing.
#[tokio::test]
async fn fm_b08_a_connection_that_never_comes_about_ends_in_time() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await
    {
        queued.push(connected.unwrap());
        assert!(queued.len() < 100, "the queue never fills");
    }
    let limits = HttpLimits { read_attempts: 1, ..limits() };
    let http =
        scanhelm_net::VendorHttp::new(crate::server::options(format!("http://{address}").parse().unwrap(), limits));
    let begun = Instant::now();
    let error = http.unwrap().get(&LIST).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(2500), "{:?}", begun.elapsed());
    assert!(matches!(error.condition(), ConditionKind::Timeout | ConditionKind::Unreachable), "{error:?}");
}

/// What an answer says of the day decides nothing: neither when it was asked for nor how long to wait.
#[tokio::test]
async fn fm_b39_the_clock_of_an_answer_decides_nothing() {
    for date in ["Tue, 01 Jan 2069 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "yesterday"] {
        let dated = format!("content-type: application/json\r\ndate: {date}\r\n");
        let server = Server::answering(answer("200 OK", &dated, "{}")).await;
        let fetched = server.http().get(&LIST).await.unwrap();
        assert_eq!(fetched.asked_at, scanhelm_core::Clock::now(&crate::server::StandingClock), "{date}");
        let slow = format!("date: {date}\r\nretry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n");
        let server = Server::answering(answer("429 Too Many Requests", &slow, "")).await;
        let error = server.http().get(&LIST).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)), "{date}: by our clock");
    }
}

#[tokio::test]
async fn fm_b40_a_call_that_the_api_no_longer_has_is_told_as_such() {
    for status in ["405 Method Not Allowed", "410 Gone", "501 Not Implemented"] {
        let server = Server::answering(answer(status, "", "")).await;
        let error = fails(&server).await;
        assert_eq!(error.condition(), ConditionKind::Incompatible, "{status}");
        assert_eq!(server.asked().len(), 1, "asking again does not bring it back");
    }
}
