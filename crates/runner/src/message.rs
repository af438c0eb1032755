//! Words of a scanner that are shown to people: bounded, on one line, without what a terminal would obey and without
//! the credentials that tools like to print inside addresses.

use scanhelm_core::text::single_line;

const LIMIT: usize = 400;

pub(crate) fn shown(text: &str) -> String {
    shown_up_to(text, LIMIT)
}

/// The same with another limit of characters.
pub(crate) fn shown_up_to(text: &str, limit: usize) -> String {
    without_credentials(&single_line(text, limit))
}

/// A log, line by line.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// `https://user:token@host/` becomes `https://***@host/`.
fn without_credentials(text: &str) -> String {
    let mut rest = text;
    let mut cleaned = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once("://") {
        cleaned.push_str(before);
        cleaned.push_str("://");
        let authority = after.split(['/', ' ', '?', '#', '"', '\'']).next().unwrap_or(after);
        rest = match authority.rfind('@').and_then(|at| after.get(at..)) {
            Some(from_at) => {
                cleaned.push_str("***");
                from_at
            }
            None => after,
        };
    }
    cleaned.push_str(rest);
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_credentials_and_nothing_else() {
        assert_eq!(shown("GET https://me:p@ss@h.example/x?a=b@c failed"), "GET https://***@h.example/x?a=b@c failed");
        assert_eq!(shown("see https://h.example/a@b and ssh://git@h/x"), "see https://h.example/a@b and ssh://***@h/x");
        assert_eq!(shown("plain me@example.com"), "plain me@example.com");
    }

    #[test]
    fn what_a_terminal_obeys_is_gone() {
        assert_eq!(shown("a\u{1b}]0;owned\u{7}\r\nb"), "a ]0;owned b");
    }
}
