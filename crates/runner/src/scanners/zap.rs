//! ZAP: crawls a web site and attacks it, as a daemon that is driven through its API.
//!
//! A start has a home, a port and a key of its own, so no settings of this machine take part and nobody else's scan does.
//! The key stands in a file that only this user reads and not in the command line, which everybody on the machine sees.
//!
//! The steps are those of ZAP's own packaged full scan: open the address, crawl, wait until what was seen has been looked
//! at, attack, and ask for the report. Each has to answer, so a scan that did not come to its end is a failure and never a
//! short report.

use std::ffi::{OsStr, OsString};
use std::io;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use scanhelm_net::{NetError, NetErrorKind};
use serde_json::Value;
use tokio::time::sleep;

use super::settings;
use crate::message;
use crate::run::Daemon;
use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "zap",
    name: "ZAP",
    scan_types: &[ScanType::Dast],
    programs: &["zap.sh", "zaproxy", "owasp-zap"],
    oldest: "2.14",
    install_hint: "https://www.zaproxy.org/download/",
    format: "zap-json",
    version_arguments: &["-version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Site,
    report: ReportPlace::File,
    work: Work::Daemon { key_header: "x-zap-api-key", drive, shutdown: "/JSON/core/action/shutdown/" },
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let door = invocation.door.ok_or_else(|| io::Error::other("no port for its API was chosen"))?;
    let home = invocation.folder.join("zap");
    let key = settings(invocation, "zap.properties", &format!("api.key={}\n", door.key.expose()))?;
    let port = door.port.to_string();
    let words: &[&dyn AsRef<OsStr>] =
        &[&"-daemon", &"-silent", &"-dir", &home, &"-host", &"127.0.0.1", &"-port", &port, &"-configfile", &key];
    // It is told its target later.
    Ok(Invocation { targets: Vec::new(), ..*invocation }.with(words, &SCANNER, None))
}

fn drive<'a>(daemon: &'a Daemon<'a>) -> BoxFuture<'a, Result<(), String>> {
    scan(daemon).boxed()
}

async fn scan(daemon: &Daemon<'_>) -> Result<(), String> {
    let zap = Zap(daemon);
    let site = ("url", daemon.target);
    zap.until_it_answers().await?;
    zap.asked("open the site", "core/action/accessUrl", &[site, ("followRedirects", "true")]).await?;
    // A start at a path is an application of its own on a host.
    let below = if is_root(daemon.target) { "false" } else { "true" };
    let crawl = [site, ("recurse", "true"), ("subtreeOnly", below)];
    let crawl = zap.word("crawl the site", "spider/action/scan", &crawl, "scan").await?;
    zap.until_done("wait for the crawl", "spider/view/status", &crawl).await?;
    zap.until_all_is_read().await?;
    let attack = zap.word("attack the site", "ascan/action/scan", &[site, ("recurse", "true")], "scan").await?;
    zap.until_done("wait for the attack", "ascan/view/status", &attack).await?;
    zap.until_all_is_read().await?;
    let report = "/OTHER/core/other/jsonreport/";
    daemon.api.download("ask for the report", report, daemon.report, daemon.report_bytes).await.map_err(told)
}

fn is_root(target: &str) -> bool {
    url::Url::parse(target).is_ok_and(|url| url.path() == "/")
}

fn told(error: NetError) -> String {
    message::shown(&format!("its API failed to {}: {}", error.what, error.kind))
}

struct Zap<'a>(&'a Daemon<'a>);

impl Zap<'_> {
    async fn asked(&self, what: &'static str, path: &str, query: &[(&str, &str)]) -> Result<Value, String> {
        self.0.api.get(what, &format!("/JSON/{path}/"), query).await.map_err(told)
    }

    /// Every value comes as text.
    async fn word(&self, what: &'static str, path: &str, query: &[(&str, &str)], name: &str) -> Result<String, String> {
        let answer = self.asked(what, path, query).await?;
        let word = answer.get(name).and_then(Value::as_str);
        word.map(str::to_owned)
            .ok_or_else(|| message::shown(&format!("its API answers without `{name}` when asked to {what}: {answer}")))
    }

    async fn number(&self, what: &'static str, path: &str, query: &[(&str, &str)], name: &str) -> Result<u64, String> {
        let word = self.word(what, path, query, name).await?;
        word.parse().map_err(|_| message::shown(&format!("its API tells `{word}` where a number is due, to {what}")))
    }

    /// It takes a while until something listens.
    async fn until_it_answers(&self) -> Result<(), String> {
        let mut pause = Pause::default();
        loop {
            let asked = self.0.api.get::<Value>("tell its version", "/JSON/core/view/version/", &[]).await;
            match asked.map_err(|error| error.kind) {
                Ok(_) => return Ok(()),
                Err(NetErrorKind::Connect { .. } | NetErrorKind::NoAnswer { .. } | NetErrorKind::Timeout { .. }) => {}
                Err(kind) => return Err(message::shown(&format!("its API does not let us in: {kind}"))),
            }
            pause.next().await;
        }
    }

    async fn until_done(&self, what: &'static str, path: &str, scan: &str) -> Result<(), String> {
        let mut pause = Pause::default();
        while self.number(what, path, &[("scanId", scan)], "status").await? < 100 {
            pause.next().await;
        }
        Ok(())
    }

    /// By its passive scanner.
    async fn until_all_is_read(&self) -> Result<(), String> {
        let mut pause = Pause::default();
        let what = "tell what is left to look at";
        while self.number(what, "pscan/view/recordsToScan", &[], "recordsToScan").await? > 0 {
            pause.next().await;
        }
        Ok(())
    }
}

/// Longer each time: a crawl of three pages ends at once, an attack takes hours.
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_millis(50))
    }
}

impl Pause {
    async fn next(&mut self) {
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(Duration::from_secs(2));
    }
}
