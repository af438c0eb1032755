//! What the connector knows of the scan that a report is of: the vendor's own words, by the vendor's own names.

use scanhelm_core::Timestamp;
use serde::Deserialize;

use crate::site::page;

/// Parts of the vendor's `ScanTaskModel`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Scan {
    /// `Full`, `Retest`, `Incremental`.
    scan_type: Option<String>,
    /// `EnteredPathAndBelow`, `OnlyEnteredUrl`, `WholeDomain`.
    scope: Option<String>,
    target_url: Option<String>,
    policy_name: Option<String>,
    profile_name: Option<String>,
    authentication_profile_id: Option<String>,
    initiated: Option<String>,
    state_changed: Option<String>,
}

impl Scan {
    /// What was asked, and as whom: two runs that differ in it prove nothing about each other. The way to log in is
    /// part of it, because the vendor does not tell whether a scan was logged in.
    pub(super) fn policy(&self) -> Option<String> {
        let named = |what: &str, name: &Option<String>| {
            name.as_deref().filter(|name| !name.is_empty()).map(|name| format!("{what}{name}"))
        };
        let parts = [
            named("", &self.policy_name),
            named("profile ", &self.profile_name),
            named("authentication ", &self.authentication_profile_id),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    pub(super) fn started_at(&self) -> Option<Timestamp> {
        self.initiated.as_deref().and_then(Timestamp::parse)
    }

    /// The state is the last one: only what has ended is downloaded.
    pub(super) fn finished_at(&self) -> Option<Timestamp> {
        self.state_changed.as_deref().and_then(Timestamp::parse)
    }

    /// Every page and every check of the site was in it.
    pub(super) fn covers_the_site(&self) -> bool {
        let is = |value: &Option<String>, wanted| value.as_deref() == Some(wanted);
        let at_root = || {
            let target = self.target_url.as_deref().and_then(page);
            target.is_some_and(|target| target.trim_end_matches('/').matches('/').count() == 2)
        };
        is(&self.scan_type, "Full")
            && (is(&self.scope, "WholeDomain") || (is(&self.scope, "EnteredPathAndBelow") && at_root()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(scan_type: &str, scope: &str, target: &str) -> Scan {
        Scan {
            scan_type: Some(scan_type.to_owned()),
            scope: Some(scope.to_owned()),
            target_url: Some(target.to_owned()),
            ..Scan::default()
        }
    }

    #[test]
    fn only_a_full_scan_of_the_whole_site_covers_it() {
        for (scan, covers) in [
            (scan("Full", "EnteredPathAndBelow", "https://shop.example/"), true),
            (scan("Full", "EnteredPathAndBelow", "https://shop.example"), true),
            (scan("Full", "EnteredPathAndBelow", "https://shop.example/cart/"), false),
            (scan("Full", "WholeDomain", "https://shop.example/cart/"), true),
            (scan("Full", "OnlyEnteredUrl", "https://shop.example/"), false),
            (scan("Retest", "WholeDomain", "https://shop.example/"), false),
            (scan("Incremental", "EnteredPathAndBelow", "https://shop.example/"), false),
            (Scan::default(), false),
        ] {
            assert_eq!(scan.covers_the_site(), covers, "{scan:?}");
        }
    }

    #[test]
    fn the_policy_names_all_that_makes_two_runs_comparable() {
        let scan = Scan {
            policy_name: Some("Default".to_owned()),
            profile_name: Some("Weekly".to_owned()),
            authentication_profile_id: Some(String::new()),
            ..Scan::default()
        };
        assert_eq!(scan.policy().as_deref(), Some("Default, profile Weekly"));
        assert_eq!(Scan::default().policy(), None);
    }
}
