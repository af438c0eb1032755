//! Vendors in trouble of their own: certificates, lists that lead in circles, outages. Each is a condition with a next
//! step, the others are polled meanwhile, and nothing is concluded.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::backoff::Backoff;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::Status;
use scanhelm_hub::installation::BreakerState;
use scanhelm_hub::integrations::NewIntegration;
use scanhelm_vendor_sim::{Fault, FaultKind, SeedState, Sim, SimConfig, TlsFlaw};

use crate::conditions::{at, is_polled};
use crate::estate::vendors::VENDORS;
use crate::harness::{Ahead, Home, LOOKS, nessus, on_both_databases, seed};

on_both_databases! {
    /// Nobody known vouches for it, it is for another name, its time is over: each said in words of its own with what to
    /// do, nothing concluded, and the neighbours are polled.
    async fn a_certificate_that_cannot_be_trusted_is_a_condition(database) {
        let other = nessus().await;
        let home = Home::new(database);
        let hub = home.start().await;
        let neighbour = hub.company("Neighbour").await;
        hub.connect(&neighbour, &other).await;
        for (flaw, known, words) in [
            (None, false, "not trusted"),
            (Some(TlsFlaw::OtherName), true, "scanner.example.com"),
            (Some(TlsFlaw::Expired), true, "expired on 2020-02-03"),
        ] {
            let config = SimConfig { tls: true, tls_flaw: flaw, speed: 0.0, ..SimConfig::new("nessus") };
            let sim = Sim::start(config).await.unwrap();
            sim.add_scan(seed("sweep", SeedState::Running)).unwrap();
            let grant = hub.company(&format!("Acme{}", words.len())).await;
            let ca_pem = sim.authority().filter(|_| known).map(str::to_owned);
            hub.hub.integrations().create(&grant, NewIntegration { ca_pem, ..at(&sim, sim.base_url()) }).await.unwrap();
            let condition = hub.await_condition(&grant, Some(ConditionKind::Tls)).await.unwrap();
            assert!(condition.detail.contains(words), "{condition:?}");
            assert!(condition.next_step.contains("certificate"), "{condition:?}");
            is_polled(&hub, &neighbour).await;
            assert!(hub.scans(&grant).await.is_empty());
            assert_eq!(sim.ledger().requests.len(), 0, "no request and no key goes out");
        }
        hub.stop().await;
    }

    /// A list whose pages point at each other: told as what it is, with what to do, no scan taken for gone, and the
    /// neighbours are polled.
    async fn a_list_that_leads_in_circles_is_a_condition(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let (grant, neighbour) = (hub.company("Acme").await, hub.company("Neighbour").await);
        let other = nessus().await;
        hub.connect(&neighbour, &other).await;
        let acunetix = VENDORS.iter().find(|vendor| vendor.connector == "acunetix").unwrap();
        let site = acunetix.connected(&hub, &grant).await;
        site.add("shop", SeedState::Completed);
        site.add("office", SeedState::Running);
        let known = async || {
            let scans = hub.scans(&grant).await;
            (scans.len() == 2 && scans.iter().any(|scan| scan.import_state.is_finished())).then_some(scans)
        };
        for _ in 0..LOOKS {
            if known().await.is_some() {
                break;
            }
            site.sim.advance(Duration::from_secs(2));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        known().await.expect("the estate is mirrored");
        let before = hub.dump(&grant).await;
        let circle =
            FaultKind::SetField { field: "cursors".to_owned(), from: None, to: "[\"0\", \"100\"]".to_owned() };
        let circle = site.sim.fault(Fault::new(circle).on("scans.list"));
        let condition = hub.await_condition(&grant, Some(ConditionKind::Garbage)).await.unwrap();
        assert!(condition.detail.contains("read before"), "{condition:?}");
        assert!(!condition.next_step.is_empty(), "{condition:?}");
        is_polled(&hub, &neighbour).await;
        let scans = hub.scans(&grant).await;
        assert!(scans.len() == 2 && scans.iter().all(|scan| scan.vendor_missing_since.is_none()));
        assert_eq!(hub.dump(&grant).await, before);
        let asked = site.sim.ledger().requests_of("scans.list");
        assert!(asked < 200, "{asked} pages of two scans");
        site.sim.clear_fault(circle);
        hub.await_condition(&grant, None).await;
        hub.stop().await;
    }

    /// An hour of 503 from one of two vendors: after a few answers it is left alone, whatever is due there; then one call
    /// looks, and when the vendor is well again nobody has to help. The other vendor's breaker is its own.
    async fn fm_b05_the_breaker_of_an_integration_is_its_own_and_closes_by_itself(database) {
        let (sim, other) = (nessus().await, nessus().await);
        sim.add_scan(seed("sweep", SeedState::Running)).unwrap();
        other.add_scan(seed("elsewhere", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let clock = Arc::new(Ahead::default());
        let an_hour = Duration::from_hours(1);
        let hub = home.start_at(clock.clone(), |settings| {
            settings.http.breaker_failures = 3;
            settings.http.breaker_pause = Backoff { first: an_hour, cap: an_hour };
        }).await;
        let (grant, neighbour) = (hub.company("Acme").await, hub.company("Neighbour").await);
        let integration = hub.connect(&grant, &sim).await;
        let healthy = hub.connect(&neighbour, &other).await;
        hub.await_status(&grant, "sweep", Status::Running).await;
        let breaker = async |id| {
            let state = hub.hub.installation().await.unwrap();
            let known = state.integrations.into_iter().find(|known| known.integration.id == id).unwrap();
            known.calls.unwrap().1
        };
        let down = sim.fault("status,code=503".parse().unwrap());
        for _ in 0..LOOKS {
            if breaker(integration).await.state == BreakerState::Open {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let open = breaker(integration).await;
        assert_eq!((open.state, open.because), (BreakerState::Open, Some(ConditionKind::VendorError)));
        let asked = sim.ledger().requests.len();
        for _ in 0..3 {
            // Due and wanted, and not asked.
            hub.sync(&grant).await;
            is_polled(&hub, &neighbour).await;
        }
        assert_eq!(sim.ledger().requests.len(), asked, "a vendor that is down is spared");
        assert_eq!(breaker(healthy).await.state, BreakerState::Closed);
        let condition = hub.await_condition(&grant, Some(ConditionKind::VendorError)).await.unwrap();
        assert!(!condition.next_step.is_empty(), "{condition:?}");
        assert_eq!(hub.scan_named(&grant, "sweep").await.unwrap().vendor_missing_since, None);

        // One call looks after the hour; while the vendor is down, only that one.
        clock.by(an_hour + Duration::from_mins(1));
        for _ in 0..LOOKS {
            if sim.ledger().requests.len() > asked {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        hub.sync(&grant).await;
        assert_eq!(sim.ledger().requests.len(), asked + 1, "half open is one call");
        sim.clear_fault(down);
        clock.by(an_hour + Duration::from_mins(1));
        hub.await_condition(&grant, None).await;
        assert_eq!(breaker(integration).await.state, BreakerState::Closed);
        hub.stop().await;
    }
}
