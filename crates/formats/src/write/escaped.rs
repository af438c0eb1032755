//! Text in HTML and XML.

use std::fmt;

use scanhelm_core::text::clean;

/// Of one text; what is longer belongs into the machine formats.
const LONGEST: usize = 20_000;

/// Text as a browser shows it and never as markup.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in clean(self.0, LONGEST).chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                other => write!(formatter, "{other}")?,
            }
        }
        Ok(())
    }
}
