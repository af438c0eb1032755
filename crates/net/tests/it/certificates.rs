//! B21: each kind of bad certificate fails closed, with its own words; a given CA or a pinned certificate works.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{NetworkPolicy, ProbeStep, Request, Trust, VendorHttp, VendorHttpOptions, Visitor, probe};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{json, limits, options};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.der().clone(), pem: certificate.pem(), key }
    }
}

struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

fn self_signed(params: CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity { certificate: certificate.der().clone(), pem: certificate.pem(), key }
}

fn for_names(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// A server with this identity; ends with the test's runtime.
async fn serve(identity: &Identity) -> u16 {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&json("{}")).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

struct Verdict {
    call: Result<(), scanhelm_net::NetError>,
    tls: ProbeStep,
}

/// The same question to the client and to the probe.
async fn ask(host: &str, port: u16, ca_pem: Option<&str>) -> Verdict {
    let url: url::Url = format!("https://{host}:{port}").parse().unwrap();
    let ca = ca_pem.map(str::to_owned);
    let http = VendorHttp::new(VendorHttpOptions { ca_pem: ca, ..options(url.clone(), limits()) }).unwrap();
    let call = http.get(&Request::new("list", &["scans"])).await.map(drop);
    let policy = Arc::new(NetworkPolicy::parse(&["127.0.0.0/8", "::1"]).unwrap());
    let steps = probe(&url, ca_pem, policy, Duration::from_secs(3)).await.unwrap();
    Verdict { call, tls: steps.into_iter().find(|step| step.name == "tls").unwrap() }
}

fn refused(verdict: &Verdict, words: &str) {
    let error = verdict.call.as_ref().unwrap_err();
    assert_eq!(error.condition(), ConditionKind::Tls, "{error}");
    assert!(error.to_string().contains(words), "`{words}` is due: {error}");
    assert!(!verdict.tls.ok && verdict.tls.detail.contains(words) && verdict.tls.fix.is_some(), "{:?}", verdict.tls);
}

#[tokio::test]
async fn fm_b21_a_certificate_of_the_given_authority_is_trusted() {
    let authority = Authority::new("Cellar CA");
    let port = serve(&authority.issue(for_names(&["localhost", "127.0.0.1"]))).await;
    for host in ["localhost", "127.0.0.1"] {
        let verdict = ask(host, port, Some(&authority.pem())).await;
        assert!(verdict.call.is_ok() && verdict.tls.ok, "{host}: {:?} {:?}", verdict.call, verdict.tls);
        assert!(verdict.tls.detail.contains("TLSv1.3"), "{:?}", verdict.tls);
    }
}

#[tokio::test]
async fn fm_b21_each_bad_certificate_has_its_own_words() {
    let authority = Authority::new("Cellar CA");
    let pem = authority.pem();

    let mut expired = for_names(&["localhost"]);
    expired.not_before = date_time_ymd(2019, 1, 1);
    expired.not_after = date_time_ymd(2020, 2, 3);
    refused(&ask("localhost", serve(&authority.issue(expired)).await, Some(&pem)).await, "expired on 2020-02-03");

    let mut early = for_names(&["localhost"]);
    early.not_before = date_time_ymd(2400, 1, 1);
    early.not_after = date_time_ymd(2401, 1, 1);
    refused(&ask("localhost", serve(&authority.issue(early)).await, Some(&pem)).await, "valid only from 2400-01-01");

    let other = authority.issue(for_names(&["nessus.example.com"]));
    let verdict = ask("localhost", serve(&other).await, Some(&pem)).await;
    refused(&verdict, "not for localhost");
    assert!(verdict.tls.detail.contains("nessus.example.com"), "{:?}", verdict.tls);

    let reinstalled = Authority::new("Cellar CA").issue(for_names(&["localhost"]));
    refused(&ask("localhost", serve(&reinstalled).await, Some(&pem)).await, "another authority of the same name");

    let stranger = Authority::new("Stranger").issue(for_names(&["localhost"]));
    let port = serve(&stranger).await;
    refused(&ask("localhost", port, Some(&pem)).await, "not trusted");
    refused(&ask("localhost", port, None).await, "not trusted");

    let alone = self_signed(for_names(&["localhost"]));
    let port = serve(&alone).await;
    refused(&ask("localhost", port, None).await, "self-signed");
    refused(&ask("localhost", port, Some(&pem)).await, "self-signed");
}

#[tokio::test]
async fn fm_b21_a_pasted_self_signed_certificate_is_a_pin() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = for_names(&["localhost"]);
        params.is_ca = is_ca;
        let pinned = self_signed(params);
        let port = serve(&pinned).await;
        let verdict = ask("localhost", port, Some(&pinned.pem)).await;
        assert!(verdict.call.is_ok() && verdict.tls.ok, "{is_ca:?}: {:?} {:?}", verdict.call, verdict.tls);
        // The pin does not excuse another name.
        refused(&ask("127.0.0.1", port, Some(&pinned.pem)).await, "not for 127.0.0.1");

        // Changed since it was pinned.
        let mut params = for_names(&["localhost"]);
        params.is_ca = is_ca;
        let changed = serve(&self_signed(params)).await;
        refused(&ask("localhost", changed, Some(&pinned.pem)).await, "");

        let mut params = for_names(&["localhost"]);
        params.is_ca = is_ca;
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 3);
        let old = self_signed(params);
        refused(&ask("localhost", serve(&old).await, Some(&old.pem)).await, "expired");
    }
}

