//! Every `.nessus` and `.sarif` file and every table of Nessus in the corpus, through the whole import: counted as its
//! manifest says, unchanged the second time, and with the same end in any order.

use std::collections::BTreeSet;
use std::path::PathBuf;

use scanhelm_core::company::{Company, CompanyStatus};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::job::JobState;
use scanhelm_core::permission::Grant;
use scanhelm_testkit::corpus::{corpus_root, read_manifest};

use crate::harness::{Database, Home, Running};

struct Sample {
    path: PathBuf,
    expected: Option<u64>,
}

fn samples() -> Option<Vec<Sample>> {
    let root = corpus_root()?;
    let mut samples = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(&root).unwrap().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.join("MANIFEST.tsv").exists() && !folder.ends_with("local")) {
        for file in read_manifest(folder).unwrap() {
            let extension = file.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            let is_nessus = folder.ends_with("nessus") && matches!(extension, "xml" | "csv");
            // The same undated scan as `...-all.csv` with fewer columns: of two undated reports the later upload wins, so
            // these two cannot end the same in any order.
            if file.path.ends_with("dd_nessus_many_vuln2-default.csv") {
                continue;
            }
            if matches!(extension, "nessus" | "sarif") || is_nessus {
                // The manifest counts the rows of tables, and 529 of this one's hold only commas.
                let is_padded = file.path.ends_with("dd_nessus_many_vuln.csv");
                let expected = if is_padded { Some(4) } else { file.count("findings") };
                samples.push(Sample { expected, path: file.path });
            }
        }
    }
    let mut local: Vec<_> =
        std::fs::read_dir(root.join("local")).unwrap().flatten().map(|entry| entry.path()).collect();
    local.sort();
    for folder in local.iter().filter(|folder| folder.is_dir()) {
        let path = folder.join("sample.sarif");
        if path.exists() {
            let document: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap_or(serde_json::Value::Null);
            let counted = document["runs"]
                .as_array()
                .map(|runs| runs.iter().map(|run| run["results"].as_array().map_or(0, Vec::len) as u64).sum());
            samples.push(Sample { path, expected: counted });
        }
    }
    assert!(samples.len() >= 25, "only {} samples found", samples.len());
    Some(samples)
}

async fn import_all(database: Database, samples: &[Sample], twice: bool) -> Vec<String> {
    let home = Home::new(database);
    let hub = home.start().await;
    let grant = same_company(&hub).await;
    for round in 0..=usize::from(twice) {
        for sample in samples {
            let name = sample.path.file_name().unwrap().to_string_lossy().into_owned();
            let job = hub.upload(&grant, &name, &std::fs::read(&sample.path).unwrap()).await;
            assert_eq!(job.state, JobState::Done, "{}: {:?}", sample.path.display(), job.error);
            let result = job.result.unwrap();
            let number = |field: &str| result[field].as_u64().unwrap();
            assert_eq!(number("quarantined_total"), 0, "{}: {result}", sample.path.display());
            if let Some(expected) = sample.expected {
                assert_eq!(number("records"), expected, "{}", sample.path.display());
            }
            if round == 1 {
                assert_eq!(number("unchanged"), number("records"), "{}: {result}", sample.path.display());
            }
        }
    }
    let dump = hub.dump(&grant).await;
    hub.stop().await;
    dump.iter().map(|line| without_times(line)).collect()
}

/// Fingerprints hold the company, so every round uses the same one.
async fn same_company(hub: &Running) -> Grant {
    let id = CompanyId("00000000-0000-7000-8000-00000000000a".parse().unwrap());
    let company = Company { id, name: "Acme".to_owned(), status: CompanyStatus::Active, created_at: hub.hub.now() };
    let transaction = hub.hub.store().begin().await.unwrap();
    transaction.insert_company(&company).await.unwrap();
    transaction.commit().await.unwrap();
    Grant::system(id)
}

/// A report that is not dated is stamped with the time of its upload.
fn without_times(line: &str) -> String {
    let is_time = |part: &&str| scanhelm_core::Timestamp::parse(part).is_none();
    line.split('\t').filter(is_time).collect::<Vec<_>>().join("\t")
}

async fn same_in_any_order(database: Database) {
    let Some(mut samples) = samples() else {
        say_that_there_is_no_corpus();
        return;
    };
    let forward = import_all(database, &samples, true).await;
    samples.reverse();
    let backward = import_all(database, &samples, false).await;
    similar(&forward, &backward);
    let middle = samples.len() / 2;
    samples.rotate_left(middle);
    similar(&forward, &import_all(database, &samples, false).await);
}

fn similar(one: &[String], other: &[String]) {
    let (one, other): (BTreeSet<_>, BTreeSet<_>) = (one.iter().collect(), other.iter().collect());
    let differences: Vec<_> = one.symmetric_difference(&other).take(20).collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    same_in_any_order(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    same_in_any_order(Database::Postgres).await;
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn say_that_there_is_no_corpus() {
    eprintln!("no corpus beside this checkout: nothing was imported");
}
