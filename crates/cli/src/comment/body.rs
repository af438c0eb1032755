//! The text of a comment and the mark by which it is found again.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use scanhelm_core::text::single_line;

use crate::ci::Conversation;

const MOST_BYTES: u64 = 4 * 1024 * 1024;

pub(super) struct Body {
    pub(super) text: String,
    mark: String,
}

impl Body {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let shown = single_line(&path.display().to_string(), 300);
        let unusable = |cause: String| format!("{shown} cannot be a comment: {cause}");
        let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).map_err(|error| unusable(error.to_string()))?;
        Self::of(text).ok_or_else(|| {
            unusable(
                "it does not begin with a mark; `scanhelm scan --output-file FILE.md` writes one that does".to_owned(),
            )
        })
    }

    fn of(text: String) -> Option<Self> {
        let mark = text.lines().next().map(str::trim_end)?;
        let is_mark = mark.starts_with("<!-- scanhelm:") && mark.ends_with(" -->") && mark.matches("-->").count() == 1;
        is_mark.then(|| Self { mark: mark.to_owned(), text: text.clone() })
    }

    /// Of the hosts' own documentation.
    pub(super) fn check_length(&self, conversation: &Conversation) -> Result<(), String> {
        let most = match conversation {
            Conversation::GitHub { .. } => 65_536,
            Conversation::GitLab { .. } => 1_000_000,
        };
        let characters = self.text.chars().count();
        let fits = characters <= most;
        fits.then_some(())
            .ok_or_else(|| format!("the comment has {characters} characters, and at most {most} are taken"))
    }

    /// Begins a comment of this scan.
    pub(super) fn marks(&self, comment: &str) -> bool {
        comment.lines().next().is_some_and(|line| line.trim_end() == self.mark)
    }

    /// Hosts write line breaks and the end in their own way.
    pub(super) fn is(&self, comment: &str) -> bool {
        self.text.trim_end().lines().eq(comment.trim_end().lines())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_first_line_is_the_mark() {
        let body = |text: &str| Body::of(text.to_owned());
        let shop = body("<!-- scanhelm:scan shop -->\n### Scanhelm\n").unwrap();
        assert!(
            shop.marks("<!-- scanhelm:scan shop -->\r\nother")
                && shop.is("<!-- scanhelm:scan shop -->\r\n### Scanhelm")
        );
        for other in
            ["<!-- scanhelm:scan shop/cart -->\n", "x <!-- scanhelm:scan shop -->", "\n<!-- scanhelm:scan shop -->", ""]
        {
            assert!(!shop.marks(other), "{other}");
        }
        for text in ["", "### Scanhelm", "<!-- scanhelm:scan a --> x --> -->", "<!-- other:scan a -->"] {
            assert!(body(text).is_none(), "{text}");
        }
    }
}
