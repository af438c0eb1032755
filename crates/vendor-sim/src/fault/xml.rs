//! Tampering with the answers of vendors that speak XML: entries of a list, state words, elements left out.

use quick_xml::events::{BytesText, Event};
use quick_xml::{Reader, Writer};

use crate::vendor::Wording;

/// What to do to a document.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// Each entry of a list so many times.
    Entries(usize),
    /// The entries of each list, last first.
    Reverse,
    /// No entry that holds this text.
    Omit(&'a str),
    /// Another text in an element.
    Set {
        field: &'a str,
        from: Option<&'a str>,
        to: &'a str,
    },
    Rename {
        from: Option<&'a str>,
        to: &'a str,
    },
    Drop(&'a str),
}

/// The changed document; the same one when it cannot be read.
pub(super) fn change(document: &str, change: Change<'_>, wording: Wording) -> String {
    altered(document, change, wording).unwrap_or_else(|error| {
        tracing::error!(%error, "a vendor's answer is no XML and stays as it is");
        document.to_owned()
    })
}

fn altered(document: &str, change: Change<'_>, wording: Wording) -> Result<String, quick_xml::Error> {
    let mut reader = Reader::from_str(document);
    let mut writer = Writer::new(Vec::new());
    let mut open: Vec<String> = Vec::new();
    // Events of the list entry or dropped element being read, and the depth it began at.
    let mut held: Option<(usize, Vec<Event<'_>>)> = None;
    // Entries that are written only at the end of their list.
    let mut waiting: Vec<Vec<Event<'_>>> = Vec::new();
    loop {
        let event = reader.read_event()?;
        let mut closed = false;
        match &event {
            Event::Eof => break,
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                if held.is_none() && begins(&name, open.last(), change, wording) {
                    held = Some((open.len(), Vec::new()));
                }
                open.push(name);
            }
            Event::End(_) => {
                open.pop();
                closed = held.as_ref().is_some_and(|(depth, _)| *depth == open.len());
                if held.is_none() {
                    for event in waiting.drain(..).rev().flatten() {
                        writer.write_event(event)?;
                    }
                }
            }
            _ => {}
        }
        let event = match (change, event) {
            (Change::Rename { from, to }, Event::Text(text))
                if open.last().is_some_and(|name| wording.status_fields.contains(&name.as_str()))
                    && !text.trim().is_empty()
                    && from.is_none_or(|from| *from == *text.trim()) =>
            {
                Event::Text(BytesText::new(to).into_owned())
            }
            (Change::Set { field, from, to }, Event::Text(text))
                if open.last().is_some_and(|name| name == field) && from.is_none_or(|from| from == text.trim()) =>
            {
                Event::Text(BytesText::new(to).into_owned())
            }
            (_, event) => event,
        };
        match &mut held {
            Some((_, events)) => events.push(event),
            None => writer.write_event(event)?,
        }
        if closed && let Some((_, events)) = held.take() {
            let holds =
                |wanted: &str| events.iter().any(|event| matches!(event, Event::Text(text) if text.trim() == wanted));
            let times = match change {
                Change::Entries(times) => times,
                Change::Omit(text) => usize::from(!holds(text)),
                _ => 0,
            };
            for _ in 0..times {
                for event in &events {
                    writer.write_event(event.borrow())?;
                }
            }
            if let Change::Reverse = change {
                waiting.push(events);
            }
        }
    }
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}

/// Whether the change is about the element called `name` and everything in it.
fn begins(name: &str, parent: Option<&String>, change: Change<'_>, wording: Wording) -> bool {
    match change {
        Change::Entries(_) | Change::Reverse | Change::Omit(_) => {
            parent.is_some_and(|parent| wording.list_fields.contains(&parent.as_str()))
        }
        Change::Drop(dropped) => name == dropped,
        Change::Rename { .. } | Change::Set { .. } => false,
    }
}
