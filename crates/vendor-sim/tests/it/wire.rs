//! A bare HTTP/1.1 client that shows exactly what came over the socket, broken answers included.

use std::time::Duration;

use base64::Engine;
use scanhelm_vendor_sim::{Moment, Sim, SimConfig};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A simulator that stands still, begins at a fixed moment and is empty.
pub(crate) fn still() -> SimConfig {
    still_vendor("nessus")
}

pub(crate) fn still_vendor(vendor: &str) -> SimConfig {
    SimConfig { speed: 0.0, start: Some(Moment::from_epoch_seconds(1_790_000_000)), ..SimConfig::new(vendor) }
}

pub(crate) async fn started(config: SimConfig) -> Client {
    let keys = config.credentials.clone();
    let credentials = match config.vendor.as_str() {
        "acunetix" => ("X-Auth", keys.access_key),
        "qualys-vm" => {
            let pair = format!("{}:{}", keys.username, keys.password);
            ("Authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
        }
        "tenable-sc" => ("x-apikey", format!("accessKey={}; secretKey={}", keys.access_key, keys.secret_key)),
        "invicti" => {
            let pair = format!("{}:{}", keys.access_key, keys.secret_key);
            ("Authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
        }
        _ => ("X-APIKeys", format!("accessKey={}; secretKey={}", keys.access_key, keys.secret_key)),
    };
    Client { sim: Sim::start(config).await.unwrap(), credentials }
}

pub(crate) struct Client {
    pub(crate) sim: Sim,
    /// The header that lets a caller in.
    credentials: (&'static str, String),
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The body ended where its framing says it ends.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(body)).await
    }

    /// With the simulator's credentials; panics when no answer comes.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.try_call(method, path, body).await.unwrap_or_else(|| panic!("{method} {path}: no answer"))
    }

    pub(crate) async fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> Option<Reply> {
        let body = body.map(|body| body.to_string().into_bytes());
        let headers = [(self.credentials.0, self.credentials.1.as_str())];
        self.send(method, path, &headers, "application/json", body.as_deref().unwrap_or_default()).await
    }

    /// With the simulator's credentials and a form; panics when no answer comes.
    pub(crate) async fn form(&self, path: &str, form: &str) -> Reply {
        let headers = [(self.credentials.0, self.credentials.1.as_str()), ("X-Requested-With", "tests")];
        let media_type = "application/x-www-form-urlencoded";
        let reply = self.send("POST", path, &headers, media_type, form.as_bytes()).await;
        reply.unwrap_or_else(|| panic!("{path}: no answer"))
    }

    /// `None` when the connection ends before a status line.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        media_type: &str,
        body: &[u8],
    ) -> Option<Reply> {
        let mut stream = TcpStream::connect(self.sim.address()).await.unwrap();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\nContent-Type: {media_type}\r\n",
            self.sim.address(),
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
        // A reset connection still counts as far as it got.
        let _ = read.await.expect("the answer ends within 20 s");
        parse(&answer)
    }
}

fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let rest = &answer[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    let header = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let (body, whole) = if header("transfer-encoding").is_some_and(|value| value == "chunked") {
        dechunk(rest)
    } else {
        let announced = header("content-length").map_or(rest.len(), |length| length.parse().unwrap());
        (rest.to_vec(), rest.len() == announced)
    };
    Some(Reply { status, headers, body, whole })
}

fn dechunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        let here = size.min(rest.len());
        body.extend_from_slice(&rest[..here]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}
