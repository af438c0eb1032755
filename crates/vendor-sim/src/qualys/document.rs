//! The vendor's XML documents: a DOCTYPE with an address nobody needs to fetch, CDATA, comments after the root.

use std::fmt::Write;

use quick_xml::escape::escape;

use crate::clock::Moment;

const TRAILER: &str = "<!-- CONFIDENTIAL AND PROPRIETARY INFORMATION. Made by a simulator. //--> \n";

#[derive(Debug)]
pub(super) struct Document {
    text: String,
    root: &'static str,
    /// Everything but the exports of configurations stands in a `RESPONSE`.
    in_response: bool,
}

impl Document {
    /// `root` is opened and so is `RESPONSE`, which begins with the time; `origin` is where the client asked.
    pub(super) fn new(root: &'static str, origin: &str, definition: &str, now: Moment) -> Self {
        let mut document = Document { in_response: true, ..Document::bare(root, origin, definition) };
        document.open("RESPONSE");
        document.text("DATETIME", &datetime(now));
        document
    }

    /// The same without a `RESPONSE`.
    pub(super) fn bare(root: &'static str, origin: &str, definition: &str) -> Self {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n");
        let _ = writeln!(text, "<!DOCTYPE {root} SYSTEM \"{}{definition}\">", escape(origin));
        let mut document = Document { text, root, in_response: false };
        document.open(root);
        document
    }

    pub(super) fn open(&mut self, name: &str) {
        let _ = writeln!(self.text, "<{name}>");
    }

    pub(super) fn close(&mut self, name: &str) {
        let _ = writeln!(self.text, "</{name}>");
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.text, "<{name}>{}</{name}>", escape(clean(value)));
    }

    pub(super) fn number(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "<{name}>{value}</{name}>");
    }

    pub(super) fn flag(&mut self, name: &str, value: bool) {
        self.number(name, u8::from(value));
    }

    pub(super) fn cdata(&mut self, name: &str, value: &str) {
        let value = clean(value).replace("]]>", "]]]]><![CDATA[>");
        let _ = writeln!(self.text, "<{name}><![CDATA[{value}]]></{name}>");
    }

    /// A named value, as the vendor's short answers have them.
    pub(super) fn item(&mut self, key: &str, value: &str) {
        self.open("ITEM");
        self.text("KEY", key);
        self.text("VALUE", value);
        self.close("ITEM");
    }

    /// Says that there is more, and where.
    pub(super) fn warning(&mut self, limit: usize, url: &str) {
        self.open("WARNING");
        self.number("CODE", 1980);
        self.text("TEXT", &format!("{limit} record limit exceeded. Use URL to get next batch of results."));
        self.cdata("URL", url);
        self.close("WARNING");
    }

    pub(super) fn finish(mut self) -> String {
        if self.in_response {
            self.close("RESPONSE");
        }
        self.close(self.root);
        self.text.push_str(TRAILER);
        self.text
    }
}

/// Leaves out what XML 1.0 cannot carry.
fn clean(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..)).collect()
}

pub(super) fn datetime(moment: Moment) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ")
}
