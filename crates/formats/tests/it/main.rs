//! Black-box tests of the readers and writers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod acunetix;
mod archives;
mod audits;
mod corpus;
mod corpus_packages;
mod encodings;
mod fuzz;
mod hostile;
mod invicti;
mod memory;
mod nessus;
mod nessus_csv;
mod package_samples;
mod packages;
mod qualys;
mod reading;
mod records;
mod sarif;
mod truncation;
mod writers;
