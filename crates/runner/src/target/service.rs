//! Which protocol a port speaks, so that a scanner of TLS is not pointed at SSH and then called broken.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take to accept a connection, and how long for its first words.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The server speaks first: `SSH-2.0-...` (RFC 4253, 4.2).
    Ssh,
    /// It answers a greeting with a handshake or an alert (RFC 8446, 5.1).
    Tls,
}

impl Protocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Ssh => "SSH",
            Self::Tls => "TLS",
        }
    }

    /// Else what is there instead.
    pub(crate) async fn is_spoken_at(self, host: &str, port: u16) -> Result<(), String> {
        let mut connection = connected(host, port).await?;
        let first = timeout(PATIENCE, self.first_bytes(&mut connection)).await;
        let speaks = match (self, first) {
            (Self::Ssh, Ok(Ok(bytes))) => bytes == *b"SSH-",
            (Self::Tls, Ok(Ok([kind, 3, ..]))) => matches!(kind, HANDSHAKE | ALERT),
            _ => false,
        };
        if speaks { Ok(()) } else { Err(format!("port {port} of {host} does not speak {}", self.name())) }
    }

    async fn first_bytes(self, connection: &mut TcpStream) -> io::Result<[u8; 4]> {
        if self == Self::Tls {
            connection.write_all(GREETING).await?;
        }
        let mut first = [0; 4];
        connection.read_exact(&mut first).await?;
        Ok(first)
    }
}

/// A connection, or why there is none.
pub(super) async fn connected(host: &str, port: u16) -> Result<TcpStream, String> {
    match timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(format!("nothing answers at port {port} of {host}: {error}")),
        Err(_) => Err(format!("nothing answers at port {port} of {host} within {} seconds", PATIENCE.as_secs())),
    }
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// A ClientHello as short as it may be: TLS 1.2, two cipher suites, no extension. A server that wants others answers
/// with an alert, which is an answer too.
const GREETING: &[u8] = &[
    HANDSHAKE, 3, 1, 0, 47, // record: handshake of 47 bytes
    1, 0, 0, 43, 3, 3, // ClientHello of 43 bytes, TLS 1.2
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // random
    0, // no session
    0, 4, 0xc0, 0x2f, 0, 0x2f, // ECDHE_RSA and RSA with AES_128
    1, 0, // no compression
];
