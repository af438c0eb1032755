//! What a run finds, and how that drifts from run to run.
//!
//! A generated survey has exactly as many findings as planned. Each of them occupies a slot; most slots hold the same
//! weakness for ever, about one in twelve is fixed now and then, and another weakness appears in its place. Everything
//! is recomputed from the seed on demand, so a survey of a hundred thousand findings costs no memory between requests.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::catalogue::{self, Entry, Service};
use super::hosts::{Host, Profile};
use super::patches::{numbered, patch, patch_output};
use super::plugin::{Finding, Plugin};
use crate::clock::Moment;
use crate::ledger::FindingRef;
use crate::random::Draw;

/// Hosts looked at in parallel.
const PARALLEL: f64 = 4.0;
/// Share of slots that change at all, and the chance that such a slot changes between two runs.
const RESTLESS: f64 = 0.08;
const CHANGE: f64 = 0.35;

#[derive(Debug, Clone)]
pub(crate) struct Survey {
    pub(crate) hosts: Arc<Vec<Host>>,
    evidence: Evidence,
}

#[derive(Debug, Clone)]
enum Evidence {
    Generated {
        draw: Draw,
        findings: u32,
        run: u32,
    },
    /// From an uploaded report: the findings of each host.
    Uploaded(Arc<Vec<Vec<Finding>>>),
}

impl Survey {
    /// `run` numbers the runs of one scan; `draw` belongs to the scan.
    pub(crate) fn generated(hosts: Vec<Host>, draw: Draw, findings: u32, run: u32) -> Self {
        let findings = if hosts.is_empty() { 0 } else { findings };
        Survey { hosts: Arc::new(hosts), evidence: Evidence::Generated { draw, findings, run } }
    }

    pub(crate) fn uploaded(report: Vec<(Host, Vec<Finding>)>) -> Self {
        let (hosts, findings) = report.into_iter().unzip();
        Survey { hosts: Arc::new(hosts), evidence: Evidence::Uploaded(Arc::new(findings)) }
    }

    /// How far the host is, 0 to 1, when `progress` of the whole is done.
    pub(crate) fn host_progress(&self, index: usize, progress: f64) -> f64 {
        if progress >= 1.0 {
            return 1.0;
        }
        let parallel = PARALLEL.min(self.hosts.len() as f64).max(1.0);
        let waves = self.hosts.len() as f64 + parallel - 1.0;
        ((progress * waves - index as f64) / parallel).clamp(0.0, 1.0)
    }

    /// Findings of the whole survey.
    pub(crate) fn total(&self) -> usize {
        match &self.evidence {
            Evidence::Generated { findings, .. } => *findings as usize,
            Evidence::Uploaded(hosts) => hosts.iter().map(Vec::len).sum(),
        }
    }

    /// The findings known when `progress` of the work is done.
    pub(crate) fn found(&self, progress: f64) -> Found {
        let mut picks: Vec<Vec<u32>> = match &self.evidence {
            Evidence::Generated { draw, findings, run } => self.layout(*draw, *findings, *run),
            Evidence::Uploaded(hosts) => hosts.iter().map(|found| (0..found.len() as u32).collect()).collect(),
        };
        for (index, host) in picks.iter_mut().enumerate() {
            host.truncate((self.host_progress(index, progress) * host.len() as f64) as usize);
        }
        Found { survey: self.clone(), picks }
    }

    /// For each host, which of its possible weaknesses it has, in ascending order.
    fn layout(&self, draw: Draw, findings: u32, run: u32) -> Vec<Vec<u32>> {
        let hosts = self.hosts.len() as u64;
        let mut picks = vec![Vec::new(); self.hosts.len()];
        let slots = draw.of("slot");
        for slot in 0..u64::from(findings) {
            let here = slots.with(slot);
            // The first round of slots tells that each host was scanned; that never changes.
            let restless = slot >= hosts && here.chance(RESTLESS);
            let changes =
                if restless { (1..=run).filter(|run| here.with(u64::from(*run)).chance(CHANGE)).count() } else { 0 };
            let candidate = slot + changes as u64 * u64::from(findings);
            if let Some(host) = picks.get_mut((candidate % hosts) as usize) {
                host.push((candidate / hosts) as u32);
            }
        }
        for host in &mut picks {
            host.sort_unstable();
        }
        picks
    }
}

/// A survey at one degree of completion.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    survey: Survey,
    picks: Vec<Vec<u32>>,
}

impl Found {
    pub(crate) fn hosts(&self) -> &[Host] {
        &self.survey.hosts
    }

    pub(crate) fn total(&self) -> usize {
        self.picks.iter().map(Vec::len).sum()
    }

    /// The findings of one host; `at` is when the run began, for outputs that tell the time.
    pub(crate) fn of_host(&self, index: usize, at: Moment) -> Vec<Finding> {
        let (Some(host), Some(picks)) = (self.survey.hosts.get(index), self.picks.get(index)) else {
            return Vec::new();
        };
        match &self.survey.evidence {
            Evidence::Generated { .. } => picks.iter().map(|pick| generated(host, *pick, at)).collect(),
            Evidence::Uploaded(hosts) => {
                hosts.get(index).map(|found| found.iter().take(picks.len()).cloned().collect()).unwrap_or_default()
            }
        }
    }

