//! Facts as they may leave: one line, limited, without credentials.

use scanhelm_core::text::single_line;
use url::Url;

const LONGEST_BRANCH: usize = 200;
const LONGEST_URL: usize = 500;
const LONGEST_NAME: usize = 100;

/// A commit's name. Anything else, such as the number of a change set, is none.
pub(super) fn commit(text: &str) -> Option<String> {
    let fits = (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

/// `main` of `refs/heads/main`. Other refs (tags, `refs/pull/1/merge`) are no branches.
pub(super) fn branch(text: &str) -> Option<String> {
    let name = text.strip_prefix("refs/heads/").unwrap_or(text);
    let line = single_line(name, LONGEST_BRANCH);
    let is_name = !name.starts_with("refs/") && !line.is_empty() && name != "HEAD";
    is_name.then_some(line)
}

pub(super) fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| (1..=u64::from(u32::MAX)).contains(number))
}

pub(super) fn person(text: &str) -> Option<String> {
    Some(single_line(text, LONGEST_NAME)).filter(|name| !name.is_empty())
}

/// The address of a repository without user, password, query and fragment. A folder of a machine is no address.
pub(super) fn address(text: &str) -> Option<String> {
    let address = match text.split_once("://") {
        Some(_) => {
            let mut url = Url::parse(text).ok()?;
            url.set_username("").ok()?;
            url.set_password(None).ok()?;
            url.set_query(None);
            url.set_fragment(None);
            url.host_str()?;
            url.to_string()
        }
        None => {
            let (authority, path) = text.split_once(':')?;
            let host = authority.rsplit('@').next()?;
            let is_host = host.len() > 1 && !authority.contains('/') && !path.is_empty() && !path.contains('@');
            is_host.then(|| format!("{host}:{path}"))?
        }
    };
    let line = single_line(&address, LONGEST_URL);
    Some(line).filter(|line| !line.is_empty())
}
