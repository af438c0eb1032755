//! Where a request may go: the policy at work on real connections.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::ErrorCode;
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{NetworkPolicy, Request, VendorHttp, VendorHttpOptions, probe};

use crate::server::{Server, json, limits, options};

const LIST: Request<'static> = Request::new("list scans", &["scans"]);

fn with(allow: &[&str], url: &str) -> Result<VendorHttp, scanhelm_core::Error> {
    let policy = Arc::new(NetworkPolicy::parse(allow).unwrap());
    VendorHttp::new(VendorHttpOptions { policy, ..options(url.parse().unwrap(), limits()) })
}

#[tokio::test]
async fn t_ssrf_03_a_name_is_judged_by_the_address_it_leads_to() {
    let server = Server::answering(json("{}")).await;
    let url = format!("http://localhost:{}", server.port);
    let error = with(&[], &url).unwrap().get(&LIST).await.unwrap_err();
    assert_eq!(error.condition(), ConditionKind::AddressRefused);
    assert!(error.to_string().contains("[network] allow"), "{error}");
    assert!(server.asked().is_empty());
    assert!(with(&["127.0.0.1"], &url).unwrap().get(&LIST).await.is_ok());
    let other_port = with(&["127.0.0.1:1"], &url).unwrap().get(&LIST).await.unwrap_err();
    assert_eq!(other_port.condition(), ConditionKind::AddressRefused);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn t_ssrf_02_odd_spellings_of_an_inside_address_are_refused() {
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.1/",
        "https://127.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::]/",
        "https://169.254.169.254/",
        "https://0/",
        "https://[fe80::1]/",
        "https://10.0.0.1/",
        "https://[64:ff9b::a00:1]/",
        "http://8.8.8.8/",
    ] {
        let error = with(&[], url).unwrap_err();
        assert_eq!(error.code, ErrorCode::AddressRefused, "{url}: {error}");
    }
}

#[test]
fn t_ssrf_02_t_ssrf_08_only_plain_addresses_of_http_servers() {
    for url in [
        "ftp://vendor.example/",
        "file:///etc/passwd",
        "gopher://vendor.example/",
        "data:text/plain,x",
        "https://user:pw@vendor.example/",
        "https://vendor.example/?next=x",
        "https://vendor.example/#x",
        "https://vendor.example:0/",
    ] {
        let error = with(&[], url).unwrap_err();
        assert_eq!(error.fields[0].field, "base_url", "{url}");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    assert!(with(&[], "https://vendor.example/api/v2/").is_ok());
}

#[tokio::test]
async fn a_base_path_is_kept() {
    let server = Server::answering(json("{}")).await;
    let http = with(&["127.0.0.1"], &format!("http://127.0.0.1:{}/api/v2/", server.port)).unwrap();
    http.get(&LIST).await.unwrap();
    assert!(server.asked()[0].head.starts_with("GET /api/v2/scans "));
}

#[tokio::test]
async fn the_probe_walks_to_the_first_failure_and_says_what_to_do() {
    let patience = Duration::from_secs(2);
    let none = Arc::new(NetworkPolicy::default());
    let local = Arc::new(NetworkPolicy::parse(&["127.0.0.0/8"]).unwrap());
    let server = Server::answering(json("{}")).await;

    let steps = probe(&"https://nowhere.invalid".parse().unwrap(), None, Arc::clone(&none), patience).await.unwrap();
    assert_eq!((steps.len(), steps[0].name, steps[0].ok), (1, "dns", false));

    let url = format!("http://127.0.0.1:{}", server.port).parse().unwrap();
    let steps = probe(&url, None, none, patience).await.unwrap();
    assert!(!steps[0].ok && steps[0].fix.as_deref().unwrap().contains("[network] allow"), "{steps:?}");
    let steps = probe(&url, None, Arc::clone(&local), patience).await.unwrap();
    assert_eq!(steps.iter().map(|step| (step.name, step.ok)).collect::<Vec<_>>(), [("dns", true), ("tcp", true)]);

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("https://127.0.0.1:{closed}").parse().unwrap();
    let steps = probe(&url, None, Arc::clone(&local), patience).await.unwrap();
    assert_eq!(steps.iter().map(|step| (step.name, step.ok)).collect::<Vec<_>>(), [("dns", true), ("tcp", false)]);

    let url = format!("https://127.0.0.1:{}", server.port).parse().unwrap();
    let steps = probe(&url, None, local, patience).await.unwrap();
    assert_eq!((steps[2].name, steps[2].ok), ("tls", false), "plain HTTP behind https");
}

/// A name without an address, and one with several of which only some may be called: what is connected to is what was
/// checked, and where nothing is left, nothing is called.
#[tokio::test]
async fn fm_b33_a_name_is_called_only_at_the_addresses_that_were_checked() {
    let error = with(&["127.0.0.0/8"], "http://no-such-host.invalid:8834").unwrap().get(&LIST).await.unwrap_err();
    assert_eq!(error.condition(), ConditionKind::Unreachable);
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
    // `localhost` is 127.0.0.1 and, on most machines, ::1 as well.
    let server = Server::answering(json("{}")).await;
    let url = format!("http://localhost:{}", server.port);
    assert!(
        with(&["127.0.0.1"], &url).unwrap().get(&LIST).await.is_ok(),
        "the allowed address of a mixed name is used"
    );
    for elsewhere in [&["::1"][..], &["10.0.0.0/8"]] {
        let error = with(elsewhere, &url).unwrap().get(&LIST).await.unwrap_err();
        assert!(
            matches!(error.condition(), ConditionKind::AddressRefused | ConditionKind::Unreachable),
            "{elsewhere:?}: {error}"
        );
    }
    assert_eq!(server.asked().len(), 1, "the refused address was never called");
}
