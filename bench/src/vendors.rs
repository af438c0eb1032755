//! A process that simulates many installations of one vendor. Its processor time is not the hub's.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use scanhelm_bench::{Calls, Ended, Fleet, Order};
use serde::Serialize;

use crate::failure::{Failure, Outcome, While};
use crate::process;

/// Ended when it is dropped.
pub(crate) struct Vendors {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Vendors {
    /// Waits until all of them listen.
    pub(crate) fn start(fleet: &Fleet) -> Outcome<Self> {
        let program = std::env::current_exe().during("find the program of the vendors")?;
        let program = program.with_file_name("scanhelm-bench-vendors");
        let mut process = Command::new(&program)
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .during(program.display())?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            return Err(Failure::new("the vendors have no input or no output"));
        };
        let mut vendors = Self { process, input, output: BufReader::new(output) };
        vendors.ask(fleet)?;
        Ok(vendors)
    }

    /// Requests since the start, by kind of call, of each instance.
    pub(crate) fn calls(&mut self) -> Outcome<Vec<BTreeMap<String, u64>>> {
        let answer = self.ask(&Order::CountCalls)?;
        let Calls(calls) = serde_json::from_str(&answer).during("read the calls of the vendors")?;
        Ok(calls)
    }

    /// The scans that ended between these milliseconds since the epoch, of each instance.
    pub(crate) fn ended(&mut self, since: u64, until: u64) -> Outcome<Vec<Vec<String>>> {
        let answer = self.ask(&Order::TellEnded { since, until })?;
        let Ended(ended) = serde_json::from_str(&answer).during("read what ended at the vendors")?;
        Ok(ended)
    }

    /// Trouble from now on, in the simulator's grammar.
    pub(crate) fn fault(&mut self, instance: usize, fault: &str) -> Outcome<()> {
        self.ask(&Order::Fault { instance, fault: fault.to_owned() }).map(|_| ())
    }

    pub(crate) fn cpu_seconds(&self) -> Outcome<f64> {
        process::cpu_seconds(self.process.id())
    }

    fn ask(&mut self, line: &impl Serialize) -> Outcome<String> {
        let line = serde_json::to_string(line).during("write to the vendors")?;
        writeln!(self.input, "{line}").during("write to the vendors")?;
        let mut answer = String::new();
        let read = self.output.read_line(&mut answer).during("read from the vendors")?;
        if read == 0 {
            return Err(Failure::new("the vendors ended early; what they said stands above"));
        }
        Ok(answer)
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        // It serves until somebody ends it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
