//! Feeds from a publisher on the network: what it may answer, and that nothing it answers harms what is loaded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use scanhelm_core::feed::FeedKind;
use scanhelm_core::job::{Job, JobState};
use scanhelm_core::permission::{Grant, Role};
use scanhelm_hub::feeds::FeedSource;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Home, Running, on_both_databases};

/// Tells every path the same, but for `/today`, which is always the feed.
struct Publisher {
    address: String,
    says: Arc<Mutex<String>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Publisher {
    async fn start(today: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let says = Arc::new(Mutex::new(String::new()));
        let (current, today) = (Arc::clone(&says), today.to_owned());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let said = current.lock().unwrap().clone();
                let _ = answer(stream, &said, &today).await;
            }
        });
        Self { address, says, task }
    }

    fn url(&self) -> String {
        format!("http://{}/epss_scores-current.csv", self.address)
    }

    fn says(&self, answer: &str) {
        answer.clone_into(&mut self.says.lock().unwrap());
    }
}

async fn answer(stream: TcpStream, said: &str, today: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let answer = if head.starts_with("GET /today ") { today } else { said };
    stream.get_mut().write_all(answer.as_bytes()).await
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn moved(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn edition(day: u32, score: &str) -> String {
    format!(
        "#model_version:v2025.03.14,score_date:2026-05-{day}T00:00:00+0000\ncve,epss,percentile\nCVE-2020-0001,{score},0.9\n"
    )
}

async fn refresh(hub: &Running, grant: &Grant) -> Job {
    let operator = Grant { role: Role::Operator, ..*grant };
    let id = hub.hub.feeds().refresh(&operator, FeedKind::Epss).await.unwrap();
    hub.hub.jobs().wait(&operator, id, Duration::from_secs(60)).await.unwrap()
}

async fn score(hub: &Running) -> f64 {
    let facts = hub.hub.store().cve_facts(&["CVE-2020-0001".to_owned()]).await.unwrap();
    facts["CVE-2020-0001"].epss.unwrap().score
}

on_both_databases! {
    async fn a_feed_comes_from_its_publisher_and_trouble_there_keeps_what_is_loaded(database) {
        let home = Home::new(database);
        let publisher = Publisher::start(&ok(&edition(20, "0.3"))).await;
        let place = FeedSource::Url(publisher.url().parse().unwrap());
        let hub = home.start_with(move |settings| {
            settings.feeds.epss = Some(place);
            settings.feeds.max_bytes = 4096;
        }).await;
        let grant = hub.company("Acme").await;
        publisher.says(&ok(&edition(18, "0.1")));
        let first = refresh(&hub, &grant).await;
        assert_eq!((first.state, score(&hub).await), (JobState::Done, 0.1), "{first:?}");
        assert_eq!(refresh(&hub, &grant).await.result.unwrap()["outcome"], "unchanged");
        let whole = edition(19, "0.2");
        let cut = ok(&whole).replace(&format!("content-length: {}", whole.len()), "content-length: 3000");
        for (trouble, told) in [
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(), "404"),
            ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(), "503"),
            (ok("<!DOCTYPE html>\n<html><body>Sign in to the proxy</body></html>\n").replace("text/csv", "text/html"), "web page"),
            (ok("<!DOCTYPE html>\n<html><body>Sign in to the proxy</body></html>\n"), "publisher"),
            (cut, "cut"),
            (ok(&"x".repeat(5000)), "4096"),
            (moved("/epss_scores-current.csv"), "302"),
            ("no HTTP at all\r\n\r\n".to_owned(), "[feeds] epss"),
        ] {
            publisher.says(&trouble);
            let job = refresh(&hub, &grant).await;
            let error = job.error.clone().unwrap_or_default();
            assert!(job.state == JobState::Failed && error.contains(told), "{told}: {job:?}");
            assert!(error.contains("[feeds] epss") || error.contains("ownload it again"), "what to do: {error}");
            assert_eq!(score(&hub).await, 0.1, "{told}");
        }
        // The edition of the day, wherever it is.
        publisher.says(&moved("/today"));
        let sent_on = refresh(&hub, &grant).await;
        assert_eq!((sent_on.state, score(&hub).await), (JobState::Done, 0.3), "{sent_on:?}");
        assert_eq!(std::fs::read_dir(home.data().join("spool")).unwrap().count(), 0, "downloads are left in the spool");
        hub.stop().await;
    }
}
