//! Shell scripts stop at the first error: one that carries on after a failure reports a success it did not have.

use super::Breach;
use crate::tree::{Tree, extension};

pub(super) fn check(tree: &Tree) -> Vec<Breach> {
    tree.texts()
        .filter(|(path, text)| extension(path) == "sh" || is_bash(text))
        .filter_map(|(path, text)| {
            if !is_bash(text) {
                return Some(Breach::new("script", path, 1, "must start with `#!/usr/bin/env bash`"));
            }
            let strict = text.lines().any(|line| line.trim() == "set -euo pipefail");
            (!strict).then(|| Breach::new("script", path, 1, "must say `set -euo pipefail`"))
        })
        .collect()
}

fn is_bash(text: &str) -> bool {
    text.starts_with("#!/usr/bin/env bash\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_ignores_errors_is_refused() {
        let tree = Tree::of(&[
            ("a.sh", "#!/usr/bin/env bash\nset -euo pipefail\n"),
            ("b.sh", "#!/usr/bin/env bash\necho\n"),
            ("c.sh", "echo\n"),
            (".ci/run", "#!/usr/bin/env bash\nset -e\n"),
        ]);
        let paths: Vec<String> = check(&tree).into_iter().map(|breach| breach.path).collect();
        assert_eq!(paths, [".ci/run", "b.sh", "c.sh"]);
    }
}
