//! One record of an XML report as a small tree, for records whose parts refer to each other.

use std::io::Read;

use serde::{Deserialize, Serialize};

use super::{Markup, Tag, XmlReader, push_within, resolve};
use crate::error::ReadError;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// Its own, trimmed, without that of its children.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
    /// Where it stands in the text of its parent, in bytes.
    place: usize,
    /// Why the record cannot be taken.
    pub(crate) fault: Option<String>,
}

impl Element {
    /// The element that begins with this tag, with its attributes.
    pub(crate) fn begin(tag: &Tag<'_>) -> Result<Self, ReadError> {
        let mut element = Self { name: tag.name().to_owned(), ..Self::default() };
        let attributes = &mut element.attributes;
        let judged = tag.attributes(|name, value| attributes.push((name.to_owned(), value.to_owned())))?;
        element.fault = judged.err();
        Ok(element)
    }

    /// Empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element at this path below, `PathNode/FileName`.
    pub(crate) fn at(&self, path: &str) -> Option<&Element> {
        path.split('/').try_fold(self, |element, name| element.children.iter().find(|child| child.name == name))
    }

    /// All elements at this path below: `ratings/rating`.
    pub(crate) fn all_at<'a>(&'a self, path: &'a str) -> Vec<&'a Element> {
        path.split('/').fold(vec![self], |elements, name| {
            elements.into_iter().flat_map(|element| element.children_named(name)).collect()
        })
    }

    pub(crate) fn set_attribute(&mut self, name: &str, value: &str) {
        self.attributes.retain(|(known, _)| known != name);
        self.attributes.push((name.to_owned(), value.to_owned()));
    }

    /// Takes the prefixes off its names and those of all elements below, for formats that a document may write under any.
    pub(crate) fn drop_prefixes(&mut self) {
        let attributes = self.attributes.iter_mut().map(|(name, _)| name);
        for name in std::iter::once(&mut self.name).chain(attributes) {
            if let Some((_, local)) = name.rsplit_once(':') {
                *name = local.to_owned();
            }
        }
        self.children.iter_mut().for_each(Self::drop_prefixes);
    }

    /// The text at this path below; empty where there is none.
    pub(crate) fn text_at(&self, path: &str) -> &str {
        self.at(path).map_or("", |element| element.text.as_str())
    }

    /// Its text and that of all elements below, in order, each on lines of its own but those of the names that stand
    /// within a line.
    pub(crate) fn whole_text(&self, within_lines: &[&str]) -> String {
        let mut text = String::new();
        self.add_whole_text(within_lines, &mut text);
        text
    }

    fn add_whole_text(&self, within_lines: &[&str], into: &mut String) {
        let mut from = 0;
        for child in &self.children {
            let to = child.place.clamp(from, self.text.len());
            into.push_str(self.text.get(from..to).unwrap_or_default());
            from = to;
            let end = if within_lines.contains(&child.name.as_str()) { "" } else { "\n" };
            into.push_str(end);
            child.add_whole_text(within_lines, into);
            into.push_str(end);
        }
        into.push_str(self.text.get(from..).unwrap_or_default());
    }

    /// For people, where the record is rejected.
    pub(crate) fn excerpt(&self) -> String {
        let mut text = self.name.clone();
        for (name, value) in &self.attributes {
            text.push_str(&format!(" {name}={value}"));
        }
        text.push(' ');
        text.push_str(self.text.get(..300).unwrap_or(&self.text));
        for child in &self.children {
            if text.len() > 600 {
                break;
            }
            text.push(' ');
            text.push_str(&child.excerpt());
        }
        text
    }

    /// It and all elements below of this name, in order.
    pub(crate) fn all_named<'a>(&'a self, name: &str, into: &mut Vec<&'a Element>) {
        if self.name == name {
            into.push(self);
        }
        self.children.iter().for_each(|child| child.all_named(name, into));
    }
}

/// What becomes of a text that is longer than texts may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Long {
    /// The record cannot be taken: the text can be part of what identifies it.
    Fault,
    /// It is cut, with a mark.
    Cut,
}

impl<R: Read> XmlReader<R> {
    /// Up to and with the start tag of the root, which must have this name; with its attributes.
    pub(crate) fn enter_element(&mut self, root: &str) -> Result<Element, ReadError> {
        loop {
            let element = match self.next()? {
                Markup::Start(tag) => Element::begin(&tag)?,
                _ => continue,
            };
            if element.name == root {
                return Ok(element);
            }
            let found = scanhelm_core::text::single_line(&element.name, 60);
            return Err(self.malformed(format!("the root element is <{found}> instead of <{root}>")));
        }
    }

    /// After the start tag of which `element` was begun: its content and its end tag. A record longer than one token
    /// may be has a fault, and so has one with a text that is too long; what follows it is read.
    pub(crate) fn read_element(&mut self, element: Element) -> Result<Element, ReadError> {
        self.read_tree(element, self.limits.max_token, Long::Fault)
    }

    /// The same within so many bytes of memory. Texts that are too long are cut with a mark.
    pub(crate) fn read_element_within(&mut self, element: Element, room: usize) -> Result<Element, ReadError> {
        self.read_tree(element, room, Long::Cut)
    }

    fn read_tree(&mut self, element: Element, mut room: usize, long: Long) -> Result<Element, ReadError> {
        let mut open = vec![element];
        let limit = self.limits.max_text;
        let mut fault = None;
        while let Some(current) = open.last_mut() {
            match self.next()? {
                Markup::Start(tag) => {
                    let mut child = Element::begin(&tag)?;
                    child.place = current.text.len();
                    let size =
                        tag.raw().len() + size_of::<Element>() + child.attributes.len() * size_of::<String>() * 2;
                    room = room.saturating_sub(size);
                    open.push(child);
                }
                Markup::Text(text) if room > 0 && current.text.len() < limit => {
                    let allowed = limit.min(current.text.len() + room);
                    if !push_within(&mut current.text, &text, allowed) {
                        match long {
                            Long::Cut => current.text.push_str(" […]"),
                            Long::Fault => {
                                fault.get_or_insert_with(|| "one of its texts is too long".to_owned());
                            }
                        }
                    }
                    room = room.saturating_sub(text.len());
                }
                Markup::Reference(name) if room > 0 && current.text.len() < limit => resolve(&name, &mut current.text),
                Markup::End => {
                    let Some(mut ended) = open.pop() else { break };
                    ended.trim();
                    if let Some(reason) = ended.fault.take() {
                        fault.get_or_insert(reason);
                    }
                    match open.last_mut() {
                        Some(_) if room == 0 => {}
                        Some(parent) => parent.children.push(ended),
                        None => {
                            if room == 0 {
                                fault = Some("the record is too long".to_owned());
                            }
                            ended.fault = fault;
                            return Ok(ended);
                        }
                    }
                }
                Markup::Text(_) | Markup::Reference(_) | Markup::Nothing | Markup::Eof => {}
            }
        }
        Ok(Element::default())
    }
}

impl Element {
    fn trim(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        let blank = self.text.len() - self.text.trim_start().len();
        self.text.drain(..blank);
        for child in &mut self.children {
            child.place = child.place.saturating_sub(blank);
        }
    }
}
