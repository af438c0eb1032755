#![no_main]
#[path = "../bodies.rs"]
#[allow(dead_code)] // Each target has its own.
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::read_and_write(bytes));
