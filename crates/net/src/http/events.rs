//! Reading a stream of server-sent events. The stream may last for ever; its silence, one event's size and the number
//! of open streams may not.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use scanhelm_core::text;

use super::{Pass, Request, Sink, VendorHttp};
use crate::error::{NetError, NetErrorKind, Phase, Unreadable};

/// Largest event accepted.
const EVENT_BYTES: usize = 1024 * 1024;

/// One event as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    pub id: Option<String>,
    /// `message` when the server gives none.
    pub event: String,
    pub data: String,
}

/// An open stream of events.
pub struct EventStream {
    body: BoxStream<'static, Result<Bytes, NetErrorKind>>,
    lines: Lines,
    what: &'static str,
    host: String,
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EventStream").field("host", &self.host).finish_non_exhaustive()
    }
}

impl VendorHttp {
    /// Opens a stream of events. Not repeated: whoever watches knows from which event on to ask again.
    ///
    /// # Errors
    /// Everything but a 2xx answer of type `text/event-stream`.
    pub async fn events(&self, request: &Request<'_>) -> Result<EventStream, NetError> {
        let inner = &self.inner;
        let pass = Pass::ask(inner).map_err(|kind| inner.error(request.what, kind))?;
        let limit = inner.limits.total;
        let outcome = match tokio::time::timeout(limit, self.open_events(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NetErrorKind::Timeout { phase: Phase::Total, after: limit }),
        };
        pass.settle(outcome.as_ref().err());
        let body = outcome.map_err(|kind| inner.error(request.what, kind))?;
        Ok(EventStream { body, lines: Lines::default(), what: request.what, host: inner.host.clone() })
    }

    async fn open_events(
        &self,
        request: &Request<'_>,
    ) -> Result<BoxStream<'static, Result<Bytes, NetErrorKind>>, NetErrorKind> {
        let inner = &self.inner;
        let mut outgoing = inner.outgoing(&Method::GET, request, None, &Sink::Memory)?;
        outgoing.headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let incoming = inner.transport.send(outgoing).await?;
        let incoming = inner.successful(incoming).await?;
        let kind = incoming.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return Ok(incoming.body);
        }
        let kind = text::single_line(kind, 80);
        Err(NetErrorKind::Unreadable(Unreadable::Malformed(format!("not a stream of events but `{kind}`"))))
    }
}

impl EventStream {
    /// The next event; `None` when the server ended the stream.
    ///
    /// # Errors
    /// When the connection breaks or an event is too large.
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, NetError> {
        loop {
            if let Some(event) = self.lines.take() {
                return Ok(Some(event));
            }
            let error = match self.body.next().await {
                None => return Ok(None),
                Some(Ok(chunk)) if self.lines.hold(&chunk) => continue,
                Some(Ok(_)) => NetErrorKind::TooLarge { limit: EVENT_BYTES as u64 },
                Some(Err(kind)) => kind,
            };
            return Err(NetError { what: self.what, host: self.host.clone(), kind: error });
        }
    }
}

/// Bytes that came, and the event that is being put together from them.
#[derive(Debug, Default)]
struct Lines {
    held: BytesMut,
    event: ServerEvent,
    has_data: bool,
}

impl Lines {
    /// Whether there was room.
    fn hold(&mut self, chunk: &[u8]) -> bool {
        self.held.extend_from_slice(chunk);
        self.held.len() + self.event.data.len() <= EVENT_BYTES
    }

    fn take(&mut self) -> Option<ServerEvent> {
        while let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
            let line = self.held.split_to(end + 1);
            let line = String::from_utf8_lossy(&line);
            if let Some(event) = self.read(line.trim_end_matches(['\n', '\r'])) {
                return Some(event);
            }
        }
        None
    }

    /// An empty line ends an event.
    fn read(&mut self, line: &str) -> Option<ServerEvent> {
        if line.is_empty() {
            let mut event = std::mem::take(&mut self.event);
            if !std::mem::take(&mut self.has_data) {
                return None;
            }
            if event.event.is_empty() {
                event.event.push_str("message");
            }
            return Some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => self.event.event = value.to_owned(),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // A comment has no name; `retry` and what is unknown is not for us.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str]) -> Vec<ServerEvent> {
        let mut lines = Lines::default();
        let mut events = Vec::new();
        for chunk in chunks {
            assert!(lines.hold(chunk.as_bytes()));
            while let Some(event) = lines.take() {
                events.push(event);
            }
        }
        events
    }

    #[test]
    fn events_are_put_together_from_any_pieces() {
        let text = ": keep-alive\n\nid: 7\nevent: scan.status\ndata: {\"a\":\ndata: 1}\n\nretry: 3\n\ndata:x\r\n\r\n";
        let whole = events(&[text]);
        assert_eq!(whole.len(), 2, "{whole:?}");
        assert_eq!(whole[0].id.as_deref(), Some("7"));
        assert_eq!((whole[0].event.as_str(), whole[0].data.as_str()), ("scan.status", "{\"a\":\n1}"));
        assert_eq!((whole[1].event.as_str(), whole[1].data.as_str()), ("message", "x"));
        let single: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(events(&single.iter().map(String::as_str).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut lines = Lines::default();
        let chunk = [b'x'; 64 * 1024];
        let held = (0..100).take_while(|_| lines.hold(&chunk) && lines.take().is_none()).count();
        assert!(held * chunk.len() <= EVENT_BYTES, "{held}");
    }
}
