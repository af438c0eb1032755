//! A check and one thing it found.

use std::borrow::Cow;
use std::sync::Arc;

use crate::ledger::FindingRef;

pub(super) type Text = Cow<'static, str>;

pub(super) const SEVERITIES: [&str; 5] = ["Info", "Low", "Medium", "High", "Critical"];
/// Words of the `risk_factor` element and of the CSV column Risk.
const RISKS: [&str; 5] = ["None", "Low", "Medium", "High", "Critical"];

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plugin {
    pub(super) id: u32,
    pub(super) name: Text,
    pub(super) family: Text,
    /// 0 info to 4 critical.
    pub(super) severity: u8,
    pub(super) cves: Vec<Text>,
    /// Score and vector.
    pub(super) cvss2: Option<(Text, Text)>,
    pub(super) cvss3: Option<(Text, Text)>,
    pub(super) vpr: Option<Text>,
    pub(super) cwes: Vec<Text>,
    pub(super) synopsis: Text,
    pub(super) description: Text,
    pub(super) solution: Text,
    pub(super) see_also: Vec<Text>,
    /// `2020/01/31`
    pub(super) published: Text,
    /// `remote` or `local`
    pub(super) kind: Text,
    pub(super) exploit_available: bool,
}

impl Plugin {
    pub(super) fn risk(&self) -> &'static str {
        RISKS.get(usize::from(self.severity)).copied().unwrap_or("Critical")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) plugin: Arc<Plugin>,
    pub(super) port: u16,
    pub(super) protocol: Text,
    pub(super) service: Text,
    pub(super) output: String,
}

impl Finding {
    /// How the ledger names this finding on the host called `host`.
    pub(super) fn reference(&self, host: &str) -> FindingRef {
        let location = format!("{}/{}", self.port, self.protocol);
        FindingRef {
            reference: format!("{}|{host}|{}|{}", self.plugin.id, self.port, self.protocol),
            asset: host.to_owned(),
            check: self.plugin.id.to_string(),
            location,
            severity: SEVERITIES.get(usize::from(self.plugin.severity)).copied().unwrap_or("Critical").to_lowercase(),
        }
    }
}
