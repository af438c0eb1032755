//! Local scanners: command-line tools that run here, as processes of ours.
//!
//! A scanner is *data* ([`Scanner`]): a program name, an argument list, the exit codes that are not errors, the reader
//! of its report and a way to see in that report what the exit code hides. Adding one is a file in `scanners/` and a
//! line in its registry. Everything that can go wrong with somebody else's program is handled once, for all of them:
//! it hangs, forks, floods, ignores signals, ends well without having looked, or writes half a report.
//!
//! What this crate promises:
//! - **No process is left behind**, whether a scan ends, is cancelled, times out or is dropped ([`process`]).
//! - **Nothing looks clean that was not looked at**: the target is checked first, the report must parse to its end,
//!   and its own error list is read; the exit code alone never decides.
//! - **Same tree, same records**: paths are relative to the scanned folder, the order is canonical, the asset's name
//!   comes from the repository ([`SourceTree`]) and no scanner sees this machine's environment.
//!
//! It knows no hub, no store and no vendor: in go targets and options, out come records and events.

mod cache;
mod discovery;
mod event;
mod files;
mod message;
mod order;
mod outcome;
mod own;
mod private_folders;
pub mod process;
pub mod project;
mod registry;
mod report;
mod repository;
mod request;
mod run;
mod scanner;
mod scanners;
mod shipped;
mod target;
mod web_check;

pub use cache::Cache;
pub use discovery::{Availability, Discovery, Way};
pub use event::RunnerEvent;
pub use files::under as files_under;
pub use order::sort as sort_records;
pub use outcome::{Coverage, FailedScanner, RanOutcome, RanScanner, ScanOutcome, ScanState, looked_for_flaws};
pub use own::{OwnScanners, OwnScannersError};
pub use private_folders::{PrivateFolders, private_folder, remove_abandoned};
pub use registry::Registry;
pub use request::{Limits, RequestError, ScanOptions, ScanRequest};
pub use run::run;
pub use scanner::{ScanType, Scanner, UnknownScanType};
pub use scanners::{scanner, scanners};
pub use shipped::{ShippedRule, shipped_rules};
pub use target::{Host, Site, SourceTree, TargetError, TargetKind, Targets};
