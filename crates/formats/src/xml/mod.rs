//! A pull reader of XML for hostile reports: no entities but the five and character references, bounded depth and
//! token size, and an end of input before the root's end tag is always an error. A DOCTYPE is refused, unless the
//! reader of a vendor that writes one says so; then it may name its DTD, which nobody fetches, or describe elements and
//! attributes, which nobody heeds. Entities are never declared.

mod element;
mod guard;
mod reference;

use std::borrow::Cow;
use std::io::{BufReader, Read};

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesStart, Event};

use crate::error::ReadError;
use crate::options::Limits;
pub(crate) use element::Element;
use guard::TokenGuard;
use reference::resolve;
pub(crate) use reference::unescape;

pub(crate) struct XmlReader<R = Box<dyn Read + Send>> {
    reader: Reader<TokenGuard<BufReader<R>>>,
    buffer: Vec<u8>,
    depth: usize,
    root_seen: bool,
    doctype: Doctype,
    limits: Limits,
}

/// What kind of DOCTYPE may still come, once and in front of the root.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doctype {
    None,
    /// It names a DTD and declares nothing.
    Named,
    /// It may declare elements and attributes.
    Declaring,
}

pub(crate) enum Markup<'a> {
    Start(Tag<'a>),
    End,
    Text(Cow<'a, str>),
    /// A reference such as `lt` or `#x41`, without `&` and `;`.
    Reference(Cow<'a, str>),
    /// A comment, declaration or instruction, or white space around the root.
    Nothing,
    /// The root has ended and nothing follows.
    Eof,
}

/// A start tag.
pub(crate) struct Tag<'a> {
    start: BytesStart<'a>,
    max_attributes: usize,
}

impl Tag<'_> {
    pub(crate) fn name(&self) -> &str {
        self.start.name().into_inner()
    }

    /// The tag as it stands in the report.
    pub(crate) fn raw(&self) -> &str {
        &self.start
    }

    /// Calls `found` with name and value of each attribute. `Ok(Err(..))`: this tag is broken, the report goes on.
    pub(crate) fn attributes(&self, mut found: impl FnMut(&str, &str)) -> Result<Result<(), String>, ReadError> {
        let mut value = String::new();
        for (index, attribute) in self.start.attributes().with_checks(false).enumerate() {
            if index >= self.max_attributes {
                let detail = format!("a tag has more than {} attributes", self.max_attributes);
                return Err(ReadError::Hostile { detail });
            }
            match attribute {
                Ok(attribute) => {
                    value.clear();
                    unescape(&attribute.value, &mut value);
                    found(attribute.key.into_inner(), &value);
                }
                Err(error) => return Ok(Err(format!("its attributes are broken: {error}"))),
            }
        }
        Ok(Ok(()))
    }
}

