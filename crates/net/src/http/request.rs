//! What is asked, before it is anything of HTTP.

use scanhelm_core::credential::Secret;

/// One request, relative to the base URL.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub(super) what: &'static str,
    pub(super) segments: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) headers: &'a [(&'static str, Secret)],
    /// The path ends with `/`.
    pub(super) slash: bool,
    pub(super) mislabelled: bool,
}

impl<'a> Request<'a> {
    /// `what` names the operation in errors and logs ("list scans"); each segment is escaped.
    #[must_use]
    pub const fn new(what: &'static str, segments: &'a [&'a str]) -> Self {
        Self { what, segments, query: &[], headers: &[], slash: false, mislabelled: false }
    }

    #[must_use]
    pub const fn query(mut self, query: &'a [(&'a str, &'a str)]) -> Self {
        self.query = query;
        self
    }

    #[must_use]
    pub const fn headers(mut self, headers: &'a [(&'static str, Secret)]) -> Self {
        self.headers = headers;
        self
    }

    /// The vendor's paths end with `/`; without it the vendor would answer with a redirect.
    #[must_use]
    pub const fn with_slash(mut self) -> Self {
        self.slash = true;
        self
    }

    /// The vendor is known to label data as a web page: a download is not refused for its label, and whoever asked
    /// looks at what came.
    #[must_use]
    pub const fn mislabelled(mut self) -> Self {
        self.mislabelled = true;
        self
    }
}
