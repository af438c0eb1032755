//! One statement about a page, whichever form tells it.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};

use super::SCANNER;
use crate::gathered::{bare, filled};
use crate::site::{page, page_on, site};
use crate::weakness::{cves_in, push_new};

/// The site of a host, and the page that it begins with.
pub(super) struct Host {
    pub(super) origin: String,
    pub(super) asset: AssetRecord,
    pub(super) scanned_at: Option<Timestamp>,
}

impl Host {
    pub(super) fn at(origin: &str) -> Result<Self, String> {
        let origin = page(origin).ok_or_else(|| format!("`{}` is no web address", single_line(origin, 64)))?;
        Ok(Self { asset: site(&origin), origin, scanned_at: None })
    }
}

#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) message: String,
    pub(super) references: String,
    /// Number in a database that is no more.
    pub(super) osvdb: String,
}

impl Item {
    /// What went wrong, where it says that the host could not be scanned.
    pub(super) fn failure(&self) -> Option<String> {
        let failed = self.id.eq_ignore_ascii_case("FAIL") || (self.id == "0" && self.message.starts_with("ERROR"));
        failed.then(|| single_line(&self.message, 500))
    }

    pub(super) fn finding(self, host: &Host) -> Result<FindingRecord, String> {
        let id = single_line(&self.id, 64);
        if id.is_empty() {
            return Err("it has no id, so nothing says what it is".to_owned());
        }
        let url = page_on(&self.url, &host.origin).unwrap_or_else(|| host.origin.clone());
        let (mut cves, mut references) = (vec![], vec![]);
        for text in [&self.references, &self.message] {
            cves_in(text, &mut cves);
        }
        for reference in self.references.split([',', ' ', '\n']).map(str::trim).filter(|text| !text.is_empty()) {
            push_new(&mut references, single_line(reference, 2000));
        }
        if !matches!(self.osvdb.trim(), "" | "0") {
            push_new(&mut references, single_line(&format!("OSVDB:{}", self.osvdb), 60));
        }
        let message = single_line(&self.message, 4000);
        let title = if message.is_empty() { format!("Nikto test {id}") } else { single_line(&message, 300) };
        Ok(FindingRecord {
            check: named_in(&message),
            cves,
            description: filled(message),
            references,
            seen_at: host.scanned_at,
            ..bare(
                SCANNER,
                id,
                title,
                Severity::Info,
                &host.asset,
                Location::Web { url, method: filled(single_line(&self.method, 20)), parameter: None },
            )
        })
    }
}

/// The header or cookie that a message is about.
fn named_in(message: &str) -> Option<String> {
    let lower = message.to_ascii_lowercase();
    let word = |text: &str| {
        let end =
            text.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '\'' | '"')).unwrap_or(text.len());
        let word = text.get(..end).unwrap_or_default().trim_end_matches('.');
        (!word.is_empty() && word.len() <= 100).then(|| word.to_owned())
    };
    let behind =
        |mark: &str| lower.split_once(mark).and_then(|(_, rest)| word(rest.trim_start_matches(['\'', '"', ' '])));
    behind("header missing:")
        .or_else(|| behind("uncommon header '"))
        .or_else(|| lower.strip_prefix("cookie ").and_then(word))
        .or_else(|| behind(": cookie "))
        .or_else(|| behind("retrieved ").filter(|_| lower.contains(" header")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_header_or_cookie_and_nothing_that_changes() {
        for (message, name) in [
            ("Suggested security header missing: content-security-policy.", Some("content-security-policy")),
            ("Uncommon header 'cache-status' found, with contents: \"Netlify Edge\"; hit.", Some("cache-status")),
            ("Cookie sid created without the httponly flag.", Some("sid")),
            ("/: Cookie sid created without the httponly flag.", Some("sid")),
            ("Retrieved via header: 1.1 vegur", Some("via")),
            ("Retrieved x-powered-by header: Express", Some("x-powered-by")),
            ("Server leaks inodes via ETags, header found with file /favicon.ico", None),
            ("Python/3.11.7 appears to be outdated (current is at least 3.14.6).", None),
        ] {
            assert_eq!(named_in(message).as_deref(), name, "{message}");
        }
    }
}
