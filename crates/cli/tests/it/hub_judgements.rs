//! What was judged at a hub counts in the scan that is sent there; what a hub cannot tell, or tells falsely, does not.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use serde_json::{Value, json};

use crate::ci::{got, outside, scanning};
use crate::hub::{Running, ask, clean, ended, eventually};
use crate::language_model::reply;
use crate::own_scanners::User;
use crate::support::Ended;

const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
const EMAIL: &str = "ann@example.com";
const PASSWORD: &str = "correct horse battery staple";
/// B403, B404 and B307.
const SOURCE: &str = "import pickle\nimport subprocess\neval(input())\n";

fn scan(folder: &Path, hub: &str, key: &str, now: Option<&str>, more: &[&str]) -> Ended {
    let mut command = scanning(folder, hub, key, COMMIT);
    command.envs(now.map(|now| ("SCANHELM_FAKE_NOW", now)));
    ended(command.args(["--fail-on", "low"]).args(more))
}

fn results_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr))
}

/// The rules of what counts.
fn rules(ended: &Ended) -> Vec<String> {
    let results = results_of(ended);
    let counted = results["findings"].as_array().unwrap().iter().filter(|finding| finding.get("suppressed").is_none());
    let mut rules: Vec<_> = counted.map(|finding| finding["rule_id"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    rules
}

struct Judge<'a> {
    url: &'a str,
    key: &'a str,
}

impl Judge<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = ask(self.url, "POST", path, Some(self.key), Some(body));
        assert!(matches!(status, 200 | 201), "{path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn finding(&self, rule: &str) -> Value {
        let all = got(self.url, self.key, "/api/v1/findings?limit=100");
        let ids = all["items"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().to_owned());
        let mut details = ids.map(|id| got(self.url, self.key, &format!("/api/v1/findings/{id}")));
        details.find(|detail| detail["sightings"][0]["rule_id"] == rule).unwrap()
    }

    fn judges(&self, rule: &str, judgement: &Value) {
        let id = self.finding(rule)["id"].as_str().unwrap().to_owned();
        self.post(&format!("/api/v1/findings/{id}/transition"), judgement);
    }
}

fn bootstrap_with_password(data: &Path) -> String {
    let mut command = clean();
    command.args(["admin", "bootstrap", "--json", "--company", "Example", "--email", EMAIL, "--password-stdin"]);
    let password = data.with_file_name("password");
    fs::write(&password, PASSWORD).unwrap();
    let made = ended(command.arg("--data").arg(data).stdin(fs::File::open(password).unwrap()));
    let answer: Value = serde_json::from_str(&made.stdout).unwrap_or_else(|_| panic!("{}", made.stderr));
    answer["api_key"].as_str().unwrap().to_owned()
}

