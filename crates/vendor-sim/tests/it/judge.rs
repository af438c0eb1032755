//! An independent client library accepts the simulator.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::wire::{started, still};

#[tokio::test]
async fn pytenable_accepts_the_simulated_nessus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".tools/judges/bin/python");
    assert!(python.exists(), "the judges are not installed: run e2e/judges/setup.sh");

    let client = started(still()).await;
    let credentials = client.sim.credentials();
    let output = Command::new(python)
        .arg(root.join("e2e/judges/nessus_pytenable.py"))
        .arg(client.sim.base_url())
        .args([&credentials.username, &credentials.password, &credentials.access_key, &credentials.secret_key])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let say = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", say(&output.stdout), say(&output.stderr));
}
