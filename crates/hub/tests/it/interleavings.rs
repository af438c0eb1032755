//! Runs of the same hosts, imported in any order, again and again, or all at once: the same findings every time, and
//! nothing closed that no complete run proves gone (I9). What is right is said here a second time, from the runs alone.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use scanhelm_core::finding::{Finding, FindingState, Location};
use scanhelm_core::job::JobState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_store::FindingFilter;

use crate::harness::{Home, Running, on_both_databases};
use crate::report_meaning::{Host, item, report};

const HOSTS: [&str; 3] = ["10.0.1.1", "10.0.1.2", "10.0.1.3"];
const PLUGINS: u32 = 6;
const FIRST: u32 = 1_700_000_000;

/// A check on a host: what these reports have one finding of.
type Check = (&'static str, u32);

/// What one run of the scanner looked at, how, and what it saw.
#[derive(Clone, Debug)]
struct Look {
    ended: u32,
    policy: &'static str,
    logged_in: bool,
    /// Every record of the report can be read.
    whole: bool,
    hosts: BTreeSet<&'static str>,
    seen: BTreeSet<Check>,
}

impl Look {
    fn report(&self) -> Vec<u8> {
        let tags: Vec<Vec<(&str, &str)>> = self.hosts.iter().map(|host| vec![("host-ip", *host)]).collect();
        let hosts = self.hosts.iter().zip(&tags).map(|(host, tags)| Host {
            tags,
            ended: Some(self.ended),
            items: self.seen.iter().filter(|(on, _)| on == host).map(|(_, plugin)| item(*plugin, 443, 3)).collect(),
        });
        let text = String::from_utf8(report(&hosts.collect::<Vec<_>>())).unwrap();
        let text = text.replace("Basic", self.policy);
        let text = if self.logged_in { text } else { text.replace("Scan\">true", "Scan\">false") };
        let unreadable = "<ReportItem port=\"none\" protocol=\"tcp\" severity=\"1\" pluginID=\"9\"/></ReportHost>";
        if self.whole { text } else { text.replacen("</ReportHost>", unreadable, 1) }.into_bytes()
    }
}

/// SplitMix64, so that a seed is a history for ever.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// `times` in 4.
    fn quarters(&mut self, times: u64) -> bool {
        self.below(4) < times
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    fn history(&mut self) -> Vec<Look> {
        (0..3 + self.below(4) as u32)
            .map(|number| {
                let mut hosts: BTreeSet<&str> = HOSTS.into_iter().filter(|_| self.quarters(3)).collect();
                hosts.insert(HOSTS[self.below(3) as usize]);
                let mut seen = BTreeSet::new();
                for host in &hosts {
                    seen.extend((1..=PLUGINS).filter(|_| self.quarters(2)).map(|plugin| (*host, plugin)));
                }
                Look {
                    ended: FIRST + 1000 * (number + 1),
                    policy: if self.quarters(3) { "Basic" } else { "Web only" },
                    logged_in: self.quarters(3),
                    whole: self.quarters(3),
                    hosts,
                    seen,
                }
            })
            .collect()
    }
}

/// What is true after all of these looks, in whatever order they become known.
fn expected(history: &[Look]) -> BTreeMap<Check, FindingState> {
    let checks: BTreeSet<Check> = history.iter().flat_map(|look| look.seen.iter().copied()).collect();
    let state = |check: Check| {
        let last = history.iter().filter(|look| look.seen.contains(&check)).max_by_key(|look| look.ended).unwrap();
        let later = history.iter().filter(|look| look.ended > last.ended && look.hosts.contains(check.0));
        let proves = |look: &&Look| look.whole && look.policy == last.policy && (look.logged_in || !last.logged_in);
        match (later.clone().next().is_some(), later.clone().any(|look| proves(&look))) {
            (false, _) => FindingState::Open,
            (true, true) => FindingState::Fixed,
            (true, false) => FindingState::NotSeen,
        }
    };
    checks.into_iter().map(|check| (check, state(check))).collect()
}

async fn findings(hub: &Running, grant: &Grant) -> Vec<Finding> {
    let mut page = PageRequest { limit: 500, ..PageRequest::default() };
    let mut all = Vec::new();
    loop {
        let listed = hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap();
        all.extend(listed.items);
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return all,
        }
    }
}

/// Every finding of the company by its check, and whether the counts say the same.
async fn standing(hub: &Running, grant: &Grant) -> BTreeMap<(String, u32), FindingState> {
    let all = findings(hub, grant).await;
    let counted = hub.hub.findings().counts(grant, &FindingFilter::default()).await.unwrap();
    assert_eq!(counted.total(), all.len() as u64);
    let mut standing = BTreeMap::new();
    for finding in &all {
        let host = hub.hub.assets().get(grant, finding.asset_id).await.unwrap().entry.asset.name;
        let plugin: u32 = finding.title.strip_prefix("Check ").unwrap().parse().unwrap();
        assert!(matches!(finding.location, Location::Network { .. }), "{finding:?}");
        assert_eq!(standing.insert((host, plugin), finding.status), None, "twice: {finding:?}");
    }
    standing
}