/// Which only an operator can make, in a session.
fn key_of_another_company(url: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let post = |path: &str, cookie: &str, body: Value| {
        let (body, mut answer) = (body.to_string(), String::new());
        let head = format!("Host: {address}\r\nOrigin: {url}\r\nCookie: {cookie}\r\nConnection: close\r\n");
        let kind = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "POST {path} HTTP/1.1\r\n{head}{kind}\r\n{body}").unwrap();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let opened = post("/api/v1/session", "", json!({"email": EMAIL, "password": PASSWORD}));
    let cookie = opened.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    let made = post("/api/v1/companies", cookie.unwrap(), json!({"company": "Zenith", "email": "zoe@example.com"}));
    let body = made.split_once("\r\n\r\n").unwrap().1;
    let answer: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{made}"));
    answer["api_key"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

#[test]
fn what_was_judged_at_the_hub_counts_for_no_gate_of_the_scan_that_is_sent_there() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let key = bootstrap_with_password(&data);
    let (_hub, url) = Running::serve(&data, &[]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), SOURCE).unwrap();
    let first = scan(folder.path(), &url, &key, None, &[]);
    assert_eq!((first.code, rules(&first)), (1, vec!["B307".to_owned(), "B403".to_owned(), "B404".to_owned()]));

    let ann = Judge { url: &url, key: &key };
    ann.judges("B403", &json!({"to": "false_positive", "reason": "our own data"}));
    let end = "2099-01-01T00:00:00Z";
    ann.judges("B404", &json!({"to": "risk_accepted", "reason": "until the move", "expires_at": end}));
    ann.post(
        "/api/v1/suppression-rules",
        &json!({"name": "Lab", "reason": "a lab", "expression": {"rules": ["B307"]}, "expires_at": "2098-01-01T00:00:00Z"}),
    );
    eventually("the rule to hide B307", || (ann.finding("B307")["status"] == "suppressed").then_some(()));

    let files = ["sarif", "txt", "md", "csv", "junit.xml"].map(|ending| parent.path().join(format!("out.{ending}")));
    let mut more = vec!["--max-findings", "0", "--show-suppressed"];
    more.extend(files.iter().flat_map(|file| ["--output-file", file.to_str().unwrap()]));
    let judged = scan(folder.path(), &url, &key, None, &more);
    assert_eq!((judged.code, rules(&judged)), (0, vec![]), "{}", judged.stderr);
    assert!(results_of(&judged).get("warnings").is_none());
    let told = results_of(&judged);
    let why = |rule: &str| {
        let found = told["findings"].as_array().unwrap().iter().find(|finding| finding["rule_id"] == rule);
        found.unwrap()["suppressed"].clone()
    };
    let by = why("B403")["owner"].clone();
    assert!(by.as_str().unwrap().to_lowercase().contains("ann"), "{by}");
    let hub = |verdict: &str, reason: &str| json!({"by": "hub", "verdict": verdict, "reason": reason, "owner": by});
    assert_eq!(why("B403"), hub("false_positive", "our own data"));
    let until = |mut why: Value| (why.as_object_mut().unwrap().remove("expires_at").unwrap().to_string(), why);
    let (ends, accepted) = until(why("B404"));
    assert!(ends.contains("2099-01-01T00:00:00"), "{ends}");
    assert_eq!(accepted, hub("risk_accepted", "until the move"));
    let (ends, ruled) = until(why("B307"));
    assert!(ends.contains("2098-01-01T00:00:00"), "{ends}");
    assert_eq!(ruled, hub("suppressed", "a lab (rule Lab)"));
    let [sarif, table, markdown, csv, junit] = files.each_ref().map(|file| fs::read_to_string(file).unwrap());
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mut justifications: Vec<&Value> = results.iter().map(|result| &result["suppressions"][0]).collect();
    justifications.sort_by_key(|suppression| suppression["justification"].as_str().unwrap());
    let external = |text: &str| json!({"kind": "external", "status": "accepted", "justification": text});
    let expected =
        ["false positive: our own data", "risk accepted: until the move", "suppressed: a lab (rule Lab)"].map(external);
    assert_eq!(justifications, expected.iter().collect::<Vec<_>>());
    assert!(table.contains("3 suppressed: 3 hub") && table.contains("hub: risk accepted: until the move"), "{table}");
    assert!(markdown.contains("no findings; 3 suppressed"), "{markdown}");
    assert!(!csv.contains("B307") && !junit.contains("B307"), "no place for the mark: {csv}{junit}");
    let again = scan(folder.path(), &url, &key, None, &more);
    assert_eq!(again.stdout, judged.stdout, "the same hub, the same bytes");

    let whole = scan(folder.path(), &url, &key, None, &["--no-suppress"]);
    assert_eq!((whole.code, rules(&whole)), (1, rules(&first)));
    assert!(results_of(&whole).get("warnings").is_none(), "nobody asked");
    let later = scan(folder.path(), &url, &key, Some("2100-01-01T00:00:00Z"), &[]);
    assert_eq!((later.code, rules(&later)), (1, vec!["B307".to_owned(), "B404".to_owned()]), "{}", later.stderr);
    let over = "B404 in app.py:2 counts again. The hub says: The judgement risk_accepted ran out on 2099-01-01";
    assert!(later.stderr.contains(over), "{}", later.stderr);

    let stranger = scan(folder.path(), &url, &key_of_another_company(&url), None, &[]);
    assert_eq!((stranger.code, rules(&stranger)), (1, rules(&first)), "others' judgements are nothing to it");
}

/// A hub that takes every run in and answers as it is told when it is asked what was judged.
fn hub_answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the process of the test.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            answered(stream, &answer);
        }
    });
    url
}

