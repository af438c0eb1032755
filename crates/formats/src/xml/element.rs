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

    /// The text at this path below; empty where there is none.
    pub(crate) fn text_at(&self, path: &str) -> &str {
        self.at(path).map_or("", |element| element.text.as_str())
    }

    /// It and all elements below of this name, in order.
    pub(crate) fn all_named<'a>(&'a self, name: &str, into: &mut Vec<&'a Element>) {
        if self.name == name {
            into.push(self);
        }
        self.children.iter().for_each(|child| child.all_named(name, into));
    }
}

impl<R: Read> XmlReader<R> {
    /// After the start tag of which `element` was begun: its content and its end tag. A record longer than one token
    /// may be has a fault; what follows it is read.
    pub(crate) fn read_element(&mut self, element: Element) -> Result<Element, ReadError> {
        let mut open = vec![element];
        let mut room = self.limits.max_token;
        let limit = self.limits.max_text;
        let mut fault = None;
        while let Some(current) = open.last_mut() {
            match self.next()? {
                Markup::Start(tag) => {
                    let child = Element::begin(&tag)?;
                    let size = tag.raw().len() + size_of::<Element>();
                    room = room.saturating_sub(size);
                    open.push(child);
                }
                Markup::Text(text) if room > 0 => {
                    let within = limit.min(current.text.len() + room);
                    if !push_within(&mut current.text, &text, within) {
                        fault.get_or_insert_with(|| "one of its texts is too long".to_owned());
                    }
                    room = room.saturating_sub(text.len());
                }
                Markup::Reference(name) if room > 0 => resolve(&name, &mut current.text),
                Markup::End => {
                    let Some(mut ended) = open.pop() else { break };
                    ended.text.truncate(ended.text.trim_end().len());
                    ended.text.drain(..ended.text.len() - ended.text.trim_start().len());
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
