//! The beginning of a report, and the questions that recognition asks of it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::json;

pub(crate) struct Sample {
    text: String,
    /// The sample is the whole report.
    complete: bool,
    outline: OnceLock<BTreeSet<String>>,
}

impl Sample {
    pub(crate) fn new(bytes: Vec<u8>, complete: bool) -> Self {
        // The input is decoded, so only the last character can be cut.
        let text =
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Self { text, complete, outline: OnceLock::new() }
    }

    /// Name of the first element, behind declaration, comments, processing instructions and a DOCTYPE that declares
    /// nothing.
    pub(crate) fn xml_root(&self) -> Option<&str> {
        let first = self.first_markup()?;
        let tag = match first.strip_prefix("!DOCTYPE").filter(|_| !self.is_html()) {
            None => first,
            Some(doctype) => {
                let (declared, rest) = doctype.split_once('>')?;
                markup_in(rest).filter(|_| !declared.contains('['))?
            }
        };
        let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
        (!name.is_empty() && !name.starts_with('!')).then_some(name)
    }

    /// A DOCTYPE that declares entities, or brings in declarations from elsewhere.
    pub(crate) fn declares_entities(&self) -> bool {
        self.declarations().is_some_and(|(_, declared)| crate::xml::declares_entities(declared)) && !self.is_html()
    }

    /// The DOCTYPE's name, where it declares something (elements, attributes) and no entity.
    pub(crate) fn declared_root(&self) -> Option<&str> {
        self.declarations().filter(|(_, declared)| !crate::xml::declares_entities(declared)).map(|(name, _)| name)
    }

    /// The name in the DOCTYPE and what it declares, as far as the sample goes.
    fn declarations(&self) -> Option<(&str, &str)> {
        let doctype = self.first_markup()?.strip_prefix("!DOCTYPE")?;
        let (named, declared) = doctype.split_once('[').filter(|(named, _)| !named.contains('>'))?;
        Some((named.split_whitespace().next()?, declared.split("]>").next()?))
    }

    /// Pages are often saved in place of reports, and their DOCTYPE is no attack.
    fn is_html(&self) -> bool {
        let beginning = self.first_markup().and_then(|tag| tag.get(..13)).unwrap_or_default();
        beginning.eq_ignore_ascii_case("!doctype html")
    }

    /// What follows the `<` of the first tag that is neither comment nor processing instruction.
    fn first_markup(&self) -> Option<&str> {
        markup_in(&self.text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether this path of keys occurs in the sample, written as `runs[].tool`.
    pub(crate) fn has_json(&self, path: &str) -> bool {
        self.outline().contains(path)
    }

    /// The keys of the top-level object in the sample.
    pub(crate) fn json_keys(&self) -> impl Iterator<Item = &str> {
        self.outline().iter().map(String::as_str).filter(|path| !path.contains(['.', '[']))
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    fn outline(&self) -> &BTreeSet<String> {
        self.outline.get_or_init(|| {
            if self.text.starts_with(['{', '[']) { json::outline(self.text.as_bytes()) } else { BTreeSet::new() }
        })
    }

    /// In words, for somebody whose report is not recognised.
    pub(crate) fn looks_like(&self) -> String {
        if let Some(root) = self.xml_root() {
            return format!("XML with the root element <{}>", scanhelm_core::text::single_line(root, 60));
        }
        if self.is_html() {
            return "an HTML page, which is for people".to_owned();
        }
        if self.text.starts_with("%PDF") {
            return "a PDF, which is for people".to_owned();
        }
        if self.text.starts_with('{') {
            let keys: Vec<&str> = self.json_keys().take(8).collect();
            return format!("a JSON object with the keys {}", scanhelm_core::text::single_line(&keys.join(", "), 200));
        }
        if self.text.starts_with('[') {
            return "a JSON list".to_owned();
        }
        format!("text that begins with `{}`", scanhelm_core::text::single_line(&self.text, 60))
    }
}

fn markup_in(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start().strip_prefix('<')?;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->")?.1;
        } else if let Some(instruction) = rest.strip_prefix('?') {
            rest = instruction.split_once("?>")?.1;
        } else {
            return Some(rest);
        }
    }
}
