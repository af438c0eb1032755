//! Black Duck: vulnerable components as its API lists them (`/vulnerable-bom-components`), the table `security.csv` of its
//! vulnerability report in both layouts, and the table of its binary analysis. (It writes SARIF too.)
//!
//! Decisions a reader of findings should know:
//! - **Open** depends on the remediation status: `NEW`, `NEEDS_REVIEW`, `REMEDIATION_REQUIRED`, `UNDER_INVESTIGATION` and `AFFECTED` are;
//!   complete, patched, mitigated, ignored, duplicate and not affected ones are no findings, nor are ignored components.
//! - **One flaw, two names**: a BDSA names its CVE beside it; the CVE identifies.
//! - **Packages** are named by their origin (`maven`, `npmjs`) and its id; without one by the component's name.
//! - **Asset** is the caller's repository: components do not say which project they are of, but for the newer table.
//! - **Nothing is closed**: the documents are lists without an end that says what was scanned.

mod api;
mod binary;
mod table;

pub(crate) use api::FORMAT as API;
pub(crate) use binary::FORMAT as BINARY;
use scanhelm_core::text::single_line;
pub(crate) use table::FORMAT as TABLE;

use crate::package::{generic, kind_of, purl};

const SCANNER: &str = "blackduck";

fn is_open(status: Option<&str>) -> Result<bool, String> {
    match status.unwrap_or("NEW").to_ascii_uppercase().replace(' ', "_").as_str() {
        "NEW" | "NEEDS_REVIEW" | "REMEDIATION_REQUIRED" | "UNDER_INVESTIGATION" | "AFFECTED" => Ok(true),
        "REMEDIATION_COMPLETE" | "PATCHED" | "MITIGATED" | "IGNORED" | "DUPLICATE" | "NOT_AFFECTED" => Ok(false),
        other => Err(format!("`{}` is no remediation status of Black Duck", single_line(other, 60))),
    }
}

/// What it is: by its origin, else by its name.
fn package(origin: Option<&str>, id: Option<&str>, name: &str, version: &str) -> Result<String, String> {
    let kind = origin.and_then(|origin| match origin {
        "npmjs" => Some("npm"),
        "golang" | "go_mod" => Some("golang"),
        other => kind_of(other),
    });
    // `org.apache.commons:commons-compress:1.18`, `code-server/3.3.0-rc.27`
    let named = id.map(|id| id.strip_suffix(version).unwrap_or(id).trim_end_matches(['/', ':', '@', '#']));
    kind.zip(named)
        .and_then(|(kind, named)| purl(kind, origin, named, version))
        .or_else(|| generic(name, version))
        .ok_or_else(|| "it names no component".to_owned())
}
