//! A hub as a process of its own, and small means to ask it. Blocking on purpose: what is tested is on the other side.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Ended, scanhelm};

/// Longer than anything should take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A command without the settings of whoever runs the tests.
pub(crate) fn clean() -> Command {
    let mut command = scanhelm();
    let foreign = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_string_lossy().starts_with("SCANHELM_") || name == "DATABASE_URL");
    for name in foreign.collect::<Vec<_>>() {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    command.output().unwrap().into()
}

/// A process that is killed when the test ends.
pub(crate) struct Running {
    child: Child,
    out: mpsc::Receiver<String>,
    errors: mpsc::Receiver<String>,
    /// Every line of standard error so far.
    pub(crate) log: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = lines(child.stdout.take().unwrap());
        let errors = lines(child.stderr.take().unwrap());
        Self { child, out, errors, log: String::new() }
    }

    /// `scanhelm serve` on a free port, until it says that it listens; and its address.
    pub(crate) fn serve(data: &Path, more: &[&str]) -> (Self, String) {
        let mut command = clean();
        command.current_dir(data.parent().unwrap());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
        Self::listening(&mut command)
    }

    /// The same for a command of one's own.
    pub(crate) fn listening(command: &mut Command) -> (Self, String) {
        Self::start(command).until_listening()
    }

    /// Waits until it says that it listens; and its address.
    pub(crate) fn until_listening(mut self) -> (Self, String) {
        let line = self.log_line("listening on http://");
        let url = line.split("listening on ").nth(1).unwrap().split([' ', '"']).next().unwrap().to_owned();
        (self, url)
    }

    /// Waits for a line of the log.
    pub(crate) fn log_line(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.errors.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("no `{text}` in the log ({error}):\n{}", self.log));
            self.log.push_str(&line);
            self.log.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for a line of data.
    pub(crate) fn out_line(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let line = self.out.recv_timeout(end.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|error| panic!("no `{text}` in the output ({error}); log:\n{}", self.log));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The next line of data, if one comes until then.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn next_out_line(&mut self, end: Instant) -> Option<String> {
        self.out.recv_timeout(end.saturating_duration_since(Instant::now())).ok()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// All that it has written to standard error, after its end.
    pub(crate) fn whole_log(&mut self) -> &str {
        // Ends when the process has closed it.
        for line in self.errors.iter() {
            self.log.push_str(&line);
            self.log.push('\n');
        }
        &self.log
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end; gives the exit code and how long it took.
    pub(crate) fn wait(&mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        (self.status().code(), begun.elapsed())
    }

    /// Waits for the end.
    pub(crate) fn status(&mut self) -> ExitStatus {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        for line in self.errors.try_iter() {
            self.log.push_str(&line);
            self.log.push('\n');
        }
        panic!("it did not end:\n{}", self.log);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// An answer without end, once its head has come.
pub(crate) fn open_stream(url: &str, path: &str, key: &str) -> BufReader<TcpStream> {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.contains(" 200 "), "{line}");
    while line.trim() != "" {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    reader
}

/// One request; the status and the body.
pub(crate) fn ask(url: &str, method: &str, path: &str, key: Option<&str>, body: Option<&Value>) -> (u16, String) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    if let Some(key) = key {
        request.push_str(&format!("X-API-Key: {key}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// Looks again and again until there is something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// An API key of a new company, by `admin bootstrap`.
pub(crate) fn bootstrap(data: &Path) -> String {
    let made = ended(clean().args(["admin", "bootstrap", "--json", "--company", "Example"]).args([
        "--email",
        "ann@example.com",
        "--data",
        &data.to_string_lossy(),
    ]));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let answer: Value = serde_json::from_str(&made.stdout).unwrap();
    answer["api_key"].as_str().unwrap().to_owned()
}
