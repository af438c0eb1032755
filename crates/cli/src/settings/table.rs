//! Every setting there is.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::kinds::{
    CollectorUrl, DatabaseUrl, FeedPlace, Hosts, Kind, LogFilter, LogForm, Networks, OptionalAddress, PublicUrl,
};
use super::mail::{MailAddress, Password, Port, SmtpSecurity};
use super::own_scanners::ScannerFiles;
use super::{Effective, Layers, Problems};

/// What is to be known about one setting.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// `sync.status_interval`
    pub(crate) name: &'static str,
    pub(crate) section: &'static str,
    pub(crate) section_about: &'static str,
    pub(crate) key: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) default: String,
    pub(crate) about: &'static str,
}

impl Setting {
    /// Its name in the environment.
    pub(crate) fn variable(&self) -> String {
        super::layers::variable_of(self.name)
    }
}

macro_rules! settings {
    ($(
        #[doc = $section_about:literal]
        $section:ident: $Section:ident {
            $( $(#[doc = $about:literal])+ $key:ident: $kind:ty = $default:expr, )+
        }
    )+) => {
        $(
            #[doc = $section_about]
            #[derive(Clone, Debug)]
            pub(crate) struct $Section { $( $(#[doc = $about])+ pub(crate) $key: $kind, )+ }
        )+

        /// The settings in force.
        #[derive(Clone, Debug)]
        pub(crate) struct Values { $(pub(crate) $section: $Section,)+ }

        impl Values {
            /// Understands every layer; tells all that is wrong.
            pub(crate) fn read(layers: &Layers) -> Result<(Self, Vec<Effective>), Problems> {
                let mut reader = Reader::new(layers);
                let values = Self {
                    $($section: $Section {
                        $($key: reader.take(concat!(stringify!($section), ".", stringify!($key)), $default),)+
                    },)+
                };
                reader.finish(values)
            }
        }

        /// In the order of the reference page.
        pub(crate) fn table() -> Vec<Setting> {
            vec![$($(
                Setting {
                    name: concat!(stringify!($section), ".", stringify!($key)),
                    section: stringify!($section),
                    section_about: $section_about,
                    key: stringify!($key),
                    kind: <$kind as Kind>::NAME,
                    default: { let default: $kind = $default; default.shown() },
                    about: concat!($($about),+),
                },
            )+)+]
        }
    };
}

struct Reader<'a> {
    layers: &'a Layers,
    effective: Vec<Effective>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(layers: &'a Layers) -> Self {
        Self { layers, effective: Vec::new(), problems: Vec::new() }
    }

    fn take<K: Kind>(&mut self, name: &'static str, default: K) -> K {
        let (value, source) = match self.layers.find(name) {
            None => (default, "default".to_owned()),
            Some((raw, place)) => match raw.and_then(K::read) {
                Ok(value) => (value, place),
                Err(problem) => {
                    self.problems.push(format!("{name} ({place}): {problem}"));
                    (default, "default".to_owned())
                }
            },
        };
        self.effective.push(Effective { name, value: value.shown(), source });
        value
    }

    fn finish(mut self, values: Values) -> Result<(Values, Vec<Effective>), Problems> {
        self.problems.extend(values.notify.contradictions());
        if self.problems.is_empty() { Ok((values, self.effective)) } else { Err(Problems(self.problems)) }
    }
}

/// The hub's own defaults: they stand with what they mean.
fn hub() -> scanhelm_hub::Settings {
    scanhelm_hub::Settings::new(PathBuf::new())
}

fn api() -> scanhelm_api::Settings {
    scanhelm_api::Settings::default()
}

settings! {
    /// The API and the console.
    server: Server {
        /// Address and port to listen on.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8480)),
        /// Where people reach the console when that is another address, such as `https://scanhelm.example.com` behind
        /// a proxy. With `https` the session cookie is sent over TLS only.
        public_url: PublicUrl = PublicUrl::default(),
        /// Largest JSON body in bytes. Reports have `import.max_report_bytes`.
        max_body_bytes: usize = api().max_body_bytes,
        /// A request whose answer has not begun by then is refused.
        request_timeout: Duration = api().request_timeout,
        /// The same for uploads.
        upload_timeout: Duration = api().upload_timeout,
        /// Open event streams of one caller.
        max_event_streams: usize = api().max_event_streams,
    }
    /// Where the hub keeps its facts.
    database: Database {
        /// `postgres://user:password@host/name`. Empty: SQLite, a file in the data folder. `DATABASE_URL` sets it too.
        url: DatabaseUrl = DatabaseUrl::default(),
        /// Connections for reading.
        readers: u32 = 4,
    }
    /// How closely the hub follows its vendors.
    sync: Sync {
        /// Longest time between two looks at a scan that moves.
        status_interval: Duration = hub().sync.status_interval,
        /// Time between two complete comparisons with a vendor's list.
        adoption_interval: Duration = hub().sync.adoption_interval,
        /// Time between two attempts to complete scans that are known only from a list.
        backfill_interval: Duration = hub().sync.backfill_interval,
        /// Most detail calls in one look at an integration.
        details_per_look: usize = hub().sync.details_per_look,
        /// How long an integration belongs to the hub process that looks at it.
        lease: Duration = hub().sync.lease,
        /// Time between two computations of all schedules' next times. An edit counts at once.
        schedule_reload: Duration = hub().sync.schedule_reload,
        /// Time between the launches of schedules of one integration that are due at the same minute.
        schedule_spacing: Duration = hub().sync.schedule_spacing,
    }
    /// Which addresses the hub may call.
    network: Network {
        /// Private and loopback ranges that integrations and notification channels may name, such as `["10.0.0.0/8", "192.168.7.5:8834"]`.
        /// Public addresses over TLS are always allowed, link-local and metadata addresses never.
        allow: Networks = Networks::default(),
    }
    /// Bounds of the calls to one integration.
    limits: Limits {
        /// Time for DNS, TCP and TLS together.
        connect: Duration = hub().http.connect,
        /// Longest silence of a vendor within a call.
        silence: Duration = hub().http.silence,
        /// Time for one call with its repetitions.
        total: Duration = hub().http.total,
        /// Time for the download of one report.
        download_total: Duration = hub().http.download_total,
        /// Requests a minute, on average.
        requests_per_minute: u32 = hub().http.requests_per_minute,
        /// Requests in flight at once.
        concurrency: usize = hub().http.concurrency,
    }
    /// Taking results in.
    import: Import {
        /// Records in one transaction.
        batch_rows: usize = hub().import.batch_rows,
        /// Records that could not be read, kept for display.
        quarantine_shown: usize = hub().import.quarantine_shown,
        /// Largest report accepted, in bytes.
        max_report_bytes: u64 = hub().import.max_report_bytes,
    }
    /// Scans that run on this machine.
    local: Local {
        /// Scanners that run at the same time, of all scans together, and so also how many local scans run: the others wait
        /// in the order in which they were made. 0: as many as there are processors.
        max_parallel: usize = hub().local.max_parallel,
        /// Time for one scanner.
        timeout: Duration = hub().local.timeout,
        /// Folders searched for scanners before `PATH`.
        tool_paths: Vec<PathBuf> = hub().local.tool_paths,
        /// Files that define scanners of your own and say where programs lie: see the page on local scans. They name
        /// programs that run, so nobody else should be able to write them.
        scanner_files: ScannerFiles = ScannerFiles::default(),
        /// Folders below which the hub may scan. Empty: it may scan nothing.
        allowed_roots: Vec<PathBuf> = hub().local.allowed_roots,
        /// Sites and hosts that the hub may scan: `10.0.0.0/8`, `10.1.2.3`, `staging.example.com`, `*.lab.example.com`.
        /// Empty: none.
        allowed_hosts: Hosts = Hosts::default(),
        /// The hub may scan the machine that it runs on (scans of type `baseline`). Whoever may create scans then sees how
        /// this machine is set up, in every company.
        this_machine: bool = hub().local.this_machine,
        /// Comments, rules and the baseline of a scanned project suppress findings of it, as with `scanhelm scan`.
        /// Never where a company asks for a second person before something is suppressed.
        project_suppression: bool = hub().local.project_suppression,
        /// The user whom scanners run as where the hub runs as root; it must be able to read what is scanned. Empty: the hub's own.
        user: String = hub().local.user,
    }
    /// Background work.
    jobs: Jobs {
        /// Jobs that use this machine at the same time: uploads, bulk judgements, and imports while they read a report.
        /// Local scans have places of their own.
        workers: usize = hub().jobs.workers,
        /// Jobs that ask vendors at the same time. They mostly wait for an answer.
        vendor_workers: usize = hub().jobs.vendor_workers,
        /// How long a job belongs to the hub process that works on it without a sign of life.
        lease: Duration = hub().jobs.lease,
        /// Time between two looks for work that nobody announced.
        poll: Duration = hub().jobs.poll,
        /// An attempt at a job is cut after this long and goes on at its checkpoint. Local scans have limits of their own.
        attempt: Duration = hub().jobs.attempt,
    }
    /// What the findings are on.
    assets: Assets {
        /// An asset that no scan has seen for this long is stale.
        stale_after: Duration = hub().assets.stale_after,
    }
    /// Who may come in.
    auth: Auth {
        /// A console session ends after this long.
        session: Duration = hub().auth.session,
    }
    /// What is forgotten.
    retention: Retention {
        /// Uploads and local scans that ended more days ago than this are deleted as if somebody had: findings that only
        /// they saw go, judgements stay. One stays that something open was last seen by,
        /// or that the newest list of an asset's components comes from. 0: all are kept.
        scan_days: usize = 0,
    }
    /// Sending notifications.
    notify: Notify {
        /// The mail server. Empty: no channel can be a mailbox.
        smtp_host: String = String::new(),
        /// Its port.
        smtp_port: Port = Port(587),
        /// How the connection is protected: `starttls` and `tls` need a certificate that this system trusts; with `none`
        /// there is a log-in only to a server on the same machine.
        smtp_security: SmtpSecurity = SmtpSecurity::default(),
        /// Name to log in with; needs a password. Empty: no log-in.
        smtp_username: String = String::new(),
        /// Its password.
        smtp_password: Password = Password::default(),
        /// The address that mails come from.
        mail_from: MailAddress = MailAddress("scanhelm@localhost".to_owned()),
        /// Time for one attempt.
        timeout: Duration = hub().notify.timeout,
        /// Messages that are sent at the same time, each to another channel.
        senders: usize = hub().notify.senders,
    }
    /// Public facts about vulnerabilities. Each place is a file, a folder or an `https://` address; nothing is fetched unless one stands here.
    feeds: Feeds {
        /// EPSS scores of FIRST: a file such as `epss_scores-2026-05-18.csv.gz`.
        epss: FeedPlace = FeedPlace::default(),
        /// Known exploited vulnerabilities of CISA: `known_exploited_vulnerabilities.json` or `.csv`.
        kev: FeedPlace = FeedPlace::default(),
        /// CVSS vectors of NVD: files of CVE JSON 2.0 such as `nvdcve-2.0-2026.json.gz`, all of them in one folder.
        nvd: FeedPlace = FeedPlace::default(),
        /// Names of weaknesses of MITRE: `cwec_v4.17.xml` (or its `.zip`), or a view as `.csv`.
        cwe: FeedPlace = FeedPlace::default(),
        /// Time between two looks at these places.
        refresh: Duration = hub().feeds.refresh,
        /// Largest file accepted, in bytes as it comes.
        max_bytes: u64 = hub().feeds.max_bytes,
    }
    /// Numbers for whoever operates the hub.
    metrics: Metrics {
        /// Address and port for Prometheus, such as `127.0.0.1:9480`; `/metrics` is served there and nowhere else,
        /// without a log-in, for the whole installation. Empty: off.
        listen: OptionalAddress = OptionalAddress::default(),
    }
    /// What led to what, for whoever operates the hub.
    traces: Traces {
        /// Collector of OpenTelemetry that gets the traces (OTLP over HTTP), such as `http://127.0.0.1:4318`; needs a
        /// build with the feature `opentelemetry`. Empty: off.
        collector: CollectorUrl = CollectorUrl::default(),
    }
    /// What the hub tells on standard error.
    log: Log {
        /// Form of the lines.
        form: LogForm = LogForm::Human,
        /// What is told: a level, or levels by part, such as `info,scanhelm_net=debug`.
        filter: LogFilter = LogFilter("info,sqlx=warn".to_owned()),
    }
}

impl Values {
    /// For a hub whose files are under `data_dir`.
    pub(crate) fn hub(&self, data_dir: PathBuf) -> scanhelm_hub::Settings {
        let mut hub = scanhelm_hub::Settings::new(data_dir);
        hub.sync.status_interval = self.sync.status_interval;
        hub.sync.adoption_interval = self.sync.adoption_interval;
        hub.sync.backfill_interval = self.sync.backfill_interval;
        hub.sync.details_per_look = self.sync.details_per_look;
        hub.sync.lease = self.sync.lease;
        hub.http.connect = self.limits.connect;
        hub.http.silence = self.limits.silence;
        hub.http.total = self.limits.total;
        hub.http.download_total = self.limits.download_total;
        hub.http.requests_per_minute = self.limits.requests_per_minute;
        hub.http.concurrency = self.limits.concurrency;
        hub.import.batch_rows = self.import.batch_rows;
        hub.import.quarantine_shown = self.import.quarantine_shown;
        hub.import.max_report_bytes = self.import.max_report_bytes;
        hub.local.max_parallel = self.local.max_parallel;
        hub.local.timeout = self.local.timeout;
        hub.local.tool_paths.clone_from(&self.local.tool_paths);
        hub.local.own = self.local.scanner_files.0.clone();
        hub.local.allowed_roots.clone_from(&self.local.allowed_roots);
        hub.local.allowed_hosts.clone_from(&self.local.allowed_hosts.allowed);
        hub.local.this_machine = self.local.this_machine;
        hub.local.user.clone_from(&self.local.user);
        hub.local.project_suppression = self.local.project_suppression;
        hub.jobs.workers = self.jobs.workers;
        hub.jobs.vendor_workers = self.jobs.vendor_workers;
        hub.jobs.lease = self.jobs.lease;
        hub.jobs.poll = self.jobs.poll;
        hub.jobs.attempt = self.jobs.attempt;
        hub.sync.schedule_reload = self.sync.schedule_reload;
        hub.sync.schedule_spacing = self.sync.schedule_spacing;
        hub.auth.session = self.auth.session;
        hub.assets.stale_after = self.assets.stale_after;
        hub.feeds.epss.clone_from(&self.feeds.epss.0);
        hub.feeds.kev.clone_from(&self.feeds.kev.0);
        hub.feeds.nvd.clone_from(&self.feeds.nvd.0);
        hub.feeds.cwe.clone_from(&self.feeds.cwe.0);
        hub.feeds.refresh = self.feeds.refresh;
        hub.feeds.max_bytes = self.feeds.max_bytes;
        hub.scans_kept = match self.retention.scan_days {
            0 => None,
            days => Some(Duration::from_hours(24).saturating_mul(u32::try_from(days).unwrap_or(u32::MAX))),
        };
        hub.notify.mail = self.notify.mail_server();
        hub.notify.timeout = self.notify.timeout;
        hub.notify.senders = self.notify.senders;
        hub.notify.console.clone_from(&self.server.public_url.0);
        hub
    }

    pub(crate) fn api(&self) -> scanhelm_api::Settings {
        scanhelm_api::Settings {
            public_url: self.server.public_url.0.clone(),
            max_body_bytes: self.server.max_body_bytes,
            request_timeout: self.server.request_timeout,
            upload_timeout: self.server.upload_timeout,
            max_event_streams: self.server.max_event_streams,
            ..scanhelm_api::Settings::default()
        }
    }
}
