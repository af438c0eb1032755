//! What real Syft lists of a tree, and what it says when it lists nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scanhelm_runner::{ScanOutcome, ScanRequest, ScanState, ScanType};
use tokio_util::sync::CancellationToken;

use crate::fake::scan;
use crate::installed::{DISCOVERY, by_hand, checkout, json, list};

async fn inventory(target: &Path) -> ScanOutcome {
    let mut request = ScanRequest::new(target);
    request.scan_types = vec![ScanType::Sbom];
    scan(&DISCOVERY, request, &CancellationToken::new()).await.0
}

/// As many packages as Syft lists by hand, told the same way again, whatever the target's settings say.
#[tokio::test]
async fn syft() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::create_dir(folder.path().join("web")).unwrap();
    fs::copy(checkout().join("web/package-lock.json"), folder.path().join("web/package-lock.json")).unwrap();
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\nrequests==2.19.0\n").unwrap();
    let report =
        json(&by_hand(folder.path(), "syft", &["scan", "--quiet", "--output", "cyclonedx-json", "dir:."], &[]));
    let told: BTreeSet<&str> =
        list(&report, "components").iter().filter_map(|component| component["purl"].as_str()).collect();
    assert!(told.contains("pkg:pypi/jinja2@2.10") && told.len() > 10, "{told:?}");

    // Here, and not before: by hand it would obey.
    fs::write(folder.path().join(".syft.yaml"), "exclude: ['./**']\n").unwrap();
    let outcome = inventory(folder.path()).await;
    let components = outcome.components();
    let listed: BTreeSet<&str> = components.iter().filter_map(|one| one.purl.as_deref()).collect();
    assert_eq!(listed, told);
    assert_eq!(components.len(), told.len());
    assert_eq!((outcome.ran[0].components, outcome.records.len()), (Some(told.len() as u64), 0));
    let jinja = components.iter().find(|one| one.name.eq_ignore_ascii_case("jinja2")).unwrap();
    assert_eq!(jinja.locations, ["requirements.txt"]);
    assert_eq!(inventory(folder.path()).await.components(), components);

    let one_file = inventory(&folder.path().join("requirements.txt")).await;
    assert_eq!(one_file.components().len(), 2, "{one_file:?}");
}

#[tokio::test]
async fn syft_that_lists_nothing_of_a_lock_file_has_failed() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("requirements.txt"), "# nothing\n").unwrap();
    let outcome = inventory(folder.path()).await;
    assert_eq!(outcome.state, ScanState::Failed);
    assert!(outcome.failed[0].reason.contains("it lists no component of requirements.txt; run"), "{outcome:?}");

    fs::remove_file(folder.path().join("requirements.txt")).unwrap();
    fs::create_dir(folder.path().join("lib")).unwrap();
    for name in ["a.jar", "b.war"] {
        fs::write(folder.path().join("lib").join(name), "no archive").unwrap();
    }
    let outcome = inventory(folder.path()).await;
    assert!(outcome.failed[0].reason.contains("of lib/a.jar and 1 more file; run"), "{outcome:?}");
}

/// These folders are looked at by no scanner, so a list without what lies there is whole: it takes the place of the one
/// before at a hub.
#[tokio::test]
async fn an_inventory_is_whole_without_hidden_and_vendored_folders() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("requirements.txt"), "Jinja2==2.10\n").unwrap();
    for (place, name) in [(".venv/lib", "Jinja2"), (".venv/lib", "requests"), ("vendor", "flask")] {
        let installed = folder.path().join(place).join(format!("{name}-2.10.dist-info"));
        fs::create_dir_all(&installed).unwrap();
        fs::write(installed.join("METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 2.10\n")).unwrap();
    }
    let outcome = inventory(folder.path()).await;
    let components = outcome.components();
    let names: Vec<&str> = components.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["jinja2"], "{outcome:?}");
    assert!(outcome.ran[0].warnings.is_empty() && outcome.coverage[0].complete, "{outcome:?}");
}
