//! The console is embedded from `web/dist`, which `make web` writes. A checkout without it still builds: the folder
//! is made, empty, and the hub then serves a page that says how to build the console.

fn main() -> std::io::Result<()> {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    std::fs::create_dir_all(&dist)?;
    std::io::Write::write_fmt(
        &mut std::io::stdout(),
        format_args!("cargo::rerun-if-changed=build.rs\ncargo::rerun-if-changed={}\n", dist.display()),
    )
}
