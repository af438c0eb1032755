//! The web check against sites of our own on the loopback interface, also hostile ones.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use scanhelm_core::finding::Location;
use scanhelm_runner::{Discovery, Limits, RequestError, RunnerEvent, ScanOutcome, ScanRequest, ScanState, ScanType};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::fake;

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n";

/// A site that answers each path with the bytes that the test gives, and notes what it was asked.
struct Web {
    address: SocketAddr,
    tls: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// `{base}` in the answer stands for the site's address.
    async fn at(
        address: [u8; 4],
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::from(address), 0)).await.unwrap();
        let site = Self { address: listener.local_addr().unwrap(), tls: tls.is_some(), asked: Arc::default() };
        let (asked, answer) = (Arc::clone(&site.asked), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, asked, answer) = (tls.clone(), Arc::clone(&asked), Arc::clone(&answer));
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => answered(tls.accept(stream).await.ok()?, &asked, answer.as_ref()).await,
                        None => answered(stream, &asked, answer.as_ref()).await,
                    }
                });
            }
        });
        site
    }

    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::at([127, 0, 0, 1], None, move |_| answer.clone()).await
    }

    fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}/", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Writes the answer to one request and keeps the connection until the other side goes; without an answer it stays
/// silent.
async fn answered(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    asked: &Mutex<Vec<String>>,
    answer: &(impl Fn(&str) -> Vec<u8> + ?Sized),
) -> Option<()> {
    let mut request = vec![0; 8192];
    let length = stream.read(&mut request).await.ok().filter(|length| *length > 0)?;
    let head = String::from_utf8_lossy(request.get(..length)?).into_owned();
    let line = head.lines().next()?.to_owned();
    asked.lock().unwrap().push(line.clone());
    stream.write_all(&answer(&head)).await.ok()?;
    while stream.read(&mut request).await.ok()? > 0 {}
    Some(())
}

async fn scanned_within(url: &str, time: Duration, cancel: &CancellationToken) -> (ScanOutcome, Vec<RunnerEvent>) {
    let site: scanhelm_runner::Site = url.parse().unwrap();
    let mut request = ScanRequest::new(site);
    request.scanners = Some(vec!["web-check".to_owned()]);
    request.limits = Limits { time, ..Limits::default() };
    // Nothing is installed.
    fake::scan(&Discovery::new(Vec::new(), BTreeMap::new()), request, cancel).await
}

async fn scanned(url: &str) -> ScanOutcome {
    let (outcome, _) = scanned_within(url, Duration::from_secs(60), &CancellationToken::new()).await;
    assert_eq!((outcome.ran.len(), outcome.failed.len()), (1, 0), "{:?}", outcome.failed);
    outcome
}

/// Why the check failed, without any record.
async fn failure(url: &str) -> String {
    let (outcome, _) = scanned_within(url, Duration::from_secs(60), &CancellationToken::new()).await;
    assert_eq!((outcome.state, outcome.records.len()), (ScanState::Failed, 0), "{outcome:?}");
    outcome.failed.into_iter().next().unwrap().reason
}

fn rules(outcome: &ScanOutcome) -> Vec<&str> {
    let mut rules: Vec<&str> = outcome.records.iter().map(|record| record.rule_id.as_str()).collect();
    rules.sort_unstable();
    rules
}

