//! What a scan asked, told from its command line: two scans with the same questions may be compared.

use std::fmt::Write as _;

use scanhelm_core::text::single_line;
use sha2::{Digest, Sha256};

/// Options that ask, with a value behind them.
const WITH_VALUE: [&str; 8] = [
    "-p",
    "--exclude-ports",
    "--top-ports",
    "--port-ratio",
    "--script",
    "--script-args",
    "--version-intensity",
    "--scanflags",
];
/// Options that ask by themselves; and all that begin with `-s`, the techniques.
const ALONE: [&str; 9] = ["-F", "-A", "-O", "-6", "-Pn", "-PN", "-P0", "--version-all", "--version-light"];

const LONGEST: usize = 300;

/// The options that decide what is asked, sorted; without targets, times, speeds and output files. `None` where there is
/// no command line.
pub(super) fn asked(arguments: &str) -> Option<String> {
    let mut options: Vec<String> = Vec::new();
    let mut words = arguments.split_whitespace().skip(1).peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        if WITH_VALUE.contains(&option) {
            let value = value.or_else(|| words.next()).unwrap_or_default();
            options.push(format!("{option} {}", value.trim_matches(['\'', '"'])));
        } else if let Some(ports) = word.strip_prefix("-p").filter(|ports| !ports.is_empty()) {
            options.push(format!("-p {ports}"));
        } else if ALONE.contains(&word) || word.starts_with("-s") {
            options.push(word.to_owned());
        }
    }
    options.sort_unstable();
    options.dedup();
    let text = if options.is_empty() { "default ports".to_owned() } else { options.join(" ") };
    if text.len() <= LONGEST {
        return Some(single_line(&text, LONGEST));
    }
    // Long lists of ports differ anywhere.
    let mut short = single_line(&text, LONGEST);
    let digest = Sha256::digest(text.as_bytes());
    let _ = write!(short, " sha256:");
    for byte in digest.iter().take(8) {
        let _ = write!(short, "{byte:02x}");
    }
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_asks_counts() {
        let first = asked("nmap -n -Pn -sT -sV -p 22,443 -oX /tmp/1.xml --max-rate 800 10.0.0.1").unwrap();
        assert_eq!(first, "-Pn -p 22,443 -sT -sV");
        assert_eq!(asked("nmap -sV -p22,443 -sT -T4 -oX - -Pn 10.0.0.2 10.0.0.3").unwrap(), first);
        assert_eq!(asked("nmap --script=vulners/vulners.nse 10.0.0.1").unwrap(), "--script vulners/vulners.nse");
        assert_eq!(asked("nmap 10.0.0.1").unwrap(), "default ports");
        assert_eq!((asked(""), asked("nmap")), (None, None));
        let ports = |last: u16| {
            let list: Vec<String> = (1..500).chain([last]).map(|port| port.to_string()).collect();
            asked(&format!("nmap -p {} x", list.join(","))).unwrap()
        };
        assert_ne!(ports(1000), ports(1001));
        assert!(ports(1000).len() < 400);
    }
}
