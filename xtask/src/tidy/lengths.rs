//! A file that nobody can hold in their head has more than one reason to change.

use super::Breach;
use crate::tree::{Tree, extension};

const LIMIT: usize = 600;

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    tree.texts()
        .filter(|(path, text)| matches!(extension(path), "rs" | "ts" | "tsx") && !is_generated(text))
        .filter_map(|(path, text)| {
            let length = text.lines().count();
            let message = format!("{length} lines, more than {LIMIT}: split it where it has two reasons to change");
            (length > LIMIT).then(|| Breach::new("length", path, LIMIT + 1, message))
        })
        .collect()
}

/// Generators say so in the first lines of what they write.
fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.contains("@generated") || line.contains("auto-generated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_refused_and_a_generated_one_is_not() {
        let long = "x\n".repeat(LIMIT + 1);
        let generated = format!("// This file was auto-generated.\n{long}");
        let fits = "x\n".repeat(LIMIT);
        let tree =
            Tree::of(&[("a.rs", &long), ("b.tsx", &long), ("c.ts", &generated), ("d.rs", &fits), ("e.json", &long)]);
        let paths: Vec<String> = check(&tree).into_iter().map(|breach| breach.path).collect();
        assert_eq!(paths, ["a.rs", "b.tsx"]);
    }
}
