//! Words that must not be committed: unfinished marks, switched-off tests, SQL outside the store, this machine's paths.
//!
//! The forbidden words are written in two halves here, so that this file obeys its own rules.

use super::Breach;
use super::rust_text::{self, Line};
use crate::tree::{Tree, extension};

const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("HA", "CK:")];

const UNFINISHED_MACROS: &[&str] = &[concat!("todo", "!"), concat!("unimpl", "emented!")];

const SWITCHED_OFF: &[&str] = &[
    concat!("it.", "only("),
    concat!("test.", "only("),
    concat!("describe.", "only("),
    concat!("it.", "skip("),
    concat!("test.", "skip("),
    concat!("describe.", "skip("),
    concat!("it.", "todo("),
    concat!("test.", "todo("),
];

/// Upper-case statements as people write them; each needs its second word, so that prose passes.
const SQL: &[(&str, &str)] = &[
    ("SELECT ", " FROM "),
    ("INSERT INTO ", ""),
    ("UPDATE ", " SET "),
    ("DELETE FROM ", ""),
    ("CREATE TABLE ", ""),
    ("CREATE INDEX ", ""),
    ("ALTER TABLE ", ""),
    ("DROP TABLE ", ""),
    ("PRAGMA ", ""),
];

const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];

const REGISTRY_HOSTS: &[&str] = &[
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("crates", ".io"),
    concat!("deb.debian", ".org"),
    concat!("security.debian", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("maven", ".org"),
];

/// Files in which people, not tools, write: only there do unfinished marks mean something.
const WRITTEN_BY_HAND: &[&str] =
    &["ts", "tsx", "js", "mjs", "css", "html", "sh", "py", "toml", "yml", "yaml", "md", "sql"];

pub(super) fn check_rust(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| extension(path) == "rs") {
        for (index, line) in rust_text::lines(text).iter().enumerate() {
            let found = rust_line(path, line);
            breaches.extend(found.into_iter().map(|(rule, message)| Breach::new(rule, path, index + 1, message)));
        }
    }
    breaches
}

fn rust_line(path: &str, line: &Line) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(word) = UNFINISHED.iter().find(|word| has_word(&line.comment, word)) {
        found.push(("unfinished", format!("`{word}`: finish it, or file an issue and say here what is so today")));
    }
    if let Some(word) = UNFINISHED_MACROS.iter().find(|word| line.code.contains(**word)) {
        found.push(("unfinished", format!("`{word}`: finish it")));
    }
    let code: String = line.code.split_whitespace().collect();
    if code.contains("#[ignore]") || code.contains("#[ignore=") {
        found.push(("ignored-test", "a test that does not run proves nothing: mend or remove it".to_owned()));
    }
    if !path.starts_with("crates/store/") {
        let statement = line.literal.split('\u{1f}').find(|literal| is_sql(literal));
        found.extend(statement.map(|_| ("sql", "SQL lives in crates/store only".to_owned())));
    }
    found
}

fn is_sql(literal: &str) -> bool {
    SQL.iter().any(|(start, continuation)| {
        let rest = literal.find(start).and_then(|position| literal.get(position + start.len() - 1..));
        rest.is_some_and(|rest| rest.contains(continuation))
    })
}

pub(super) fn check_everything(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            let found = any_line(path, line);
            breaches.extend(found.into_iter().map(|(rule, message)| Breach::new(rule, path, index + 1, message)));
        }
    }
    breaches
}

