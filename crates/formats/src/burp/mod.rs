//! Burp: the XML of issues, the scan as the REST API of Burp Professional answers it, and issues as the GraphQL API of Burp
//! Enterprise (DAST) does.
//!
//! Decisions a reader of findings should know:
//! - **The rule** is the number of the issue's type, the same in all forms. Issues of extensions share one number, so
//!   their name is the check.
//! - **The parameter** is what stands in brackets behind the path: `q parameter`, `b_id cookie`.
//! - **Severity** is Burp's: high, medium, low, information. What a person marked as false positive, as severity or as
//!   confidence, is read with that mark.
//! - **Never complete**: people choose the issues that they export, and no form says what was to be scanned.

mod issue;
mod json;
mod xml;

pub(crate) use json::FORMAT as JSON;
pub(crate) use xml::FORMAT;

/// Lower-case product name.
const SCANNER: &str = "burp";
