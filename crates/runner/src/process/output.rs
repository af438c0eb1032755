//! What a program prints. All of it is read, so that the program never waits for us; little of it is kept.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;

const HEAD: usize = 8 * 1024;
const TAIL: usize = 8 * 1024;

/// Counts the bytes of both streams together.
#[derive(Debug)]
pub(super) struct Meter {
    limit: u64,
    seen: AtomicU64,
    over: Notify,
}

impl Meter {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, seen: AtomicU64::new(0), over: Notify::new() }
    }

    fn count(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if self.seen.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > self.limit {
            self.over.notify_one();
        }
    }

    pub(super) async fn exceeded(&self) {
        self.over.notified().await;
    }
}

/// Beginning and end of a stream. An unreadable stream counts as ended.
pub(super) async fn keep(stream: Option<impl AsyncRead + Unpin>, meter: &Meter) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let (mut head, mut tail) = (Vec::with_capacity(HEAD), Vec::with_capacity(2 * TAIL));
    let mut buffer = vec![0; 16 * 1024];
    let mut cut = false;
    while let Ok(length) = stream.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        meter.count(length);
        let read = buffer.get(..length).unwrap_or_default();
        let (to_head, to_tail) = read.split_at(read.len().min(HEAD - head.len()));
        head.extend_from_slice(to_head);
        tail.extend_from_slice(to_tail);
        if tail.len() > TAIL {
            tail.drain(..tail.len() - TAIL);
            cut = true;
        }
    }
    let mark = if cut { "\n[…]\n" } else { "" };
    format!("{}{mark}{}", String::from_utf8_lossy(&head), String::from_utf8_lossy(&tail))
}
