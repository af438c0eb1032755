//! Reading a body that may be cut, endless, slow on purpose or a bomb. Counted are *decoded* bytes: compression is
//! undone piece by piece before they get here, so neither memory nor disk can be filled by a small answer.

use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};

use crate::error::{NetErrorKind, line};
use crate::limits::HttpLimits;

type Body = BoxStream<'static, Result<Bytes, NetErrorKind>>;

/// A body with its bounds.
pub(crate) struct Reader {
    body: Body,
    cap: u64,
    received: u64,
    limits: HttpLimits,
    window_ends: Instant,
    in_window: u64,
}

impl Reader {
    pub(crate) fn new(body: Body, cap: u64, limits: HttpLimits) -> Self {
        Self { body, cap, received: 0, limits, window_ends: Instant::now() + limits.pace_window, in_window: 0 }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, NetErrorKind> {
        loop {
            match timeout_at(self.window_ends, self.body.next()).await {
                Ok(Some(Ok(chunk))) => {
                    let size = chunk.len() as u64;
                    self.received += size;
                    self.in_window += size;
                    if self.received > self.cap {
                        return Err(NetErrorKind::TooLarge { limit: self.cap });
                    }
                    return Ok(Some(chunk));
                }
                Ok(Some(Err(NetErrorKind::Cut { detail, .. }))) => {
                    return Err(NetErrorKind::Cut { received: self.received, detail });
                }
                Ok(Some(Err(error))) => return Err(error),
                Ok(None) => return Ok(None),
                Err(_) => self.judge_pace()?,
            }
        }
    }

    /// A timer for each piece is not enough: one byte now and then would keep it happy for ever.
    fn judge_pace(&mut self) -> Result<(), NetErrorKind> {
        let window = self.limits.pace_window;
        let floor = self.limits.min_bytes_per_second.saturating_mul(window.as_secs().max(1));
        if self.in_window < floor {
            return Err(NetErrorKind::TooSlow { bytes: self.in_window, within: window });
        }
        self.in_window = 0;
        self.window_ends = Instant::now() + window;
        Ok(())
    }

    pub(crate) async fn into_memory(mut self) -> Result<Bytes, NetErrorKind> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Writes beside `into` first and renames when all of it is on the disk: a file of that name is always whole.
    pub(crate) async fn into_file(mut self, into: &Path) -> Result<u64, NetErrorKind> {
        let part = PartFile::beside(into);
        let mut file = tokio::fs::File::create(&part.path).await.map_err(|error| on_file(&part.path, &error))?;
        while let Some(chunk) = self.next().await? {
            file.write_all(&chunk).await.map_err(|error| on_file(&part.path, &error))?;
        }
        file.sync_all().await.map_err(|error| on_file(&part.path, &error))?;
        tokio::fs::rename(&part.path, into).await.map_err(|error| on_file(into, &error))?;
        Ok(self.received)
    }
}

/// Removed when it is dropped before it was renamed, also when the caller went away.
struct PartFile {
    path: PathBuf,
}

impl PartFile {
    fn beside(into: &Path) -> Self {
        let mut path = into.as_os_str().to_owned();
        path.push(".part");
        Self { path: path.into() }
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // After the rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn on_file(path: &Path, error: &std::io::Error) -> NetErrorKind {
    NetErrorKind::File { detail: line(&format!("{}: {error}", path.display())) }
}
