//! The mark by which a scan that was made from here is recognised in the vendor's list (trap S8): the hub's client
//! token within the vendor scan's own free text, because hardly a vendor has a field for it. Nobody sees it: it is
//! taken out before a name is shown.

use scanhelm_core::text;

const MARK: &str = "[scanhelm:";

/// `Weekly DMZ [scanhelm:TOKEN]`.
pub(crate) fn marked(text: &str, token: &str) -> String {
    format!("{text} {MARK}{token}]")
}

/// The name without the mark, and the token that stands in it or, where the vendor has no room in the name, in
/// another text of the scan.
pub(crate) fn name_and_token(name: &str, elsewhere: &str, longest_name: usize) -> (String, Option<String>) {
    match without_mark(name, longest_name) {
        (name, Some(token)) => (name, Some(token)),
        (name, None) => (name, without_mark(elsewhere, longest_name).1),
    }
}

/// One line of the text without the mark, and the token of the mark.
pub(crate) fn without_mark(carrier: &str, longest: usize) -> (String, Option<String>) {
    let Some((start, end, token)) = find(carrier) else {
        return (text::single_line(carrier, longest), None);
    };
    let before = carrier.get(..start).unwrap_or_default();
    let after = carrier.get(end..).unwrap_or_default();
    (text::single_line(&format!("{before} {after}"), longest), Some(token))
}

fn find(carrier: &str) -> Option<(usize, usize, String)> {
    let start = carrier.find(MARK)?;
    let rest = carrier.get(start + MARK.len()..)?;
    let length = rest.find(']')?;
    let token = rest.get(..length)?;
    let fits =
        (1..=128).contains(&length) && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then(|| (start, start + MARK.len() + length + 1, token.to_owned()))
}
