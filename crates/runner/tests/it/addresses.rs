//! Sites, hosts and this machine: real scanners against servers of our own on the loopback interface.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_runner::{Discovery, Host, Limits, RequestError, ScanOutcome, ScanRequest, ScanState, ScanType, Site};
use scanhelm_runner::{TargetError, Targets};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::fake::{Fakes, scan};
use crate::servers::{Server, free_port, listening};

fn discovery() -> Discovery {
    Discovery::new(vec![installed("network"), installed("sslyze"), PathBuf::from("/usr/sbin")], BTreeMap::new())
}

/// Programs of an environment that only tests have.
fn installed(environment: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools").join(environment).join("bin");
    assert!(folder.is_dir(), "there is no .tools/{environment}: run `scripts/setup-test.sh scanners`");
    folder.canonicalize().unwrap()
}

async fn scanned(scanner: &str, targets: impl Into<Targets>, arguments: &[&str]) -> ScanOutcome {
    let mut request = ScanRequest::new(targets);
    request.scanners = Some(vec![scanner.to_owned()]);
    request.limits = Limits { time: Duration::from_secs(240), ..Limits::default() };
    request.options.arguments.insert(scanner.to_owned(), arguments.iter().map(OsString::from).collect());
    if scanner == "lynis" {
        request.scan_types = vec![ScanType::Baseline];
    }
    scan(&discovery(), request, &CancellationToken::new()).await.0
}

/// The outcome of a scanner that ran.
async fn brought(scanner: &str, targets: impl Into<Targets>, arguments: &[&str]) -> ScanOutcome {
    let outcome = scanned(scanner, targets, arguments).await;
    assert_eq!((outcome.failed.len(), outcome.skipped.len()), (0, 0), "{:?} {:?}", outcome.failed, outcome.skipped);
    outcome
}

fn host(text: &str) -> Host {
    text.parse().unwrap()
}

fn site(address: SocketAddr) -> Site {
    format!("http://{address}/").parse().unwrap()
}

