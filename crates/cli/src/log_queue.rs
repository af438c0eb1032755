//! The log's way out of the process.
//!
//! Whoever reads the log may stop reading: a full pipe, a stopped terminal, a full disk behind it. A write would then
//! hold the one who writes, and with it the hub. So lines go through a bounded queue to a thread of their own. When the
//! queue is full they are dropped and counted, and the next line that gets out is preceded by one, in the form of the
//! others, that tells how many are missing.
//! What must not be lost is in the database: the audit log and the feed.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const LINES: usize = 4096;
/// How long the end of the process waits for the last lines.
const LAST_WORDS: Duration = Duration::from_secs(1);

enum Message {
    Line(Vec<u8>),
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
}

/// Takes lines and never waits.
#[derive(Clone)]
pub(crate) struct LogQueue {
    sender: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

/// Writes out what is left when it is dropped.
pub(crate) struct LogEnd(LogQueue);

impl LogQueue {
    /// A queue into `out`, and what empties it at the end. `missing_line` makes the one that tells how many are missing.
    pub(crate) fn into(
        out: impl Write + Send + 'static,
        missing_line: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<(Self, LogEnd)> {
        let (sender, receiver) = sync_channel(LINES);
        let dropped = Arc::new(AtomicU64::new(0));
        let missing = Arc::clone(&dropped);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_out(&receiver, &missing, missing_line, out))?;
        let queue = Self { sender, dropped };
        Ok((queue.clone(), LogEnd(queue)))
    }

    /// Waits until everything so far is written, but not for a reader that does not read.
    pub(crate) fn write_out(&self) {
        let end = Instant::now() + LAST_WORDS;
        let (done, written) = sync_channel(1);
        let mut message = Message::Flush(done);
        while let Err(TrySendError::Full(unsent)) = self.sender.try_send(message) {
            if Instant::now() > end {
                return;
            }
            message = unsent;
            std::thread::sleep(LAST_WORDS / 100);
        }
        let _ = written.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}

fn write_out(
    receiver: &Receiver<Message>,
    missing: &AtomicU64,
    missing_line: impl Fn(u64) -> String,
    mut out: impl Write,
) {
    for message in receiver {
        let missing = missing.swap(0, Ordering::Relaxed);
        // Nobody is left to tell that the log cannot be written.
        if missing > 0 {
            let _ = writeln!(out, "{}", missing_line(missing));
        }
        match message {
            Message::Line(line) => {
                let _ = out.write_all(&line);
            }
            Message::Flush(done) => {
                let _ = out.flush();
                let _ = done.send(());
            }
        }
    }
}

impl Write for LogQueue {
    /// One line: the log formats each event before it writes.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Message::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogQueue {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Drop for LogEnd {
    fn drop(&mut self) {
        self.0.write_out();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Holds whoever writes while the test holds the lock.
    #[derive(Clone)]
    struct Gate(Arc<Mutex<Vec<u8>>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stopped_reader_holds_nobody_and_what_is_missing_is_told() {
        let gate = Gate(Arc::default());
        let (mut queue, end) = LogQueue::into(gate.clone(), |missing| format!("missing {missing}")).unwrap();
        let held = gate.0.lock().unwrap();
        let all = LINES + 100;
        for number in 0..all {
            queue.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        drop(held);
        drop(end);
        queue.write_all(b"afterwards\n").unwrap();
        let begun = Instant::now();
        let written = loop {
            queue.write_out();
            let written = String::from_utf8(gate.0.lock().unwrap().clone()).unwrap();
            if written.ends_with("afterwards\n") {
                break written;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{written}");
        };
        let numbers = |word: &str| -> Vec<usize> {
            written.lines().filter_map(|line| line.strip_prefix(word)?.parse().ok()).collect()
        };
        let (kept, missing) = (numbers("line "), numbers("missing "));
        assert!(kept.is_sorted() && kept.first() == Some(&0), "{kept:?}");
        // The thread may have taken one line out of the full queue before it was held.
        assert!(missing.iter().sum::<usize>() >= 99, "{missing:?}");
        assert_eq!(kept.len() + missing.iter().sum::<usize>(), all, "every line is written or counted");
    }
}
