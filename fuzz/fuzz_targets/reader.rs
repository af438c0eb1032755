#![no_main]
#[path = "../bodies.rs"]
#[allow(dead_code)] // Each target has its own.
mod bodies;

use std::sync::LazyLock;

/// Which reader: its id, as docs/FORMATS.md lists them.
static FORMAT: LazyLock<String> = LazyLock::new(|| {
    let id = std::env::var("SCANHELM_FUZZ_FORMAT").expect("SCANHELM_FUZZ_FORMAT names the format");
    assert!(scanhelm_formats::by_id(&id).is_some(), "{id} is no format");
    id
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = bodies::read_any(Some(&FORMAT), bytes);
});
