//! The kinds of vendors in a simulation: what they offer differs as it does between real products.

use scanhelm_connectors::contract::{AuthField, AuthMethod, Family, Fidelity, Manifest};
use scanhelm_core::status::VendorState;

/// What sets one product apart from another.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) manifest: Manifest,
    /// Every run has an id of its own.
    pub(crate) run_ids: bool,
    pub(crate) launch: bool,
    pub(crate) pause: bool,
    pub(crate) create: bool,
    /// Creating and launching is one call.
    pub(crate) create_launches: bool,
    /// Has a place where a client's token shows in the list.
    pub(crate) token: bool,
    pub(crate) delete: bool,
    pub(crate) sub_scanners: bool,
    /// Reports are asked for first and fetched later.
    pub(crate) exports: bool,
}

/// The words of every kind; whatever else they say is unknown to the connector.
pub(crate) const WORDS: &[(&str, VendorState)] = &[
    ("", VendorState::Queued),
    ("pending", VendorState::Queued),
    ("running", VendorState::Running),
    ("paused", VendorState::Paused),
    ("completed", VendorState::Completed),
    ("error", VendorState::Failed),
    ("canceled", VendorState::Cancelled),
];

const TOKEN: &[AuthMethod] = &[AuthMethod {
    id: "token",
    label: "Token",
    fields: &[AuthField { name: "token", label: "Token", secret: true, help: "" }],
}];

const fn manifest(id: &'static str, product: &'static str) -> Manifest {
    Manifest {
        id,
        vendor: "Simulation",
        product,
        family: Family::VulnerabilityManagement,
        auth_methods: TOKEN,
        base_url_example: "https://10.0.0.1",
        status_map: WORDS,
        fidelity: Fidelity::L1,
        unverified: &[],
    }
}

/// Like Nessus: everything, with runs that have ids.
pub(crate) static FULL: Kind = Kind {
    manifest: manifest("model-full", "Full"),
    run_ids: true,
    launch: true,
    pause: true,
    create: true,
    create_launches: true,
    token: true,
    delete: true,
    sub_scanners: false,
    exports: true,
};

/// Like Invicti's cloud: can be watched, not started.
pub(crate) static WATCHED: Kind = Kind {
    manifest: manifest("model-watched", "Watched"),
    run_ids: true,
    launch: false,
    pause: false,
    create: false,
    create_launches: false,
    token: false,
    delete: false,
    sub_scanners: false,
    exports: false,
};

/// Has no place for a client's token and no pause.
pub(crate) static TOKENLESS: Kind = Kind {
    manifest: manifest("model-tokenless", "Tokenless"),
    run_ids: true,
    launch: true,
    pause: false,
    create: true,
    create_launches: false,
    token: false,
    delete: true,
    sub_scanners: false,
    exports: false,
};

/// A centre with sub-scanners and no ids of runs: only times tell them apart.
pub(crate) static CENTRE: Kind = Kind {
    manifest: manifest("model-centre", "Centre"),
    run_ids: false,
    launch: true,
    pause: true,
    create: true,
    create_launches: false,
    token: true,
    delete: true,
    sub_scanners: true,
    exports: true,
};

pub(crate) static KINDS: [&Kind; 4] = [&FULL, &WATCHED, &TOKENLESS, &CENTRE];
