//! Invicti: no launch, a report that is there as soon as the scan has ended, one website a scan.

use scanhelm_core::status::VendorState;

use super::{Calls, Case, Login, Report};

pub(crate) const TOKEN: Case = Case {
    connector: "invicti",
    login: Login {
        name: "token",
        fields: |known| vec![("user_id", known.access_key.clone()), ("api_token", known.secret_key.clone())],
        is_session: false,
    },
    calls: Calls { lists: &["scans.list"], launch: "none", create: "scans.create", delete: "scans.delete" },
    report: Report { look: None, fetch: "scans.report" },
    targets: &["https://shop.example/"],
    template: None,
    folder: None,
    stopped: VendorState::Cancelled,
    absent_scan: "0a110f61b1f949ff30c8ad5104dfd9f5",
    absent_run: "663eb6e88d9e4f4d9e00ad52017aa66d",
    restricted: None,
    refusals: &[400, 403, 409],
    busy: &[429],
};
