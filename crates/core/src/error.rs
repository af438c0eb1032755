//! One error for the whole product, free of any transport: a stable code from one table, a message for the caller,
//! and (separately, so that it cannot leak) a message for the log. HTTP statuses and exit codes are looked up from
//! the code at the very edge.

use std::fmt;

use serde::Serialize;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = ($text:literal, $status:literal, $title:literal)),+ $(,)?) => {
        /// Every code the API may answer with. Codes are never renamed; `docs/reference/errors.md` lists them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[doc = $doc])+ $name),+ }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable word in `code`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The HTTP status this code always goes with.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// The short human name in `title`.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// What it means and what to do, for the reference page.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// The request carries no credentials, or they are wrong, expired or revoked. Log in or send a valid API key.
    Unauthenticated = ("unauthenticated", 401, "Not logged in"),
    /// The caller may see the thing but lacks the permission named in the detail.
    PermissionDenied = ("permission_denied", 403, "Permission denied"),
    /// A judgement that needs four eyes was asked for by the caller. Somebody else has to decide it.
    OwnRequest = ("own_request", 403, "Somebody else has to decide"),
    /// A browser write came from another origin than the console's.
    OriginRefused = ("origin_refused", 403, "Request from another origin refused"),
    /// There is no such thing, or it belongs to another company: the answer is the same on purpose.
    NotFound = ("not_found", 404, "Not found"),
    /// The route exists but not with this method.
    MethodNotAllowed = ("method_not_allowed", 405, "Method not allowed"),
    /// A scan of this name exists in the company. Names that people give must be unique.
    ScanNameTaken = ("scan_name_taken", 409, "A scan with this name exists"),
    /// The company is deactivated: nothing new may be created, launched or resumed.
    CompanyDeactivated = ("company_deactivated", 409, "The company is deactivated"),
    /// Another scan already represents this vendor scan.
    ScanAlreadyLinked = ("scan_already_linked", 409, "The vendor scan is already linked"),
    /// A local scan that is queued or running must be cancelled first, or deleted with `force=true`.
    ScanIsActive = ("scan_is_active", 409, "The scan is still active"),
    /// The scan has ended; there is nothing to cancel.
    ScanIsTerminal = ("scan_is_terminal", 409, "The scan has already ended"),
    /// The scan is not linked to a vendor scan, so there is nothing to control.
    NotLinked = ("not_linked", 409, "The scan is not linked to a scanner"),
    /// The vendor's product or licence does not offer this action.
    UnsupportedByVendor = ("unsupported_by_vendor", 409, "The scanner does not offer this"),
    /// The action makes no sense in the scan's present state.
    NotPossibleInState = ("not_possible_in_state", 409, "Not possible in the present state"),
    /// An integration of this name exists in the company.
    IntegrationNameTaken = ("integration_name_taken", 409, "An integration with this name exists"),
    /// The scan has a schedule already; change that one.
    ScheduleExists = ("schedule_exists", 409, "The scan has a schedule"),
    /// A request with this `Idempotency-Key` is under way, or its hub ended before it could note what came of it. Look
    /// whether the thing is there before you send it under another key.
    RequestUnderWay = ("request_under_way", 409, "The first request with this key has no answer yet"),
    /// The thing is in use or in another state than the request needs.
    Conflict = ("conflict", 409, "Conflict"),
    /// The hub is already set up; log in instead.
    AlreadySetUp = ("already_set_up", 409, "Already set up"),
    /// `If-Match` names an older version: read again, then repeat the change.
    StaleVersion = ("stale_version", 412, "Changed by someone else"),
    /// The body is larger than the limit in the detail.
    BodyTooLarge = ("body_too_large", 413, "Too large"),
    /// The content type is not one the route reads.
    UnsupportedMediaType = ("unsupported_media_type", 415, "Unsupported content type"),
    /// One or more fields are not acceptable; `errors` names each.
    InvalidInput = ("invalid_input", 422, "Invalid input"),
    /// A scan's status is what its scanner reports; nobody can set it.
    StatusIsSystemWritten = ("status_is_system_written", 422, "Status cannot be set"),
    /// The `Idempotency-Key` was used for another request of the last 24 hours. A new request needs a new key.
    RequestKeyReused = ("request_key_reused", 422, "The key belongs to another request"),
    /// No reader recognises the file. `scanhelm import --help` lists the formats.
    UnknownFormat = ("unknown_format", 422, "Unknown report format"),
    /// The file was recognised but is broken, truncated or hostile; nothing of it was stored.
    UnreadableReport = ("unreadable_report", 422, "Unreadable report"),
    /// The target of a local scan does not exist or may not be scanned.
    TargetUnavailable = ("target_unavailable", 422, "Target not available"),
    /// The address is one the operator does not let the hub call. See `[network] allow`.
    AddressRefused = ("address_refused", 422, "Address refused by network policy"),
    /// Too many requests; wait for the time in `Retry-After`.
    RateLimited = ("rate_limited", 429, "Too many requests"),
    /// Something broke inside the hub. The log has the details under the request id.
    Internal = ("internal", 500, "Internal error"),
    /// The database is not reachable or is busy; the request may be repeated.
    StoreUnavailable = ("store_unavailable", 503, "The database is not available"),
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One unacceptable field. `field` is a path such as `ci.commit_sha`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    /// Short and stable: `required`, `too_long`, `malformed`, `unknown`, ...
    pub code: &'static str,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: ErrorCode,
    /// For the caller: what happened, why, what to do. Never holds another tenant's data or an internal name.
    pub detail: String,
    /// For the log only.
    pub internal: Option<String>,
    pub fields: Vec<FieldError>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), internal: None, fields: Vec::new() }
    }

    /// The same words for unknown and foreign things, whatever their kind.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "There is no such thing, or you may not see it.")
    }

    /// `cause` goes to the log; the caller only learns that it was our fault.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            code: ErrorCode::Internal,
            detail: "Something broke inside the hub. The log has the details under this request id.".to_owned(),
            internal: Some(cause.to_string()),
            fields: Vec::new(),
        }
    }

    #[must_use]
    pub fn store_unavailable(cause: impl fmt::Display) -> Self {
        Self {
            code: ErrorCode::StoreUnavailable,
            detail: "The database cannot be reached or is busy. Nothing was changed; try again shortly.".to_owned(),
            internal: Some(cause.to_string()),
            fields: Vec::new(),
        }
    }

    /// One unacceptable field.
    #[must_use]
    pub fn field(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.into(), code, detail: detail.into() }])
    }

    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let detail = fields.iter().map(|error| format!("{}: {}", error.field, error.detail)).collect::<Vec<_>>();
        Self { code: ErrorCode::InvalidInput, detail: detail.join(" "), internal: None, fields }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.detail)?;
        match &self.internal {
            Some(internal) => write!(formatter, " [{internal}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_words_with_an_error_status() {
        let words: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!((400..600).contains(&code.http_status()));
            assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(code.explanation().len() > 20);
        }
    }
}
