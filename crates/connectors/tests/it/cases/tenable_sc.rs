//! Security Center: two lists, results as a zip archive in the answer to a POST, a stopped run that ends as partial.

use scanhelm_core::status::VendorState;

use super::{Calls, Case, Login, Report};

pub(crate) const KEYS: Case = Case {
    connector: "tenable-sc",
    login: Login {
        name: "keys",
        fields: |known| vec![("access_key", known.access_key.clone()), ("secret_key", known.secret_key.clone())],
        is_session: false,
    },
    calls: Calls {
        lists: &["scans.list", "results.list"],
        launch: "scans.launch",
        create: "scans.create",
        delete: "scans.delete",
    },
    report: Report { look: None, fetch: "results.download" },
    targets: &["10.20.0.1", "10.20.0.2"],
    template: Some("Full Safe Scan"),
    folder: Some("Default"),
    // Partial, with both columns saying that the results are there: Security Center tells a stopped run from one that
    // ran out of time in no way.
    stopped: VendorState::Completed,
    absent_scan: "987654",
    absent_run: "987654",
    restricted: None,
    refusals: &[400, 403, 409],
    busy: &[429],
};

pub(crate) const PASSWORD: Case = Case {
    login: Login {
        name: "password",
        fields: |known| vec![("username", known.username.clone()), ("password", known.password.clone())],
        is_session: true,
    },
    ..KEYS
};
