//! A connection to the database that breaks at the worst moment: the server has committed, its answer never arrives. Or
//! one on which nothing passes any more, in either direction, while both ends believe that it is open.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Passes everything on, but loses the answer to some commits together with their connection. Ends with the process.
#[derive(Debug)]
pub(super) struct Proxy {
    address: String,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    server: String,
    commits: AtomicU32,
    lost: AtomicU32,
    /// One in so many commits.
    every: u32,
    at_most: u32,
    clogged: AtomicBool,
}

impl Plan {
    /// Whether the answer to the commit that is passing is to be lost.
    fn strikes(&self) -> bool {
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        number.is_multiple_of(self.every) && self.lost.fetch_add(1, Ordering::SeqCst) < self.at_most
    }

    fn until_open(&self) {
        while self.clogged.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Proxy {
    /// In front of the server of `url`, and losing nothing.
    pub(super) fn faithful(url: &str) -> Self {
        Self::to(url, u32::MAX, 0)
    }

    /// In front of the server of `url`.
    pub(super) fn to(url: &str, every: u32, at_most: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = authority(url).to_owned();
        let (commits, lost) = (AtomicU32::new(0), AtomicU32::new(0));
        let plan = Arc::new(Plan { server, commits, lost, every, at_most, clogged: AtomicBool::new(false) });
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let plan = Arc::clone(&shared);
                std::thread::spawn(move || pass(&client, &plan));
            }
        });
        Self { address, plan }
    }

    /// The address of the database behind it.
    pub(super) fn url(&self, url: &str) -> String {
        url.replacen(authority(url), &self.address, 1)
    }

    /// Whether nothing passes, until further notice. What was sent meanwhile arrives afterwards.
    pub(super) fn clog(&self, clogged: bool) {
        self.plan.clogged.store(clogged, Ordering::SeqCst);
    }

    pub(super) fn lost(&self) -> u32 {
        self.plan.lost.load(Ordering::SeqCst).min(self.plan.at_most)
    }
}

/// `host:port`.
fn authority(url: &str) -> &str {
    url.rsplit_once('@').unwrap().1.split('/').next().unwrap()
}

fn pass(client: &TcpStream, plan: &Arc<Plan>) {
    plan.until_open();
    let Ok(server) = TcpStream::connect(&plan.server) else { return };
    let struck = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            copy(client, &server, |bytes| {
                plan.until_open();
                if bytes.windows(7).any(|window| window == b"COMMIT\0") && plan.strikes() {
                    struck.store(true, Ordering::SeqCst);
                }
                true
            });
        });
        // The server answers a commit when it is done.
        copy(&server, client, |_| {
            plan.until_open();
            !struck.load(Ordering::SeqCst)
        });
    });
}

/// Until one side ends, or `goes_on` says no; then both are closed.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !goes_on(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
