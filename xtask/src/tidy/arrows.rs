//! Which crate may know which: arrows point only downward, and some outside crates have one home.
//!
//! Dev-dependencies may point anywhere, except that the store's and the net's own tools stay in their room even
//! there: a test that opens its own HTTP client or its own database would test something else than the product.

use toml::{Table, Value};

use super::Breach;
use crate::tree::Tree;

/// A crate's folder name and the crates of this workspace it may be built on.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("formats", &["core"]),
    ("net", &["core"]),
    ("store", &["core"]),
    ("connectors", &["core", "net"]),
    ("runner", &["core", "formats", "net"]),
    ("hub", &["core", "formats", "net", "connectors", "runner", "store"]),
    ("api", &["core", "hub"]),
    ("vendor-sim", &["core"]),
    ("testkit", &["core", "formats", "net", "connectors", "runner", "store", "hub", "api", "vendor-sim"]),
    ("cli", &["core", "formats", "net", "connectors", "runner", "store", "hub", "api", "vendor-sim"]),
];

/// Outside crates, and the only crates of ours that may name them.
const HOMES: &[(&[&str], &[&str], &str)] = &[
    (
        &["sea-orm", "sea-orm-migration", "sea-query", "sqlx", "rusqlite", "tokio-postgres", "diesel"],
        &["store"],
        "only crate store speaks to a database",
    ),
    (
        &["reqwest", "hyper", "hyper-util", "ureq", "isahc"],
        &["net"],
        "only crate net builds an HTTP client: TLS, target policy and limits are decided there",
    ),
];

/// What makes `core` impure; dev-dependencies included.
const NOT_IN_CORE: &[&str] =
    &["tokio", "async-std", "smol", "axum", "tower", "futures", "rand", "getrandom", "tracing", "metrics"];

const SECTIONS: &[&str] = &["dependencies", "build-dependencies", "dev-dependencies"];

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    tree.texts()
        .filter_map(|(path, text)| Some((path, path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?, text)))
        .flat_map(|(path, room, text)| check_room(path, room, text))
        .collect()
}

fn check_room(path: &str, room: &str, text: &str) -> Vec<Breach> {
    let breach = |rule, message: String| vec![Breach::new(rule, path, 1, message)];
    let manifest = match text.parse::<Table>() {
        Ok(manifest) => manifest,
        Err(error) => return breach("manifest", format!("not readable as TOML: {error}")),
    };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        return breach(
            "arrows",
            format!("crate `{room}` has no arrows yet: say in xtask/src/tidy/arrows.rs what it may be built on"),
        );
    };
    dependencies(&manifest)
        .iter()
        .filter_map(|dependency| refuse(room, allowed, dependency))
        .map(|(rule, message)| Breach::new(rule, path, line_of(text, &message), message))
        .collect()
}

struct Dependency {
    name: String,
    for_tests_only: bool,
}

/// All sections, those of single target platforms too; a renamed dependency counts under its real name.
fn dependencies(manifest: &Table) -> Vec<Dependency> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    std::iter::once(manifest)
        .chain(platforms.filter_map(Value::as_table))
        .flat_map(|table| SECTIONS.iter().filter_map(|section| Some((*section, table.get(*section)?.as_table()?))))
        .flat_map(|(section, table)| {
            table.iter().map(move |(key, value)| Dependency {
                name: value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned(),
                for_tests_only: section == "dev-dependencies",
            })
        })
        .collect()
}

fn refuse(room: &str, allowed: &[&str], dependency: &Dependency) -> Option<(&'static str, String)> {
    let name = dependency.name.as_str();
    if let Some(other) = name.strip_prefix("scanhelm-") {
        let known = dependency.for_tests_only || allowed.contains(&other);
        return (!known).then(|| {
            let below = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
            ("arrows", format!("`{name}` may not be under `{room}`, which is built on: {below}"))
        });
    }
    if room == "core" && NOT_IN_CORE.contains(&name) {
        return Some((
            "pure-core",
            format!("`{name}` does not belong in core: no runtime, no HTTP, no randomness, no logging there"),
        ));
    }
    HOMES
        .iter()
        .find(|(names, homes, _)| names.contains(&name) && !homes.contains(&room))
        .map(|(_, _, reason)| ("homes", format!("`{name}` is not allowed here: {reason}")))
}

