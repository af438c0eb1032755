//! What the demo shows besides the simulated vendor: a report and a little code with mistakes to find.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A SARIF report as a code scanner writes it.
pub(super) const REPORT: &str = include_str!("code-review.sarif");

const CODE: &[(&str, &str)] =
    &[("orders.py", include_str!("shop/orders.py.txt")), ("server.js", include_str!("shop/server.js.txt"))];

/// Writes the code below `parent` and answers its folder.
pub(super) fn write_code(parent: &Path) -> io::Result<PathBuf> {
    let folder = parent.join("shop");
    fs::create_dir_all(&folder)?;
    for (name, content) in CODE {
        fs::write(folder.join(name), content)?;
    }
    folder.canonicalize()
}

#[cfg(test)]
mod tests {
    use scanhelm_formats::{ReadOptions, ReportItem};

    use super::*;

    #[test]
    fn the_report_is_read_whole() {
        let items = scanhelm_formats::open(Box::new(REPORT.as_bytes()), &ReadOptions::default()).unwrap();
        assert_eq!(items.format.id, "sarif");
        let items: Vec<_> = items.map(Result::unwrap).collect();
        let findings = items.iter().filter(|item| matches!(item, ReportItem::Finding(_))).count();
        assert!(!items.iter().any(|item| matches!(item, ReportItem::Rejected(_))));
        assert_eq!(findings, 4);
    }

    #[test]
    fn the_code_lies_where_it_says() {
        let parent = tempfile::tempdir().unwrap();
        let folder = write_code(parent.path()).unwrap();
        assert!(folder.join("orders.py").is_file() && folder.join("server.js").is_file());
    }
}
