//! Manifests: one place for versions and lints, no forgotten crate, no download address in a lock file.

use toml::{Table, Value};

use super::Breach;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    let members = member_patterns(tree);
    let mut breaches = Vec::new();
    for (path, text) in tree.texts() {
        match path.rsplit('/').next() {
            Some("Cargo.toml") if path != "Cargo.toml" => breaches.extend(check_crate(path, text, &members)),
            Some("package-lock.json") => breaches.extend(check_lock(path, text)),
            Some("lib.rs") if path.ends_with("/src/lib.rs") => breaches.extend(check_library(path, text)),
            _ => {}
        }
    }
    breaches
}

fn member_patterns(tree: &Tree) -> Vec<String> {
    let workspace = tree.text("Cargo.toml").and_then(|text| text.parse::<Table>().ok());
    let members = workspace.as_ref().and_then(|root| root.get("workspace")?.get("members")?.as_array());
    members.into_iter().flatten().filter_map(|member| member.as_str().map(str::to_owned)).collect()
}

fn check_crate(path: &str, text: &str, members: &[String]) -> Vec<Breach> {
    let manifest = match text.parse::<Table>() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Breach::new("manifest", path, 1, format!("not readable as TOML: {error}"))],
    };
    // A workspace of its own, as fuzz targets need; it follows its own rules.
    if manifest.contains_key("workspace") {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    let folder = path.trim_end_matches("/Cargo.toml");
    if !members.iter().any(|member| covers(member, folder)) {
        breaches.push(Breach::new(
            "members",
            path,
            1,
            "is no member of the workspace: the root Cargo.toml must list it",
        ));
    }
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    if inherits != Some(true) {
        breaches.push(Breach::new("lints", path, 1, "must inherit the lints: add `[lints] workspace = true`"));
    }
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let table = manifest.get(section).and_then(Value::as_table).into_iter().flatten();
        for (name, value) in table.filter(|(_, value)| !is_inherited(value)) {
            let line =
                text.lines().position(|line| line.trim_start().starts_with(name.as_str())).map_or(1, |index| index + 1);
            let message = format!(
                "`{name}` must be `workspace = true` with no features of its own, so that every build compiles it once ({value})"
            );
            breaches.push(Breach::new("versions", path, line, message));
        }
    }
    breaches
}

fn covers(member: &str, folder: &str) -> bool {
    match member.strip_suffix("/*") {
        Some(parent) => {
            folder.strip_prefix(parent).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| !name.contains('/'))
        }
        None => member == folder,
    }
}

fn is_inherited(dependency: &Value) -> bool {
    dependency.as_table().is_some_and(|table| {
        table.get("workspace").and_then(Value::as_bool) == Some(true)
            && table.keys().all(|key| matches!(key.as_str(), "workspace" | "optional"))
    })
}

fn check_lock(path: &str, text: &str) -> Option<Breach> {
    let line = text.lines().position(|line| line.contains("\"resolved\": \"http"))?;
    let message =
        "names a download address: run `npm install --package-lock-only` with `omit-lockfile-registry-resolved=true`";
    Some(Breach::new("lock-address", path, line + 1, message))
}

fn check_library(path: &str, text: &str) -> Option<Breach> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    (!first.starts_with("//!")).then(|| {
        Breach::new("library-doc", path, 1, "must start with a `//!` that says what the crate is for and why it is so")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: (&str, &str) = ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"xtask\"]\n");

    fn rules_broken(path: &str, text: &str) -> Vec<&'static str> {
        check(&Tree::of(&[ROOT, (path, text)])).iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn a_good_manifest_passes() {
        let text = "[dependencies]\nserde.workspace = true\n[lints]\nworkspace = true\n";
        assert_eq!(rules_broken("crates/core/Cargo.toml", text), Vec::<&str>::new());
    }

    #[test]
    fn lints_cannot_be_left_out() {
        assert_eq!(rules_broken("crates/core/Cargo.toml", "[dependencies]\n"), ["lints"]);
        assert_eq!(rules_broken("crates/core/Cargo.toml", "[lints]\nworkspace = false\n"), ["lints"]);
    }

    #[test]
    fn versions_and_features_stay_in_the_root() {
        for dependency in
            ["serde = \"1\"", "serde = { workspace = true, features = [\"rc\"] }", "serde = { path = \"../x\" }"]
        {
            let text = format!("[dependencies]\n{dependency}\n[lints]\nworkspace = true\n");
            assert_eq!(rules_broken("xtask/Cargo.toml", &text), ["versions"], "{dependency}");
        }
    }

    #[test]
    fn a_crate_outside_the_workspace_is_refused_unless_it_is_its_own() {
        assert_eq!(rules_broken("bench/Cargo.toml", "[lints]\nworkspace = true\n"), ["members"]);
        assert_eq!(rules_broken("crates/core/inner/Cargo.toml", "[lints]\nworkspace = true\n"), ["members"]);
        assert_eq!(rules_broken("fuzz/Cargo.toml", "[package]\nname = \"fuzz\"\n[workspace]\n"), Vec::<&str>::new());
    }

    #[test]
    fn lock_files_name_no_download_address() {
        assert_eq!(
            rules_broken("web/package-lock.json", "{\n  \"resolved\": \"https://example.test/a.tgz\"\n}"),
            ["lock-address"]
        );
        assert_eq!(rules_broken("web/package-lock.json", "{\n  \"integrity\": \"sha512-\"\n}"), Vec::<&str>::new());
    }

    #[test]
    fn a_library_says_what_it_is() {
        assert_eq!(rules_broken("crates/core/src/lib.rs", "pub mod scan;\n"), ["library-doc"]);
        assert_eq!(rules_broken("crates/core/src/lib.rs", ""), ["library-doc"]);
        assert_eq!(rules_broken("crates/core/src/lib.rs", "//! The rules.\n"), Vec::<&str>::new());
    }

    #[test]
    fn broken_toml_is_a_breach_not_a_crash() {
        assert_eq!(rules_broken("crates/core/Cargo.toml", "[dependencies"), ["manifest"]);
    }
}