/// The line that names the crate quoted first in a message.
fn line_of(text: &str, message: &str) -> usize {
    let name = message.split('`').nth(1).unwrap_or_default();
    text.lines().position(|line| line.contains(name)).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_broken(room: &str, manifest: &str) -> Vec<&'static str> {
        let path = format!("crates/{room}/Cargo.toml");
        check(&Tree::of(&[(&path, manifest)])).iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn downward_arrows_pass() {
        let manifest = "[dependencies]\nscanhelm-core.workspace = true\nscanhelm-store.workspace = true\n";
        assert_eq!(rules_broken("hub", manifest), Vec::<&str>::new());
    }

    #[test]
    fn upward_and_sideways_arrows_are_refused() {
        for (room, other) in
            [("core", "formats"), ("store", "hub"), ("connectors", "store"), ("api", "store"), ("runner", "store")]
        {
            let manifest = format!("[dependencies]\nscanhelm-{other}.workspace = true\n");
            assert_eq!(rules_broken(room, &manifest), ["arrows"], "{room} -> {other}");
        }
    }

    #[test]
    fn the_simulators_and_the_testkit_ship_with_nothing_but_the_binary() {
        let simulator = "[dependencies]\nscanhelm-vendor-sim.workspace = true\n";
        assert_eq!(rules_broken("hub", simulator), ["arrows"]);
        assert_eq!(rules_broken("cli", simulator), Vec::<&str>::new());
        assert_eq!(rules_broken("cli", "[dependencies]\nscanhelm-testkit.workspace = true\n"), ["arrows"]);
        assert_eq!(rules_broken("vendor-sim", "[dependencies]\nscanhelm-net.workspace = true\n"), ["arrows"]);
    }

    #[test]
    fn tests_may_look_upward_but_not_into_other_rooms_tools() {
        assert_eq!(rules_broken("store", "[dev-dependencies]\nscanhelm-hub.workspace = true\n"), Vec::<&str>::new());
        assert_eq!(rules_broken("hub", "[dev-dependencies]\nreqwest.workspace = true\n"), ["homes"]);
    }

    #[test]
    fn databases_http_clients_and_runtimes_have_their_homes() {
        assert_eq!(rules_broken("hub", "[dependencies]\nsea-orm.workspace = true\n"), ["homes"]);
        assert_eq!(rules_broken("store", "[dependencies]\nsea-orm.workspace = true\n"), Vec::<&str>::new());
        assert_eq!(rules_broken("net", "[dependencies]\nreqwest.workspace = true\n"), Vec::<&str>::new());
        assert_eq!(rules_broken("core", "[dependencies]\ntokio.workspace = true\n"), ["pure-core"]);
        assert_eq!(rules_broken("core", "[dev-dependencies]\ntokio.workspace = true\n"), ["pure-core"]);
    }

    #[test]
    fn renaming_or_a_platform_section_hides_nothing() {
        assert_eq!(
            rules_broken("hub", "[dependencies]\nclient = { package = \"reqwest\", version = \"1\" }\n"),
            ["homes"]
        );
        assert_eq!(rules_broken("hub", "[target.'cfg(unix)'.dependencies]\nsqlx.workspace = true\n"), ["homes"]);
        assert_eq!(rules_broken("hub", "[build-dependencies]\nscanhelm-api.workspace = true\n"), ["arrows"]);
    }

    #[test]
    fn a_new_crate_must_say_its_arrows() {
        assert_eq!(rules_broken("brand-new", "[dependencies]\n"), ["arrows"]);
    }

    #[test]
    fn a_breach_points_at_the_line() {
        let tree =
            Tree::of(&[("crates/core/Cargo.toml", "[dependencies]\nserde = \"1\"\nscanhelm-hub.workspace = true\n")]);
        assert_eq!(check(&tree)[0].line, 3);
    }
}
