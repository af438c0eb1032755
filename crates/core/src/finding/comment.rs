//! What people say about a finding, and whom they mention.
//!
//! A comment is text: Markdown is kept as it was written and never becomes markup here. `@` before a member's e-mail
//! address or name mentions that member. There is no grammar for it: the text behind an `@` is compared with the members
//! of the company, so nobody outside can be mentioned, or found out about.

use crate::ids::{CommentId, CompanyId, UserId};
use crate::permission::Actor;
use crate::text::clean;
use crate::{Error, Result, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub id: CommentId,
    pub company_id: CompanyId,
    pub fingerprint: String,
    pub author: Actor,
    /// The person behind the author, if that is known.
    pub person: Option<UserId>,
    /// `None` once it is deleted.
    pub body: Option<String>,
    /// Members when it was written.
    pub mentions: Vec<UserId>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
}

impl Comment {
    /// Longest body in bytes.
    pub const LONGEST: usize = 10_000;

    /// Whether this caller wrote it: the same person, or where no person is known the same credential.
    #[must_use]
    pub fn is_by(&self, actor: Actor, person: Option<UserId>) -> bool {
        match (self.person, person) {
            (Some(author), Some(caller)) => author == caller,
            (None, None) => self.author == actor,
            _ => false,
        }
    }
}

/// A body as it is kept, or refused.
pub fn checked_body(text: &str) -> Result<String> {
    if text.len() > Comment::LONGEST {
        let detail = format!("A comment has at most {} bytes.", Comment::LONGEST);
        return Err(Error::field("body", "too_long", detail));
    }
    let body = clean(text.trim(), Comment::LONGEST).trim().to_owned();
    if body.is_empty() {
        return Err(Error::field("body", "required", "Write something."));
    }
    Ok(body)
}

/// Whom a text can mention.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub id: UserId,
    pub email: &'a str,
    pub name: &'a str,
}

/// Whom a text mentions, each once, in the order of their ids. Of several that fit behind one `@`, the longest counts:
/// `@Ann Lee` is not Ann. Members of the same name are all meant.
#[must_use]
pub fn mentioned(text: &str, members: &[Member<'_>]) -> Vec<UserId> {
    let text = text.to_lowercase();
    let keys: Vec<(String, UserId)> = members
        .iter()
        .flat_map(|member| [(member.email, member.id), (member.name, member.id)])
        .map(|(key, id)| (key.trim().to_lowercase(), id))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    let mut found = std::collections::BTreeSet::new();
    let mut before = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let begins = character == '@' && !before.is_some_and(is_word);
        before = Some(character);
        if !begins {
            continue;
        }
        let rest = characters.as_str();
        let fitting = || keys.iter().filter(|(key, _)| rest.strip_prefix(key.as_str()).is_some_and(is_end));
        let longest = fitting().map(|(key, _)| key.len()).max();
        found.extend(fitting().filter(|(key, _)| Some(key.len()) == longest).map(|(_, id)| *id));
    }
    found.into_iter().collect()
}

const fn is_joint(character: char) -> bool {
    matches!(character, '.' | '-' | '+' | '@' | '\'')
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether a name may end before this: `.` at the end of a sentence, but not `.lee` nor `@elsewhere`.
fn is_end(rest: &str) -> bool {
    !rest.chars().find(|character| !is_joint(*character)).is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const PEOPLE: [(&str, &str); 4] =
        [("ann@example.com", "Ann"), ("lee@example.com", "Ann Lee"), ("o.neil@example.com", ""), ("zoë@x.io", "Zoë")];

    fn who(text: &str) -> Vec<u128> {
        let members: Vec<_> = PEOPLE
            .iter()
            .enumerate()
            .map(|(number, (email, name))| Member { id: UserId(Uuid::from_u128(number as u128)), email, name })
            .collect();
        mentioned(text, &members).into_iter().map(|id| id.0.as_u128()).collect()
    }

    #[test]
    fn members_are_mentioned_by_address_or_name() {
        assert_eq!(who("@ann@example.com, please look. @ZOË!"), [0, 3]);
        assert_eq!(who("(@ann) and @Ann Lee."), [0, 1], "the longest that fits");
        assert_eq!(who("@o.neil@example.com."), [2]);
        assert_eq!(who("@ann @ann\n@ann"), [0], "once");
    }

    #[test]
    fn what_only_looks_like_a_mention_is_none() {
        for text in [
            "",
            "@",
            "@@",
            "ann",
            "mail ann@example.com",
            "x@ann",
            "@annabel",
            "@ann_lee2",
            "@ann.lee",
            "@ann-marie",
            "@ann@example.com.evil.org",
            "@ann@evil.org",
            "@bob@example.com",
            "@ ann",
        ] {
            assert_eq!(who(text), [] as [u128; 0], "{text}");
        }
    }

    #[test]
    fn a_body_is_cleaned_and_never_empty_or_endless() {
        assert_eq!(checked_body("  a\0\u{202e}<b>\n[x](javascript:1)  ").unwrap(), "a<b>\n[x](javascript:1)");
        for text in ["", " \n ", "\0\u{202e}"] {
            assert_eq!(checked_body(text).unwrap_err().fields[0].code, "required");
        }
        assert!(checked_body(&"x".repeat(Comment::LONGEST)).is_ok());
        assert_eq!(checked_body(&"é".repeat(Comment::LONGEST)).unwrap_err().fields[0].code, "too_long");
    }

    proptest! {
        /// No text breaks it, and only members come out of it.
        #[test]
        fn any_text_mentions_at_most_the_members(text in "(?s)[@a-zA-Zë.\\- ]{0,40}.{0,40}") {
            let found = who(&text);
            prop_assert!(found.iter().all(|id| *id < PEOPLE.len() as u128));
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(text.contains('@') || found.is_empty());
        }
    }
}
