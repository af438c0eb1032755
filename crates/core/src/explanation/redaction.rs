//! Taking out of a text what must not leave the machine, and counting it.
//!
//! The first thing that any finder sees is replaced by a mark, and what is left before and behind it is looked at again
//! by all of them, until none sees anything. So a text that was redacted has nothing left to redact. Finders would
//! rather take too much: an explanation survives a missing path, a company does not take back a key.

mod names;
mod random;
mod secrets;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

/// What was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Redacted {
    PrivateKey,
    /// Behind a name such as `password`, `token` or `Authorization`, or in a URL.
    Password,
    /// Begins as the tokens of a well-known service do.
    Token,
    EmailAddress,
    /// Of the asset, or of a network that is nobody else's.
    HostName,
    IpAddress,
    /// Absolute, or below a home folder.
    Path,
    /// Long and without a pattern, as keys are.
    RandomText,
}

impl Redacted {
    pub const ALL: [Self; 8] = [
        Self::PrivateKey,
        Self::Password,
        Self::Token,
        Self::EmailAddress,
        Self::HostName,
        Self::IpAddress,
        Self::Path,
        Self::RandomText,
    ];

    /// What stands in its place.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::PrivateKey => "[redacted:private-key]",
            Self::Password => "[redacted:password]",
            Self::Token => "[redacted:token]",
            Self::EmailAddress => "[redacted:email]",
            Self::HostName => "[redacted:host]",
            Self::IpAddress => "[redacted:ip]",
            Self::Path => "[redacted:path]",
            Self::RandomText => "[redacted:random]",
        }
    }

    /// In words, for one or many.
    #[must_use]
    pub const fn words(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::PrivateKey, 1) => "private key",
            (Self::PrivateKey, _) => "private keys",
            (Self::Password, 1) => "password",
            (Self::Password, _) => "passwords",
            (Self::Token, 1) => "token",
            (Self::Token, _) => "tokens",
            (Self::EmailAddress, 1) => "e-mail address",
            (Self::EmailAddress, _) => "e-mail addresses",
            (Self::HostName, 1) => "host name",
            (Self::HostName, _) => "host names",
            (Self::IpAddress, 1) => "IP address",
            (Self::IpAddress, _) => "IP addresses",
            (Self::Path, 1) => "path",
            (Self::Path, _) => "paths",
            (Self::RandomText, 1) => "random text",
            (Self::RandomText, _) => "random texts",
        }
    }
}

/// How often each was taken out.
pub type Redactions = BTreeMap<Redacted, usize>;

/// `2 tokens, 1 path`; `nothing`.
#[must_use]
pub fn in_words(redacted: &Redactions) -> String {
    let words: Vec<String> = redacted.iter().map(|(kind, count)| format!("{count} {}", kind.words(*count))).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

type Finder = fn(&str) -> Option<Range<usize>>;

/// In the order in which they look: what holds others goes before them. A path may hold an e-mail address or the name of
/// a host, and an e-mail address the name of one.
const BEFORE_HOSTS: [(Redacted, Finder); 6] = [
    (Redacted::PrivateKey, secrets::private_key),
    (Redacted::Password, secrets::password_in_url),
    (Redacted::Password, secrets::assigned_secret),
    (Redacted::Token, secrets::known_token),
    (Redacted::Path, names::path),
    (Redacted::EmailAddress, names::email_address),
];
const BEHIND_HOSTS: [(Redacted, Finder); 2] =
    [(Redacted::IpAddress, names::ip_address), (Redacted::RandomText, random::random_text)];

/// Knows the names of one asset.
#[derive(Clone, Debug)]
pub struct Redactor {
    hosts: Vec<String>,
}

impl Redactor {
    /// `names`: host names, addresses and URLs by which the asset is known.
    #[must_use]
    pub fn hiding(names: impl IntoIterator<Item = String>) -> Self {
        Self { hosts: names::spellings(names) }
    }

    /// The text with marks in it. What was taken out is added to `redacted`.
    #[must_use]
    pub fn redact(&self, text: &str, redacted: &mut Redactions) -> String {
        let mut whole = String::with_capacity(text.len());
        // The next piece is the last: a text to look at, or a mark that is done.
        let mut left = vec![Piece::Text(text)];
        while let Some(piece) = left.pop() {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Mark(kind) => {
                    whole.push_str(kind.mark());
                    continue;
                }
            };
            let Some(Found { range, kind, is_new }) = self.first(text) else {
                whole.push_str(text);
                continue;
            };
            *redacted.entry(kind).or_default() += usize::from(is_new);
            let (before, rest) = text.split_at(range.start);
            let (_, behind) = rest.split_at(range.len());
            left.extend([Piece::Text(behind), Piece::Mark(kind), Piece::Text(before)]);
        }
        redacted.retain(|_, count| *count > 0);
        whole
    }

    fn first(&self, text: &str) -> Option<Found> {
        let host = || names::host_name(text, &self.hosts).map(|range| Found::new(range, Redacted::HostName));
        let found = |finders: &[(Redacted, Finder)]| {
            finders.iter().find_map(|(kind, finder)| Some(Found::new(finder(text)?, *kind)))
        };
        mark(text).or_else(|| found(&BEFORE_HOSTS)).or_else(host).or_else(|| found(&BEHIND_HOSTS))
    }
}

enum Piece<'text> {
    Text(&'text str),
    Mark(Redacted),
}

struct Found {
    range: Range<usize>,
    kind: Redacted,
    is_new: bool,
}

impl Found {
    const fn new(range: Range<usize>, kind: Redacted) -> Self {
        Self { range, kind, is_new: true }
    }
}

/// One that an earlier redaction left.
fn mark(text: &str) -> Option<Found> {
    let found = Redacted::ALL.into_iter().filter_map(|kind| {
        let start = text.find(kind.mark())?;
        Some(Found { range: start..start + kind.mark().len(), kind, is_new: false })
    });
    found.min_by_key(|found| found.range.start)
}

#[cfg(test)]
mod tests;
