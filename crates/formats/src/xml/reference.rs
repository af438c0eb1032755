//! References in text: the five that XML has, and characters by number.

/// Appends the text with its references replaced.
pub(crate) fn unescape(raw: &str, into: &mut String) {
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        into.push_str(before);
        // No further than a reference can be long: many `&` without end must not search the whole text each.
        let end = after.bytes().take(11).position(|byte| byte == b';');
        match end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?))) {
            Some((name, following)) => {
                resolve(name, into);
                rest = following;
            }
            None => {
                into.push('&');
                rest = after;
            }
        }
    }
    into.push_str(rest);
}

/// Appends what a reference stands for. No entity can be declared without a DOCTYPE, so an unknown one is kept as
/// it is written; a reference to no character becomes U+FFFD.
pub(super) fn resolve(name: &str, into: &mut String) {
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#') {
            Some(number) => {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                code.ok().and_then(char::from_u32).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            None => {
                into.push('&');
                into.push_str(name);
                ';'
            }
        },
    };
    into.push(character);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters_and_nothing_else() {
        let mut text = String::new();
        unescape("a&lt;&#65;&#x42;&#0;&#xD800;&nbsp;& b &a very long; &", &mut text);
        assert_eq!(text, "a<AB\u{fffd}\u{fffd}&nbsp;& b &a very long; &");
    }
}