    pub(crate) fn all(&self, at: Moment) -> impl Iterator<Item = (usize, &Host, Vec<Finding>)> {
        self.hosts().iter().enumerate().map(move |(index, host)| (index, host, self.of_host(index, at)))
    }

    pub(crate) fn references(&self, at: Moment) -> Vec<FindingRef> {
        self.all(at)
            .flat_map(|(_, host, findings)| {
                findings.into_iter().map(|finding| finding.reference(&host.name)).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// A catalogue check on one of its services.
#[derive(Debug)]
struct Exposure {
    plugin: Arc<Plugin>,
    service: Service,
    output: &'static str,
}

/// The weakness number `pick` that a host can have: first those of the catalogue, then missing updates without end.
fn generated(host: &Host, pick: u32, at: Moment) -> Finding {
    let exposures = exposures(host.profile);
    match exposures.get(pick as usize) {
        Some(exposure) => Finding {
            plugin: Arc::clone(&exposure.plugin),
            port: exposure.service.0,
            protocol: Cow::Borrowed(exposure.service.1),
            service: Cow::Borrowed(exposure.service.2),
            output: fill_in(exposure.output, host, at),
        },
        None => {
            let plugin = patch(host.profile, pick - exposures.len() as u32);
            let output = patch_output(&plugin, Draw::new(0).of(&host.name).with(u64::from(pick)));
            Finding { plugin, port: 0, protocol: Cow::Borrowed("tcp"), service: Cow::Borrowed("general"), output }
        }
    }
}

fn fill_in(template: &str, host: &Host, at: Moment) -> String {
    if !template.contains('{') {
        return template.to_owned();
    }
    template
        .replace("{ip}", &host.ip)
        .replace("{name}", host.fqdn.as_deref().unwrap_or(&host.name))
        .replace("{os}", host.operating_system.as_deref().unwrap_or("unknown"))
        .replace("{date}", &at.format("%Y/%-m/%-d %-H:%M UTC"))
}

fn exposures(profile: Profile) -> &'static [Exposure] {
    static WINDOWS: OnceLock<Vec<Exposure>> = OnceLock::new();
    static LINUX: OnceLock<Vec<Exposure>> = OnceLock::new();
    static WEB: OnceLock<Vec<Exposure>> = OnceLock::new();
    static NETWORK: OnceLock<Vec<Exposure>> = OnceLock::new();
    let shelf = match profile {
        Profile::WindowsServer => &WINDOWS,
        Profile::LinuxServer => &LINUX,
        Profile::WebServer => &WEB,
        Profile::NetworkDevice => &NETWORK,
    };
    shelf.get_or_init(|| {
        let fitting = catalogue::all().filter(|entry| entry.profiles.contains(&profile));
        fitting
            .flat_map(|entry| {
                let plugin = Arc::new(plugin(entry));
                entry.services.iter().map(move |service| Exposure {
                    plugin: Arc::clone(&plugin),
                    service: *service,
                    output: entry.output,
                })
            })
            .collect()
    })
}

/// The check with this number, whatever host it is for.
pub(crate) fn plugin_numbered(id: u32) -> Option<Arc<Plugin>> {
    catalogue().find(|plugin| plugin.id == id).cloned().or_else(|| numbered(id))
}

/// The checks of the catalogue.
pub(crate) fn catalogue() -> impl Iterator<Item = &'static Arc<Plugin>> {
    static SHELF: OnceLock<Vec<Arc<Plugin>>> = OnceLock::new();
    SHELF.get_or_init(|| catalogue::all().map(|entry| Arc::new(plugin(entry))).collect()).iter()
}

fn plugin(entry: &'static Entry) -> Plugin {
    let texts = |texts: &'static [&'static str]| texts.iter().map(|text| Cow::Borrowed(*text)).collect();
    let score = |score: Option<(&'static str, &'static str)>| score.map(|(a, b)| (Cow::Borrowed(a), Cow::Borrowed(b)));
    Plugin {
        id: entry.id,
        name: Cow::Borrowed(entry.name),
        family: Cow::Borrowed(entry.family),
        severity: entry.severity,
        cves: texts(entry.cves),
        cvss2: score(entry.cvss2),
        cvss3: score(entry.cvss3),
        vpr: entry.vpr.map(Cow::Borrowed),
        cwes: texts(entry.cwes),
        synopsis: Cow::Borrowed(entry.synopsis),
        description: Cow::Borrowed(entry.description),
        solution: Cow::Borrowed(entry.solution),
        see_also: texts(entry.see_also),
        published: Cow::Borrowed(entry.published),
        kind: Cow::Borrowed("remote"),
        exploit_available: entry.exploit_available,
    }
}
