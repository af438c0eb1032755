//! Nessus: a licence that withholds control, exports that are asked for.

use scanhelm_core::status::VendorState;
use scanhelm_vendor_sim::Licence;

use super::{Calls, Case, Login, Report};

pub(crate) const KEYS: Case = Case {
    connector: "nessus",
    login: Login {
        name: "keys",
        fields: |known| vec![("access_key", known.access_key.clone()), ("secret_key", known.secret_key.clone())],
        is_session: false,
    },
    calls: Calls { lists: &["scans.list"], launch: "scans.launch", create: "scans.create", delete: "scans.delete" },
    report: Report { look: Some("export.status"), fetch: "export.download" },
    targets: &["10.20.0.1", "10.20.0.2"],
    template: None,
    folder: None,
    stopped: VendorState::Cancelled,
    absent_scan: "987654",
    absent_run: "no-such-run",
    restricted: Some(Licence::Professional),
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
