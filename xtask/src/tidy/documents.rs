//! A document that points at a file points at one that exists.

use super::Breach;
use crate::tree::{Tree, extension};

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    tree.texts()
        .filter(|(path, _)| extension(path) == "md")
        .flat_map(|(path, text)| text.lines().enumerate().map(move |(index, line)| (path, index + 1, line)))
        .flat_map(|(path, number, line)| {
            links(line).filter(|link| !exists(tree, path, link)).map(move |link| {
                Breach::new("dead-link", path, number, format!("points at `{link}`, which is not in the tree"))
            })
        })
        .collect()
}

/// The targets of `[text](target)` that are files of this repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains(':') && !target.starts_with('#') && !target.is_empty())
}

fn exists(tree: &Tree, document: &str, link: &str) -> bool {
    let target = link.split(['#', '?', ' ']).next().unwrap_or(link);
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => document.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect()),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return false;
                }
            }
            part => parts.push(part),
        }
    }
    tree.contains(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(document: &str) -> Vec<String> {
        let tree = Tree::of(&[("docs/a.md", document), ("docs/adr/0001-x.md", ""), ("README.md", "")]);
        check(&tree).into_iter().map(|breach| breach.message).collect()
    }

    #[test]
    fn links_to_files_folders_anchors_and_the_web_pass() {
        let document =
            "[a](adr/0001-x.md) [b](adr/) [c](../README.md#top) [d](#here) [e](https://example.test/x) [f](/README.md)";
        assert_eq!(dead(document), Vec::<String>::new());
    }

    #[test]
    fn links_to_nothing_are_refused() {
        assert_eq!(dead("see [a](gone.md) and [b](../../outside.md)").len(), 2);
    }
}