#[test]
fn a_ca_that_is_none_is_named() {
    let key = self_signed(for_names(&["localhost"])).key.serialize_pem();
    for (pem, words) in [
        ("", "No certificate"),
        ("hello", "No certificate"),
        (key.as_str(), "private key"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "damaged"),
    ] {
        let url = "https://vendor.example".parse().unwrap();
        let refused =
            VendorHttp::new(VendorHttpOptions { ca_pem: Some(pem.to_owned()), ..options(url, limits()) }).unwrap_err();
        assert_eq!(refused.fields[0].field, "ca_pem");
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

/// A server that offers HTTP/2 first: it is not taken up, so that there is no stream which somebody could reset or send
/// away, and no client that would quietly send a command again on another one.
#[tokio::test]
async fn fm_b34_http_2_is_never_taken_up() {
    let authority = Authority::new("Cellar CA");
    let identity = authority.issue(for_names(&["127.0.0.1"]));
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        let mut request = [0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        stream.write_all(&json("{}")).await.unwrap();
        let _ = stream.shutdown().await;
        (agreed, String::from_utf8_lossy(&request[..read]).into_owned())
    });
    let url: url::Url = format!("https://127.0.0.1:{port}").parse().unwrap();
    let http = VendorHttp::new(VendorHttpOptions { ca_pem: Some(authority.pem()), ..options(url, limits()) }).unwrap();
    http.get(&Request::new("list", &["scans"])).await.unwrap();
    let (agreed, request) = served.await.unwrap();
    assert_ne!(agreed.as_deref(), Some(&b"h2"[..]));
    assert!(request.starts_with("GET /scans HTTP/1.1\r\n"), "{request}");
}

#[tokio::test]
async fn a_visitor_lets_every_certificate_in_and_tells_what_it_is_worth() {
    let authority = Authority::new("Cellar CA");
    let dated = |names: &[&str], from: i32, until: i32| {
        let mut params = for_names(names);
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 2, 3));
        params
    };
    let policy = || NetworkPolicy::parse(&["127.0.0.0/8", "::1"]).unwrap();
    let trusting = Visitor::new(policy(), limits(), Some(authority.pem()));
    for (identity, trust, from, until, other_names) in [
        (authority.issue(dated(&["localhost"], 2020, 2090)), Trust::Known, 2020, 2090, None),
        (authority.issue(dated(&["localhost"], 2019, 2020)), Trust::Known, 2019, 2020, None),
        (authority.issue(dated(&["localhost"], 2080, 2090)), Trust::Known, 2080, 2090, None),
        (
            authority.issue(dated(&["a.example"], 2020, 2090)),
            Trust::Known,
            2020,
            2090,
            Some(vec!["a.example".to_owned()]),
        ),
        (self_signed(dated(&["localhost"], 2019, 2020)), Trust::SelfSigned, 2019, 2020, None),
        (Authority::new("Other CA").issue(dated(&["localhost"], 2020, 2090)), Trust::UnknownIssuer, 2020, 2090, None),
    ] {
        let url: url::Url = format!("https://localhost:{}", serve(&identity).await).parse().unwrap();
        let visit = trusting.visit(&url, &[]).await.unwrap();
        let secured = visit.secured.unwrap();
        let certificate = secured.certificate;
        assert_eq!((visit.status, secured.version), (200, "TLS 1.3"));
        assert_eq!((&certificate.trust, &certificate.other_names), (&trust, &other_names), "{from} {until}");
        let begins =
            |time: Option<scanhelm_core::Timestamp>, text: String| time.unwrap().to_string().starts_with(&text);
        assert!(begins(certificate.valid_from, format!("{from}-01-01")), "{:?}", certificate.valid_from);
        assert!(begins(certificate.valid_until, format!("{until}-02-03")), "{:?}", certificate.valid_until);
    }
}

#[tokio::test]
async fn a_visitor_goes_nowhere_that_the_policy_forbids() {
    let everywhere = NetworkPolicy::parse(&["0.0.0.0/0", "::/0"]).unwrap();
    let visitor = Visitor::new(everywhere, limits(), None);
    for url in ["http://169.254.169.254/latest/", "https://[fe80::1]/", "http://[::ffff:169.254.169.254]/"] {
        let error = visitor.visit(&url.parse().unwrap(), &[]).await.unwrap_err().to_string();
        assert!(error.contains("never called"), "{error}");
    }
}
