//! Calls of a simulated vendor on somebody else: webhooks.
//!
//! Deliveries go out one after another, in the order of the events, to an address on loopback. One that is not answered
//! with a 2xx is sent again, unchanged and with the same headers, up to [`ATTEMPTS`] times in all with growing pauses of
//! real time; then it is given up. Each attempt stands in the ledger. That vendors try so often is a choice.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::ledger::{Action, Effect, Ledger};

const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(10);
/// Enough for a status line.
const MOST_READ: u64 = 1024;

/// Where a vendor calls when something happens, and how it proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    address: SocketAddr,
    path: String,
    headers: Vec<(String, String)>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct WebhookError(String);

impl Webhook {
    /// With a header that goes along, such as `X-Hook-Secret: s3cret`.
    pub fn with_header(mut self, header: &str) -> Result<Self, WebhookError> {
        let parts = header.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        match parts {
            Some((name, value)) if !name.is_empty() && !header.contains(['\r', '\n']) => {
                self.headers.push((name.to_owned(), value.to_owned()));
                Ok(self)
            }
            _ => Err(WebhookError(format!("`{header}` is not `Name: value`"))),
        }
    }

    async fn post(&self, body: &[u8]) -> std::io::Result<u16> {
        let mut stream = TcpStream::connect(self.address).await?;
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            self.path,
            self.address,
            body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.take(MOST_READ).read_to_end(&mut answer).await?;
        let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| std::io::Error::other("the answer is not HTTP"))
    }
}

/// `http://127.0.0.1:8080/hooks/1`: a simulator calls nobody but this machine.
impl FromStr for Webhook {
    type Err = WebhookError;

    fn from_str(text: &str) -> Result<Self, WebhookError> {
        let wrong = || WebhookError(format!("`{text}` is not http://ADDRESS:PORT/PATH on loopback"));
        let (authority, path) =
            text.strip_prefix("http://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))).ok_or_else(wrong)?;
        let address: SocketAddr = authority.replace("localhost", "127.0.0.1").parse().map_err(|_| wrong())?;
        let plain = path.chars().all(|letter| letter.is_ascii_graphic());
        if !address.ip().is_loopback() || !plain {
            return Err(wrong());
        }
        Ok(Webhook { address, path: format!("/{path}"), headers: Vec::new() })
    }
}

/// What a vendor says to its webhook; nothing happens when none is set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hooks {
    sender: Option<UnboundedSender<Notice>>,
}

#[derive(Debug)]
struct Notice {
    subject: String,
    body: Value,
}

impl Hooks {
    /// Also the task that delivers.
    pub(crate) fn start(webhook: Webhook, ledger: Ledger, clock: Clock) -> (Hooks, JoinHandle<()>) {
        let (sender, notices) = unbounded_channel();
        (Hooks { sender: Some(sender) }, tokio::spawn(deliver(webhook, notices, ledger, clock)))
    }

    /// Queues a notice about `subject`.
    pub(crate) fn notify(&self, subject: &str, body: Value) {
        if let Some(sender) = &self.sender
            && sender.send(Notice { subject: subject.to_owned(), body }).is_err()
        {
            tracing::error!(subject, "the delivery of webhooks has ended");
        }
    }
}

async fn deliver(webhook: Webhook, mut notices: UnboundedReceiver<Notice>, ledger: Ledger, clock: Clock) {
    while let Some(notice) = notices.recv().await {
        let body = notice.body.to_string().into_bytes();
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let outcome = tokio::time::timeout(PATIENCE, webhook.post(&body)).await;
            let accepted = matches!(outcome, Ok(Ok(200..=299)));
            let action = if accepted { Action::Notified } else { Action::NotifyFailed };
            let subject = notice.subject.clone();
            ledger.effect(Effect { at: clock.now(), request: None, action, subject, run: None, findings: None });
            if accepted {
                break;
            }
            tracing::debug!(?outcome, attempt, subject = notice.subject, "a webhook was not accepted");
            if attempt < ATTEMPTS {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
}
