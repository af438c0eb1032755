//! What the operator has set, and where.
//!
//! Four layers, the later one wins: defaults, `scanhelm.toml`, the environment, flags. Every setting stands once, in
//! [`table`]: its type, its default and its meaning; reading, `config show` and the reference page are made from it.
//! A name that is not in the table and a value that does not fit are errors that name their place: a typing mistake
//! must not silently leave a default in force.

mod kinds;
mod layers;
mod mail;
mod own_scanners;
mod table;

use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use kinds::LogForm;
pub(crate) use layers::{Flag, Layers};
pub(crate) use table::{Setting, Values, table};

/// The name of the settings file in the data folder or the working folder.
pub(crate) const FILE_NAME: &str = "scanhelm.toml";

/// One setting as it is in force.
#[derive(Clone, Debug)]
pub(crate) struct Effective {
    pub(crate) name: &'static str,
    /// Safe to show.
    pub(crate) value: String,
    pub(crate) source: String,
}

/// Everything that is wrong, not only the first.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => formatter.write_str(one),
            many => {
                write!(formatter, "{} settings cannot be used:", many.len())?;
                many.iter().try_for_each(|problem| write!(formatter, "\n  {problem}"))
            }
        }
    }
}

/// Where the settings come from, and what they are.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) values: Values,
    pub(crate) effective: Vec<Effective>,
    /// The file that was read, if there is one.
    pub(crate) file: Option<PathBuf>,
}

/// Reads every layer.
pub(crate) fn load(data: &Path, config: Option<&Path>, flags: &[Flag]) -> Result<Loaded, Problems> {
    let file = file(data, config)?;
    let layers = Layers::read(file.as_deref(), std::env::vars_os(), flags)?;
    let (values, effective) = Values::read(&layers)?;
    Ok(Loaded { values, effective, file })
}

/// Defaults and flags alone, whatever this machine is set up with.
pub(crate) fn of_flags(flags: &[Flag]) -> Result<Values, Problems> {
    let layers = Layers::read(None, std::iter::empty(), flags)?;
    Values::read(&layers).map(|(values, _)| values)
}

/// The file that was named, which then must exist; else the one in the data folder; else in the working folder.
fn file(data: &Path, named: Option<&Path>) -> Result<Option<PathBuf>, Problems> {
    match named {
        Some(path) if path.is_file() => Ok(Some(path.to_owned())),
        Some(path) => Err(Problems(vec![format!(
            "there is no settings file {}; leave out --config to run with defaults",
            path.display()
        )])),
        None => Ok([data.join(FILE_NAME), PathBuf::from(FILE_NAME)].into_iter().find(|path| path.is_file())),
    }
}
