//! `scanhelm admin`: what an operator does beside the console, with the hub running or not. The database serves
//! several processes, so nothing here takes the data folder for itself.

use std::io::Read;

use clap::{Args, Subcommand};
use scanhelm_core::credential::Secret;
use scanhelm_hub::accounts::NewInstallation;
use serde_json::json;

use crate::exit::{self, Exit};
use crate::installation::{DataFolder, Place};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm admin bootstrap --data /var/lib/scanhelm --company Example --email ann@example.com --json
  scanhelm admin migrate --data /var/lib/scanhelm";

const BOOTSTRAP_EXAMPLES: &str = "\
Examples:
  scanhelm admin bootstrap --data /var/lib/scanhelm --company Example --email ann@example.com --json
  printf '%s' \"$PASSWORD\" | scanhelm admin bootstrap --data DIR --company Example --email ann@example.com --password-stdin

The API key is shown this once. Without a password the user has only the key, and no way into the console.";

const MIGRATE_EXAMPLES: &str = "\
Examples:
  scanhelm admin migrate --data /var/lib/scanhelm
  DATABASE_URL=postgres://... scanhelm admin migrate

The hub does this by itself when it starts; doing it before lets several replicas start at once.";

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Make the first company and its administrator without a browser
    #[command(after_help = BOOTSTRAP_EXAMPLES)]
    Bootstrap(BootstrapArguments),
    /// Bring the database to this version
    #[command(after_help = MIGRATE_EXAMPLES)]
    Migrate(MigrateArguments),
}

#[derive(Args, Debug)]
pub(crate) struct BootstrapArguments {
    #[command(flatten)]
    place: Place,
    /// Name of the company
    #[arg(long, value_name = "NAME")]
    company: String,
    /// E-mail address of the administrator
    #[arg(long, value_name = "MAIL")]
    email: String,
    /// Name of the administrator
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// Read the administrator's password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MigrateArguments {
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(command: AdminCommand) -> Exit {
    let done = match command {
        AdminCommand::Bootstrap(arguments) => bootstrap(arguments).await,
        AdminCommand::Migrate(arguments) => migrate(arguments).await,
    };
    match done {
        Ok(text) => exit::printed(&text),
        Err(reason) => exit::refused(&reason),
    }
}

async fn bootstrap(arguments: BootstrapArguments) -> Result<String, String> {
    let loaded = arguments.place.settings(Vec::new()).map_err(|problems| problems.to_string())?;
    let password = if arguments.password_stdin { Some(password()?) } else { None };
    let folder = DataFolder::open(&arguments.place.data).map_err(|error| error.to_string())?;
    let hub = folder.hub(&loaded.values).await.map_err(|error| error.to_string())?;
    let installation =
        NewInstallation { company: arguments.company, name: arguments.name, email: arguments.email, password };
    let made = hub.accounts().bootstrap(installation).await.map_err(|error| exit::explained(&error))?;
    // A running hub finds out by itself; a stopped one would leave the used address behind.
    if let Err(error) = folder.remove_setup_url() {
        exit::say(&format!("warning: the file setup-url is out of date but cannot be removed: {error}"));
    }
    let answer = json!({
        "company_id": made.company.id,
        "user_id": made.user.id,
        "api_key": made.api_key.expose(),
    });
    hub.store().clone().close().await.map_err(|error| exit::explained(&error))?;
    Ok(match arguments.json {
        true => format!("{answer}\n"),
        false => {
            format!("company_id: {}\nuser_id: {}\napi_key: {}\n", made.company.id, made.user.id, made.api_key.expose())
        }
    })
}

/// Without the line break that a shell adds.
fn password() -> Result<Secret, String> {
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|error| format!("the password cannot be read from standard input: {error}"))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("--password-stdin was given, but standard input is empty".to_owned()),
        password => Ok(Secret::new(password)),
    }
}

async fn migrate(arguments: MigrateArguments) -> Result<String, String> {
    let loaded = arguments.place.settings(Vec::new()).map_err(|problems| problems.to_string())?;
    let folder = DataFolder::open(&arguments.place.data).map_err(|error| error.to_string())?;
    let options = folder.store_options(&loaded.values);
    let before = scanhelm_store::Store::inspect(&options).await.map_err(|error| exit::explained(&error))?;
    let store = scanhelm_store::Store::open(&options).await.map_err(|error| exit::explained(&error))?;
    let backend = store.backend().as_str();
    store.close().await.map_err(|error| exit::explained(&error))?;
    let version = scanhelm_store::SCHEMA_VERSION;
    Ok(match before {
        Some(found) if found.version == version => format!("the {backend} database is at version {version} already\n"),
        Some(found) => format!("the {backend} database was brought from version {} to {version}\n", found.version),
        None => format!("the {backend} database was made at version {version}\n"),
    })
}
