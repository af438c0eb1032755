//! Ctrl-C and TERM. The first asks whatever runs to end, the second does not wait for it.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use crate::exit::{self, Exit};

pub(super) struct Interruption {
    interrupt: Signal,
    terminate: Signal,
}

impl Interruption {
    pub(super) fn new() -> Result<Self, Exit> {
        let both = || {
            Ok::<_, std::io::Error>(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        };
        both().map_err(|error| exit::refused(&format!("signals cannot be received: {error}")))
    }

    pub(super) async fn second(mut self, cancel: &CancellationToken, progress: &Progress) {
        self.next().await;
        progress.say("Stopping the scanners; press Ctrl-C again to end them at once.");
        cancel.cancel();
        self.next().await;
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Work with files, which a signal asks to end and waits for: it cleans up behind itself.
pub(super) async fn interruptible<T: Send + 'static>(
    work: impl FnOnce(&CancellationToken) -> Result<T, String> + Send + 'static,
) -> Result<T, Exit> {
    let mut interruption = Interruption::new()?;
    let cancel = CancellationToken::new();
    let work = {
        let cancel = cancel.clone();
        tokio::task::spawn_blocking(move || work(&cancel))
    };
    tokio::pin!(work);
    let done = tokio::select! {
        done = &mut work => done,
        () = interruption.next() => {
            cancel.cancel();
            work.await
        }
    };
    if cancel.is_cancelled() {
        exit::say("Interrupted: nothing was written.");
        return Err(Exit::Interrupted);
    }
    let done = done.unwrap_or_else(|error| Err(format!("the work was interrupted: {error}")));
    done.map_err(|error| exit::refused(&error))
}
