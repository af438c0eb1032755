//! OpenVAS: the report of Greenbone's manager (GMP) as XML, and its CSV.
//!
//! Decisions a reader of findings should know:
//! - **Severity** is the result's number, in the bands of CVSS 3: the words beside it mean other things in other versions.
//!   0.0 (log) informs. What was marked a false positive is read with that mark and its number from before; what says -3 is an
//!   error of the scan and no finding.
//! - **`general/tcp`** concerns the host as a whole: port 0, as Nessus writes it.
//! - **Complete** is a task that is done, whose report says that no filter and no page hides a result of it, whose
//!   hosts all have an end, and which names no error. The usual filter (`min_qod=70`, no log messages) hides some.
//!   Scans are compared only with scans of the same task.
//! - **Covered** is a host with an end.

mod report;
mod result;
mod survey;
mod table;

pub(crate) use report::FORMAT;
pub(crate) use table::FORMAT as TABLE;

/// Lower-case product name.
const SCANNER: &str = "openvas";
