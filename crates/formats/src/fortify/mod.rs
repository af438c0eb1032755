//! Fortify: the results of an analysis (FVDL, alone or in an FPR) and the XML of its report generator. An issue is known by
//! its category and Fortify's instance id, which stays when lines move; both layouts hold both, so they give one
//! finding. What people decided in an audit stands in another file of the FPR (`audit.xml`), which is not read: issues
//! that an audit suppressed come as open ones from an FPR.

mod fvdl;
mod issue;
mod report;

use crate::format::Format;

pub(crate) const FVDL: Format = fvdl::FORMAT;
pub(crate) const REPORT: Format = report::FORMAT;

const SCANNER: &str = "fortify";
