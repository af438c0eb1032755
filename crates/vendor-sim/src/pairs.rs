//! Headers of the form `name=value; name=value`.

/// The value of `name`, in any letter case of the name.
pub(crate) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
