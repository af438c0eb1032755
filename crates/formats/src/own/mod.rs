//! Scanhelm's own outputs, read again: a file that left one Scanhelm can enter another. They are exports of findings of
//! any number of scans, so neither closes anything.

mod json;
mod table;

use crate::format::Format;

pub(crate) use json::listed_by_scanner;

pub(crate) const JSON: Format = json::FORMAT;
pub(crate) const TABLE: Format = table::FORMAT;
