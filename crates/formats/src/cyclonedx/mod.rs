//! CycloneDX, JSON and XML, versions 1.2 to 1.7, with the vulnerabilities that scanners write into it and the analysis
//! that makes it a VEX; in XML also the vulnerability extension that came before version 1.4.
//!
//! Decisions a reader of findings should know:
//! - **Scanner** is the first tool that the document names: Trivy's CycloneDX and its own JSON are one scanner.
//! - **A finding** is one vulnerability of one component that it affects. A component is known by its package URL; one
//!   without by name and version.
//! - **Analysis** decides what is open: `exploitable` and `in_triage` are, `resolved`, `resolved_with_pedigree`,
//!   `not_affected` and `false_positive` are not; neither are vulnerabilities that were rejected, nor versions that are
//!   marked as unaffected.
//! - **Severity** is the rating of the vulnerability's own source, else NVD's, else the first. Without any it is
//!   computed from a vector, else medium.
//! - **Nothing is closed.** A list of vulnerabilities does not say what was looked for, and an inventory without one says so
//!   in a note.

mod bom;
mod json;
mod xml;

pub(crate) use json::FORMAT as JSON;
pub(crate) use xml::FORMAT as XML;
