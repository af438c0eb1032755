//! HTTPS for clients that insist on it.

use scanhelm_vendor_sim::SimConfig;
use tokio::process::Command;

use crate::wire::{started, still};

/// Judged by the machine's own client, which is given nothing but the authority's certificate.
#[tokio::test]
async fn the_certificate_is_vouched_for_by_the_authority_it_hands_over() {
    let client = started(SimConfig { tls: true, ..still() }).await;
    let address = client.sim.address();
    assert_eq!(client.sim.base_url(), format!("https://{address}"));
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, client.sim.authority().unwrap()).unwrap();
    for (authority, host, trusted) in
        [(true, "localhost", true), (true, "127.0.0.1", true), (false, "localhost", false)]
    {
        let program = "import ssl, sys, urllib.request\n\
            context = ssl.create_default_context(cafile=sys.argv[2] or None)\n\
            urllib.request.urlopen(sys.argv[1], timeout=20, context=context).read()";
        let status = Command::new("python3")
            .args(["-c", program, &format!("https://{host}:{}/server/status", address.port())])
            .arg(if authority { file.as_os_str() } else { "".as_ref() })
            .stderr(std::process::Stdio::null())
            .status()
            .await
            .unwrap();
        assert_eq!(status.success(), trusted, "{host}, authority given: {authority}");
    }
    drop(silent);
}
