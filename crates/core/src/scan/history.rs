//! What a vendor still knows of a scan's past, set into the runs that the hub knows.

use std::collections::{HashMap, HashSet};

use super::Run;
use crate::Timestamp;
use crate::status::VendorState;

/// A run as the vendor tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    pub external_run_id: String,
    /// `None`: the vendor's word is unknown.
    pub state: Option<VendorState>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// One place in the order in which a scan ran.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Past<'runs> {
    Known(&'runs Run),
    /// Completed, and unknown to the hub.
    Missing(&'runs PastRun),
}

/// All runs, the earliest first: those that are known in the order of their numbers, and between them the completed ones
/// that the vendor (`told`, newest first) has from before `latest`. What is newer than `latest` is for the loops that
/// follow the scan to see, and where the vendor does not list `latest` nothing can be said about the order.
#[must_use]
pub fn timeline<'runs>(known: &'runs [Run], told: &'runs [PastRun], latest: Option<&str>) -> Vec<Past<'runs>> {
    let mut known: Vec<&Run> = known.iter().collect();
    known.sort_by_key(|run| run.number);
    // How far back; the newest is 0.
    let mut age: HashMap<&str, usize> = HashMap::new();
    for (place, run) in told.iter().enumerate() {
        age.entry(&run.external_run_id).or_insert(place);
    }
    let age_of = |run: &Run| run.external_run_id.as_deref().and_then(|id| age.get(id).copied());
    let is_latest = |run: &&Run| latest.is_some() && run.external_run_id.as_deref() == latest;
    let mut missing: Vec<(usize, &PastRun)> = Vec::new();
    if let Some(newest) = known.last().copied().filter(is_latest).and_then(age_of) {
        let present: HashSet<&str> = known.iter().filter_map(|run| run.external_run_id.as_deref()).collect();
        let is_missing = |(place, run): &(usize, &PastRun)| {
            *place > newest
                && age.get(run.external_run_id.as_str()) == Some(place)
                && run.state == Some(VendorState::Completed)
                && !present.contains(run.external_run_id.as_str())
        };
        missing = told.iter().enumerate().filter(is_missing).collect();
    }
    let mut ordered = Vec::with_capacity(known.len() + missing.len());
    for run in known {
        if let Some(age) = age_of(run) {
            while let Some((_, older)) = missing.pop_if(|(place, _)| *place > age) {
                ordered.push(Past::Missing(older));
            }
        }
        ordered.push(Past::Known(run));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeverityCounts;
    use crate::ids::{CompanyId, RunId, ScanId};
    use crate::status::ImportState;

    fn run(number: u32, external: &str) -> Run {
        Run {
            id: RunId(uuid::Uuid::from_u128(u128::from(number))),
            scan_id: ScanId(uuid::Uuid::nil()),
            company_id: CompanyId(uuid::Uuid::nil()),
            external_run_id: Some(external.to_owned()),
            number,
            vendor_state: VendorState::Completed,
            import_state: ImportState::Done,
            started_at: None,
            finished_at: None,
            vendor_finished_at: None,
            counts: SeverityCounts::default(),
            imported_findings: 0,
            created_at: Timestamp::default(),
        }
    }

    fn told(ids: &[&str]) -> Vec<PastRun> {
        let past = |id: &&str| PastRun {
            external_run_id: (*id).to_owned(),
            state: Some(if id.starts_with('x') { VendorState::Cancelled } else { VendorState::Completed }),
            started_at: None,
            finished_at: None,
        };
        ids.iter().map(past).collect()
    }

    fn names(known: &[Run], told: &[PastRun], latest: &str) -> Vec<String> {
        timeline(known, told, Some(latest))
            .into_iter()
            .map(|past| match past {
                Past::Known(run) => run.external_run_id.clone().unwrap_or_default(),
                Past::Missing(run) => format!("+{}", run.external_run_id),
            })
            .collect()
    }

    #[test]
    fn earlier_runs_stand_before_and_between_what_is_known() {
        let known = [run(1, "c"), run(2, "e")];
        assert_eq!(names(&known, &told(&["e", "d", "c", "b", "a"]), "e"), ["+a", "+b", "c", "+d", "e"]);
    }

    #[test]
    fn what_is_newer_repeated_or_not_completed_is_left_out() {
        let known = [run(1, "c")];
        assert_eq!(names(&known, &told(&["d", "c", "x1", "b", "b", "c"]), "c"), ["+b", "c"]);
    }

    #[test]
    fn a_vendor_that_does_not_list_the_latest_run_proves_no_order() {
        let known = [run(1, "c")];
        assert_eq!(names(&known, &told(&["b", "a"]), "c"), ["c"]);
        assert_eq!(names(&known, &told(&["b", "a"]), "b"), ["c"]);
        assert_eq!(names(&[], &told(&["b", "a"]), "b"), Vec::<String>::new());
    }

    #[test]
    fn runs_that_the_vendor_has_forgotten_keep_their_place() {
        let known = [run(1, "forgotten"), run(2, "c")];
        assert_eq!(names(&known, &told(&["c", "b"]), "c"), ["forgotten", "+b", "c"]);
        // Asked again once they are known: nothing is missing.
        let known = [run(1, "forgotten"), run(2, "b"), run(3, "c")];
        assert_eq!(names(&known, &told(&["c", "b"]), "c"), ["forgotten", "b", "c"]);
    }
}
