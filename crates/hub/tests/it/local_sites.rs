//! Sites that a hub looks at by itself, without any program.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use scanhelm_core::finding::FindingState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::scan::Origin;
use scanhelm_core::status::Status;
use scanhelm_hub::local::AllowedHosts;
use scanhelm_hub::scans::NewScan;
use scanhelm_store::FindingFilter;

use crate::harness::{Home, on_both_databases};

/// A page that says which software made it, until it is mended.
fn site(mended: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut [0; 4096]);
            let more = if mended.load(Ordering::Relaxed) { "" } else { "X-Powered-By: PHP/5.3\r\n" };
            let _ = write!(connection, "HTTP/1.1 200 OK\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    url
}

on_both_databases! {
    async fn a_site_is_looked_at_without_any_program_and_what_is_mended_is_fixed(database) {
        let home = Home::new(database);
        let hub = home
            .start_with(|settings| settings.local.allowed_hosts = AllowedHosts::parse(&["127.0.0.0/8"]).unwrap())
            .await;
        let grant = hub.company("Acme").await;
        let mended = Arc::new(AtomicBool::new(false));
        let url = site(Arc::clone(&mended));
        let scanned = async |name: &str| {
            let new = NewScan {
                name: Some(name.to_owned()),
                target_url: Some(url.clone()),
                scan_types: vec!["dast".to_owned()],
                ..NewScan::default()
            };
            hub.hub.scans().create(&grant, new).await.unwrap();
            let ended = |scan: &scanhelm_core::scan::Scan| scan.vendor_state.is_terminal() && scan.import_state.is_finished();
            let scan = hub.await_scan(&grant, name, ended).await;
            assert_eq!((scan.status(), scan.origin), (Status::Completed, Origin::Local), "{:?}", scan.error);
            let page = PageRequest { limit: 100, ..PageRequest::default() };
            let listed = hub.hub.findings().list(&grant, &FindingFilter::default(), &page).await.unwrap();
            let state = |title: &str| listed.items.iter().find(|one| one.title == title).map(|one| one.status);
            (state("The answer names the software behind the site"), state("No Content-Security-Policy"))
        };
        assert_eq!(scanned("first").await, (Some(FindingState::Open), Some(FindingState::Open)));
        mended.store(true, Ordering::Relaxed);
        assert_eq!(scanned("second").await, (Some(FindingState::Fixed), Some(FindingState::Open)));
        let offered = hub.hub.scans().scanners(&grant).await.unwrap();
        let own = offered.iter().find(|scanner| scanner.id == "web-check").unwrap();
        assert_eq!((own.available, own.version.as_deref()), (true, Some(env!("CARGO_PKG_VERSION"))));
        hub.stop().await;
    }
}
