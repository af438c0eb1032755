//! Qualys: creating is launching and a scan has one run, which is itself; an account's role withholds control.

use scanhelm_core::status::VendorState;
use scanhelm_vendor_sim::Licence;

use super::{Calls, Case, Login, Report};

pub(crate) const PASSWORD: Case = Case {
    connector: "qualys-vm",
    login: Login {
        name: "password",
        fields: |known| vec![("username", known.username.clone()), ("password", known.password.clone())],
        is_session: false,
    },
    calls: Calls { lists: &["scans.list"], launch: "scans.launch", create: "scans.launch", delete: "scans.delete" },
    report: Report { look: None, fetch: "scans.fetch" },
    targets: &["10.20.0.1", "10.20.0.2"],
    template: None,
    folder: None,
    stopped: VendorState::Cancelled,
    absent_scan: "scan/1.1",
    absent_run: "scan/9.9",
    // The account then has the role Reader.
    restricted: Some(Licence::Professional),
    refusals: &[400, 403],
    busy: &[409, 429],
};
