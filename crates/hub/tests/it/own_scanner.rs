//! A scanner that the operator defines.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use scanhelm_core::page::PageRequest;
use scanhelm_core::status::Status;
use scanhelm_hub::scans::NewScan;
use scanhelm_runner::OwnScanners;
use scanhelm_store::FindingFilter;

use crate::harness::{Home, on_both_databases};

on_both_databases! {
    async fn an_operators_scanner_is_listed_and_takes_part_in_a_scan(database) {
        let home = Home::new(database);
        let (program, source, file) =
            (home.data().join("own-lint"), home.data().join("shop"), home.data().join("scanners.toml"));
        fs::create_dir(&source).unwrap();
        fs::write(source.join("a.own"), "one\n").unwrap();
        let script = "#!/bin/sh\n[ \"$1\" = --version ] && { echo own 1.2; exit 0; }\n\
                      echo \"{\\\"id\\\": \\\"A1\\\", \\\"at\\\": \\\"$1/a.own\\\"}\"\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let definition = format!(
            "[[scanner]]\nid = \"own-lint\"\nscan_types = [\"code\"]\nprograms = [\"{}\"]\nfiles = [\"*.own\"]\n\
             arguments = [\"{{targets}}\"]\n[scanner.json]\nrule = \"id\"\npath = \"at\"\nusual_severity = \"high\"\n",
            program.display()
        );
        fs::write(&file, definition).unwrap();
        let own = OwnScanners::read(&[file]).unwrap();
        let hub = home.start_with(|settings| settings.local.own = own).await;
        let grant = hub.company("Acme").await;
        let listed = hub.hub.scans().scanners(&grant).await.unwrap();
        let last = listed.last().unwrap();
        assert_eq!((last.id, last.available, last.version.as_deref()), ("own-lint", true, Some("1.2")));
        let new = NewScan {
            name: Some("own".to_owned()),
            target_path: Some(source.display().to_string()),
            scan_types: vec!["code".to_owned()],
            ..NewScan::default()
        };
        hub.hub.scans().create(&grant, new).await.unwrap();
        hub.await_status(&grant, "own", Status::Completed).await;
        let page = PageRequest { limit: 100, ..PageRequest::default() };
        let found = hub.hub.findings().list(&grant, &FindingFilter::default(), &page).await.unwrap();
        let [finding] = found.items.as_slice() else { panic!("{} findings", found.items.len()) };
        let view = hub.hub.findings().get(&grant, finding.id).await.unwrap();
        assert_eq!((view.sightings[0].rule_id.as_str(), view.sightings[0].scanner.as_str()), ("A1", "own-lint"));
        hub.stop().await;
    }
}
