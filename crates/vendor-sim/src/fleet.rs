//! The scans a simulator starts with: a mixture as a company with a few years of history has it.

use crate::random::Draw;
use crate::vendor::{ScanSeed, SeedState};

const NAMES: [&str; 20] = [
    "Weekly perimeter",
    "DMZ web servers",
    "Datacenter Frankfurt, full audit",
    "Oficina Logroño – red de contabilidad",
    "PCI segment, internal",
    "Windows domain controllers",
    "Entwicklungsumgebung Köln",
    "Quarterly external",
    "VPN gateways",
    "東京オフィス ネットワーク",
    "Credentialed patch audit, Linux",
    "Printers and building control",
    "Weekly perimeter",
    "Kubernetes nodes",
    "Réseau invité Genève",
    "Database tier",
    "Legacy ERP (do not disturb before 20:00)",
    "Офис Алматы",
    "Host discovery 10.40/16",
    "Imported: pentest partner, spring",
];

const OWNERS: [&str; 4] = ["admin", "m.keller", "s.okafor", "netsec-automation"];
const FOLDERS: [Option<&str>; 5] = [None, None, Some("Perimeter"), Some("Europe"), Some("Compliance")];

pub(crate) fn seeds(scans: u32, findings: u32, seed: u64) -> impl Iterator<Item = ScanSeed> {
    let draw = Draw::new(seed).of("fleet");
    (0..scans).map(move |index| one(index, findings, draw.with(u64::from(index))))
}

fn one(index: u32, findings: u32, draw: Draw) -> ScanSeed {
    let name = draw_name(index);
    let state = match index % 20 {
        1 | 12 => SeedState::Running,
        6 => SeedState::Pending,
        8 => SeedState::Paused,
        11 | 18 => SeedState::Empty,
        19 => SeedState::Imported,
        14 => SeedState::Aborted,
        16 => SeedState::Canceled,
        _ => SeedState::Completed,
    };
    let keeps_alive = state == SeedState::Completed && index.is_multiple_of(5);
    ScanSeed {
        name,
        hosts: (findings / 15).clamp(1, 200).max(1 + draw.of("hosts").below(12) as u32),
        findings,
        state,
        duration_s: 240 + 60 * draw.of("duration").below(50),
        queue_s: if state == SeedState::Pending { 900 } else { 5 + draw.of("queue").below(25) },
        owner: draw.of("owner").pick(&OWNERS).map(|owner| (*owner).to_owned()),
        description: None,
        folder: draw.of("folder").pick(&FOLDERS).copied().flatten().map(str::to_owned),
        earlier_runs: match state {
            SeedState::Empty | SeedState::Imported => 0,
            _ => draw.of("history").below(6) as u32,
        },
        age_s: 600 + draw.of("age").below(20 * 86_400),
        progress_percent: 15 + draw.of("progress").below(60) as u8,
        relaunch_every_s: keeps_alive.then(|| 1800 * (1 + draw.of("relaunch").below(6))),
        aborts_at_percent: (draw.of("fails").below(15) == 0).then_some(70),
        targets: Vec::new(),
    }
}

fn draw_name(index: u32) -> String {
    let name = NAMES.get(index as usize % NAMES.len()).copied().unwrap_or("Scan");
    match index as usize / NAMES.len() {
        0 => name.to_owned(),
        round => format!("{name} #{}", round + 1),
    }
}
