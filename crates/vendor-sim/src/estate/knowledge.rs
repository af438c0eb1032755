//! What a vendor knows of its hosts after many runs: the findings of all of them, laid over each other.
//!
//! A later look replaces what an earlier one said of the same host. What it no longer finds there counts as fixed, and
//! what comes back after that as found again. Everything is worked out when it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::hosts::Host;
use super::plugin::Finding;
use crate::clock::Moment;

/// One run's results.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) at: Moment,
    /// As the ledger names them.
    pub(crate) scan: String,
    pub(crate) run: String,
    /// Hosts are kept apart by it, as a vendor's repositories do.
    pub(crate) group: i64,
    /// Addresses looked at to the end; what is missing on them is fixed.
    pub(crate) looked_at: BTreeSet<String>,
    pub(crate) found: Vec<(Host, Finding)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Seen once.
    New,
    /// Seen again.
    Active,
    Fixed,
    /// Seen after it was fixed.
    Reopened,
}

#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) group: i64,
    pub(crate) host: Host,
    pub(crate) finding: Finding,
    pub(crate) standing: Standing,
    pub(crate) first_seen: Moment,
    pub(crate) last_seen: Moment,
    /// The latest look at the host.
    pub(crate) last_looked: Moment,
    pub(crate) fixed_at: Option<Moment>,
    pub(crate) times: u32,
    /// The scan and run that saw it last.
    pub(crate) scan: String,
    pub(crate) run: String,
}

/// Group, address, check, port, protocol.
type Key = (i64, String, u32, u16, String);

/// Everything known after these looks, fixed or not, by group, address and check.
pub(crate) fn after(mut looks: Vec<Look>) -> Vec<Known> {
    looks.sort_by(|one, other| (one.at, &one.run).cmp(&(other.at, &other.run)));
    let mut all: BTreeMap<Key, Known> = BTreeMap::new();
    for look in looks {
        let mut here = BTreeSet::new();
        for (host, finding) in look.found {
            let key =
                (look.group, host.ip.clone(), finding.plugin.id, finding.port, finding.protocol.clone().into_owned());
            here.insert(key.clone());
            let before = all.get(&key);
            let standing = match before.map(|known| known.standing) {
                None => Standing::New,
                Some(Standing::Fixed | Standing::Reopened) => Standing::Reopened,
                Some(Standing::New | Standing::Active) => Standing::Active,
            };
            let known = Known {
                group: look.group,
                host,
                finding,
                standing,
                first_seen: before.map_or(look.at, |known| known.first_seen),
                last_seen: look.at,
                last_looked: look.at,
                fixed_at: before.and_then(|known| known.fixed_at),
                times: before.map_or(0, |known| known.times) + 1,
                scan: look.scan.clone(),
                run: look.run.clone(),
            };
            all.insert(key, known);
        }
        for (key, known) in &mut all {
            if key.0 == look.group && look.looked_at.contains(&key.1) && !here.contains(key) {
                known.last_looked = look.at;
                if known.standing != Standing::Fixed {
                    known.standing = Standing::Fixed;
                    known.fixed_at = Some(look.at);
                }
            }
        }
    }
    all.into_values().collect()
}
