//! What the two forms of a report share: an issue's texts and where it is.

use scanhelm_core::finding::Location;
use scanhelm_core::text::single_line;

use crate::html::text_of;
use crate::site::page_on;

/// Longest parameter that identifies; Acunetix puts whole header values there.
const LONGEST_PARAMETER: usize = 300;

/// The affected page of the target and the input on it. What is no path (`Web Server`) is the target itself.
pub(super) fn location(affected: &str, parameter: &str, target: &str) -> Location {
    match page_on(affected, target) {
        Some(url) => Location::Web {
            url,
            method: None,
            parameter: Some(single_line(parameter, LONGEST_PARAMETER)).filter(|parameter| !parameter.is_empty()),
        },
        None => Location::Asset,
    }
}

/// Texts of the vendor, HTML, one under the other; `None` when all are empty.
pub(super) fn prose<'a>(parts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    joined(parts.into_iter().map(text_of))
}

pub(super) fn joined(parts: impl IntoIterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_on_a_page_of_the_target() {
        let at = |affected: &str, parameter: &str, target: &str| match location(affected, parameter, target) {
            Location::Web { url, parameter, .. } => (url, parameter),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            at("/h/search?q=1", " sq ", "http://a.example/app"),
            ("http://a.example/h/search".to_owned(), Some("sq".to_owned()))
        );
        assert_eq!(at("https://b.example/x", "", "a.example"), ("https://b.example/x".to_owned(), None));
        assert_eq!(at("Web Server", "", "https://a.example/app"), ("https://a.example/app".to_owned(), None));
        assert_eq!(location("/x", "", ""), Location::Asset);
    }
}
