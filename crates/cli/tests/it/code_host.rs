//! As much of the comment API of GitHub or GitLab as shows what a client really does, from their documentation.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The first comment has the number behind this.
const BEFORE_FIRST: usize = 1000;

#[derive(Default)]
struct State {
    gitlab: bool,
    login: String,
    /// Author and text.
    comments: Vec<(String, String)>,
    forbids: bool,
    heads: Vec<String>,
}

pub(crate) struct CodeHost {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl CodeHost {
    /// `login` is whose the token is.
    pub(crate) fn start(gitlab: bool, login: &str, comments: Vec<(String, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { gitlab, login: login.to_owned(), comments, ..State::default() }));
        let shared = Arc::clone(&state);
        // Ends with the process of the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn forbid(&self) {
        self.state.lock().unwrap().forbids = true;
    }

    /// Method and path of everything but reading.
    pub(crate) fn writes(&self) -> Vec<String> {
        let heads = self.heads();
        let lines = heads.iter().map(|head| head.split(" HTTP/").next().unwrap().to_owned());
        lines.filter(|line| !line.starts_with("GET ")).collect()
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.state.lock().unwrap().heads.clone()
    }

    pub(crate) fn comment(&self, number: usize) -> String {
        self.state.lock().unwrap().comments[number - BEFORE_FIRST - 1].1.clone()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or_default() == 0 {
                return;
            }
        }
        let length = head.to_ascii_lowercase();
        let length = length
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |text| text.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, answer) = answered(&mut state.lock().unwrap(), &head, &body);
        let text = answer.to_string();
        let written = write!(
            reader.get_mut(),
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        );
        if written.is_err() {
            return;
        }
    }
}

fn answered(state: &mut State, head: &str, body: &[u8]) -> (u16, Value) {
    state.heads.push(head.to_owned());
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if state.forbids {
        return (403, json!({"message": "Resource not accessible by integration"}));
    }
    let shown = |at: usize, (author, text): &(String, String)| match state.gitlab {
        true => json!({"id": BEFORE_FIRST + 1 + at, "body": text, "system": false, "author": {"username": author}}),
        false => json!({"id": BEFORE_FIRST + 1 + at, "body": text, "user": {"login": author}}),
    };
    let last = path.rsplit('/').next().unwrap();
    match (method, last) {
        // The token of a workflow may not ask this.
        ("GET", "user") if !state.gitlab => (403, json!({"message": "Resource not accessible by integration"})),
        ("GET", "user") => (200, json!({"id": 5, "username": state.login})),
        ("GET", _) => {
            let number = |name: &str| {
                query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<usize>().ok())
            };
            let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(30).min(100));
            let all = state.comments.iter().enumerate().skip((page - 1) * size).take(size);
            (200, all.map(|(at, comment)| shown(at, comment)).collect())
        }
        ("POST", _) => {
            let (author, text) = (state.login.clone(), text(body));
            state.comments.push((author, text));
            (201, json!({"id": BEFORE_FIRST + state.comments.len()}))
        }
        _ => {
            let at = last.parse::<usize>().unwrap() - BEFORE_FIRST - 1;
            state.comments[at].1 = text(body);
            (200, json!({"id": BEFORE_FIRST + 1 + at}))
        }
    }
}

fn text(body: &[u8]) -> String {
    let sent: Value = serde_json::from_slice(body).unwrap();
    sent["body"].as_str().unwrap().to_owned()
}
