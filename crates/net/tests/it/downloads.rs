//! A file of the asked name is whole or is not there.

use std::time::Duration;

use scanhelm_net::{HttpLimits, NetErrorKind, Request, Unreadable};

use crate::server::{Say, Server, answer, limits};

const REPORT: Request<'static> = Request::new("download", &["report"]);

#[tokio::test]
async fn a_whole_body_becomes_a_file() {
    let body = "x".repeat(300_000);
    let server = Server::answering(answer("200 OK", "", &body)).await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report.nessus");
    assert_eq!(server.http().download(&REPORT, &into, 1 << 20).await.unwrap(), 300_000);
    assert_eq!(std::fs::read_to_string(&into).unwrap(), body);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_may_be_the_answer_to_a_post_and_is_asked_for_again_like_any_read() {
    let passing = vec![Say::Bytes(answer("503 Service Unavailable", "", ""))];
    let server = Server::saying(vec![passing, vec![Say::Bytes(answer("200 OK", "", "PK"))]]).await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report.zip");
    let wish = serde_json::json!({"downloadType": "v2"});
    assert_eq!(server.http().download_posted(&REPORT, &wish, &into, 100).await.unwrap(), 2);
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].head.starts_with("POST /") && asked[1].body.contains("v2"), "{asked:?}");
}

#[tokio::test]
async fn a_vendor_known_to_mislabel_is_not_refused_for_the_label() {
    let server = Server::answering(answer("200 OK", "content-type: text/html\r\n", "[]")).await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report");
    assert!(server.http().download(&REPORT, &into, 100).await.is_err());
    assert_eq!(server.http().download(&REPORT.mislabelled(), &into, 100).await.unwrap(), 2);
}

#[tokio::test]
async fn fm_a12_b13_whatever_goes_wrong_leaves_no_file() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096)).into_bytes();
    let html = answer("200 OK", "content-type: text/html\r\n", "<html>");
    for (what, script) in [
        ("cut", vec![Say::Bytes(head.clone()), Say::Bytes(b"half".to_vec())]),
        ("slow", vec![Say::Bytes(head), Say::Repeat(b"x".to_vec(), Duration::from_millis(100))]),
        ("endless", vec![Say::Bytes(endless), Say::Repeat(chunk, Duration::from_millis(1))]),
        ("page", vec![Say::Bytes(html)]),
        ("missing", vec![Say::Bytes(answer("404 Not Found", "", ""))]),
    ] {
        let server = Server::saying(vec![script]).await;
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("report");
        let error = server.http().download(&REPORT, &into, 200_000).await.unwrap_err();
        match what {
            "cut" => assert!(matches!(error.kind, NetErrorKind::Cut { received: 4, .. }), "{error:?}"),
            "slow" => assert!(matches!(error.kind, NetErrorKind::TooSlow { .. }), "{error:?}"),
            "endless" => assert!(matches!(error.kind, NetErrorKind::TooLarge { limit: 200_000 }), "{error:?}"),
            "page" => assert_eq!(error.kind, NetErrorKind::Unreadable(Unreadable::Html)),
            _ => assert_eq!(error.status(), Some(404)),
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{what} left a file");
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_file() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let server = Server::saying(vec![vec![Say::Bytes(head), Say::Hang]]).await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("report");
    let http = server.http_within(HttpLimits {
        silence: Duration::from_secs(20),
        pace_window: Duration::from_secs(20),
        ..limits()
    });
    let gone = tokio::time::timeout(Duration::from_millis(500), http.download(&REPORT, &into, 1 << 20)).await;
    assert!(gone.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_our_own_error() {
    let server = Server::answering(answer("200 OK", "", "x")).await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("no/such/folder/report");
    let error = server.http().download(&REPORT, &into, 1 << 20).await.unwrap_err();
    assert!(matches!(error.kind, NetErrorKind::File { .. }), "{error:?}");
}
