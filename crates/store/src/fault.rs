//! What a database error means to the caller. A violated unique rule is the caller's conflict and gets the code of
//! the rule; everything that repeating may cure is `store_unavailable`; the rest is a bug of ours.

use scanhelm_core::{Error, ErrorCode};
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

/// A unique rule: its PostgreSQL index, its SQLite columns, and what its violation says.
struct Rule {
    index: &'static str,
    columns: &'static str,
    code: ErrorCode,
    detail: &'static str,
}

const RULES: [Rule; 11] = [
    Rule {
        index: "scans_name",
        columns: "scans.company_id, scans.name",
        code: ErrorCode::ScanNameTaken,
        detail: "A scan of this name exists. Choose another name.",
    },
    Rule {
        index: "scans_link",
        columns: "scans.integration_id, scans.incarnation, scans.external_scan_id",
        code: ErrorCode::ScanAlreadyLinked,
        detail: "Another scan already represents this vendor scan.",
    },
    Rule {
        index: "scans_upload",
        columns: "scans.company_id, scans.upload_sha256",
        code: ErrorCode::Conflict,
        detail: "This very file has been uploaded before.",
    },
    Rule {
        index: "integrations_name",
        columns: "integrations.company_id, integrations.name",
        code: ErrorCode::IntegrationNameTaken,
        detail: "An integration of this name exists. Choose another name.",
    },
    Rule {
        index: "schedules_scan",
        columns: "schedules.scan_id",
        code: ErrorCode::ScheduleExists,
        detail: "The scan has a schedule already. Change that one.",
    },
    Rule {
        index: "notification_channels_name",
        columns: "notification_channels.company_id, notification_channels.name",
        code: ErrorCode::Conflict,
        detail: "A channel of this name exists. Choose another name.",
    },
    Rule {
        index: "notification_rules_name",
        columns: "notification_rules.company_id, notification_rules.name",
        code: ErrorCode::Conflict,
        detail: "A rule of this name exists. Choose another name.",
    },
    Rule {
        index: "users_email",
        columns: "users.email",
        code: ErrorCode::Conflict,
        detail: "A user with this e-mail address exists.",
    },
    Rule {
        index: "blocklist_vendor_scan",
        columns: "blocklist.integration_id, blocklist.incarnation, blocklist.external_scan_id",
        code: ErrorCode::Conflict,
        detail: "This vendor scan is on the blocklist already.",
    },
    Rule {
        index: "jobs_one_unfinished_per_key",
        columns: "jobs.company_id, jobs.dedup_key",
        code: ErrorCode::Conflict,
        detail: "The same work is already under way.",
    },
    Rule {
        index: "runs_number",
        columns: "runs.scan_id, runs.number",
        code: ErrorCode::Conflict,
        detail: "Another worker has recorded this run.",
    },
];

pub(crate) fn translate(error: &DbErr) -> Error {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Error::store_unavailable(error),
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => driver(cause),
        other => Error::internal(other),
    }
}

fn driver(cause: &sqlx::Error) -> Error {
    match cause {
        sqlx::Error::Database(database) if database.is_unique_violation() => {
            let constraint = database.constraint().unwrap_or_default();
            let message = database.message();
            let broken = RULES.iter().find(|rule| rule.index == constraint || message.ends_with(rule.columns));
            let (code, detail) = broken
                .map_or((ErrorCode::Conflict, "Something with the same key exists already."), |rule| {
                    (rule.code, rule.detail)
                });
            Error { internal: Some(database.to_string()), ..Error::new(code, detail) }
        }
        sqlx::Error::Database(database) if database.is_foreign_key_violation() => Error {
            internal: Some(database.to_string()),
            ..Error::new(
                ErrorCode::Conflict,
                "Something this belongs to, or that belongs to it, was changed meanwhile.",
            )
        },
        sqlx::Error::Database(database) if is_passing(database.code().as_deref().unwrap_or_default()) => {
            Error::store_unavailable(database)
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Error::store_unavailable(cause),
        other => Error::internal(other),
    }
}

/// SQLite: busy (5), locked (6) and read-only (8) with their extended codes, I/O error (10), disk full (13). PostgreSQL:
/// connection (08), a transaction that may only read or was idle too long (25006, 25P03: a fail-over, a frozen hub),
/// rollback by serialisation or deadlock (40), resources (53), lock not available (55), shutdown (57), system (58).
fn is_passing(code: &str) -> bool {
    match code.len() {
        5 => ["08", "25006", "25P03", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)),
        _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_passing_trouble_is_worth_a_repeat() {
        for code in ["5", "261", "6", "8", "1032", "13", "25006", "25P03", "40001", "40P01", "57P01"] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["1", "2067", "23505", "25001", "42P01", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }
}
