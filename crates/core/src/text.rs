//! Making text of hostile origin safe to keep. What a vendor or a scanned target sends may hold NUL (PostgreSQL
//! refuses it), control characters, terminal escapes and right-to-left overrides; here it is cleaned once, at the
//! border, so that no later reader has to remember.

/// Longest text kept for one field, in bytes. Longer evidence is cut with a mark.
pub const MAX_TEXT: usize = 64 * 1024;

/// Drops NUL and other control characters (tab and line breaks stay), bidirectional overrides, and cuts at
/// `limit` bytes on a character border with ` […]`.
#[must_use]
pub fn clean(text: &str, limit: usize) -> String {
    // Most texts need nothing, which is told from bytes much sooner than from characters.
    if text.len() <= limit && text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len().min(limit));
    for character in text.chars() {
        if cleaned.len() + character.len_utf8() > limit {
            cleaned.push_str(" […]");
            break;
        }
        if is_kept(character) {
            cleaned.push(character);
        }
    }
    cleaned
}

/// [`clean`] and then one line: every run of white space becomes one blank. For titles, names and table cells.
#[must_use]
pub fn single_line(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    for word in text.split(|c: char| c.is_whitespace() || !is_kept(c)).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > limit {
            break;
        }
    }
    clean(&line, limit)
}

fn is_kept(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => false,
        other => !other.is_control(),
    }
}

const NEAR: f64 = 0.7;

/// The known name that somebody may have meant who mistyped it.
pub fn nearest<'known>(name: &str, known: impl IntoIterator<Item = &'known str>) -> Option<&'known str> {
    let likeness = |other: &str| strsim::jaro_winkler(name, other);
    let best = known.into_iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) >= NEAR).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_breaks_databases_and_terminals() {
        assert_eq!(clean("a\0b\u{1b}[31mc\u{202e}d\ne", 100), "ab[31mcd\ne");
        assert_eq!(single_line("  a \r\n b\tc ", 100), "a b c");
    }

    #[test]
    fn cuts_on_a_character_border() {
        assert_eq!(clean("ééé", 4), "éé […]");
    }
}
