//! What the columns of an export mean. Each product and version names them in its own way, and whoever exports
//! chooses them.

use super::super::item::Child;
use crate::error::ReadError;
use crate::table::{Row, Rows};
use std::io::Read;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    PluginId,
    PluginName,
    Family,
    /// The severity in words.
    Risk,
    /// The severity in words or as a number.
    Severity,
    /// The host as the scan's targets name it.
    Host,
    Ip,
    Fqdn,
    NetBios,
    Uuid,
    OperatingSystem,
    SystemType,
    HostStart,
    HostEnd,
    Protocol,
    Port,
    Service,
    LastSeen,
    Xref,
    Body(Child),
}

impl Column {
    /// By the column's name without case, blanks and punctuation.
    fn of(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.to_ascii_lowercase().as_str() {
            "pluginid" | "plugin" => Self::PluginId,
            "name" | "pluginname" => Self::PluginName,
            "family" | "pluginfamily" => Self::Family,
            "risk" => Self::Risk,
            "severity" => Self::Severity,
            "host" => Self::Host,
            "ipaddress" => Self::Ip,
            "fqdn" | "dnsname" => Self::Fqdn,
            "netbios" | "netbiosname" => Self::NetBios,
            "assetuuid" => Self::Uuid,
            "os" => Self::OperatingSystem,
            "systemtype" => Self::SystemType,
            "hoststart" => Self::HostStart,
            "hostend" => Self::HostEnd,
            "protocol" => Self::Protocol,
            "port" => Self::Port,
            "service" => Self::Service,
            "lastobserved" | "lastfound" => Self::LastSeen,
            "xref" | "crossreferences" => Self::Xref,
            "cve" => Self::Body(Child::Cve),
            "synopsis" => Self::Body(Child::Synopsis),
            "description" => Self::Body(Child::Description),
            "solution" | "stepstoremediate" => Self::Body(Child::Solution),
            "seealso" => Self::Body(Child::SeeAlso),
            "pluginoutput" | "plugintext" => Self::Body(Child::PluginOutput),
            "riskfactor" => Self::Body(Child::RiskFactor),
            "cvss" | "cvssbasescore" | "cvssv20basescore" | "cvssv2basescore" => Self::Body(Child::Cvss2Score),
            "cvssvector" | "cvssv20vector" | "cvssv2vector" => Self::Body(Child::Cvss2Vector),
            "cvss3basescore" | "cvssv30basescore" | "cvssv3basescore" => Self::Body(Child::Cvss3Score),
            "cvss3vector" | "cvssv30vector" | "cvssv3vector" => Self::Body(Child::Cvss3Vector),
            "cvss4basescore" | "cvssv40basescore" | "cvssv4basescore" => Self::Body(Child::Cvss4Score),
            "cvss4vector" | "cvssv40vector" | "cvssv4vector" => Self::Body(Child::Cvss4Vector),
            _ => return None,
        })
    }
}

/// The header row.
pub(super) struct Columns {
    width: usize,
    known: Vec<(Column, usize)>,
}

impl Columns {
    pub(super) fn of(header: &Row) -> Self {
        let known = header.cells().enumerate().filter_map(|(at, name)| Some((Column::of(name)?, at))).collect();
        Self { width: header.len(), known }
    }

    fn has(&self, column: Column) -> bool {
        self.known.iter().any(|(known, _)| *known == column)
    }

    fn names_a_host(&self) -> bool {
        [Column::Host, Column::Ip, Column::Fqdn].into_iter().any(|column| self.has(column))
    }

    fn rates(&self) -> bool {
        self.has(Column::Risk) || self.has(Column::Severity)
    }

    /// A table of Nessus, perhaps one that lacks a column.
    pub(super) fn look_like_nessus(&self) -> bool {
        self.has(Column::PluginId) && self.names_a_host() && self.rates()
    }

    /// What makes a finding known must be there: without the CVEs, for one, each finding would get another identity
    /// than the same scan's XML gives it.
    pub(super) fn check<R: Read>(&self, rows: &Rows<R>) -> Result<(), ReadError> {
        let missing: Vec<&str> = [
            ("Plugin ID", self.has(Column::PluginId)),
            ("CVE", self.has(Column::Body(Child::Cve))),
            ("Risk", self.rates()),
            ("Host", self.names_a_host()),
            ("Protocol", self.has(Column::Protocol)),
            ("Port", self.has(Column::Port)),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| (!is_there).then_some(name))
        .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        Err(rows.malformed(format!("its header lacks columns that tell findings apart ({missing}); choose them too")))
    }

    /// A row that has more or fewer cells than the header: which is which cannot be told, so neither can to which
    /// finding its CVE belongs.
    pub(super) fn fit<R: Read>(&self, row: &Row, rows: &mut Rows<R>) -> Result<(), ReadError> {
        if row.len() == self.width {
            return Ok(());
        }
        let detail = format!("a row has {} cells where the header has {}", row.len(), self.width);
        Err(if row.len() < self.width && rows.at_end()? { rows.truncated(&detail) } else { rows.malformed(detail) })
    }

    /// What the row says under any name of the column; empty when nothing.
    pub(super) fn get<'row>(&self, row: &'row Row, column: Column) -> &'row str {
        let cells = self.known.iter().filter(|(known, _)| *known == column).map(|(_, at)| row.cell(*at).trim());
        cells.into_iter().find(|cell| !cell.is_empty()).unwrap_or_default()
    }

    /// What goes into the finding's body, without the CVEs.
    pub(super) fn body<'row>(&self, row: &'row Row) -> impl Iterator<Item = (Child, &'row str)> {
        self.known.iter().filter_map(|(column, at)| match column {
            Column::Body(child) if *child != Child::Cve => Some((*child, row.cell(*at).trim())),
            _ => None,
        })
    }
}
