//! Messages that reports pack as base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// At most so many bytes of what is packed, as text; what is not packed, or broken, is given as it stands.
pub(crate) fn unpacked(text: &str, most: usize) -> String {
    let is_of_it = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let whole: String = text.chars().filter(|c| !c.is_whitespace()).take(most / 3 * 4 + 4).collect();
    let mut packed: String = whole.chars().take_while(is_of_it).collect();
    // A text that was cut ends with a mark, in the middle of four characters.
    let is_packed = whole.get(packed.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with("[…]"));
    packed.truncate(packed.len() / 4 * 4);
    match STANDARD.decode(if is_packed { packed.as_str() } else { "" }) {
        Ok(bytes) if !bytes.is_empty() => {
            let bytes = bytes.get(..most.min(bytes.len())).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => crate::report::cut(text, most).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_cut_long_and_broken_texts() {
        assert_eq!(unpacked("R0VUIC8g\nSFRUUA==", 100), "GET / HTTP");
        assert_eq!(unpacked("R0VUIC8gSFRU […]", 100), "GET / HTT");
        assert_eq!(unpacked(&"QUJD".repeat(1000), 5), "ABCAB");
        assert_eq!(unpacked("GET / HTTP/1.1", 100), "GET / HTTP/1.1");
        assert_eq!(unpacked("", 100), "");
    }
}
