//! A check and one thing it found.

use std::borrow::Cow;
use std::sync::Arc;

use crate::ledger::FindingRef;

pub(crate) type Text = Cow<'static, str>;

pub(crate) const SEVERITIES: [&str; 5] = ["Info", "Low", "Medium", "High", "Critical"];
/// Words of the `risk_factor` element and of the CSV column Risk.
const RISKS: [&str; 5] = ["None", "Low", "Medium", "High", "Critical"];

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Plugin {
    pub(crate) id: u32,
    pub(crate) name: Text,
    pub(crate) family: Text,
    /// 0 info to 4 critical.
    pub(crate) severity: u8,
    pub(crate) cves: Vec<Text>,
    /// Score and vector.
    pub(crate) cvss2: Option<(Text, Text)>,
    pub(crate) cvss3: Option<(Text, Text)>,
    pub(crate) vpr: Option<Text>,
    pub(crate) cwes: Vec<Text>,
    pub(crate) synopsis: Text,
    pub(crate) description: Text,
    pub(crate) solution: Text,
    pub(crate) see_also: Vec<Text>,
    /// `2020/01/31`
    pub(crate) published: Text,
    /// `remote` or `local`
    pub(crate) kind: Text,
    pub(crate) exploit_available: bool,
}

impl Plugin {
    pub(crate) fn risk(&self) -> &'static str {
        RISKS.get(usize::from(self.severity)).copied().unwrap_or("Critical")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) port: u16,
    pub(crate) protocol: Text,
    pub(crate) service: Text,
    pub(crate) output: String,
}

impl Finding {
    /// How the ledger names this finding on the host called `host`.
    pub(crate) fn reference(&self, host: &str) -> FindingRef {
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
