//! What a transport outcome means in the words of the contract; the same for every vendor that speaks HTTP as it
//! should. A vendor with habits of its own sorts those out before it calls here.

use scanhelm_core::integration::ConditionKind;
use scanhelm_net::{NetError, WriteError};

use crate::contract::CallError;

/// A failed read. That a *thing* is gone is for the caller to say: only it knows whether a 404 means the thing or
/// the whole API.
pub(crate) fn of_read(error: &NetError) -> CallError {
    CallError::Failed { kind: error.condition(), detail: error.to_string(), retry_after: error.retry_after() }
}

/// A failed command on one scan.
pub(crate) fn of_write(error: &WriteError) -> CallError {
    let error = match error {
        WriteError::Unknown(error) => return unknown(error),
        WriteError::NotDone(error) => error,
    };
    match error.status() {
        Some(404 | 410) => CallError::Gone { detail: error.to_string() },
        Some(400 | 403 | 405 | 409 | 412 | 422 | 423) => {
            CallError::Refused { detail: error.to_string(), by_licence: false }
        }
        _ => of_read(error),
    }
}

/// The command was accepted, but its answer is not readable.
pub(crate) fn unknown(error: &NetError) -> CallError {
    CallError::Unknown { detail: error.to_string() }
}

pub(crate) fn garbage(detail: impl Into<String>) -> CallError {
    CallError::Failed { kind: ConditionKind::Garbage, detail: detail.into(), retry_after: None }
}

/// The vendor answered and could not do it.
pub(crate) fn vendor_error(detail: impl Into<String>) -> CallError {
    CallError::Failed { kind: ConditionKind::VendorError, detail: detail.into(), retry_after: None }
}