fn named(states: &BTreeMap<Check, FindingState>) -> BTreeMap<(String, u32), FindingState> {
    states.iter().map(|((host, plugin), state)| (((*host).to_owned(), *plugin), *state)).collect()
}

on_both_databases! {
    async fn any_order_and_repetition_ends_the_same_and_closes_only_with_proof(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let mut told = BTreeSet::new();
        for seed in 0..8 {
            let mut chance = Chance(seed);
            let history = chance.history();
            let expected = expected(&history);
            told.extend(expected.values().map(|state| state.as_str()));
            for turn in 0..3 {
                let grant = hub.company(&format!("History-{seed}-{turn}")).await;
                let mut order: Vec<&Look> = history.iter().collect();
                match turn {
                    0 => {}
                    1 => order.reverse(),
                    _ => {
                        order.extend(history.iter().filter(|_| chance.quarters(2)));
                        chance.shuffle(&mut order);
                    }
                }
                for look in &order {
                    let done = hub.upload(&grant, "run.nessus", &look.report()).await;
                    assert_eq!(done.state, JobState::Done, "seed {seed}: {:?}", done.error);
                }
                let ends: Vec<u32> = order.iter().map(|look| look.ended - FIRST).collect();
                assert_eq!(standing(&hub, &grant).await, named(&expected), "seed {seed} in the order {ends:?}: {history:#?}");
            }
        }
        assert_eq!(told.into_iter().collect::<Vec<_>>(), ["fixed", "not_seen", "open"], "the histories show too little");
        hub.stop().await;
    }

    /// What a hub that compares plugins and not pairs of host and plugin gets wrong: 5 of 100 pairs are gone.
    async fn what_is_gone_from_some_hosts_is_fixed_there_and_nowhere_else(database) {
        const MACHINES: u32 = 50;
        const CHECKS: u32 = 100;
        let gone = |host: u32, plugin: u32| (host * 7 + plugin * 13).is_multiple_of(20);
        let addresses: Vec<String> = (0..MACHINES).map(|host| format!("10.7.0.{host}")).collect();
        let tags: Vec<Vec<(&str, &str)>> = addresses.iter().map(|address| vec![("host-ip", address.as_str())]).collect();
        let scan = |ended: u32, is_gone: &dyn Fn(u32, u32) -> bool| {
            let hosts: Vec<Host<'_>> = (0..MACHINES)
                .zip(&tags)
                .map(|(host, tags)| Host {
                    tags,
                    ended: Some(ended),
                    items: (1..=CHECKS).filter(|plugin| !is_gone(host, *plugin)).map(|plugin| item(plugin, 443, 2)).collect(),
                })
                .collect();
            report(&hosts)
        };
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "first.nessus", &scan(FIRST + 1000, &|_, _| false)).await;
        let result = hub.upload(&grant, "second.nessus", &scan(FIRST + 2000, &gone)).await.result.unwrap();
        let dropped = (0..MACHINES).flat_map(|host| (1..=CHECKS).map(move |plugin| (host, plugin)));
        let dropped = dropped.filter(|(host, plugin)| gone(*host, *plugin)).count() as u64;
        assert_eq!(dropped, u64::from(MACHINES * CHECKS) / 20);
        let number = |name: &str| result[name].as_u64().unwrap();
        assert_eq!((number("created"), number("reopened"), number("fixed"), number("not_seen")), (0, 0, dropped, 0));
        for (state, wanted) in [(FindingState::Fixed, dropped), (FindingState::Open, u64::from(MACHINES * CHECKS) - dropped)] {
            let filter = FindingFilter { status: vec![state], ..FindingFilter::default() };
            assert_eq!(hub.hub.findings().counts(&grant, &filter).await.unwrap().total(), wanted, "{state}");
        }
        hub.stop().await;
    }

    /// Eight at once: four send the same report, four each a later one of the same hosts.
    async fn eight_clients_at_once_double_nothing_and_none_fails(database) {
        let mut chance = Chance(99);
        let looks: Vec<Look> = (0..5)
            .map(|number| Look {
                ended: FIRST + 1000 * (number + 1),
                policy: "Basic",
                logged_in: true,
                whole: true,
                hosts: HOSTS.into_iter().collect(),
                seen: HOSTS
                    .into_iter()
                    .flat_map(|host| (1..=40).map(move |plugin| (host, plugin)))
                    .filter(|_| chance.quarters(3))
                    .collect(),
            })
            .collect();
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.import.batch_rows = 10).await;
        let grant = hub.company("Acme").await;
        let reports: Vec<Vec<u8>> = (0..8_usize).map(|client| looks[client.saturating_sub(3)].report()).collect();
        let done = join_all(reports.iter().map(|bytes| hub.upload(&grant, "run.nessus", bytes))).await;
        for job in &done {
            assert_eq!(job.state, JobState::Done, "{:?}", job.error);
        }
        assert_eq!(hub.scans(&grant).await.len(), looks.len(), "one scan for each report");
        assert_eq!(standing(&hub, &grant).await, named(&expected(&looks)));
        hub.stop().await;
    }
}
