//! The scan domain knows no vendor: a vendor's name in its code means that a rule hangs on which vendor it is, and that
//! adding one would touch more than its folder and the registry.
//!
//! The names are those of the connectors' folders. Comments and tests may give examples.

use std::collections::BTreeSet;

use super::Breach;
use super::rust_text;
use crate::tree::Tree;

const CONNECTORS: &str = "crates/connectors/src/";

/// Where scans are created, followed, controlled, imported, kept and served.
const SCAN_DOMAIN: &[&str] = &["crates/core/src/", "crates/store/src/", "crates/hub/src/", "crates/api/src/"];

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    let vendors = vendors(tree);
    let mut breaches = Vec::new();
    let domain = tree.texts().filter(|(path, _)| SCAN_DOMAIN.iter().any(|folder| path.starts_with(folder)));
    for (path, text) in domain.filter(|(path, _)| path.ends_with(".rs") && !path.ends_with("/tests.rs")) {
        let lines = rust_text::lines(text);
        let tests = rust_text::tests(&lines);
        for (index, line) in lines.iter().enumerate().filter(|(index, _)| !tests.contains(index)) {
            let written = format!("{} {}", line.code, line.literal).to_lowercase();
            if let Some(vendor) = vendors.iter().find(|vendor| written.contains(vendor.as_str())) {
                let message = format!("`{vendor}` is a vendor: what depends on it belongs into {CONNECTORS}");
                breaches.push(Breach::new("vendor", path, index + 1, message));
            }
        }
    }
    breaches
}

/// `crates/connectors/src/tenable_sc/mod.rs`: `tenable`.
fn vendors(tree: &Tree) -> BTreeSet<String> {
    tree.texts()
        .filter_map(|(path, _)| path.strip_prefix(CONNECTORS)?.strip_suffix("/mod.rs"))
        .filter_map(|folder| folder.split(['/', '_']).next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_refused(path: &str, source: &str) -> Vec<usize> {
        let tree = Tree::of(&[("crates/connectors/src/tenable_sc/mod.rs", ""), (path, source)]);
        check(&tree).iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn r5_a_vendor_in_the_code_of_the_scan_domain_is_refused() {
        for source in
            ["if connector == \"tenable-sc\" {}", "use scanhelm_connectors::tenable_sc::Client;", "struct Tenable;"]
        {
            assert_eq!(lines_refused("crates/hub/src/scans/create.rs", source), [1], "{source}");
            assert_eq!(lines_refused("crates/core/src/scan/mod.rs", source), [1], "{source}");
            assert_eq!(lines_refused("crates/connectors/src/registry.rs", source), Vec::<usize>::new(), "{source}");
        }
    }

    #[test]
    fn comments_and_tests_may_give_examples() {
        let source = "/// As Tenable does.\nfn f() {}\n#[cfg(test)]\nmod tests { const A: &str = \"tenable\"; }\n";
        assert_eq!(lines_refused("crates/hub/src/a.rs", source), Vec::<usize>::new());
        let open = "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nfn of_a_test() { tenable(); }\nfn f() { tenable(); }\n";
        assert_eq!(lines_refused("crates/hub/src/a.rs", open), [5], "what follows a test is no test");
        assert_eq!(lines_refused("crates/core/src/scan/observe/tests.rs", "\"tenable\""), Vec::<usize>::new());
    }
}
