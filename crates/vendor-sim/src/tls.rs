//! HTTPS with a certificate that a test authority, made at the start, has signed.
//!
//! Clients that insist on HTTPS can be let loose on a simulator unchanged: they are given the authority's certificate.
//! The handshake takes place when the connection is first read, so that a client that never says a word keeps nobody
//! else from being served.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use crate::config::TlsFlaw;
use crate::line::{Line, Wire};

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    #[error(transparent)]
    Protocol(#[from] tokio_rustls::rustls::Error),
}

#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate of the authority, PEM.
    pub(crate) authority: String,
}

impl Identity {
    /// Valid for `localhost`, 127.0.0.1 and the address listened on, unless something is to be wrong with it.
    pub(crate) fn issue(address: IpAddr, flaw: Option<TlsFlaw>) -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "scanhelm-sim test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        if !names.contains(&address.to_string()) {
            names.push(address.to_string());
        }
        if flaw == Some(TlsFlaw::OtherName) {
            names = vec!["scanner.example.com".to_owned()];
        }
        let mut params = CertificateParams::new(names)?;
        if flaw == Some(TlsFlaw::Expired) {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 3);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority)?;
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        Ok(Identity { acceptor: TlsAcceptor::from(Arc::new(config)), authority: authority.pem() })
    }
}

/// What the server reads from and writes to.
pub(crate) struct Socket {
    line: Line,
    carrier: Carrier,
}

enum Carrier {
    Plain(Wire),
    Greeting(Box<Accept<Wire>>),
    Secure(Box<TlsStream<Wire>>),
}

impl Socket {
    pub(crate) fn new(wire: Wire, identity: Option<&Identity>) -> Self {
        let line = wire.line.clone();
        let carrier = match identity {
            None => Carrier::Plain(wire),
            Some(identity) => Carrier::Greeting(Box::new(identity.acceptor.accept(wire))),
        };
        Socket { line, carrier }
    }

    pub(crate) fn line(&self) -> Line {
        self.line.clone()
    }

    /// The open stream, once hands are shaken.
    fn poll_stream(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn Stream>>> {
        let carrier = &mut self.get_mut().carrier;
        if let Carrier::Greeting(accept) = carrier {
            let stream = ready!(Pin::new(accept.as_mut()).poll(context))?;
            *carrier = Carrier::Secure(Box::new(stream));
        }
        Poll::Ready(match carrier {
            Carrier::Plain(wire) => Ok(Pin::new(wire)),
            Carrier::Secure(stream) => Ok(Pin::new(stream.as_mut())),
            Carrier::Greeting(_) => Err(io::Error::other("the handshake did not end")),
        })
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_stream(context))?.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_stream(context))?.poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(&self.carrier, Carrier::Plain(wire) if wire.is_write_vectored())
    }
}
