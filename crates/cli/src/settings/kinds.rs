//! What a setting's text may be.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use scanhelm_core::credential::Secret;
use scanhelm_hub::feeds::FeedSource;
use scanhelm_hub::local::AllowedHosts;
use scanhelm_net::NetworkPolicy;
use url::Url;

use super::layers::Raw;
use crate::duration;

/// A type of setting.
pub(super) trait Kind: Sized {
    /// For the reference page.
    const NAME: &'static str;

    fn read(raw: Raw) -> Result<Self, String>;

    /// Safe to show: secrets are left out.
    fn shown(&self) -> String;
}

pub(super) fn single(raw: Raw) -> Result<String, String> {
    match raw {
        Raw::Text(text) => Ok(text.trim().to_owned()),
        Raw::List(_) => Err("is a list, but should be a single value".to_owned()),
    }
}

/// A list; in the environment and in flags its elements are separated by commas.
fn list(raw: Raw) -> Vec<String> {
    let items = match raw {
        Raw::Text(text) => text.split(',').map(|item| item.trim().to_owned()).collect(),
        Raw::List(items) => items,
    };
    items.into_iter().filter(|item: &String| !item.is_empty()).collect()
}

pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", scanhelm_core::text::single_line(text, 80))
}

impl Kind for SocketAddr {
    const NAME: &'static str = "address";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        text.parse().map_err(|_| {
            format!("{} is not an address with a port, such as 127.0.0.1:8480 or [::1]:8480", quoted(&text))
        })
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Kind for bool {
    const NAME: &'static str = "true or false";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        text.parse().map_err(|_| format!("{} is neither true nor false", quoted(&text)))
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

/// An address that may be left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OptionalAddress(pub(crate) Option<SocketAddr>);

impl Kind for OptionalAddress {
    const NAME: &'static str = "address, or empty";

    fn read(raw: Raw) -> Result<Self, String> {
        match single(raw)? {
            text if text.is_empty() => Ok(Self(None)),
            text => SocketAddr::read(Raw::Text(text)).map(|address| Self(Some(address))),
        }
    }

    fn shown(&self) -> String {
        self.0.map(|address| address.to_string()).unwrap_or_default()
    }
}

impl Kind for String {
    const NAME: &'static str = "text";

    fn read(raw: Raw) -> Result<Self, String> {
        single(raw)
    }

    fn shown(&self) -> String {
        self.clone()
    }
}

impl Kind for Duration {
    const NAME: &'static str = "duration";

    fn read(raw: Raw) -> Result<Self, String> {
        duration::parse(&single(raw)?)
    }

    fn shown(&self) -> String {
        let millis = self.as_millis();
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
        match units.into_iter().find(|(unit, _)| millis != 0 && millis.is_multiple_of(*unit)) {
            Some((unit, letter)) => format!("{}{letter}", millis / unit),
            None => format!("{millis}ms"),
        }
    }
}

/// Every count is of something without which the hub cannot work, so none may be 0.
macro_rules! counts {
    ($($number:ty),+) => {$(
        impl Kind for $number {
            const NAME: &'static str = "number";

            fn read(raw: Raw) -> Result<Self, String> {
                let text = single(raw)?;
                text.parse::<$number>()
                    .ok()
                    .filter(|number| *number > 0)
                    .ok_or_else(|| format!("{} is not a whole number above 0", quoted(&text)))
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

counts!(u32, u64, usize);

impl Kind for Vec<PathBuf> {
    const NAME: &'static str = "list of folders";

    fn read(raw: Raw) -> Result<Self, String> {
        let folders: Self = list(raw).into_iter().map(PathBuf::from).collect();
        match folders.iter().find(|folder| !folder.is_absolute()) {
            Some(folder) => Err(format!("{} is not an absolute path", quoted(&folder.to_string_lossy()))),
            None => Ok(folders),
        }
    }

    fn shown(&self) -> String {
        self.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// Where a feed comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeedPlace(pub(crate) Option<FeedSource>);

impl Kind for FeedPlace {
    const NAME: &'static str = "file, folder or address, or empty";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            let url = Url::parse(&text).ok().filter(|_| matches!(scheme, "https" | "http"));
            let url = url.filter(|url| url.query().is_none() && url.username().is_empty() && url.password().is_none());
            return match url {
                Some(url) => Ok(Self(Some(FeedSource::Url(url)))),
                None => Err(format!("{} is not an address like https://host/path without a query", quoted(&text))),
            };
        }
        let path = PathBuf::from(&text);
        if path.is_absolute() {
            return Ok(Self(Some(FeedSource::Path(path))));
        }
        Err(format!("{} is neither an absolute path nor an https:// address", quoted(&text)))
    }

    fn shown(&self) -> String {
        self.0.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// `[network] allow`, understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Networks {
    ranges: Vec<String>,
    pub(crate) policy: NetworkPolicy,
}

impl Kind for Networks {
    const NAME: &'static str = "list of address ranges";

    fn read(raw: Raw) -> Result<Self, String> {
        let ranges = list(raw);
        let policy = NetworkPolicy::parse(&ranges)
            .map_err(|error| error.fields.first().map_or_else(|| error.detail.clone(), |field| field.detail.clone()))?;
        Ok(Self { ranges, policy })
    }

    fn shown(&self) -> String {
        self.ranges.join(", ")
    }
}

/// `[local] allowed_hosts`, understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    entries: Vec<String>,
    pub(crate) allowed: AllowedHosts,
}

impl Hosts {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Kind for Hosts {
    const NAME: &'static str = "list of hosts and networks";

    fn read(raw: Raw) -> Result<Self, String> {
        let entries = list(raw);
        let allowed = AllowedHosts::parse(&entries)?;
        Ok(Self { entries, allowed })
    }

    fn shown(&self) -> String {
        self.entries.join(", ")
    }
}

/// Where the database is. Its address may hold a password.
#[derive(Clone, Debug, Default)]
pub(crate) struct DatabaseUrl(Option<Secret>);

impl DatabaseUrl {
    /// The address, with its password.
    pub(crate) fn exposed(&self) -> Option<&str> {
        self.0.as_ref().map(Secret::expose)
    }
}

impl Kind for DatabaseUrl {
    const NAME: &'static str = "address of a database";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self(Some(Secret::new(text))));
        }
        // The text is not repeated: what was typed may hold a password.
        Err("is not the address of a database; write postgres://user:password@host/name or sqlite:///path/file.db"
            .to_owned())
    }

    fn shown(&self) -> String {
        let Some(text) = self.exposed() else { return "scanhelm.db in the data folder (SQLite)".to_owned() };
        match Url::parse(text) {
            Ok(mut url) => {
                let hidden = url.password().is_some() && url.set_password(Some("***")).is_ok();
                // Connection parameters may hold a password or the path of a key as well.
                if url.query().is_some() {
                    url.set_query(Some("***"));
                }
                if hidden || url.password().is_none() { url.to_string() } else { "***".to_owned() }
            }
            Err(_) => "***".to_owned(),
        }
    }
}

/// Where people reach the console; empty when it is the listening address.
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicUrl(pub(crate) Option<String>);

impl Kind for PublicUrl {
    const NAME: &'static str = "URL";

    fn read(raw: Raw) -> Result<Self, String> {
        base_url(raw, "https://scanhelm.example.com").map(Self)
    }

    fn shown(&self) -> String {
        self.0.clone().unwrap_or_default()
    }
}

/// Where a collector of traces listens.
#[derive(Clone, Debug, Default)]
pub(crate) struct CollectorUrl(pub(crate) Option<String>);

impl Kind for CollectorUrl {
    const NAME: &'static str = "URL, or empty";

    fn read(raw: Raw) -> Result<Self, String> {
        base_url(raw, "http://127.0.0.1:4318").map(Self)
    }

    fn shown(&self) -> String {
        self.0.clone().unwrap_or_default()
    }
}

/// Without a slash at the end; `None` for an empty text.
fn base_url(raw: Raw, example: &str) -> Result<Option<String>, String> {
    let text = single(raw)?;
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("{} is not a URL like {example}", quoted(&text));
    let url = Url::parse(&text).map_err(|_| wrong())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !plain {
        return Err(wrong());
    }
    Ok(Some(text.trim_end_matches('/').to_owned()))
}

/// Form of the log on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogForm {
    /// One line of words an event
    Human,
    /// One JSON object an event
    Json,
}

impl fmt::Display for LogForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}

impl Kind for LogForm {
    const NAME: &'static str = "`human` or `json`";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        match text.as_str() {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(format!("{} is neither `human` nor `json`", quoted(&text))),
        }
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

/// What is logged, as `tracing` spells it: `info`, `warn`, `info,scanhelm_net=debug`.
#[derive(Clone, Debug)]
pub(crate) struct LogFilter(pub(crate) String);

impl Kind for LogFilter {
    const NAME: &'static str = "log filter";

    fn read(raw: Raw) -> Result<Self, String> {
        // A list in the settings file is as good as one with commas.
        let text = list(raw).join(",");
        tracing_subscriber::EnvFilter::try_new(&text)
            .map_err(|_| format!("{} is not a filter such as `info` or `info,scanhelm_net=debug`", quoted(&text)))?;
        Ok(Self(text))
    }

    fn shown(&self) -> String {
        self.0.clone()
    }
}
