//! Texts of a report put together for people.

/// One under the other with a line between; what is empty is left out. `None` when all are empty.
pub(crate) fn paragraphs<T: AsRef<str>>(parts: impl IntoIterator<Item = T>) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        let part = part.as_ref().trim();
        if !part.is_empty() {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(part);
        }
    }
    Some(text).filter(|text| !text.is_empty())
}

/// `Label: text`, or nothing where there is no text.
pub(crate) fn labelled(label: &str, text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("{label}: {text}") }
}
