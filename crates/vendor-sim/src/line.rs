//! Connections that can be cut from inside a request.
//!
//! HTTP frameworks always answer; a vendor that drops the connection does not. Every accepted connection therefore
//! carries a [`Line`] that a fault (or the simulator's end) can sever: from then on the socket only reports errors.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::tls::{Identity, Socket};

#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    state: Arc<LineState>,
}

#[derive(Debug, Default)]
struct LineState {
    severed: AtomicBool,
    reader: AtomicWaker,
}

impl LineState {
    fn sever(&self) {
        self.severed.store(true, Ordering::Release);
        self.reader.wake();
    }
}

impl Line {
    pub(crate) fn sever(&self) {
        self.state.sever();
    }

    fn check(&self) -> io::Result<()> {
        if self.state.severed.load(Ordering::Acquire) {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "severed by the simulator"));
        }
        Ok(())
    }
}

/// All open lines of one simulator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switchboard {
    lines: Arc<Mutex<Vec<Weak<LineState>>>>,
}

impl Switchboard {
    pub(crate) fn sever_all(&self) {
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if let Some(line) = line.upgrade() {
                line.sever();
            }
        }
    }

    fn open(&self) -> Line {
        let line = Line::default();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|line| line.strong_count() > 0);
        lines.push(Arc::downgrade(&line.state));
        line
    }
}

pub(crate) struct SwitchedListener {
    pub(crate) tcp: TcpListener,
    pub(crate) board: Switchboard,
    /// Given: HTTPS is spoken.
    pub(crate) identity: Option<Identity>,
}

impl Listener for SwitchedListener {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        let (tcp, peer) = Listener::accept(&mut self.tcp).await;
        let line = self.board.open();
        (Socket::new(Wire { tcp, line }, self.identity.as_ref()), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, SwitchedListener>> for Line {
    fn connect_info(stream: IncomingStream<'_, SwitchedListener>) -> Self {
        stream.io().line()
    }
}

/// A socket behind a [`Line`].
#[derive(Debug)]
pub(crate) struct Wire {
    tcp: TcpStream,
    pub(crate) line: Line,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.line.state.reader.register(context.waker());
        self.line.check()?;
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.tcp).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}
