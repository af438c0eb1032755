//! The layers of settings, as texts with their place. What a text means is the business of [`super::kinds`].

use std::ffi::OsString;
use std::path::Path;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Problems, table};

const PREFIX: &str = "SCANHELM_";

/// A setting given on the command line.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    /// `server.listen`
    pub(crate) setting: &'static str,
    /// `--listen`
    pub(crate) flag: &'static str,
    pub(crate) text: String,
}

/// A value before it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    Text(String),
    List(Vec<String>),
}

/// All layers on top of each other.
#[derive(Debug)]
pub(crate) struct Layers(Figment);

impl Layers {
    pub(crate) fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (OsString, OsString)>,
        flags: &[Flag],
    ) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut figment = Figment::new();
        if let Some(path) = file {
            let toml = Toml::file_exact(path);
            match toml.data() {
                Ok(data) => unknown_names(path, &data, &mut problems),
                Err(error) => problems.push(format!("{}: {error}", path.display())),
            }
            figment = figment.merge(toml);
        }
        for (variable, setting, text) in from_environment(environment, &mut problems) {
            figment = figment.merge(One { place: variable, setting, text });
        }
        for flag in flags {
            figment =
                figment.merge(One { place: flag.flag.to_owned(), setting: flag.setting, text: flag.text.clone() });
        }
        if problems.is_empty() { Ok(Self(figment)) } else { Err(Problems(problems)) }
    }

    /// The topmost value and its place; `None`: the default is in force.
    pub(crate) fn find(&self, setting: &str) -> Option<(Result<Raw, String>, String)> {
        let value = self.0.find_value(setting).ok()?;
        let metadata = self.0.get_metadata(value.tag());
        let place = metadata.map_or_else(String::new, |metadata| {
            match metadata.source.as_ref().and_then(|source| source.file_path()) {
                Some(path) => path.display().to_string(),
                None => metadata.name.to_string(),
            }
        });
        Some((raw(&value), place))
    }
}

/// A single value from the environment or the command line.
struct One {
    place: String,
    setting: &'static str,
    text: String,
}

impl Provider for One {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.place.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let nested = figment::util::nest(self.setting, Value::from(self.text.clone()));
        Ok(Profile::Default.collect(nested.into_dict().unwrap_or_default()))
    }
}

/// The environment name of a setting: `SCANHELM_SYNC_STATUS_INTERVAL`.
pub(crate) fn variable_of(setting: &str) -> String {
    format!("{PREFIX}{}", setting.replace('.', "_").to_uppercase())
}

/// Variables that stand for settings. Other `SCANHELM_` variables belong to others (a remote client's address and
/// key), but one that begins like a section of settings is a mistake.
fn from_environment(
    environment: impl Iterator<Item = (OsString, OsString)>,
    problems: &mut Vec<String>,
) -> Vec<(String, &'static str, String)> {
    let settings = table();
    let mut found = Vec::new();
    for (name, text) in environment {
        let Some(name) = name.to_str() else { continue };
        let short = name == "DATABASE_URL";
        let setting = settings
            .iter()
            .find(|setting| (short && setting.name == "database.url") || variable_of(setting.name) == name);
        match (setting, text.into_string()) {
            (Some(_), Ok(text)) if text.is_empty() => {}
            (Some(setting), Ok(text)) => found.push((name.to_owned(), setting.name, text)),
            (Some(_), Err(_)) => problems.push(format!("{name} (environment): the value is not UTF-8 text")),
            (None, _) => {
                if let Some(section) = section_of(name) {
                    problems.push(format!(
                        "{name} (environment): there is no such setting; section {section} has {}",
                        names_of(section)
                    ));
                }
            }
        }
    }
    // The longer name is the more deliberate one.
    found.sort_by_key(|(name, ..)| name.starts_with(PREFIX));
    found
}

fn section_of(variable: &str) -> Option<&'static str> {
    let (section, _) = variable.strip_prefix(PREFIX)?.split_once('_')?;
    table().iter().map(|setting| setting.section).find(|known| known.eq_ignore_ascii_case(section))
}

fn names_of(section: &str) -> String {
    let names: Vec<_> =
        table().iter().filter(|setting| setting.section == section).map(|setting| setting.key).collect();
    names.join(", ")
}

fn unknown_names(path: &Path, data: &Map<Profile, Dict>, problems: &mut Vec<String>) {
    let settings = table();
    let shown = |name: &str| scanhelm_core::text::single_line(name, 80);
    for (section, value) in data.values().flatten() {
        if !settings.iter().any(|setting| setting.section == *section) {
            let mut known: Vec<_> = settings.iter().map(|setting| setting.section).collect();
            known.dedup();
            problems.push(format!(
                "{}: there is no section or setting `{}`; sections are {}",
                path.display(),
                shown(section),
                known.join(", ")
            ));
            continue;
        }
        let Some(keys) = value.as_dict() else {
            problems.push(format!("{}: `{section}` is a section: write [{section}]", path.display()));
            continue;
        };
        for key in keys.keys() {
            if !settings.iter().any(|setting| setting.section == *section && setting.key == *key) {
                problems.push(format!(
                    "{}: there is no setting `{section}.{}`; section {section} has {}",
                    path.display(),
                    shown(key),
                    names_of(section)
                ));
            }
        }
    }
}

fn raw(value: &Value) -> Result<Raw, String> {
    if let Value::Array(_, items) = value {
        return items.iter().map(text).collect::<Result<_, _>>().map(Raw::List);
    }
    text(value).map(Raw::Text)
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(_, text) => Ok(text.clone()),
        Value::Char(_, character) => Ok(character.to_string()),
        Value::Bool(_, flag) => Ok(flag.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|whole| whole.to_string())
            .or_else(|| number.to_u128().map(|whole| whole.to_string()))
            .or_else(|| number.to_f64().map(|broken| broken.to_string()))
            .ok_or_else(|| "is not a number that can be used".to_owned()),
        Value::Empty(..) | Value::Dict(..) | Value::Array(..) => Err("should be a single value".to_owned()),
    }
}
