//! As much of an OpenAI-compatible endpoint as shows what a client really sends, from the documentation of
//! `POST /chat/completions`; and what a hostile or broken one answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request as it came, head and body.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct LanguageModel {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl LanguageModel {
    /// Writes `answer`, head and all, to whoever asks, and hangs up. An empty one: says nothing for as long as the
    /// other side waits.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (shared, answer) = (Arc::clone(&asked), answer.into());
        // Ends with the process of the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &answer, &shared);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn saying(text: &str) -> Self {
        Self::answering(reply(200, "", &completion(text)))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

pub(crate) fn completion(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "another-name",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21},
    })
}

/// `head`: more lines of it, each with its line end.
pub(crate) fn reply(status: u16, head: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!("HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{head}Content-Length: {length}\r\n\r\n{body}")
}

fn serve(stream: TcpStream, answer: &[u8], asked: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or_default() == 0 {
            return;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    asked.lock().unwrap().push(Asked { head, body: String::from_utf8(body).unwrap() });
    // Whoever gave up does not hear the answer, which is nothing to fail for.
    let _ = match answer {
        [] => reader.read(&mut [0]).map(drop),
        answer => reader.get_mut().write_all(answer),
    };
}
