//! Servers on the loopback interface with the usual weaknesses, for scanners to find.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scanhelm_runner::Host;
use tempfile::TempDir;

/// Answers every connection with a page, on one port of the given addresses, for as long as the test runs.
pub(crate) fn listening(addresses: &[[u8; 4]]) -> u16 {
    let (first, others) = addresses.split_first().unwrap();
    let first = TcpListener::bind((Ipv4Addr::from(*first), 0)).unwrap();
    let port = first.local_addr().unwrap().port();
    let others = others.iter().map(|address| TcpListener::bind((Ipv4Addr::from(*address), port)).unwrap());
    for listener in std::iter::once(first).chain(others).collect::<Vec<_>>() {
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                std::thread::spawn(move || answer(connection));
            }
        });
    }
    port
}

/// A site with the usual sins: a parameter goes into the page as it is, a cookie without flags, no security headers.
fn answer(mut connection: std::net::TcpStream) -> Option<()> {
    let mut request = vec![0; 8192];
    let length = connection.read(&mut request).ok()?;
    let request = String::from_utf8_lossy(request.get(..length)?).into_owned();
    let path = request.split(' ').nth(1)?;
    let address = url::Url::parse(&format!("http://localhost{path}")).ok()?;
    let name = address.query_pairs().find(|(key, _)| key == "name").map(|(_, value)| value.into_owned());
    let name = name.unwrap_or_default();
    let page = format!("<html><body><form action='/'><input name='name'></form><p>Hello {name}</p></body></html>");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: session=1\r\nConnection: close";
    write!(connection, "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len()).ok()
}

/// A server process that is ended with the test.
pub(crate) struct Server {
    process: Child,
    _folder: TempDir,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Waits until something answers at the port.
    fn started(mut command: Command, folder: TempDir, port: u16) -> Self {
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process, _folder: folder, port };
        let deadline = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "{command:?} does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// TLS with a key that is too short and a certificate that nobody signed.
    pub(crate) fn tls() -> Self {
        let folder = TempDir::new().unwrap();
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "30", "-subj", "/CN=localhost", "-keyout"])
            .args([key.as_os_str(), "-out".as_ref(), certificate.as_os_str()])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let mut command = Command::new("openssl");
        command.args(["s_server", "-quiet", "-www", "-cipher", "ALL:@SECLEVEL=0", "-accept", &port.to_string()]);
        command.args(["-key".as_ref(), key.as_os_str(), "-cert".as_ref(), certificate.as_os_str()]);
        Self::started(command, folder, port)
    }

    /// OpenSSH with algorithms that were taken out of its defaults long ago.
    pub(crate) fn ssh() -> Self {
        let folder = TempDir::new().unwrap();
        let key = folder.path().join("key");
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f"]).arg(&key).status();
        assert!(made.unwrap().success());
        let port = free_port();
        let settings = folder.path().join("sshd_config");
        let text = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nPidFile none\nUsePAM no\nStrictModes no\nCiphers +3des-cbc\nKexAlgorithms +diffie-hellman-group1-sha1\n",
            key.display()
        );
        fs::write(&settings, text).unwrap();
        // It wants this place for its helper, whoever starts it.
        let _ = fs::create_dir("/run/sshd");
        let program = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).exists());
        let program = program.expect("sshd is not installed: run `scripts/setup-test.sh scanners`");
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f"]).arg(&settings);
        Self::started(command, folder, port)
    }

    pub(crate) fn host(&self) -> Host {
        format!("127.0.0.1:{}", self.port).parse().unwrap()
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