impl<R: Read> XmlReader<R> {
    pub(crate) fn new(content: R, limits: &Limits) -> Self {
        let guard = TokenGuard::new(BufReader::with_capacity(64 * 1024, content), limits.max_token);
        let mut reader = Reader::from_reader(guard);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, buffer: Vec::new(), depth: 0, root_seen: false, doctype: Doctype::None, limits: limits.clone() }
    }

    /// For vendors whose documents name their DTD.
    pub(crate) fn with_doctype(mut self) -> Self {
        self.doctype = Doctype::Named;
        self
    }

    /// For vendors whose documents describe themselves: elements and attributes may be declared, entities never.
    pub(crate) fn with_declarations(mut self) -> Self {
        self.doctype = Doctype::Declaring;
        self
    }

    /// Up to and with the start tag of the root, which must have this name.
    pub(crate) fn enter(&mut self, root: &str) -> Result<(), ReadError> {
        loop {
            match self.next()? {
                Markup::Start(tag) if tag.name() == root => return Ok(()),
                Markup::Start(tag) => {
                    let found = scanhelm_core::text::single_line(tag.name(), 60);
                    return Err(self.malformed(format!("the root element is <{found}> instead of <{root}>")));
                }
                _ => {}
            }
        }
    }

    /// How many bytes were read.
    pub(crate) const fn position(&self) -> u64 {
        self.reader.buffer_position()
    }

    /// How many elements are open.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn malformed(&self, detail: impl Into<String>) -> ReadError {
        ReadError::Malformed { position: self.reader.buffer_position(), detail: detail.into() }
    }

    pub(crate) fn next(&mut self) -> Result<Markup<'_>, ReadError> {
        self.buffer.clear();
        self.reader.get_mut().next_token();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(fault(&error, self.reader.get_ref().has_ended(), self.reader.error_position())),
        };
        let position = self.reader.buffer_position();
        let outside = self.depth == 0;
        let malformed = |detail: &str| Err(ReadError::Malformed { position, detail: detail.to_owned() });
        match event {
            Event::Start(_) if outside && self.root_seen => malformed("more content follows the end of the report"),
            Event::Start(start) => {
                self.root_seen = true;
                self.depth += 1;
                if self.depth > self.limits.max_depth {
                    let detail = format!("its elements are nested more than {} deep", self.limits.max_depth);
                    return Err(ReadError::Hostile { detail });
                }
                Ok(Markup::Start(Tag { start, max_attributes: self.limits.max_attributes }))
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Markup::End)
            }
            Event::Text(text) if outside && text.trim().is_empty() => Ok(Markup::Nothing),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if outside => {
                malformed("text stands outside of the root element")
            }
            Event::Text(text) => Ok(Markup::Text(text.xml10_content())),
            Event::CData(data) => Ok(Markup::Text(data.xml10_content())),
            Event::GeneralRef(reference) => Ok(Markup::Reference(reference.into_inner())),
            Event::DocType(declared) if outside && !self.root_seen && allows(self.doctype, &declared) => {
                self.doctype = Doctype::None;
                Ok(Markup::Nothing)
            }
            Event::DocType(_) => Err(ReadError::Hostile {
                detail: "it holds a DOCTYPE, which can make a reader fetch files or explode".to_owned(),
            }),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => Ok(Markup::Nothing),
            Event::Eof if outside && self.root_seen => Ok(Markup::Eof),
            Event::Eof => {
                let detail = match self.depth {
                    0 => "no element was found".to_owned(),
                    open => format!("{open} elements are still open"),
                };
                Err(ReadError::Truncated { position, detail })
            }
        }
    }

    /// After a start tag: passes over the element's content and its end tag.
    pub(crate) fn skip_element(&mut self) -> Result<(), ReadError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// After a start tag: calls `found` with path (`CVE_LIST/CVE/ID`; empty for the element itself) and text of each
    /// element in it that holds text, and passes its end tag. Text beyond the limit is dropped and marked.
    pub(crate) fn read_fields(&mut self, mut found: impl FnMut(&str, &str)) -> Result<(), ReadError> {
        const LONGEST_PATH: usize = 4096;
        let (outside, limit) = (self.depth.saturating_sub(1), self.limits.max_text);
        let (mut path, mut text, mut cut) = (String::new(), String::new(), false);
        while self.depth > outside {
            match self.next()? {
                Markup::Start(tag) => {
                    path.push('/');
                    path.push_str(tag.name());
                    (text, cut) = (String::new(), false);
                }
                Markup::End => {
                    if cut {
                        text.push_str(" […]");
                    }
                    let content = text.trim();
                    if !content.is_empty() {
                        found(path.strip_prefix('/').unwrap_or_default(), content);
                    }
                    path.truncate(path.rfind('/').unwrap_or(0));
                    (text, cut) = (String::new(), false);
                }
                Markup::Text(_) | Markup::Reference(_) if cut => {}
                Markup::Text(more) => cut = !push_within(&mut text, &more, limit),
                Markup::Reference(name) => {
                    resolve(&name, &mut text);
                    cut = text.len() > limit;
                }
                Markup::Nothing | Markup::Eof => {}
            }
            if path.len() > LONGEST_PATH {
                let detail = format!("the names of its nested elements are longer than {LONGEST_PATH} bytes");
                return Err(ReadError::Hostile { detail });
            }
        }
        Ok(())
    }

    /// After a start tag: appends the element's own text, without that of elements in it, and passes its end tag.
    /// Text beyond the limit is dropped and marked.
    pub(crate) fn read_text(&mut self, into: &mut String) -> Result<(), ReadError> {
        let (inside, limit) = (self.depth, into.len() + self.limits.max_text);
        let mut cut = false;
        while self.depth >= inside {
            let nested = self.depth > inside;
            match self.next()? {
                Markup::Text(_) | Markup::Reference(_) if nested || cut => {}
                Markup::Text(text) => cut = !push_within(into, &text, limit),
                Markup::Reference(name) => {
                    resolve(&name, into);
                    cut = into.len() > limit;
                }
                Markup::Start(_) | Markup::End | Markup::Nothing | Markup::Eof => {}
            }
        }
        if cut {
            into.push_str(" […]");
        }
        Ok(())
    }
}

