//! The hub's own scans of type `sbom`: what a scanner lists of a folder is what the folder's asset is made of.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use scanhelm_core::finding::FindingState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::Status;
use scanhelm_hub::ComponentFilter;
use scanhelm_hub::scans::NewScan;
use scanhelm_store::FindingFilter;
use serde_json::{Value, json};

use crate::harness::{Home, Running, on_both_databases};

/// Gives out the report beside it, and fails without one.
const SYFT: &str =
    "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'syft 1.18.1'; exit; }\ncat \"$(dirname \"$0\")/report\"\n";

/// Sees one thing in the folder, and nothing in the other file.
const BANDIT: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo 1.9.4; exit; }
for word in "$@"; do [ "$last" = --output ] && report=$word; last=$word; done
case "$*" in *other.py*) echo '{"errors": [], "metrics": {"./other.py": {"loc": 1}}, "results": []}' > "$report"; exit ;; esac
cat > "$report" <<JSON
{"errors": [], "metrics": {"./app.py": {"loc": 1}}, "results": [{"code": "1 import subprocess", "col_offset": 0,
 "filename": "./app.py", "issue_confidence": "HIGH", "issue_cwe": {"id": 78}, "issue_severity": "LOW",
 "issue_text": "Consider what may happen.", "line_number": 1, "line_range": [1], "test_id": "B404", "test_name": "blacklist"}]}
JSON"#;

struct Workbench {
    home: Home,
    hub: Running,
    grant: Grant,
}

impl Workbench {
    async fn on(home: Home) -> Self {
        let (tools, source) = (home.data().join("tools"), home.data().join("shop"));
        for folder in [&tools, &source] {
            fs::create_dir(folder).unwrap();
        }
        for (name, script) in [
            ("syft", SYFT),
            ("bandit", BANDIT),
            ("semgrep", "#!/bin/sh\necho 0.0.1\n"),
            ("ruff", "#!/bin/sh\necho 0.0.1\n"),
        ] {
            fs::write(tools.join(name), script).unwrap();
            fs::set_permissions(tools.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(source.join("app.py"), "import subprocess\n").unwrap();
        fs::write(source.join("other.py"), "import os\n").unwrap();
        fs::write(source.join("requirements.txt"), "jinja2==2.10\n").unwrap();
        let hub = home.start_with(|settings| settings.local.tool_paths = vec![tools]).await;
        let grant = hub.company("Acme").await;
        Self { home, hub, grant }
    }

    fn lists(&self, names: &[&str]) {
        let component = |name: &&str| {
            json!({
                "type": "library", "name": name, "version": "1.0", "purl": format!("pkg:pypi/{name}@1.0"),
                "properties": [{"name": "syft:location:0:path", "value": "/requirements.txt"}],
            })
        };
        let report = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6",
            "metadata": {"component": {"type": "file", "name": "."}},
            "components": names.iter().map(component).collect::<Vec<_>>(),
        });
        fs::write(self.home.data().join("tools/report"), report.to_string()).unwrap();
    }

    async fn scan(&self, name: &str, types: &[&str], target: &str) -> Scan {
        let new = NewScan {
            name: Some(name.to_owned()),
            target_path: Some(self.home.data().join(target).display().to_string()),
            scan_types: types.iter().map(|kind| (*kind).to_owned()).collect(),
            ..NewScan::default()
        };
        let created = self.hub.hub.scans().create(&self.grant, new).await.unwrap();
        assert_eq!(created.scan.origin, Origin::Local);
        let ended =
            |scan: &Scan| scan.vendor_state.is_terminal() && (scan.import_state.is_finished() || scan.error.is_some());
        self.hub.await_scan(&self.grant, name, ended).await
    }

