//! Missing updates: an endless supply of local checks, for hosts that carry more findings than the catalogue has.
//!
//! A patch with one number is the same check on every host of its kind, so that many hosts lack the same update, as
//! in life. Their CVE numbers are invented.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::hosts::Profile;
use super::plugin::Plugin;
use crate::random::Draw;

const LINUX_PACKAGES: [&str; 16] = [
    "OpenSSL",
    "curl",
    "Linux kernel",
    "Vim",
    "Python",
    "GnuTLS",
    "libxml2",
    "Bind",
    "sudo",
    "systemd",
    "Git",
    "tar",
    "FreeType",
    "PostgreSQL",
    "nginx",
    "GLib",
];
const CISCO_FEATURES: [&str; 8] =
    ["Web UI", "SNMP", "NETCONF", "DHCP Snooping", "IKEv1 Fragmentation", "mDNS Gateway", "AppQoE", "CAPWAP"];

/// Severity, CVSS v2, CVSS v3 and VPR of a kind of update.
type Grade = (u8, (&'static str, &'static str), (&'static str, &'static str), &'static str);

const GRADES: [Grade; 4] = [
    (4, ("10.0", "CVSS2#AV:N/AC:L/Au:N/C:C/I:C/A:C"), ("9.8", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), "8.4"),
    (3, ("7.2", "CVSS2#AV:L/AC:L/Au:N/C:C/I:C/A:C"), ("7.8", "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"), "6.7"),
    (2, ("5.0", "CVSS2#AV:N/AC:L/Au:N/C:N/I:N/A:P"), ("5.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"), "3.6"),
    (1, ("2.1", "CVSS2#AV:L/AC:L/Au:N/C:P/I:N/A:N"), ("3.3", "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N"), "1.4"),
];

/// Where the numbers of a profile's patches begin; web servers share those of other Linux machines.
const FIRST_IDS: [(u32, Profile); 3] =
    [(200_000, Profile::LinuxServer), (230_000, Profile::WindowsServer), (260_000, Profile::NetworkDevice)];

type Shelf = Mutex<HashMap<(Profile, u32), Arc<Plugin>>>;

pub(super) fn patch(profile: Profile, number: u32) -> Arc<Plugin> {
    // They run the same distribution.
    let profile = if profile == Profile::WebServer { Profile::LinuxServer } else { profile };
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    let mut shelf = SHELF.get_or_init(Shelf::default).lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(shelf.entry((profile, number)).or_insert_with(|| Arc::new(make(profile, number))))
}

/// The patch with this number; the inverse of [`patch`].
pub(super) fn numbered(id: u32) -> Option<Arc<Plugin>> {
    let (first, profile) = *FIRST_IDS.iter().rev().find(|(first, _)| *first <= id)?;
    Some(patch(profile, id - first))
}

/// What the check prints; `stale` numbers the installed version.
pub(super) fn patch_output(plugin: &Plugin, draw: Draw) -> String {
    let installed = draw.below(40);
    format!(
        "\n  - Installed package : {}_{}.{installed}\n  - Fixed package     : {}_{}.{}\n",
        plugin.family,
        plugin.id % 9,
        plugin.family,
        plugin.id % 9,
        installed + 1
    )
}

fn make(profile: Profile, number: u32) -> Plugin {
    let draw = Draw::new(0).of("patch").with(profile as u64).with(u64::from(number));
    let grade = match draw.with(0).below(100) {
        0..=7 => GRADES.first(),
        8..=42 => GRADES.get(1),
        43..=87 => GRADES.get(2),
        _ => GRADES.get(3),
    };
    let (severity, cvss2, cvss3, vpr) = grade.copied().unwrap_or((2, ("5.0", ""), ("5.3", ""), "3.6"));
    let year = 2021 + draw.with(1).below(5);
    let cves = (0..=draw.with(2).below(3)).map(|index| format!("CVE-{year}-{}", 60_000 + number as u64 * 4 + index));
    let (first_id, family, name) = match profile {
        Profile::LinuxServer | Profile::WebServer => {
            let package = draw.with(3).pick(&LINUX_PACKAGES).copied().unwrap_or("Linux kernel");
            let title = format!("Ubuntu 20.04 LTS / 22.04 LTS : {package} vulnerabilities (USN-{}-1)", 5000 + number);
            (200_000, "Ubuntu Local Security Checks", title)
        }
        Profile::WindowsServer => {
            let title =
                format!("KB{}: Windows 10 version 1809 / Windows Server 2019 Security Update", 5_010_000 + number);
            (230_000, "Windows : Microsoft Bulletins", title)
        }
        Profile::NetworkDevice => {
            let feature = draw.with(3).pick(&CISCO_FEATURES).copied().unwrap_or("SNMP");
            (
                260_000,
                "CISCO",
                format!("Cisco IOS XE Software {feature} Vulnerability (cisco-sa-{})", draw.with(4).hex(8)),
            )
        }
    };
    Plugin {
        id: first_id + number,
        description: Cow::Owned(format!("The host lacks the update that \"{name}\" describes.")),
        name: Cow::Owned(name),
        family: Cow::Borrowed(family),
        severity,
        cves: cves.map(Cow::Owned).collect(),
        cvss2: Some((Cow::Borrowed(cvss2.0), Cow::Borrowed(cvss2.1))),
        cvss3: Some((Cow::Borrowed(cvss3.0), Cow::Borrowed(cvss3.1))),
        vpr: Some(Cow::Borrowed(vpr)),
        cwes: Vec::new(),
        synopsis: Cow::Borrowed("The remote host is missing one or more security updates."),
        solution: Cow::Borrowed("Install the update."),
        see_also: Vec::new(),
        published: Cow::Owned(format!("{year}/{:02}/{:02}", 1 + draw.with(5).below(12), 1 + draw.with(6).below(28))),
        kind: Cow::Borrowed("local"),
        exploit_available: draw.with(7).chance(0.2),
    }
}
