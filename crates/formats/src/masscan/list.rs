//! The list (`-oL`): `open tcp 80 10.0.0.5 1785522037`, one line for each port, between `#masscan` and `# end`.

use std::io::{BufRead, BufReader, Read};

use super::{Seen, What, begin, epoch, footer, tell};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::network::port_number;
use crate::options::ReadOptions;
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use scanhelm_core::Timestamp;

pub(crate) const FORMAT: Format =
    Format { id: "masscan-list", name: "masscan list", extensions: &["txt"], sniff: recognises, open };

const BEGIN: &str = "#masscan";
const END: &str = "# end";

fn recognises(sample: &Sample) -> bool {
    sample.text().lines().next().is_some_and(|line| line.trim_end() == BEGIN)
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let reader = ListReader {
        source: BufReader::new(input.content),
        longest: options.limits.max_token,
        position: 0,
        begun: false,
        ended: false,
        last: None,
    };
    Ok(Stepped::reader(reader, &options.limits))
}

struct ListReader {
    source: BufReader<Box<dyn Read + Send>>,
    longest: usize,
    position: u64,
    begun: bool,
    /// The end mark was read.
    ended: bool,
    last: Option<Timestamp>,
}

impl ListReader {
    /// Without its line end; `None` at the end of the input.
    fn line(&mut self) -> Result<Option<String>, ReadError> {
        let mut line = Vec::new();
        let limit = self.longest as u64 + 1;
        let read = (&mut self.source).take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|error| ReadError::from_io(&error, self.position))?;
        self.position += read as u64;
        if read > self.longest {
            return Err(ReadError::Hostile { detail: format!("a line in it is longer than {} bytes", self.longest) });
        }
        Ok((read > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    fn malformed(&self, detail: &str) -> ReadError {
        ReadError::Malformed { position: self.position, detail: detail.to_owned() }
    }
}

impl Steps for ListReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        let is_first = !self.begun;
        begin(&mut self.begun, parts);
        let Some(line) = self.line()? else {
            if !self.ended {
                let detail = format!("its last line is not `{END}`");
                return Err(ReadError::Truncated { position: self.position, detail });
            }
            parts.footer(footer(parts.has_assets(), self.last));
            return Ok(());
        };
        if line.is_empty() {
            return Ok(());
        }
        if self.ended {
            return Err(self.malformed("more content follows the end of the report"));
        }
        if is_first && line != BEGIN {
            return Err(self.malformed("its first line is not `#masscan`"));
        }
        if line == END {
            self.ended = true;
        } else if !line.starts_with('#') {
            let seen = seen(&line);
            self.last = self.last.max(seen.as_ref().ok().and_then(|seen| seen.at));
            tell(seen, parts, &line)?;
        }
        Ok(())
    }
}

fn seen(line: &str) -> Result<Seen, String> {
    let mut words = line.splitn(7, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (status, protocol, port, ip, time) = (word(), word(), word(), word(), word());
    if time.is_empty() {
        return Err("it is no line of status, protocol, port, address and time".to_owned());
    }
    let what = match status {
        "banner" => What::Banner { service: word().to_owned(), banner: word().to_owned() },
        status => What::Status(status.to_owned()),
    };
    Ok(Seen { ip: ip.to_owned(), port: port_number(port)?, protocol: protocol.to_owned(), at: epoch(time), what })
}