    /// Name, asset and sources of each component.
    async fn components(&self) -> Vec<(String, String, Vec<String>)> {
        let page = PageRequest { limit: 100, ..PageRequest::default() };
        let listed = self.hub.hub.components().list(&self.grant, &ComponentFilter::default(), &page).await.unwrap();
        let told = listed.items.into_iter().map(|entry| {
            let sources = entry.sources.iter().map(|(source, _)| source.as_str().to_owned()).collect();
            (entry.component.record.name, entry.asset_name, sources)
        });
        told.collect()
    }

    async fn open(&self) -> u64 {
        let queue = FindingFilter { status: vec![FindingState::Open], ..FindingFilter::default() };
        self.hub.hub.findings().counts(&self.grant, &queue).await.unwrap().total()
    }

    async fn shown(&self, scan: &Scan) -> Option<u64> {
        self.hub.hub.scans().get(&self.grant, scan.id).await.unwrap().components
    }

    async fn events(&self, scan: &Scan, name: &str) -> Vec<(String, Value)> {
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        let feed = self.hub.hub.scans().activity(&self.grant, scan.id, &page).await.unwrap();
        let named = feed.items.into_iter().filter(|activity| activity.event == name);
        named.map(|activity| (activity.message, activity.data)).collect()
    }
}

fn of_shop(names: &[&str]) -> Vec<(String, String, Vec<String>)> {
    names.iter().map(|name| ((*name).to_owned(), "shop".to_owned(), vec!["scanner:syft".to_owned()])).collect()
}

on_both_databases! {
    async fn what_a_folder_is_made_of_is_listed_until_a_newer_scan_says_otherwise(database) {
        let bench = Workbench::on(Home::new(database)).await;
        let offered = bench.hub.hub.scans().scanners(&bench.grant).await.unwrap();
        assert!(offered.iter().any(|scanner| scanner.id == "syft" && scanner.scan_types == ["sbom"]));

        bench.lists(&["flask", "jinja2"]);
        let both = bench.scan("both", &["code", "sbom"], "shop").await;
        assert_eq!((both.status(), both.imported_findings), (Status::Completed, 1), "{:?}", both.error);
        assert_eq!(both.scanners_run, ["bandit", "syft"]);
        assert_eq!(bench.components().await, of_shop(&["flask", "jinja2"]));
        assert_eq!(bench.shown(&both).await, Some(2));
        let ends = bench.events(&both, "scanner.complete").await;
        let (message, data) = ends.iter().find(|(_, data)| data["scanner"] == "syft").unwrap();
        assert_eq!((message.as_str(), &data["components"]), ("syft ended with 2 components.", &json!(2)));
        let told = bench.events(&both, "import.progress").await;
        assert!(told.iter().any(|(message, _)| message == "2 components of shop: 2 new, 0 gone."), "{told:?}");

        bench.lists(&["jinja2", "requests"]);
        let alone = bench.scan("alone", &["sbom"], "shop").await;
        assert_eq!((alone.status(), alone.scan_type.as_str(), alone.imported_findings), (Status::Completed, "sbom", 0));
        assert_eq!(bench.components().await, of_shop(&["jinja2", "requests"]));
        assert_eq!((bench.shown(&both).await, bench.shown(&alone).await), (None, Some(2)));

        // One file is not all of the folder.
        bench.lists(&["jinja2"]);
        let file = bench.scan("file", &["sbom"], "shop/requirements.txt").await;
        assert_eq!((file.status(), bench.shown(&file).await), (Status::Completed, None));
        let told = bench.events(&file, "import.progress").await;
        assert!(told.iter().any(|(message, _)| message.starts_with("1 component of shop were not taken")), "{told:?}");
        bench.scan("other file", &["code"], "shop/other.py").await;
        assert_eq!(bench.open().await, 1, "what is in the file beside it is not gone");
        fs::remove_file(bench.home.data().join("tools/report")).unwrap();
        let failed = bench.scan("failed", &["sbom"], "shop").await;
        assert_eq!(failed.status(), Status::Failed);
        assert_eq!(bench.components().await, of_shop(&["jinja2", "requests"]));
        bench.hub.stop().await;
    }
}
