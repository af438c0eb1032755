//! A whole element as a tree, for the records of formats whose parts repeat and nest. Names are without their prefix.

use std::io::Read;

use super::{Markup, Tag, XmlReader, resolve};
use crate::error::ReadError;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    /// The element of this start tag, without its content. `Ok(Err(..))`: the tag is broken.
    pub(crate) fn open(tag: &Tag<'_>) -> Result<Result<Self, String>, ReadError> {
        let mut node = Self { name: local(tag.name()).to_owned(), ..Self::default() };
        let attributes = &mut node.attributes;
        let read = tag.attributes(|name, value| attributes.push((local(name).to_owned(), value.to_owned())))?;
        Ok(read.map(|()| node))
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let value = self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// Its own text, without that of elements in it.
    pub(crate) fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    pub(crate) fn set_attribute(&mut self, name: &str, value: &str) {
        self.attributes.push((name.to_owned(), value.to_owned()));
    }

    /// Removes the first element of this name.
    pub(crate) fn take(&mut self, name: &str) -> Option<Self> {
        let at = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.remove(at))
    }

    pub(crate) fn into_children(self) -> Vec<Self> {
        self.children
    }

    /// Calls `found` with each element in the elements of this name.
    pub(crate) fn each_child(&mut self, name: &str, mut found: impl FnMut(&mut Self)) {
        let within = self.children.iter_mut().filter(|child| child.name == name);
        within.flat_map(|list| list.children.iter_mut()).for_each(&mut found);
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements at a path such as `ratings/rating`.
    pub(crate) fn all<'a>(&'a self, path: &'a str) -> Vec<&'a Self> {
        path.split('/').fold(vec![self], |nodes, name| {
            nodes.into_iter().flat_map(|node| node.children.iter().filter(move |child| child.name == name)).collect()
        })
    }

    pub(crate) fn text_at(&self, path: &str) -> Option<&str> {
        path.split('/').try_fold(self, |node, name| node.child(name))?.text()
    }

    fn size(&self) -> usize {
        let attributes: usize = self.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        size_of::<Self>() + self.name.len() + attributes
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

impl<R: Read> XmlReader<R> {
    /// After a start tag: the content of its element, and passes its end tag. `None`: it is larger than `limit` bytes.
    pub(crate) fn read_node(&mut self, root: Node, limit: usize) -> Result<Option<Node>, ReadError> {
        let outside = self.depth().saturating_sub(1);
        let mut size = root.size();
        let mut open = vec![root];
        loop {
            let mut broken = None;
            let mut ended = false;
            match self.next()? {
                Markup::Start(tag) => match Node::open(&tag)? {
                    Ok(node) => {
                        size += node.size();
                        open.push(node);
                    }
                    Err(reason) => broken = Some(reason),
                },
                Markup::End => ended = true,
                Markup::Text(more) => {
                    if let Some(node) = open.last_mut() {
                        size += more.len();
                        node.text.push_str(&more);
                    }
                }
                Markup::Reference(name) => {
                    if let Some(node) = open.last_mut() {
                        size += name.len();
                        resolve(&name, &mut node.text);
                    }
                }
                Markup::Nothing | Markup::Eof => {}
            }
            if let Some(reason) = broken {
                return Err(self.malformed(reason));
            }
            if size > limit {
                while self.depth() > outside {
                    self.next()?;
                }
                return Ok(None);
            }
            if ended && let Some(node) = open.pop() {
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(Some(node)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Limits;

    #[test]
    fn a_tree_of_names_without_prefix() {
        let text = r#"<v:a x:k="1"><b> one &amp; <c/>two</b><b>three</b></v:a>"#;
        let read = |limit| {
            let mut xml = XmlReader::new(text.as_bytes(), &Limits::default());
            let Markup::Start(tag) = xml.next().unwrap() else { panic!("a tag") };
            let root = Node::open(&tag).unwrap().unwrap();
            let node = xml.read_node(root, limit).unwrap();
            assert!(matches!(xml.next().unwrap(), Markup::Eof), "the element is passed");
            node
        };
        let node = read(10_000).unwrap();
        assert_eq!((node.name.as_str(), node.attribute("k"), node.text()), ("a", Some("1"), None));
        let texts: Vec<_> = node.all("b").into_iter().map(|b| b.text().unwrap()).collect();
        assert_eq!((texts, node.text_at("b/c")), (vec!["one & two", "three"], None));
        assert!(read(300).is_none());
    }
}
