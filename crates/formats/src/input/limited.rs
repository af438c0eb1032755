//! Readers that count and stop.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::InputFault;
use crate::options::Limits;

/// Fails once more than `limit` bytes came through.
pub(crate) struct Bounded<R> {
    source: R,
    limit: u64,
    seen: u64,
}

impl<R> Bounded<R> {
    pub(crate) const fn new(source: R, limit: u64) -> Self {
        Self { source, limit, seen: 0 }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.seen += read as u64;
        if self.seen > self.limit {
            return Err(InputFault::TooLarge { limit: self.limit }.into());
        }
        Ok(read)
    }
}

pub(crate) struct Counted<R> {
    source: R,
    count: Arc<AtomicU64>,
}

/// The reader and how many bytes it gave so far.
pub(crate) fn counted<R>(source: R) -> (Counted<R>, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    (Counted { source, count: Arc::clone(&count) }, count)
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Fails when a packed input gives far more than real reports do. Real ones shrink to a twentieth or a fiftieth.
pub(crate) struct Inflation<R> {
    unpacked: R,
    packed_bytes: Arc<AtomicU64>,
    ratio: u64,
    /// Below this size no ratio is dangerous.
    free: u64,
    seen: u64,
}

impl<R> Inflation<R> {
    pub(crate) const fn new(unpacked: R, packed_bytes: Arc<AtomicU64>, limits: &Limits) -> Self {
        let (ratio, free) = (limits.max_inflation, limits.free_inflation);
        Self { unpacked, packed_bytes, ratio, free, seen: 0 }
    }
}

impl<R: Read> Read for Inflation<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacked.read(buffer)?;
        self.seen += read as u64;
        let packed = self.packed_bytes.load(Ordering::Relaxed);
        if self.seen > self.free && self.seen / self.ratio.max(1) > packed {
            let detail = format!("{packed} packed bytes unpack to more than {} bytes", self.seen);
            return Err(InputFault::Hostile(detail).into());
        }
        Ok(read)
    }
}
