//! The operations, one file a group. Registering one needs its access; see [`crate::registration`].

mod account;
mod api_keys;
mod approvals;
mod assessments;
mod asset_merges;
mod assets;
mod comments;
mod companies;
mod components;
mod connectors;
mod events;
mod export;
mod feeds;
mod finding_filters;
mod findings;
mod health;
mod imports;
mod integration_views;
mod integrations;
mod jobs;
mod notification_channels;
mod notification_deliveries;
mod notification_rules;
mod program;
mod scan_control;
mod scan_views;
mod scanners;
mod scans;
mod schedules;
mod sla;
mod suppression;
mod users;
mod verdicts;
mod webhooks;

use crate::registration::Operations;

/// Every operation there is.
pub(crate) fn operations() -> Operations {
    [
        health::register,
        account::register,
        companies::register,
        users::register,
        api_keys::register,
        scans::register,
        scan_control::register,
        scan_views::register,
        assessments::register,
        events::register,
        connectors::register,
        integrations::register,
        integration_views::register,
        webhooks::register,
        findings::register,
        comments::register,
        verdicts::register,
        approvals::register,
        suppression::register,
        export::register,
        asset_merges::register,
        assets::register,
        components::register,
        imports::register,
        feeds::register,
        sla::register,
        schedules::register,
        notification_channels::register,
        notification_rules::register,
        notification_deliveries::register,
        jobs::register,
        program::register,
        scanners::register,
    ]
    .into_iter()
    .fold(Operations::default(), |operations, register: fn(Operations) -> Operations| register(operations))
}
