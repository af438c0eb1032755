//! The registry: one line a scanner. Its order is the order in which results are reported.

mod bandit;
mod semgrep;

use crate::scanner::Scanner;

static SCANNERS: &[Scanner] = &[bandit::SCANNER, semgrep::SCANNER];

/// Every local scanner Scanhelm knows, installed or not.
#[must_use]
pub fn scanners() -> &'static [Scanner] {
    SCANNERS
}

/// The scanner with this id.
#[must_use]
pub fn scanner(id: &str) -> Option<&'static Scanner> {
    SCANNERS.iter().find(|scanner| scanner.id == id)
}
