//! Answers that real servers gave to clients nobody here wrote, one file a vendor. Nothing here opens a socket.

mod nessus;
mod qualys_vm;
mod tenable_sc;

use std::sync::Arc;

use bytes::Bytes;
use scanhelm_connectors::contract::{Connection, Connector, Session};
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_net::{Exchange, VendorHttp};
use scanhelm_testkit::corpus::{CorpusFile, vendor_corpus};
use serde_json::Value;

use crate::stage::StandingClock;

/// A file of the corpus; `None` where this machine has no corpus.
pub(crate) fn corpus_file(vendor: &str, name: &str) -> Option<CorpusFile> {
    let files = vendor_corpus(vendor)?;
    Some(files.into_iter().find(|file| file.name == name).unwrap_or_else(|| panic!("the corpus lacks {name}")))
}

/// The exchanges of one file of JSON recordings in order, each moved to where the connector asks for it.
pub(crate) fn exchanges(file: &CorpusFile, moved: impl Fn(&str) -> String) -> Vec<Exchange> {
    let recorded: Vec<Value> = serde_json::from_slice(&file.bytes()).unwrap();
    recorded
        .iter()
        .map(|exchange| {
            let target = match exchange["path"].as_str() {
                Some(path) => path.to_owned(),
                None => {
                    let url: url::Url = exchange["url"].as_str().unwrap().parse().unwrap();
                    url[url::Position::BeforePath..].to_owned()
                }
            };
            Exchange {
                method: exchange["method"].as_str().unwrap().to_owned(),
                target: moved(&target),
                status: u16::try_from(exchange["status"].as_u64().unwrap()).unwrap(),
                headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
                body: Bytes::from(exchange["response"].to_string()),
            }
        })
        .collect()
}

pub(crate) fn as_is(target: &str) -> String {
    target.to_owned()
}

pub(crate) fn answer(method: &str, target: &str, status: u16, body: impl Into<Bytes>) -> Exchange {
    Exchange { method: method.to_owned(), target: target.to_owned(), status, headers: Vec::new(), body: body.into() }
}

/// A session of this connector that hears these answers; `fields` are the names of its credentials.
pub(crate) fn session(connector: &dyn Connector, fields: &[&str], exchanges: Vec<Exchange>) -> Box<dyn Session> {
    let http = VendorHttp::replaying("https://recorded.example".parse().unwrap(), exchanges, Arc::new(StandingClock));
    let credentials: Credentials = fields.iter().map(|name| ((*name).to_owned(), Secret::new("recorded"))).collect();
    let connection = Connection { http, credentials, clock: Arc::new(StandingClock) };
    connector.open(connection).unwrap()
}