fn warnings(outcome: &ScanOutcome) -> String {
    outcome.ran.iter().flat_map(|ran| ran.warnings.clone()).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_bare_machine_looks_at_a_site_and_what_is_mended_is_gone() {
    let poor = format!("{PAGE}Server: nginx/1.2.3\r\nSet-Cookie: sid=hunter2\r\n\r\n");
    let good = format!(
        "{PAGE}Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: no-referrer\r\nPermissions-Policy: camera=()\r\n\r\n"
    );
    let mended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let site = Web::at([127, 0, 0, 1], None, move |_| {
        if is_mended.load(std::sync::atomic::Ordering::Relaxed) { good.clone() } else { poor.clone() }.into_bytes()
    })
    .await;
    let url = format!("{}app/?user=7", site.url());
    let (outcome, events) = scanned_within(&url, Duration::from_secs(60), &CancellationToken::new()).await;
    assert_eq!(
        rules(&outcome),
        [
            "content-type-guessed",
            "cookie-across-sites",
            "cookie-for-scripts",
            "csp-missing",
            "frames-allowed",
            "http-not-redirected",
            "permissions-policy-missing",
            "referrer-policy-missing",
            "software-disclosed",
        ]
    );
    let ran = outcome.ran.first().unwrap();
    assert_eq!(ran.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(ran.commands, [format!("scanhelm scan --url '{url}' --scanner web-check")]);
    assert!(events.iter().any(|event| matches!(event, RunnerEvent::ScannerStart { process: None, .. })), "{events:?}");
    let text = serde_json::to_string(&outcome.records).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("user=7"), "{text}");
    let page = outcome.records.iter().find(|record| record.rule_id == "csp-missing").unwrap();
    assert_eq!(
        page.location,
        Location::Web {
            url: format!("{}app/", site.url()),
            method: None,
            parameter: Some("Content-Security-Policy".to_owned())
        }
    );
    let covered = outcome.coverage.first().unwrap();
    assert!(covered.complete && covered.assets == [page.asset.clone()], "{covered:?}");

    mended.store(true, std::sync::atomic::Ordering::Relaxed);
    let again = scanned(&url).await;
    assert_eq!(rules(&again), ["http-not-redirected"]);
    assert_eq!(again.coverage, outcome.coverage, "it is looked at in full, so the rest is gone");
}

fn certified(names: &[&str], until: i32) -> TlsAcceptor {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(until, 2, 3));
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

#[tokio::test]
async fn a_bad_certificate_is_told_and_the_site_behind_it_looked_at() {
    for (names, until, broken) in [
        (&["localhost"][..], 2020, &["certificate-expired", "certificate-self-signed"][..]),
        (&["other.example"], 2090, &["certificate-for-others", "certificate-self-signed"]),
    ] {
        let tls = certified(names, until);
        let site =
            Web::at([127, 0, 0, 1], Some(tls), |_| format!("{PAGE}Set-Cookie: sid=1\r\n\r\n").into_bytes()).await;
        let outcome = scanned(&format!("https://localhost:{}/", site.address.port())).await;
        let found = rules(&outcome);
        assert_eq!(found.iter().filter(|rule| rule.starts_with("certificate")).copied().collect::<Vec<_>>(), broken);
        assert!(found.contains(&"hsts-missing") && found.contains(&"cookie-not-secure"), "{found:?}");
        let text = serde_json::to_string(&outcome.records).unwrap();
        assert!(
            text.contains("2020-02-03") || text.contains("It is for other.example and not for localhost"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn redirects_are_followed_on_the_host_and_nowhere_else() {
    let tls = certified(&["localhost"], 2090);
    let secured = Web::at([127, 0, 0, 1], Some(tls), |_| format!("{PAGE}\r\n").into_bytes()).await;
    let to = |url: &str| format!("HTTP/1.1 301 Moved\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n");
    let plain = Web::answering(to(&format!("https://localhost:{}/shop", secured.address.port()))).await;
    let outcome = scanned(&format!("http://localhost:{}/", plain.address.port())).await;
    assert!(secured.asked().contains(&"GET /shop HTTP/1.1".to_owned()), "{:?}", secured.asked());
    assert!(!rules(&outcome).contains(&"http-not-redirected") && rules(&outcome).contains(&"csp-missing"));
    assert!(outcome.coverage.first().unwrap().complete);

    let other = Web::at([127, 0, 0, 2], None, |_| format!("{PAGE}\r\n").into_bytes()).await;
    for (leads_to, told) in [
        (other.url(), "127.0.0.2"),
        ("http://169.254.169.254/latest/?a=b".to_owned(), "169.254.169.254"),
        ("file:///etc/passwd".to_owned(), "file:///etc/passwd"),
    ] {
        let site = Web::answering(to(&leads_to)).await;
        let outcome = scanned(&site.url()).await;
        assert_eq!(rules(&outcome), ["http-not-redirected"], "a redirect is no page");
        assert!(
            warnings(&outcome).contains(told) && warnings(&outcome).contains("another host"),
            "{}",
            warnings(&outcome)
        );
        assert!(!outcome.coverage.first().unwrap().complete, "what was not looked at is not gone");
    }
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_refusal_is_looked_at_and_told() {
    for status in ["401 Unauthorized", "404 Not Found", "503 Unavailable"] {
        let site = Web::answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nX-Powered-By: PHP\r\n\r\n")).await;
        let outcome = scanned(&site.url()).await;
        assert!(rules(&outcome).contains(&"software-disclosed"), "{:?}", rules(&outcome));
        assert!(warnings(&outcome).contains(status.split(' ').next().unwrap()), "{}", warnings(&outcome));
        assert!(!outcome.coverage.first().unwrap().complete);
    }
}

#[tokio::test]
async fn scripts_of_strangers_are_tried() {
    let site = Web::at([127, 0, 0, 1], None, |head| {
        let origin = head.lines().find_map(|line| line.strip_prefix("origin: ")).unwrap_or("none");
        format!("{PAGE}Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n\r\n")
            .into_bytes()
    })
    .await;
    assert!(rules(&scanned(&site.url()).await).contains(&"cors-any-origin-with-credentials"));
}

#[tokio::test]
async fn hostile_answers_are_failures_or_looked_at_and_never_clean() {
    let circle = Web::at([127, 0, 0, 1], None, |head| {
        let number = head.matches('x').count() + 1;
        format!("HTTP/1.1 302 Found\r\nLocation: /{}\r\nContent-Length: 0\r\n\r\n", "x".repeat(number)).into_bytes()
    })
    .await;
    let reason = failure(&circle.url()).await;
    assert!(reason.contains("redirects in a circle, after 10 answers"), "{reason}");
    assert_eq!(circle.asked().len(), 10);

    for (answer, words) in [
        (format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n", "a".repeat(2_000_000)).into_bytes(), "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n".iter().copied().chain(b"a: b\r\n".repeat(5_000)).chain(*b"\r\n").collect(), "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX-Powered-By: a\x00\x1b[31mb\r\n\r\n".to_vec(), "not HTTP"),
        (b"SSH-2.0-OpenSSH_9\r\n".to_vec(), "not HTTP"),
    ] {
        let site = Web::answering(answer).await;
        let reason = failure(&site.url()).await;
        assert!(reason.contains(words) && !reason.contains('\u{1b}'), "{words}: {reason}");
    }

    let endless =
        Web::answering([PAGE.replace("Content-Length: 0\r\n", "").as_bytes(), b"\r\n", &[b'x'; 100_000]].concat())
            .await;
    assert!(rules(&scanned(&endless.url()).await).contains(&"csp-missing"), "the body is not read");

    let odd = Web::answering([PAGE.as_bytes(), b"X-Powered-By: \xff\xfe\xc3\xa9 \t1.0\r\n\r\n"].concat()).await;
    let outcome = scanned(&odd.url()).await;
    let told = outcome.records.iter().find(|record| record.rule_id == "software-disclosed").unwrap();
    assert!(told.evidence.as_deref().unwrap().contains("é 1.0"), "{told:?}");
}

#[tokio::test]
async fn a_silent_site_ends_at_the_time_limit_or_when_the_scan_is_cancelled() {
    let silent = Web::answering("").await;
    let (outcome, _) = scanned_within(&silent.url(), Duration::from_millis(300), &CancellationToken::new()).await;
    let reason = outcome.failed.first().unwrap().reason.clone();
    assert!(reason.contains("did not end within 0.3 seconds"), "{reason}");

    let cancel = CancellationToken::new();
    let url = silent.url();
    let asked_before = silent.asked().len();
    let stop = async {
        while silent.asked().len() == asked_before {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (scan, ()) = tokio::join!(scanned_within(&url, Duration::from_secs(60), &cancel), stop);
    assert_eq!((scan.0.state, scan.0.records.len()), (ScanState::Cancelled, 0));
}

#[tokio::test]
async fn it_takes_no_arguments() {
    let site = Web::answering(format!("{PAGE}\r\n")).await;
    let mut request = ScanRequest::new(site.url().parse::<scanhelm_runner::Site>().unwrap());
    request.scan_types = vec![ScanType::Dast];
    request.options.arguments.insert("web-check".to_owned(), vec!["-v".into()]);
    let discovery = Discovery::new(Vec::new(), BTreeMap::new());
    let refused = scanhelm_runner::run(&discovery, request, &CancellationToken::new(), |_| {}).await;
    assert!(matches!(refused, Err(RequestError::NoArguments(id)) if id == "web-check"));
}
