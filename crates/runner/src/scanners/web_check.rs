//! The web check: Scanhelm itself, so a bare machine has a scanner of sites.

use crate::scanner::{ExitCodes, LooksAt, ReportPlace, ScanType, Scanner, Work};
use crate::web_check;

pub(super) const SCANNER: Scanner = Scanner {
    id: web_check::ID,
    name: "Web check",
    scan_types: &[ScanType::Dast],
    programs: &[],
    oldest: "",
    install_hint: "part of Scanhelm, nothing to install",
    format: "",
    version_arguments: &[],
    exit_codes: ExitCodes::These(&[]),
    environment: &[],
    looks_at: LooksAt::Site,
    report: ReportPlace::File,
    work: Work::BuiltIn(web_check::look),
    arguments: &|_| Ok(Vec::new()),
};
