//! An independent client library accepts each simulator.

use std::path::Path;
use std::process::Stdio;

use scanhelm_vendor_sim::SimConfig;
use tokio::process::Command;

use crate::wire::{Client, started, still, still_vendor};

/// Runs a judge against a simulator; its arguments come after the address.
async fn accepts(client: &Client, judge: &str, arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".tools/judges/bin/python");
    assert!(python.exists(), "the judges are not installed: run e2e/judges/setup.sh");
    let mut command = Command::new(python);
    if let Some(authority) = client.sim.authority() {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{judge}.{}.pem", std::process::id()));
        std::fs::write(&file, authority).unwrap();
        command.env("REQUESTS_CA_BUNDLE", file);
    }
    let output = command
        .arg(root.join("e2e/judges").join(judge))
        .arg(client.sim.base_url())
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let say = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", say(&output.stdout), say(&output.stderr));
}

#[tokio::test]
async fn pytenable_accepts_the_simulated_nessus() {
    accepts_tenables(&started(still()).await, "nessus_pytenable.py").await;
}

#[tokio::test]
async fn pytenable_accepts_the_simulated_security_center() {
    accepts_tenables(&started(still_vendor("tenable-sc")).await, "tenable_sc_pytenable.py").await;
}

/// Both ways of logging in to a product of Tenable's.
async fn accepts_tenables(client: &Client, judge: &str) {
    let keys = client.sim.credentials();
    accepts(client, judge, &[&keys.username, &keys.password, &keys.access_key, &keys.secret_key]).await;
}

#[tokio::test]
async fn netsparker_api_accepts_the_simulated_invicti() {
    let client = started(still_vendor("invicti")).await;
    let keys = client.sim.credentials();
    accepts(&client, "invicti_netsparker_api.py", &[&keys.access_key, &keys.secret_key]).await;
}

#[tokio::test]
async fn acunetix_sdk_accepts_the_simulated_acunetix() {
    // The client knows no plain HTTP.
    let client = started(SimConfig { tls: true, ..still_vendor("acunetix") }).await;
    accepts(&client, "acunetix_sdk_judge.py", &[&client.sim.credentials().access_key]).await;
}

/// The client speaks HTTPS only.
#[tokio::test]
async fn qualysapi_accepts_the_simulated_qualys() {
    let client = started(SimConfig { tls: true, ..still_vendor("qualys-vm") }).await;
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, client.sim.authority().unwrap()).unwrap();
    let keys = client.sim.credentials();
    accepts(&client, "qualys_qualysapi.py", &[&keys.username, &keys.password, authority.to_str().unwrap()]).await;
}