fn any_line(path: &str, line: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| has_absolute(line, folder)) {
        found.push(("machine-path", format!("`{folder}` is a folder of somebody's machine")));
    }
    // The lock file's own word for where a crate comes from; every Rust project has it.
    let host = REGISTRY_HOSTS.iter().find(|host| line.contains(**host)).filter(|_| path != "Cargo.lock");
    if let Some(host) = host {
        found.push(("registry-host", format!("`{host}`: packages are named, never their registry's address")));
    }
    if WRITTEN_BY_HAND.contains(&extension(path))
        && let Some(word) = UNFINISHED.iter().find(|word| has_word(line, word))
    {
        found.push(("unfinished", format!("`{word}`: finish it, or file an issue and say here what is so today")));
    }
    if matches!(extension(path), "ts" | "tsx" | "js" | "mjs")
        && let Some(word) = SWITCHED_OFF.iter().find(|word| line.contains(**word))
    {
        found.push(("ignored-test", format!("`{word}`: every test runs")));
    }
    found
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).any(|(position, _)| {
        let before = text.get(..position).and_then(|before| before.chars().next_back());
        let after = text.get(position + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Only where a path begins: `https://host/root/` and `a/work/b` are no machine's folders.
fn has_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(position, _)| {
        let before = line.get(..position).and_then(|before| before.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/' | '}' | '*'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_broken(path: &str, text: &str) -> Vec<&'static str> {
        let tree = Tree::of(&[(path, text)]);
        check_rust(&tree).iter().chain(&check_everything(&tree)).map(|breach| breach.rule).collect()
    }

    #[test]
    fn unfinished_marks_are_refused_in_comments_and_code_but_not_in_data() {
        let mark = UNFINISHED[0];
        assert_eq!(rules_broken("a.rs", &format!("// {mark}: later")), ["unfinished"]);
        assert_eq!(rules_broken("a.rs", &format!("fn f() {{ {}() }}", UNFINISHED_MACROS[0])), ["unfinished"]);
        assert_eq!(rules_broken("a.rs", &format!("let title = \"Track uses of {mark} tags\";")), Vec::<&str>::new());
        assert_eq!(rules_broken("a.tsx", &format!("// {} later", UNFINISHED[1])), ["unfinished"]);
        assert_eq!(rules_broken("a.md", &format!("{mark}S are words of their own")), Vec::<&str>::new());
        assert_eq!(rules_broken("fixture.json", &format!("{{\"rule\": \"{mark}\"}}")), Vec::<&str>::new());
    }

    #[test]
    fn tests_that_do_not_run_are_refused() {
        assert_eq!(rules_broken("a.rs", "#[ignore]\nfn f() {}"), ["ignored-test"]);
        assert_eq!(rules_broken("a.rs", "#[ ignore = \"slow\" ]\nfn f() {}"), ["ignored-test"]);
        assert_eq!(rules_broken("a.rs", "let attribute = \"#[ignore]\";"), Vec::<&str>::new());
        for word in SWITCHED_OFF {
            assert_eq!(rules_broken("a.test.ts", &format!("{word}'x', () => 1)")), ["ignored-test"], "{word}");
        }
    }

    #[test]
    fn sql_is_refused_outside_the_store_and_prose_is_not_sql() {
        for statement in
            ["SELECT id FROM scans", "INSERT INTO scans VALUES (1)", "UPDATE scans SET a = 1", "DROP TABLE scans"]
        {
            let source = format!("let statement = \"{statement}\";");
            assert_eq!(rules_broken("crates/hub/src/a.rs", &source), ["sql"], "{statement}");
            assert_eq!(rules_broken("crates/store/src/a.rs", &source), Vec::<&str>::new(), "{statement}");
        }
        assert_eq!(rules_broken("crates/hub/src/a.rs", "// SELECT id FROM scans"), Vec::<&str>::new());
        assert_eq!(rules_broken("crates/hub/src/a.rs", "let hint = \"SELECT a scan\";"), Vec::<&str>::new());
    }

    #[test]
    fn this_machines_folders_are_refused_and_addresses_are_not() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(rules_broken("a.toml", &format!("path = \"{folder}x\"")), ["machine-path"], "{folder}");
            assert_eq!(rules_broken("a.toml", &format!("url = \"https://host.test{folder}x\"")), Vec::<&str>::new());
        }
    }

    #[test]
    fn registry_hosts_are_refused_everywhere_but_in_the_lock_file() {
        for host in REGISTRY_HOSTS {
            assert_eq!(rules_broken("docs/a.md", &format!("see https://{host}/x")), ["registry-host"], "{host}");
        }
        assert_eq!(rules_broken("Cargo.lock", &format!("source = \"{}\"", REGISTRY_HOSTS[4])), Vec::<&str>::new());
    }

    #[test]
    fn breaches_carry_their_line() {
        let tree = Tree::of(&[("a.rs", "fn f() {}\n\n#[ignore]\nfn g() {}\n")]);
        assert_eq!(check_rust(&tree)[0].line, 3);
    }
}