fn allows(due: Doctype, declared: &str) -> bool {
    match due {
        Doctype::None => false,
        Doctype::Named => !declared.contains('['),
        Doctype::Declaring => !declares_entities(declared),
    }
}

/// Entities, or anything else that could bring some in from elsewhere.
pub(crate) fn declares_entities(declarations: &str) -> bool {
    declarations.contains('%') || declarations.to_ascii_uppercase().contains("ENTITY")
}

/// Appends as much as fits; whether all did.
fn push_within(into: &mut String, text: &str, limit: usize) -> bool {
    let mut room = limit.saturating_sub(into.len()).min(text.len());
    while !text.is_char_boundary(room) {
        room -= 1;
    }
    into.push_str(text.get(..room).unwrap_or_default());
    room == text.len()
}

fn fault(error: &Error, input_ended: bool, position: u64) -> ReadError {
    match error {
        Error::Io(error) => ReadError::from_io(error, position),
        // The grammar asks for more and there is no more.
        Error::Syntax(_) | Error::IllFormed(IllFormedError::UnclosedReference | IllFormedError::MissingEndTag(_))
            if input_ended =>
        {
            ReadError::Truncated { position, detail: error.to_string() }
        }
        other => ReadError::Malformed { position, detail: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_describe_itself_without_entities() {
        let read = |doctype: &str| {
            let document = format!("{doctype}<a>1 &x;</a>");
            let mut xml = XmlReader::new(document.as_bytes(), &Limits::default()).with_declarations();
            let mut text = String::new();
            xml.enter("a")?;
            xml.read_text(&mut text)?;
            Ok::<_, ReadError>(text)
        };
        let own = "<!DOCTYPE a [<!ELEMENT a (#PCDATA)><!ATTLIST a b CDATA \"\">]>";
        for doctype in ["", own, "<!DOCTYPE a SYSTEM \"a.dtd\">"] {
            assert_eq!(read(doctype).unwrap(), "1 &x;");
        }
        for hostile in [
            "<!DOCTYPE a [<!ELEMENT a (#PCDATA)><!ENTITY x \"1\">]>",
            "<!DOCTYPE a [<!entity x SYSTEM \"file:///etc/passwd\">]>",
            "<!DOCTYPE a [%remote;]>",
            &format!("{own}{own}"),
        ] {
            assert!(matches!(read(hostile), Err(ReadError::Hostile { .. })), "{hostile}");
        }
    }

    #[test]
    fn fields_come_with_their_paths_and_a_named_doctype_declares_nothing() {
        let named = r#"<!DOCTYPE a SYSTEM "https://vendor.example/a.dtd">"#;
        let document = |doctype: &str| format!("{doctype}<a><b> 1 &amp; &x; </b><c><d><![CDATA[<2>]]></d><d/></c></a>");
        let read = |text: &str| {
            let mut xml = XmlReader::new(text.as_bytes(), &Limits::default()).with_doctype();
            let mut fields = vec![];
            xml.enter("a")?;
            xml.read_fields(|path, text| fields.push(format!("{path}={text}")))?;
            Ok::<_, ReadError>(fields)
        };
        for doctype in ["", named] {
            assert_eq!(read(&document(doctype)).unwrap(), ["b=1 & &x;", "c/d=<2>"]);
        }
        let declaring = r#"<!DOCTYPE a [<!ENTITY x "1">]>"#;
        for doctype in [declaring, &format!("{named}{named}")] {
            assert!(matches!(read(&document(doctype)), Err(ReadError::Hostile { .. })), "{doctype}");
        }
    }
}
