//! Secrets that a text shows by how they look or by what stands before them. Each finder gives the first one, never an
//! empty one.

use std::ops::Range;

/// From the heading to the end of the block; to the end of the text where the block is cut.
pub(super) fn private_key(text: &str) -> Option<Range<usize>> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let is_private = |start: &usize| {
        let heading = text.get(start + BEGIN.len()..).unwrap_or_default();
        heading.split("-----").next().is_some_and(|heading| heading.contains("PRIVATE KEY"))
    };
    let start = text.match_indices(BEGIN).map(|(at, _)| at).find(is_private)?;
    let body = start + BEGIN.len();
    let closing = text.get(body..)?.find(END).map(|at| body + at + END.len());
    let end = closing.and_then(|at| Some(at + text.get(at..)?.find("-----")? + "-----".len()));
    Some(start..end.unwrap_or(text.len()))
}

/// Whatever stands before the `@` of a URL. A password may hold a raw `/`: then what looks like a port is none.
pub(super) fn password_in_url(text: &str) -> Option<Range<usize>> {
    text.match_indices("://").find_map(|(at, separator)| {
        let start = at + separator.len();
        let rest = text.get(start..)?;
        let word = rest.split(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).next()?;
        let authority = word.split(['/', '?', '#']).next()?;
        let port = authority.rsplit_once(':').map(|(_, port)| port);
        let is_no_port = port.is_some_and(|port| port.bytes().any(|byte| !byte.is_ascii_digit()));
        let end = authority.rfind('@').or_else(|| word.rfind('@').filter(|_| is_no_port))?;
        (end > 0).then_some(start..start + end)
    })
}

/// What names of secrets contain, without what joins their words.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "credential",
    "authorization",
    "cookie",
];
const SCHEMES: [&str; 4] = ["bearer ", "basic ", "token ", "digest "];

/// The value behind a name: `password = x`, `"apiKey": "x"`, `Authorization: Bearer x`.
pub(super) fn assigned_secret(text: &str) -> Option<Range<usize>> {
    text.char_indices().filter(|(_, letter)| matches!(letter, '=' | ':')).find_map(|(at, _)| {
        let (before, from) = text.split_at(at);
        // `Token::new` is a path of code.
        if from.starts_with("::") || from.starts_with("://") || before.ends_with(':') || !names_a_secret(before) {
            return None;
        }
        value(text, at)
    })
}

fn names_a_secret(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '"', '\'', '`', '\\', ']', '?', '!']);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let letters = line.chars().rev().filter(|letter| !matches!(letter, ' ' | '_' | '-' | '.'));
    let last: String = letters.take(24).collect();
    let name: String = last.chars().rev().collect::<String>().to_ascii_lowercase();
    let word = line.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c))).next().unwrap_or_default();
    let word: String = word.to_ascii_lowercase().replace(['_', '-', '.'], "");
    NAMES.iter().any(|secret| name.ends_with(secret) || word.contains(secret))
}

fn value(text: &str, separator: usize) -> Option<Range<usize>> {
    let skip = |from: usize, letters: &[char]| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.len() - rest.trim_start_matches(letters).len()
    };
    let mut start = skip(separator, &['=', ':', '>', '~', ' ', '\t']);
    start = skip(start, &['\\']);
    let quote = text.get(start..)?.chars().next().filter(|letter| "\"'`".contains(*letter));
    start = quote.map_or(start, |quote| skip(start, &[quote]));
    let rest = text.get(start..)?;
    let scheme =
        SCHEMES.iter().find(|scheme| rest.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme)));
    start += scheme.map_or(0, |scheme| scheme.len());
    let rest = text.get(start..)?;
    let length = match quote {
        Some(quote) => rest.find([quote, '\n']).unwrap_or(rest.len()),
        None => rest.split(char::is_whitespace).next()?.len(),
    };
    (length > 0).then_some(start..start + length)
}

/// How the tokens of well-known services begin, and how long they are at least.
const PREFIXES: [(&str, usize); 38] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ABIA", 16),
    ("ACCA", 16),
    ("AIza", 20),
    ("ya29.", 16),
    ("GOCSPX-", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 24),
    ("glpat-", 16),
    ("gldt-", 16),
    ("glrt-", 16),
    ("glptt-", 16),
    ("xoxa-", 12),
    ("xoxb-", 12),
    ("xoxe-", 12),
    ("xoxp-", 12),
    ("xoxr-", 12),
    ("xoxs-", 12),
    ("xapp-", 12),
    ("sk-", 16),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("npm_", 20),
    ("pypi-", 20),
    ("SG.", 20),
    ("hf_", 16),
    ("hvs.", 16),
    ("dop_v1_", 20),
    ("shpat_", 20),
    ("shk_", 12),
    ("AGE-SECRET-KEY-", 24),
    ("eyJ", 16),
];

pub(super) fn known_token(text: &str) -> Option<Range<usize>> {
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        let begins = !(before.is_ascii_alphanumeric() || before == '_');
        before = letter;
        if !begins || !letter.is_ascii_alphabetic() {
            continue;
        }
        let rest = text.get(at..)?;
        let Some((prefix, least)) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix)) else { continue };
        let is_token = |c: char| c.is_ascii_alphanumeric() || "_-.+/=~".contains(c);
        let token = rest.split(|c: char| !is_token(c)).next()?.trim_end_matches('.');
        let secret = token.get(prefix.len()..).unwrap_or_default();
        // `sk-learn-contributions` is none.
        let is_varied = secret.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if token.len() >= *least && is_varied {
            return Some(at..at + token.len());
        }
    }
    None
}
