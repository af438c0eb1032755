//! Texts with `*` for any part. Upper and lower case are the same.

/// The texts between the stars.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_lowercase().split('*').map(str::to_owned).collect())
    }

    /// Nothing but stars.
    pub(super) fn is_anything(&self) -> bool {
        self.0.len() > 1 && self.0.iter().all(String::is_empty)
    }

    /// The first occurrence of each part is the best: it leaves most of the text to those behind it.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let (first, rest) = match self.0.as_slice() {
            [] => return text.is_empty(),
            [only] => return text == *only,
            [first, rest @ ..] => (first, rest),
        };
        let Some(mut left) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, between)) = rest.split_last() else {
            return true;
        };
        for part in between {
            match left.find(part.as_str()) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By definition, letter by letter.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) if plainly(rest, text) => true,
            (['*', ..], [_, behind @ ..]) => plainly(pattern, behind),
            ([one, rest @ ..], [other, behind @ ..]) => one == other && plainly(rest, behind),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_star_stands_for_any_text(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), plainly(&letters(&pattern), &letters(&text)));
            prop_assert!(Pattern::new(&text).matches(&text.to_uppercase()));
        }
    }
}
