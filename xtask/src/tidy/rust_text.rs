//! Rust source split into code, comments and string literals, line by line.
//!
//! A rule about code must not be triggered by a test's string, and a rule about SQL must look only at strings.
//! This is a lexer of exactly that much of Rust: strings (raw, byte, C), characters, lifetimes, nested comments.

use std::collections::BTreeSet;

/// The three readings of one line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) code: String,
    pub(super) comment: String,
    pub(super) literal: String,
}

/// Splits a file into its lines' readings.
pub(super) fn lines(source: &str) -> Vec<Line> {
    let mut lexer = Lexer { rest: source, lines: vec![Line::default()] };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.lines
}

/// The indices of the lines that are compiled for tests only: the item behind each `#[cfg(test)]`.
pub(super) fn tests(lines: &[Line]) -> BTreeSet<usize> {
    let mut tests = BTreeSet::new();
    // Open braces of the item, and whether it has ended; `None` outside of one.
    let mut depth: Option<usize> = None;
    for (index, line) in lines.iter().enumerate() {
        let mut rest = line.code.as_str();
        if depth.is_none() {
            let Some((_, behind)) = line.code.split_once("#[cfg(test)]") else { continue };
            depth = Some(0);
            rest = behind;
        }
        tests.insert(index);
        for letter in rest.chars() {
            depth = match (letter, depth) {
                ('{', Some(open)) => Some(open + 1),
                // The body of the item has ended, or there is none.
                ('}', Some(0 | 1)) | (';', Some(0)) => None,
                ('}', Some(open)) => Some(open.saturating_sub(1)),
                (_, depth) => depth,
            };
        }
    }
    tests
}

struct Lexer<'source> {
    rest: &'source str,
    lines: Vec<Line>,
}

#[derive(Clone, Copy)]
enum Reading {
    Code,
    Comment,
    Literal,
}

impl Lexer<'_> {
    fn step(&mut self) {
        if self.rest.starts_with("//") {
            let length = self.rest.find('\n').unwrap_or(self.rest.len());
            self.take(length, Reading::Comment);
        } else if self.rest.starts_with("/*") {
            self.take(block_comment_length(self.rest), Reading::Comment);
        } else if let Some((opening, hashes)) = raw_string_opening(self.rest) {
            let closing = format!("\"{}", "#".repeat(hashes));
            self.take(opening, Reading::Code);
            let length = self.rest.find(&closing).unwrap_or(self.rest.len());
            self.take(length, Reading::Literal);
            self.take(closing.len().min(self.rest.len()), Reading::Code);
        } else if self.rest.starts_with('"') {
            self.take(1, Reading::Code);
            self.take(quoted_length(self.rest), Reading::Literal);
            self.take(1.min(self.rest.len()), Reading::Code);
        } else if let Some(length) = character_length(self.rest) {
            self.take(length, Reading::Code);
        } else {
            // A whole word at once, so that the `r` of `for"` never looks like a raw string's.
            let word =
                self.rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(self.rest.len());
            let first = self.rest.chars().next().map_or(1, char::len_utf8);
            self.take(word.max(first), Reading::Code);
        }
    }

    fn take(&mut self, length: usize, reading: Reading) {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        for (index, part) in taken.split('\n').enumerate() {
            if index > 0 {
                self.lines.push(Line::default());
            }
            let Some(line) = self.lines.last_mut() else { continue };
            match reading {
                Reading::Code => line.code.push_str(part),
                Reading::Comment => line.comment.push_str(part),
                Reading::Literal => {
                    // Two literals of one line must not run together into one word.
                    line.literal.push_str(part);
                    line.literal.push('\u{1f}');
                }
            }
        }
    }
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut position = 0;
    while let Some(rest) = text.get(position..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            position += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            position += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of `r#"`, `br"`, `cr##"` and the number of hashes.
fn raw_string_opening(text: &str) -> Option<(usize, usize)> {
    let after = ["br", "cr", "r"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let opens = after.get(hashes..)?.starts_with('"');
    opens.then_some((text.len() - after.len() + hashes + 1, hashes))
}

fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (position, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return position,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal such as `'"'` or `'\''`; `None` for a lifetime.
fn character_length(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let mut letters = inner.char_indices();
    let (_, first) = letters.next()?;
    if first == '\\' {
        letters.next()?;
        return letters.find(|(_, letter)| *letter == '\'').map(|(position, _)| position + 2);
    }
    letters.next().filter(|(_, letter)| *letter == '\'').map(|(position, _)| position + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(source: &str) -> (String, String, String) {
        let lines = lines(source);
        let join =
            |part: fn(&Line) -> &str| lines.iter().map(part).collect::<Vec<_>>().join("\n").replace('\u{1f}', "");
        (join(|line| &line.code), join(|line| &line.comment), join(|line| &line.literal))
    }

    #[test]
    fn strings_comments_and_code_are_told_apart() {
        let (code, comment, literal) = readings("let a = \"x // y\"; // note \"z\"");
        assert_eq!((code.as_str(), comment.as_str(), literal.as_str()), ("let a = \"\"; ", "// note \"z\"", "x // y"));
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes_and_keep_line_numbers() {
        let (code, _, literal) = readings("f(r#\"one \" quote\ntwo\"#);\ng()");
        assert_eq!(code, "f(r#\"\n\"#);\ng()");
        assert_eq!(literal, "one \" quote\ntwo\n");
    }

    #[test]
    fn quotes_in_characters_and_lifetimes_open_nothing() {
        let (code, _, literal) = readings("fn f<'a>(b: &'a str) { g('\"', '\\'', \"s\") }");
        assert_eq!(code, "fn f<'a>(b: &'a str) { g('\"', '\\'', \"\") }");
        assert_eq!(literal, "s");
    }

    #[test]
    fn block_comments_nest() {
        let (code, comment, _) = readings("a /* x /* y */ z */ b");
        assert_eq!((code.as_str(), comment.as_str()), ("a  b", "/* x /* y */ z */"));
    }

    #[test]
    fn escaped_quotes_do_not_end_a_string() {
        let (code, _, literal) = readings(r#"f("a\"b\\"); g()"#);
        assert_eq!((code.as_str(), literal.as_str()), (r#"f(""); g()"#, r#"a\"b\\"#));
    }

    #[test]
    fn an_unfinished_file_does_not_hang() {
        for source in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "b\"é"] {
            assert_eq!(lines(source).len(), 1, "{source}");
        }
    }
}
