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
pub(in crate::estate) type Service = (u16, &'static str, &'static str);

#[derive(Debug)]
pub(in crate::estate) struct Entry {
    pub(in crate::estate) id: u32,
    pub(in crate::estate) name: &'static str,
    pub(in crate::estate) family: &'static str,
    pub(in crate::estate) severity: u8,
    pub(in crate::estate) services: &'static [Service],
    pub(in crate::estate) profiles: &'static [Profile],
    pub(in crate::estate) cves: &'static [&'static str],
    pub(in crate::estate) cvss2: Option<(&'static str, &'static str)>,
    pub(in crate::estate) cvss3: Option<(&'static str, &'static str)>,
    pub(in crate::estate) vpr: Option<&'static str>,
    pub(in crate::estate) cwes: &'static [&'static str],
    pub(in crate::estate) published: &'static str,
    pub(in crate::estate) exploit_available: bool,
    pub(in crate::estate) synopsis: &'static str,
    pub(in crate::estate) description: &'static str,
    pub(in crate::estate) solution: &'static str,
    pub(in crate::estate) see_also: &'static [&'static str],
    /// `{ip}`, `{name}`, `{os}` and `{date}` are filled in.
    pub(in crate::estate) output: &'static str,
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
