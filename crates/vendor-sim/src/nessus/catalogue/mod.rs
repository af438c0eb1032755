//! Checks the simulator knows: real plugin numbers, names, families, CVEs and scores; the texts are our own.
//!
//! Facts are those of published Nessus reports. The order of [`all`] is the order in
//! which a host's findings are drawn.

mod hosts_and_services;
mod tls;
mod web;
mod windows;

use super::hosts::Profile;

/// Port, protocol and service a check reports on.
pub(in crate::nessus) type Service = (u16, &'static str, &'static str);

#[derive(Debug)]
pub(in crate::nessus) struct Entry {
    pub(in crate::nessus) id: u32,
    pub(in crate::nessus) name: &'static str,
    pub(in crate::nessus) family: &'static str,
    pub(in crate::nessus) severity: u8,
    pub(in crate::nessus) services: &'static [Service],
    pub(in crate::nessus) profiles: &'static [Profile],
    pub(in crate::nessus) cves: &'static [&'static str],
    pub(in crate::nessus) cvss2: Option<(&'static str, &'static str)>,
    pub(in crate::nessus) cvss3: Option<(&'static str, &'static str)>,
    pub(in crate::nessus) vpr: Option<&'static str>,
    pub(in crate::nessus) cwes: &'static [&'static str],
    pub(in crate::nessus) published: &'static str,
    pub(in crate::nessus) exploit_available: bool,
    pub(in crate::nessus) synopsis: &'static str,
    pub(in crate::nessus) description: &'static str,
    pub(in crate::nessus) solution: &'static str,
    pub(in crate::nessus) see_also: &'static [&'static str],
    /// `{ip}`, `{name}`, `{os}` and `{date}` are filled in.
    pub(in crate::nessus) output: &'static str,
}

const EMPTY: Entry = Entry {
    id: 0,
    name: "",
    family: "",
    severity: 0,
    services: &[],
    profiles: &[],
    cves: &[],
    cvss2: None,
    cvss3: None,
    vpr: None,
    cwes: &[],
    published: "",
    exploit_available: false,
    synopsis: "",
    description: "",
    solution: "",
    see_also: &[],
    output: "",
};

pub(super) fn all() -> impl Iterator<Item = &'static Entry> {
    [hosts_and_services::ENTRIES, web::ENTRIES, tls::ENTRIES, windows::ENTRIES].into_iter().flatten()
}
