//! A server that says exactly the bytes a test wants, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use scanhelm_core::backoff::Backoff;
use scanhelm_core::{Clock, Timestamp};
use scanhelm_net::{HttpLimits, NetworkPolicy, VendorHttp, VendorHttpOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One step of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    Bytes(Vec<u8>),
    /// The same bytes again and again, with a pause, until the other side goes away.
    Repeat(Vec<u8>, Duration),
    /// Nothing, until the other side goes away.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// The n-th connection gets the n-th script; the last script stays. After it the connection is closed.
    pub(crate) async fn saying(scripts: Vec<Vec<Say>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let script = scripts[turn.min(scripts.len() - 1)].clone();
                turn += 1;
                let log = Arc::clone(&log);
                tokio::spawn(async move {
                    let _ = serve(stream, script, log).await;
                });
            }
        });
        Self { port, asked, task }
    }

    /// Every connection gets this answer, then it is closed.
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        Self::saying(vec![vec![Say::Bytes(bytes.into())]]).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> url::Url {
        format!("http://127.0.0.1:{}", self.port).parse().unwrap()
    }

    pub(crate) fn http(&self) -> VendorHttp {
        self.http_within(limits())
    }

    pub(crate) fn http_within(&self, limits: HttpLimits) -> VendorHttp {
        VendorHttp::new(options(self.url(), limits)).unwrap()
    }
}

async fn serve(mut stream: TcpStream, script: Vec<Say>, log: Arc<Mutex<Vec<Asked>>>) -> std::io::Result<()> {
    let asked = read_request(&mut stream).await?;
    log.lock().unwrap().push(asked);
    for say in script {
        match say {
            Say::Bytes(bytes) => stream.write_all(&bytes).await?,
            Say::Repeat(bytes, pause) => loop {
                stream.write_all(&bytes).await?;
                tokio::time::sleep(pause).await;
            },
            Say::Hang => {
                let mut sink = [0; 64];
                while stream.read(&mut sink).await? > 0 {}
            }
        }
    }
    stream.shutdown().await
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).await?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Ok(Asked { head: head.to_owned(), body: body.to_owned() });
            }
        }
        if read == 0 {
            return Ok(Asked { head: text, body: String::new() });
        }
    }
}

/// A complete answer with its length.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) fn json(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body)
}

#[derive(Debug)]
pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        // Sun, 06 Nov 1994 08:49:37 GMT
        Timestamp::from_seconds(784_111_777)
    }
}

pub(crate) fn limits() -> HttpLimits {
    HttpLimits {
        connect: Duration::from_secs(1),
        silence: Duration::from_millis(600),
        total: Duration::from_secs(3),
        download_total: Duration::from_secs(3),
        min_bytes_per_second: 1000,
        pace_window: Duration::from_secs(1),
        body_bytes: 1024 * 1024,
        requests_per_minute: 60_000,
        burst: 1000,
        patience: Duration::from_millis(100),
        backoff: Backoff { first: Duration::from_millis(5), cap: Duration::from_millis(10) },
        breaker_failures: 1000,
        ..HttpLimits::default()
    }
}

pub(crate) fn options(base_url: url::Url, limits: HttpLimits) -> VendorHttpOptions {
    VendorHttpOptions {
        base_url,
        ca_pem: None,
        policy: Arc::new(NetworkPolicy::parse(&["127.0.0.0/8"]).unwrap()),
        limits,
        clock: Arc::new(StandingClock),
        counted_as: None,
    }
}
