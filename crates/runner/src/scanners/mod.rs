//! The registry: one line a scanner. Its order is the order in which results are reported.

mod bandit;
mod cargo_audit;
mod checkov;
mod cppcheck;
mod detect_secrets;
mod eslint;
mod flawfinder;
mod gitleaks;
mod hadolint;
mod npm_audit;
mod pip_audit;
mod retire;
mod ruff;
mod semgrep;
mod shellcheck;
mod trivy;
mod trivy_config;
mod zizmor;

use crate::scanner::Scanner;

static SCANNERS: &[Scanner] = &[
    bandit::SCANNER,
    semgrep::SCANNER,
    ruff::SCANNER,
    eslint::SCANNER,
    shellcheck::SCANNER,
    flawfinder::SCANNER,
    cppcheck::SCANNER,
    gitleaks::SCANNER,
    detect_secrets::SCANNER,
    trivy::SCANNER,
    npm_audit::SCANNER,
    pip_audit::SCANNER,
    cargo_audit::SCANNER,
    retire::SCANNER,
    trivy_config::SCANNER,
    checkov::SCANNER,
    hadolint::SCANNER,
    zizmor::SCANNER,
];

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
