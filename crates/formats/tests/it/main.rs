//! Black-box tests of the readers and writers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod acunetix;
mod answer_samples;
mod answers;
mod archives;
mod audits;
mod boms;
mod clouds;
mod code_samples;
mod compliance;
mod corpus;
mod corpus_census;
mod corpus_code;
mod corpus_hosts;
mod corpus_packages;
mod determinism;
mod dojo_samples;
mod encodings;
mod feeds;
mod fuzz;
mod hostile;
mod insightvm;
mod inventories;
mod invicti;
mod lint;
mod local_outputs;
mod memory;
mod nessus;
mod nessus_csv;
mod network;
mod openvas;
mod outputs;
mod own;
mod package_samples;
mod packages;
mod qualys;
mod reading;
mod records;
mod relation;
mod samples;
mod samples_hosts;
mod sarif;
mod sast;
mod scans;
mod secrets;
mod shapes;
mod truncation;
mod volume;
mod web;
mod writers;
