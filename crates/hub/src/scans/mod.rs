//! Scans as people see and steer them. Their state is written by the reconcilers and the import only; what is here
//! records intent (create, control, delete) and reads.

mod cancel;
mod change;
mod command_end;
mod command_job;
mod control;
mod create;
mod delete;
mod delta;
mod preview;
mod read;

pub use change::ScanChange;
pub(crate) use command_end::Consequence;
pub(crate) use command_job::{
    COMMAND_JOB, VENDOR_DELETE_JOB, attempts_exhausted, run_command, run_vendor_delete, withdraw,
};
pub use control::Ordered;
pub use create::NewScan;
pub(crate) use create::check_ci;
pub use delete::{Deleted, OrderedDeletion, RemoteDeletion};
pub use delta::{Delta, DeltaPart, DeltaQuestion};
pub use preview::PreviewCache;
pub use read::ScanView;
pub(crate) use read::available;

use crate::Hub;

/// Use cases about scans.
#[derive(Clone, Copy, Debug)]
pub struct Scans<'hub> {
    pub(crate) hub: &'hub Hub,
}
