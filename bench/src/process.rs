//! What Linux tells about a process and about the machine.

use std::path::Path;

use crate::failure::{Outcome, While};

/// Resident memory now and at its peak, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

pub(crate) fn memory(process: u32) -> Outcome<Memory> {
    let path = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&path).during(&path)?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok())
            .map(|kibibytes| kibibytes * 1024)
            .during(format!("{name} in {path}"))
    };
    Ok(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
}

/// Lets the peak start again from what is resident now.
pub(crate) fn forget_peak(process: u32) -> Outcome<()> {
    let path = format!("/proc/{process}/clear_refs");
    std::fs::write(&path, "5").during(&path)
}

/// User and system time of a process in seconds, ended children not included.
pub(crate) fn cpu_seconds(process: u32) -> Outcome<f64> {
    let path = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&path).during(&path)?;
    // The name, in parentheses, may hold blanks. After it, the 12th and 13th field.
    let ticks: u64 = text
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum())
        .during(&path)?;
    // Linux shows 100 ticks a second to programs, whatever it uses itself.
    Ok(ticks as f64 / 100.0)
}

/// Load averages, processors and memory in one line, for judging the figures.
pub(crate) fn machine() -> Outcome<String> {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let model = read("/proc/cpuinfo")?
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, model)| model.trim().to_owned()))
        .unwrap_or_else(|| "unknown processor".to_owned());
    let memory = read("/proc/meminfo")?
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0);
    Ok(format!("{processors} x {model}, {} GiB of memory", memory >> 20))
}

/// The load averages of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> Outcome<String> {
    Ok(read("/proc/loadavg")?.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

fn read(path: &str) -> Outcome<String> {
    std::fs::read_to_string(Path::new(path)).during(path)
}