fn identities(records: &[Box<FindingRecord>]) -> Vec<String> {
    let mut ordinals = Ordinals::of(records.iter().map(AsRef::as_ref));
    let mut all: Vec<String> =
        records.iter().map(|record| format!("{:?}", Identity::of(record, ordinals.next(record)))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn rules(outcome: &ScanOutcome) -> Vec<&str> {
    outcome.records.iter().map(|record| record.rule_id.as_str()).collect()
}

fn by_hand(program: impl AsRef<OsStr>, arguments: &[&str]) -> String {
    let ended = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let ended = ended.expect("nmap, sslscan or testssl.sh is not installed: run `scripts/setup-test.sh scanners`");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

#[tokio::test]
async fn one_port_open_on_two_hosts_is_two_findings_with_two_identities() {
    let port = listening(&[[127, 0, 0, 2], [127, 0, 0, 3]]);
    let outcome = brought("nmap", host("127.0.0.2/31"), &[&format!("-p{port}")]).await;
    let xml = by_hand("nmap", &["-n", "-sT", "-sV", &format!("-p{port}"), "-oX", "-", "127.0.0.2/31"]);
    assert_eq!(outcome.records.len(), xml.matches("state=\"open\"").count());
    let assets: Vec<String> = outcome.records.iter().map(|record| record.asset.identity().to_string()).collect();
    assert_eq!(assets, ["ip:127.0.0.2", "ip:127.0.0.3"]);
    assert_eq!(identities(&outcome.records).len(), 2);
    let coverage = outcome.coverage.first().unwrap();
    assert!(coverage.complete, "{:?}", outcome.ran);
    assert_eq!(coverage.assets.iter().map(|asset| asset.identity().to_string()).collect::<Vec<_>>(), assets);
    assert_eq!(coverage.policy, Some(format!("-p {port} -sT -sV")));
}

#[tokio::test]
async fn a_tls_server_is_looked_at_by_scanners_of_tls_and_by_no_others() {
    let server = Server::tls();
    let outcome = brought("sslscan", server.host(), &[]).await;
    let xml = by_hand("sslscan", &["--no-colour", "--xml=-", &server.host().to_string()]);
    assert!(xml.contains("<self-signed>true</self-signed>") && xml.contains("bits=\"1024\""), "{xml}");
    for rule in ["certificate:self-signed", "certificate:key"] {
        assert!(rules(&outcome).iter().any(|found| found.contains(rule)), "{rule}: {:?}", rules(&outcome));
    }
    let wrong = scanned("ssh-audit", server.host(), &[]).await;
    assert_eq!(wrong.state, ScanState::Failed, "nobody looked");
    assert!(wrong.skipped.first().unwrap().reason.contains("does not speak SSH"), "{:?}", wrong.skipped);
}

#[tokio::test]
async fn sslyze_speaks_of_the_protocols_that_it_was_answered_in() {
    let (server, folder) = (Server::tls(), tempfile::TempDir::new().unwrap());
    let outcome = brought("sslyze", server.host(), &[]).await;
    let (report, host) = (folder.path().join("report.json"), server.host().to_string());
    by_hand(installed("sslyze").join("sslyze"), &["--json_out", report.to_str().unwrap(), &host]);
    let told: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let server = &told["server_scan_results"][0];
    assert_eq!(server["scan_status"], "COMPLETED", "{told}");
    let found = rules(&outcome);
    for (name, rule) in [("ssl_3_0", "SSLv3"), ("tls_1_0", "TLSv1.0"), ("tls_1_1", "TLSv1.1"), ("tls_1_2", "TLSv1.2")] {
        let answered = &server["scan_result"][format!("{name}_cipher_suites")]["result"]["accepted_cipher_suites"];
        let weak = rule != "TLSv1.2" && !answered.as_array().unwrap().is_empty();
        assert_eq!(found.contains(&format!("protocol:{rule}").as_str()), weak, "{rule}: {found:?}");
    }
    for rule in ["certificate:key", "certificate:self-signed", "cipher:anonymous"] {
        assert!(found.contains(&rule), "{rule}: {found:?}");
    }
    // The server falls short of Mozilla's recommendations.
    let ran = &outcome.ran[0];
    assert_eq!((ran.exit_code, ran.version.as_deref(), ran.warnings.len()), (1, Some("6.3.1"), 0), "{ran:?}");
}

/// Of its checks those of protocols: all of them take minutes. It mostly waits, so both run at once.
#[tokio::test]
async fn testssl_says_what_it_says_by_hand() {
    let ([server, other], folder) = ([Server::tls(), Server::tls()], tempfile::TempDir::new().unwrap());
    let (report, host) = (folder.path().join("report.json"), other.host().to_string());
    let words = ["--warnings", "off", "--jsonfile", report.to_str().unwrap(), "-p", &host].map(str::to_owned);
    let told = tokio::task::spawn_blocking(move || by_hand("testssl", &words.each_ref().map(String::as_str)));
    let outcome = brought("testssl", server.host(), &["-p"]).await;
    told.await.unwrap();
    let told: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let rated = |test: &&Value| ["LOW", "MEDIUM", "HIGH", "CRITICAL"].iter().any(|word| test["severity"] == *word);
    let mut weak: Vec<&str> =
        told.as_array().unwrap().iter().filter(rated).filter_map(|test| test["id"].as_str()).collect();
    weak.sort_unstable();
    let mut found = rules(&outcome);
    found.sort_unstable();
    assert!(weak.contains(&"TLS1") && weak.contains(&"TLS1_1"), "{told}");
    assert_eq!(found, weak);
    let ran = &outcome.ran[0];
    assert_eq!((ran.exit_code, ran.warnings.len()), (0, 0), "{ran:?}");
    assert!(ran.version.as_deref().is_some_and(|version| version.starts_with("3.")), "{ran:?}");
}

#[tokio::test]
async fn an_ssh_server_is_audited() {
    let server = Server::ssh();
    let outcome = brought("ssh-audit", server.host(), &[]).await;
    for rule in ["3des-cbc", "diffie-hellman-group1-sha1"] {
        assert!(rules(&outcome).iter().any(|found| found.ends_with(rule)), "{rule}: {:?}", rules(&outcome));
    }
    let port = i32::from(server.port);
    let elsewhere = |record: &FindingRecord| !matches!(record.location, Location::Network { port: of, .. } if i32::from(of) == port);
    assert!(!outcome.records.iter().any(|record| elsewhere(record)));
    let wrong = scanned("sslscan", server.host(), &[]).await;
    assert!(wrong.skipped.first().unwrap().reason.contains("does not speak TLS"), "{:?}", wrong.skipped);
}

#[tokio::test]
async fn a_site_is_attacked_and_two_sites_are_two_targets() {
    let port = listening(&[[127, 0, 0, 1], [127, 0, 0, 4]]);
    let arguments = ["--module=xss,cookieflags,csp"];
    let mut records = Vec::new();
    for address in [[127, 0, 0, 1], [127, 0, 0, 4]] {
        let outcome = brought("wapiti", site((address, port).into()), &arguments).await;
        let titles: Vec<&str> = outcome.records.iter().map(|record| record.title.as_str()).collect();
        assert!(titles.iter().any(|title| title.contains("Cross Site Scripting")), "{titles:?}");
        records.push(outcome.records);
    }
    let both = identities(&records.concat()).len();
    assert_eq!(
        both,
        identities(&records[0]).len() + identities(&records[1]).len(),
        "no finding of one is one of the other"
    );
}

#[tokio::test]
async fn this_machine_is_looked_at_without_a_target() {
    let outcome = brought("lynis", Targets::default(), &["--skip-plugins", "--tests", "AUTH-9286"]).await;
    assert!(!outcome.records.is_empty());
    assert!(outcome.records.iter().all(|record| record.location == Location::Asset), "{:?}", outcome.records);
}

#[tokio::test]
async fn what_is_not_there_is_refused_before_any_scanner_starts() {
    let fakes = Fakes::bandit("touch $NOTES/started");
    let closed = format!("127.0.0.1:{}", free_port());
    let cases: [(Targets, ScanType, &str); 3] = [
        (host(&closed).into(), ScanType::Network, "nothing answers at port"),
        (format!("http://{closed}/").parse::<Site>().unwrap().into(), ScanType::Dast, "nothing answers at port"),
        (host("no-such-host.invalid").into(), ScanType::Network, "cannot be resolved"),
    ];
    for (targets, kind, words) in cases {
        let targets = Targets { path: Some(fakes.target.path().to_path_buf()), ..targets };
        let request = ScanRequest { targets, scan_types: vec![ScanType::Code, kind], ..fakes.request() };
        let error = scanhelm_runner::run(&fakes.discovery(), request, &CancellationToken::new(), |_| {}).await;
        let error = error.unwrap_err();
        assert!(matches!(error, RequestError::Target(TargetError::Unreachable(_) | TargetError::Unresolved(..))));
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(fakes.note("started"), "");
    assert!(!fakes.notes.path().join("started").exists());
}

#[tokio::test]
async fn a_type_needs_its_target_and_a_target_its_type() {
    let fakes = Fakes::bandit("exit 1");
    let refused = async |targets: Targets, types: &[ScanType]| {
        let request = ScanRequest { targets, scan_types: types.to_vec(), scanners: None, ..fakes.request() };
        let ended = scanhelm_runner::run(&fakes.discovery(), request, &CancellationToken::new(), |_| {}).await;
        ended.unwrap_err().to_string()
    };
    let error = refused(fakes.target.path().into(), &[ScanType::Dast]).await;
    assert!(error.contains("a scan of type dast needs the address of a web site (--url"), "{error}");
    let error = refused(host("127.0.0.1").into(), &[ScanType::Baseline]).await;
    assert!(error.contains("nothing looks at 127.0.0.1: ask for a scan of type network"), "{error}");
}
