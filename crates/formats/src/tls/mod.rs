//! What scanners of TLS servers write: testssl.sh and sslscan.
//!
//! Never complete: a report does not say which of its tests a scan was told to leave out, and one port of a host says nothing
//! of the others.

mod sslscan;
mod testssl;

pub(crate) use sslscan::FORMAT as SSLSCAN;
pub(crate) use testssl::{FORMAT as TESTSSL, TABLE as TESTSSL_TABLE};
