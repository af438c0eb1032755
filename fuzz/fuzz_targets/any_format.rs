#![no_main]
#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let formats = scanhelm_formats::formats();
    if let Some((first, rest)) = bytes.split_first() {
        let format = formats.get(usize::from(*first) % formats.len());
        let _ = bodies::read_any(format.map(|format| format.id), rest);
    }
});
