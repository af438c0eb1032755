//! A web site, by its address.

use std::fmt;
use std::str::FromStr;

use scanhelm_core::text::single_line;
use url::Url;

use super::TargetError;
use super::service::connected;

/// An address of http or https, without password and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site(Url);

impl FromStr for Site {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let refused = |cause: &str| TargetError::NotASite { text: single_line(text, 300), cause: cause.to_owned() };
        let mut url = Url::parse(text.trim()).map_err(|error| refused(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("it begins with neither http:// nor https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Without the text, which holds the password.
            return Err(TargetError::NotASite {
                text: url.host_str().unwrap_or_default().to_owned(),
                cause: "it holds a user name or password, which every scanner would be shown".to_owned(),
            });
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(refused("it names no host"));
        }
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

impl Site {
    /// Name or address, an IPv6 one without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.0
    }

    /// Something accepts connections there.
    pub(crate) async fn reach(&self) -> Result<(), TargetError> {
        let port = self.0.port_or_known_default().unwrap_or(443);
        connected(self.host(), port).await.map(drop).map_err(TargetError::Unreachable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling_and_no_secret() {
        let site = |text: &str| text.parse::<Site>().map(|site| site.to_string()).map_err(|error| error.to_string());
        assert_eq!(site("HTTPS://Shop.Example.com:443/a/../b#top").as_deref(), Ok("https://shop.example.com/b"));
        assert_eq!(site("http://[::1]:8080").as_deref(), Ok("http://[::1]:8080/"));
        for (text, words) in [
            ("shop.example.com", "write it as https://"),
            ("file:///etc/passwd", "neither http:// nor https://"),
            ("-u", "is not the address"),
        ] {
            let error = site(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let error = site("https://ann:secret@shop.example.com/").unwrap_err();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
    }
}
