//! Acunetix: one target a scan, a report that is there as soon as the run has ended.

use scanhelm_core::status::VendorState;

use super::{Calls, Case, Login, Report};

pub(crate) const API_KEY: Case = Case {
    connector: "acunetix",
    login: Login { name: "API key", fields: |known| vec![("api_key", known.access_key.clone())], is_session: false },
    calls: Calls { lists: &["scans.list"], launch: "scans.launch", create: "scans.create", delete: "scans.delete" },
    report: Report { look: None, fetch: "results.vulnerabilities" },
    targets: &["https://shop.example.com/"],
    template: None,
    folder: None,
    stopped: VendorState::Cancelled,
    absent_scan: "00000000-1111-2222-3333-444444444444",
    absent_run: "00000000-1111-2222-3333-555555555555",
    restricted: None,
    refusals: &[400, 403, 409],
    busy: &[429],
};
