//! Content-Security-Policy, as far as scripts and frames go (W3C CSP Level 3).

/// All policies of an answer; what any of them forbids is forbidden.
#[derive(Debug)]
pub(super) struct Policies(Vec<Policy>);

/// Directives with their sources, all in lower case; of two of one name the first counts.
#[derive(Debug)]
struct Policy(Vec<(String, Vec<String>)>);

impl Policies {
    /// `None`: the answer has none.
    pub(super) fn of<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let policies: Vec<Policy> = headers
            .flat_map(|header| header.split(','))
            .map(Policy::read)
            .filter(|policy| !policy.0.is_empty())
            .collect();
        (!policies.is_empty()).then_some(Self(policies))
    }

    pub(super) fn allow_inline_scripts(&self) -> bool {
        self.0.iter().all(|policy| {
            // Without sources anything goes, which is told as such.
            policy.sources(&["script-src-elem", "script-src", "default-src"]).is_some_and(|sources| {
                // Browsers that know any of these ignore 'unsafe-inline'.
                let replaced = |source: &String| {
                    ["'nonce-", "'sha256-", "'sha384-", "'sha512-", "'strict-dynamic'"]
                        .iter()
                        .any(|begin| source.starts_with(begin))
                };
                has(sources, "'unsafe-inline'") && !sources.iter().any(replaced)
            })
        })
    }

    pub(super) fn allow_eval(&self) -> bool {
        self.0.iter().all(|policy| {
            policy.sources(&["script-src", "default-src"]).is_some_and(|sources| has(sources, "'unsafe-eval'"))
        })
    }

    pub(super) fn allow_scripts_from_anywhere(&self) -> bool {
        self.0.iter().all(|policy| {
            policy.sources(&["script-src-elem", "script-src", "default-src"]).is_none_or(|sources| {
                !has(sources, "'strict-dynamic'") && sources.iter().any(|source| is_anywhere(source))
            })
        })
    }

    /// `None`: they do not speak of frames.
    pub(super) fn limit_frames(&self) -> Option<bool> {
        let mut spoken = self.0.iter().filter_map(|policy| policy.sources(&["frame-ancestors"])).peekable();
        spoken.peek()?;
        Some(spoken.any(|sources| !sources.iter().any(|source| is_anywhere(source))))
    }
}

impl Policy {
    fn read(text: &str) -> Self {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace().map(str::to_ascii_lowercase);
            let Some(name) = words.next() else { continue };
            if !directives.iter().any(|(known, _)| *known == name) {
                directives.push((name, words.collect()));
            }
        }
        Self(directives)
    }

    /// Of the first of these directives that is there.
    fn sources(&self, names: &[&str]) -> Option<&[String]> {
        let named = |name: &&str| self.0.iter().find(|(known, _)| known == name);
        names.iter().find_map(named).map(|(_, sources)| sources.as_slice())
    }
}

fn has(sources: &[String], source: &str) -> bool {
    sources.iter().any(|one| one == source)
}

/// A source that leaves out no server.
fn is_anywhere(source: &str) -> bool {
    matches!(
        source,
        "*" | "http:" | "https:" | "data:" | "http://*" | "https://*" | "*:*" | "https://*:*" | "http://*:*"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(headers: &[&str]) -> Policies {
        Policies::of(headers.iter().copied()).unwrap()
    }

    #[test]
    fn scripts_in_the_page() {
        for (headers, allowed) in [
            (&["script-src 'self' 'unsafe-inline'"][..], true),
            (&["default-src 'UNSAFE-INLINE'"], true),
            (&["default-src 'unsafe-inline'; script-src 'self'"], false),
            (&["script-src 'unsafe-inline'; script-src-elem 'self'"], false),
            (&["script-src 'unsafe-inline' 'nonce-abc'"], false),
            (&["script-src 'unsafe-inline' 'sha256-abc'"], false),
            (&["script-src 'unsafe-inline' 'strict-dynamic'"], false),
            (&["script-src 'self'; script-src 'unsafe-inline'"], false),
            (&["style-src 'unsafe-inline'"], false),
            (&["script-src 'unsafe-inline'", "script-src 'self'"], false),
            (&["script-src 'unsafe-inline', default-src 'none'"], false),
            (&["script-src 'unsafe-inline'", "script-src 'unsafe-inline'"], true),
        ] {
            assert_eq!(policies(headers).allow_inline_scripts(), allowed, "{headers:?}");
        }
    }

    #[test]
    fn scripts_from_anywhere_and_from_text() {
        for (header, anywhere, eval) in [
            ("default-src 'self'", false, false),
            ("script-src *", true, false),
            ("script-src https:", true, false),
            ("default-src 'self' data:", true, false),
            ("script-src https://*.example.com", false, false),
            ("script-src 'nonce-a' 'strict-dynamic' https: 'unsafe-eval'", false, true),
            ("img-src 'self'", true, false),
            ("upgrade-insecure-requests", true, false),
            ("default-src 'none'", false, false),
            ("script-src", false, false),
            ("default-src 'unsafe-eval' 'self'", false, true),
        ] {
            let policies = policies(&[header]);
            assert_eq!((policies.allow_scripts_from_anywhere(), policies.allow_eval()), (anywhere, eval), "{header}");
        }
        assert!(!policies(&["img-src 'self'", "script-src 'self'"]).allow_scripts_from_anywhere());
    }

    #[test]
    fn frames() {
        for (headers, limited) in [
            (&["default-src 'none'"][..], None),
            (&["frame-ancestors 'none'"], Some(true)),
            (&["Frame-Ancestors https://a.example"], Some(true)),
            (&["frame-ancestors *"], Some(false)),
            (&["frame-ancestors 'self' https:"], Some(false)),
            (&["frame-ancestors *", "frame-ancestors 'self'"], Some(true)),
        ] {
            assert_eq!(policies(headers).limit_frames(), limited, "{headers:?}");
        }
        assert!(Policies::of([" ", ";", ","].into_iter()).is_none());
    }
}
