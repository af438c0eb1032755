//! Who and where: addresses of people and machines, and places in file systems.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

pub(super) fn email_address(text: &str) -> Option<Range<usize>> {
    let is_local = |letter: char| letter.is_alphanumeric() || "._%+-".contains(letter);
    let is_domain = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    text.match_indices('@').find_map(|(at, _)| {
        let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
        let start = before.trim_end_matches(is_local).len();
        let domain = behind.split(|letter| !is_domain(letter)).next()?.trim_end_matches(['.', '-']);
        let last = domain.rsplit_once('.').map_or("", |(_, last)| last);
        // `lodash@4.17.20` is a package.
        let is_address = start < at && last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
        is_address.then_some(start..at + 1 + domain.len())
    })
}

/// IPv4 and IPv6, as far as they stand alone: `std::vec` holds none.
pub(super) fn ip_address(text: &str) -> Option<Range<usize>> {
    let is_part = |letter: char| letter.is_ascii_hexdigit() || ".:".contains(letter);
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        let begins = !(before.is_alphanumeric() || before == '_' || before == '.');
        before = letter;
        if !begins || !is_part(letter) {
            continue;
        }
        let rest = text.get(at..)?;
        let run = rest.split(|letter| !is_part(letter)).next()?;
        if let Some(length) = address_at_start(run) {
            return Some(at..at + length);
        }
    }
    None
}

/// A run may go on with a port, a full stop or more of a version.
fn address_at_start(run: &str) -> Option<usize> {
    let whole = run.trim_end_matches(['.', ':']);
    let host = whole.split(':').next().unwrap_or_default();
    let v6 = |text: &str| text.len() > 2 && text.parse::<Ipv6Addr>().is_ok();
    if v6(whole) || v6(run) {
        return Some(if v6(run) { run.len() } else { whole.len() });
    }
    let digits = host.trim_end_matches('.');
    digits.parse::<Ipv4Addr>().is_ok().then_some(digits.len())
}

/// Networks that nobody outside can ask for.
const INSIDE: [&str; 6] = [".local", ".internal", ".intranet", ".corp", ".lan", ".localdomain"];

/// The names in the spellings in which texts have them: whole, without address scheme and port, the first part alone,
/// and the domain.
pub(super) fn spellings(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = Vec::new();
    for name in names {
        let name = name.trim().to_ascii_lowercase();
        let bare = name.split_once("://").map_or(name.as_str(), |(_, rest)| rest);
        let bare = bare.trim_end_matches(['/', '.']).to_owned();
        let authority = bare.split(['/', '?', '#']).next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.contains(':') => host,
            _ => authority,
        };
        if let (Some((first, domain)), Err(_)) = (host.split_once('.'), host.parse::<IpAddr>()) {
            all.extend(Some(first).filter(|first| first.len() > 3).map(str::to_owned));
            // `info` alone is everybody's.
            all.extend(Some(domain).filter(|domain| domain.contains('.')).map(str::to_owned));
        }
        all.extend([host.to_owned(), bare]);
    }
    all.retain(|name| name.len() > 2);
    all.sort_by_key(|name| Reverse(name.len()));
    all.dedup();
    all
}

/// One of the names, with what stands before it in the same domain; or a name of an inside network.
pub(super) fn host_name(text: &str, names: &[String]) -> Option<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let known = names.iter().filter_map(|name| occurrence(&lower, name));
    let inside = INSIDE.iter().filter_map(|suffix| occurrence(&lower, suffix));
    known.chain(inside).min_by_key(|range| (range.start, Reverse(range.end)))
}

fn occurrence(lower: &str, name: &str) -> Option<Range<usize>> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    lower.match_indices(name).find_map(|(at, _)| {
        let (before, behind) = (lower.get(..at)?, lower.get(at + name.len()..)?);
        let joins = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        if joins(behind.chars().next()) {
            return None;
        }
        let extends = name.starts_with('.') || before.ends_with('.');
        let start = if extends { before.trim_end_matches(is_part).len() } else { at };
        let is_alone = extends || !joins(before.chars().next_back());
        (is_alone && !lower.get(start..at + name.len())?.starts_with('.')).then_some(start..at + name.len())
    })
}

/// An absolute path of two parts or more, a path below a home folder, a drive or a share of Windows.
pub(super) fn path(text: &str) -> Option<Range<usize>> {
    let mut before = None;
    for (at, letter) in text.char_indices() {
        let last = before.replace(letter);
        let joins = last.is_some_and(|last| last.is_alphanumeric() || "/.<*_-~\\)".contains(last));
        let (head, rest) = text.split_at(at);
        if joins && !(letter == '/' && head.ends_with("file://")) {
            continue;
        }
        let closing = last.filter(|last| "\"'`".contains(*last));
        let length = match closing.and_then(|quote| rest.find([quote, '\n'])) {
            Some(length) => length,
            None => rest.find(|c: char| c.is_whitespace() || "\"'`<>|;,()[]{}".contains(c)).unwrap_or(rest.len()),
        };
        let whole = rest.get(..length)?.trim_end_matches(['.', ':', '!', '?']);
        if is_path(whole) {
            return Some(at..at + whole.len());
        }
    }
    None
}

fn is_path(text: &str) -> bool {
    let unix = |text: &str| {
        let parts = text.split('/').filter(|part| !part.is_empty()).count();
        text.starts_with('/') && !text.starts_with("//") && (parts > 1 || text.starts_with("/root"))
    };
    let mut letters = text.chars();
    let drive = matches!((letters.next(), letters.next(), letters.next()), (Some(letter), Some(':'), Some('\\' | '/'))
        if letter.is_ascii_alphabetic() && text.len() > 3 && !text.contains("://"));
    let share = text.strip_prefix("\\\\").is_some_and(|rest| {
        rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && rest.trim_end_matches('\\').contains('\\')
    });
    let home = text.strip_prefix('~').is_some_and(|rest| rest.contains('/') && rest.len() > 1);
    unix(text) || drive || share || home
}