fn answered(stream: TcpStream, standings: &str) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or_default() == 0 {
            return;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    reader.read_exact(&mut vec![0; length.map_or(0, |text| text.parse().unwrap())]).unwrap();
    let job = json!({"job_id": "0190b8a2-0000-7000-8000-000000000001", "state": "done", "result": {}});
    let answer =
        if head.contains("/standings ") { standings.to_owned() } else { reply(200, "Connection: close\r\n", &job) };
    // Whoever gave up does not hear it.
    let _ = reader.get_mut().write_all(answer.as_bytes());
}

/// A scan that finds A1 with a scanner of the user's own.
fn small_scan(user: &User, hub: &str, output: &str, more: &[&str]) -> Ended {
    let mut command = outside();
    command.current_dir(user.path("project")).env("SCANHELM_API_KEY", "shk_x");
    command.env("XDG_CONFIG_HOME", user.path("settings")).env("SCANHELM_LOCAL_TOOL_PATHS", user.path("tools"));
    ended(command.args(["scan", ".", "--scanner", "own-lint", "--output", output, "--hub", hub]).args(more))
}

#[test]
fn a_hub_that_cannot_tell_what_was_judged_suppresses_nothing_and_every_output_says_so() {
    let user = User::new();
    let problem = |status: u16, code: &str| reply(status, "", &json!({"code": code, "detail": "No."}));
    let answers = [
        ("an older hub", problem(405, "method_not_allowed")),
        ("a key that may not read", problem(403, "permission_denied")),
        ("a shorter answer", reply(200, "", &json!({"items": []}))),
        ("a longer answer", reply(200, "", &json!({"items": [null, {"status": "false_positive"}]}))),
        ("something else", reply(200, "", &json!("false_positive"))),
        ("silence", String::new()),
    ];
    let unknown = "what was judged at the hub is not known";
    let files = ["sarif", "html", "junit.xml", "md", "txt"]
        .map(|ending| user.path(&format!("out.{ending}")).display().to_string());
    let written: Vec<&str> = files.iter().flat_map(|file| ["--output-file", file]).collect();
    for (who, answer) in answers {
        let url = hub_answering(answer);
        let ended = small_scan(&user, &url, "json", &[&written[..], &["--fail-on", "low"]].concat());
        assert_eq!((ended.code, rules(&ended)), (1, vec!["A1".to_owned()]), "{who}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("warning: {unknown}: ")), "{who}: {}", ended.stderr);
        assert_eq!(results_of(&ended)["warnings"].as_array().unwrap().len(), 1, "{who}");
        for file in &files {
            assert!(fs::read_to_string(file).unwrap().contains(unknown), "{who}: {file}");
            fs::remove_file(file).unwrap();
        }
        let annotated = small_scan(&user, &url, "github-annotations", &[]);
        assert!(annotated.stdout.starts_with(&format!("::warning title=Scanhelm::{unknown}")), "{}", annotated.stdout);
        assert_eq!(annotated.code, 0, "without a gate everything passes: {}", annotated.stderr);
    }
}

#[test]
fn what_a_hostile_hub_says_of_a_finding_stays_one_short_line_and_an_unknown_state_hides_nothing() {
    let user = User::new();
    let scanned = |status: &str| {
        let reason = format!("\u{1b}[31mred\n::error::{}", "x".repeat(9000));
        let item = json!({"status": status, "reason": reason, "by": "b".repeat(9000), "rule": "r\n\nr"});
        let url = hub_answering(reply(200, "", &json!({"items": [item]})));
        small_scan(&user, &url, "json", &["--fail-on", "low", "--show-suppressed"])
    };
    let told = scanned("false_positive");
    assert_eq!(told.code, 0, "{}", told.stderr);
    let why = results_of(&told)["findings"][0]["suppressed"].clone();
    let (reason, owner) = (why["reason"].as_str().unwrap(), why["owner"].as_str().unwrap());
    assert!(reason.chars().count() < 700 && !reason.contains(['\n', '\u{1b}']), "{reason}");
    assert!(owner.chars().count() < 110, "{owner}");
    for status in ["fixed", "open", "closed", "gone_fishing"] {
        let told = scanned(status);
        assert_eq!((told.code, rules(&told)), (1, vec!["A1".to_owned()]), "{status}: {}", told.stderr);
    }
}
