//! Nessus, beyond what every connector must do.

use scanhelm_vendor_sim::{Licence, SeedState};

use crate::cases::CASES;
use crate::stage::Stage;

/// The list of scanners only turns names into ids: while it cannot be had, what was known stays.
#[tokio::test]
async fn a_list_of_scanners_that_cannot_be_had_costs_no_id_that_was_known() {
    let case = CASES.iter().find(|case| case.connector == "nessus").unwrap();
    let stage = Stage::set(*case, Licence::Manager, 0).await;
    let id = stage.seed(SeedState::Completed);
    let session = stage.session();
    let sub_scanner = async || session.scan(&id).await.unwrap().unwrap().sub_scanner;
    let known = sub_scanner().await;
    assert!(known.is_some());
    stage.sim.fault("status,code=403,op=scanners.list".parse().unwrap());
    let elsewhere = stage.sim.fault("set-field,field=scanner_name,to=elsewhere,op=scans.details".parse().unwrap());
    assert_eq!(sub_scanner().await, None);
    stage.sim.clear_fault(elsewhere);
    assert_eq!(sub_scanner().await, known);
}
