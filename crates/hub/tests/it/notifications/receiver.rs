//! Real receivers on this machine: one speaks HTTP, one SMTP. Each says what it is told to and remembers what came.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Titles of the events that it tells.
    pub(crate) fn titles(&self) -> Vec<String> {
        let body = self.json();
        let events = body["data"]["events"].as_array().unwrap();
        events.iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
    }
}

/// How an HTTP receiver answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// With one more header.
    With(u16, &'static str, &'static str),
    /// Never.
    Silence,
}

#[derive(Debug)]
pub(crate) struct Receiver {
    address: String,
    seen: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<Answer>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Answer::Status(204))));
        let (log, say) = (Arc::clone(&seen), Arc::clone(&answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, say) = (Arc::clone(&log), Arc::clone(&say));
                tokio::spawn(async move {
                    let _ = answer_one(stream, &log, &say).await;
                });
            }
        });
        Self { address, seen, answer, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook/s3cr3t-path?token=s3cr3t-query", self.address)
    }

    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer_one(stream: TcpStream, log: &Mutex<Vec<Received>>, say: &Mutex<Answer>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let mut received = Received { head, body: String::new() };
    let length = received.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    received.body = String::from_utf8(body).unwrap();
    log.lock().unwrap().push(received);
    let answer = say.lock().unwrap().clone();
    let (status, extra) = match answer {
        Answer::Silence => return std::future::pending().await,
        Answer::Status(status) => (status, String::new()),
        Answer::With(status, name, value) => (status, format!("{name}: {value}\r\n")),
    };
    let text = format!("HTTP/1.1 {status} Said\r\n{extra}content-length: 0\r\nconnection: close\r\n\r\n");
    stream.get_mut().write_all(text.as_bytes()).await
}

/// A mail as it was handed over.
#[derive(Clone, Debug, Default)]
pub(crate) struct MailSeen {
    pub(crate) login: Option<String>,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
}

#[derive(Debug)]
pub(crate) struct MailReceiver {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<MailSeen>>>,
    refuses: Arc<Mutex<Option<&'static str>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for MailReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailReceiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, refuses) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
        let (log, refuse) = (Arc::clone(&seen), Arc::clone(&refuses));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, refuse) = (Arc::clone(&log), Arc::clone(&refuse));
                tokio::spawn(async move {
                    let _ = take_mail(stream, &log, &refuse).await;
                });
            }
        });
        Self { port, seen, refuses, task }
    }

    /// Its answer to every recipient from now on.
    pub(crate) fn refuses(&self, answer: Option<&'static str>) {
        *self.refuses.lock().unwrap() = answer;
    }

    pub(crate) fn seen(&self) -> Vec<MailSeen> {
        self.seen.lock().unwrap().clone()
    }
}

/// RFC 5321, as far as a client needs it.
async fn take_mail(
    stream: TcpStream,
    log: &Mutex<Vec<MailSeen>>,
    refuse: &Mutex<Option<&'static str>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 mail.test ESMTP\r\n").await?;
    let mut mail = MailSeen::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let answer = match line.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => {
                mail.login = Some(line.to_owned());
                "235 2.7.0 in".to_owned()
            }
            "MAIL" => {
                mail.from = line.to_owned();
                "250 2.1.0 ok".to_owned()
            }
            "RCPT" => match *refuse.lock().unwrap() {
                Some(answer) => answer.to_owned(),
                None => {
                    mail.to.push(line.to_owned());
                    "250 2.1.5 ok".to_owned()
                }
            },
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await?;
                while !mail.data.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail.data).await? == 0 {
                        return Ok(());
                    }
                }
                log.lock().unwrap().push(std::mem::take(&mut mail));
                "250 2.0.0 taken".to_owned()
            }
            "QUIT" => "221 2.0.0 bye".to_owned(),
            _ => "250 2.0.0 ok".to_owned(),
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
