//! Patterns of rules and paths.

/// `bandit:B101`, `B101`, or with `*` for any text. Upper and lower case are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePattern(String);

impl RulePattern {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_ascii_lowercase())
    }

    /// By the rule's name, alone or behind its scanner's.
    #[must_use]
    pub fn matches(&self, scanner: &str, rule: &str) -> bool {
        let rule = rule.trim().to_ascii_lowercase();
        let whole = format!("{}:{rule}", scanner.to_ascii_lowercase());
        let parts = any_text(&self.0);
        fits(&parts, rule.as_bytes()) || fits(&parts, whole.as_bytes())
    }

    /// Whether it can be meant for a rule of this scanner: it names this one, or none.
    #[must_use]
    pub fn is_for(&self, scanner: &str) -> bool {
        let named = self.0.split_once(':').map(|(named, _)| any_text(named));
        named.is_none_or(|named| fits(&named, scanner.to_ascii_lowercase().as_bytes()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `*` is any text.
fn any_text(pattern: &str) -> Vec<Part> {
    pattern.bytes().map(|byte| if byte == b'*' { Part::Anything } else { Part::Byte(byte) }).collect()
}

/// `*` and `?` stay within a folder, `**` goes through any number of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(String);

impl PathPattern {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        Self(text.strip_prefix("./").unwrap_or(text).to_owned())
    }

    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let mut parts = Vec::new();
        let mut left = self.0.as_bytes();
        while let Some((first, rest)) = left.split_first() {
            let (part, rest) = match first {
                b'*' if rest.starts_with(b"*/") => (Part::Folders, rest.get(2..)),
                b'*' if rest.starts_with(b"*") => (Part::Anything, rest.get(1..)),
                b'*' => (Part::Name, Some(rest)),
                b'?' => (Part::Letter, Some(rest)),
                byte => (Part::Byte(*byte), Some(rest)),
            };
            parts.push(part);
            left = rest.unwrap_or_default();
        }
        fits(&parts, path.as_bytes())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Byte(u8),
    /// Any one byte of a name.
    Letter,
    /// Any bytes of a name.
    Name,
    Anything,
    /// Any number of whole folders.
    Folders,
}

/// Follows all ways at once, so that no pattern takes long.
fn fits(parts: &[Part], text: &[u8]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for part in parts {
        let (mut next, mut any, mut before) = (Vec::with_capacity(reached.len()), false, None);
        for (at, here) in reached.iter().enumerate() {
            let (last, came) = (at.checked_sub(1).and_then(|at| text.get(at)), before.replace(*here) == Some(true));
            any |= came;
            let went = next.last() == Some(&true);
            next.push(match part {
                Part::Byte(byte) => came && last == Some(byte),
                Part::Letter => came && last != Some(&b'/'),
                Part::Name => *here || (went && last != Some(&b'/')),
                Part::Anything => *here || went,
                Part::Folders => *here || (any && last == Some(&b'/')),
            });
        }
        reached = next;
    }
    reached.last() == Some(&true)
}
