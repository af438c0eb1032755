//! Traces, read by OpenTelemetry's own package; in a build without them, a refusal.

#[cfg(not(feature = "opentelemetry"))]
#[test]
fn a_build_without_traces_refuses_the_setting() {
    use crate::hub::{clean, ended};

    let parent = tempfile::tempdir().unwrap();
    let mut command = clean();
    command.env("SCANHELM_TRACES_COLLECTOR", "http://127.0.0.1:4318");
    let refused = ended(command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(parent.path().join("data")));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--features opentelemetry"), "{}", refused.stderr);
    assert!(!parent.path().join("data").exists());
}

#[cfg(feature = "opentelemetry")]
mod sent {
    use std::collections::BTreeSet;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use crate::hub::{Running, ask, bootstrap, clean, eventually};

    /// Prints its address, then every span.
    fn collector() -> (Running, String) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = root.join(".tools/judges/bin/python");
        assert!(python.exists(), "the judges are not installed: run e2e/judges/setup.sh");
        let mut command = Command::new(python);
        command.arg(root.join("e2e/judges/traces_opentelemetry.py")).stdin(Stdio::piped());
        let mut collector = Running::start(&mut command);
        let url = collector.out_line("http://");
        (collector, url)
    }

    fn serve(data: &Path, collector: &str) -> (Running, String) {
        let mut command = clean();
        command.env("SCANHELM_TRACES_COLLECTOR", collector).env("SCANHELM_NETWORK_ALLOW", "127.0.0.1");
        Running::listening(command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data))
    }

    fn span(line: &str) -> Value {
        serde_json::from_str(line).unwrap()
    }

    /// A collector that takes connections and says nothing, and an upload that never comes: it ends in time all the same.
    #[test]
    fn a_silent_collector_does_not_stretch_the_end_beyond_its_ten_seconds() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let key = bootstrap(&data);
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let (mut hub, url) = serve(&data, &format!("http://{}", silent.local_addr().unwrap()));
        let mut upload = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST /api/v1/imports HTTP/1.1\r\nHost: hub\r\nX-API-Key: {key}\r\nExpect: 100-continue\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n"
        );
        upload.write_all(head.as_bytes()).unwrap();
        upload.read_exact(&mut [0; 12]).unwrap();
        hub.signal("-TERM");
        let (code, took) = hub.wait();
        assert_eq!(code, Some(0), "{}", hub.log);
        assert!(took < Duration::from_secs(10), "{took:?}");
    }

    #[test]
    fn a_look_and_the_calls_it_made_are_one_trace_and_sending_is_none() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let key = bootstrap(&data);
        let (mut collector, traces) = collector();
        let (mut hub, url) = serve(&data, &traces);
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let new = json!({
            "connector": "nessus", "name": "lab", "base_url": format!("http://{nobody}"),
            "credentials": {"access_key": "a", "secret_key": "hunter2-secret"}
        });
        let (status, body) = ask(&url, "POST", "/api/v1/integrations", Some(&key), Some(&new));
        assert_eq!(status, 201, "{body}");
        eventually("the look", || {
            let (_, body) = ask(&url, "GET", "/api/v1/integrations", Some(&key), None);
            body.contains("unreachable").then_some(())
        });
        hub.signal("-TERM");
        assert_eq!(hub.wait().0, Some(0));

        let created = span(&collector.out_line(r#""name": "POST""#));
        assert_eq!(
            (created["kind"].as_str(), created["service"].as_str()),
            (Some("SPAN_KIND_SERVER"), Some("scanhelm"))
        );
        assert_eq!(created["attributes"]["url.path"], "/api/v1/integrations");
        assert_eq!(created["attributes"]["http.response.status_code"], 201);
        // Everything was sent when the hub ended.
        let mut spans = vec![created];
        let end = Instant::now() + Duration::from_secs(1);
        while let Some(line) = collector.next_out_line(end) {
            spans.push(span(&line));
        }
        let look = spans.iter().find(|span| span["name"] == "look").expect("a look");
        assert_eq!(look["attributes"]["connector"], "nessus");
        let calls: Vec<_> = spans.iter().filter(|span| span["parent"] == look["id"]).collect();
        assert!(!calls.is_empty(), "{spans:#?}");
        for call in calls {
            assert_eq!(
                (call["trace"].clone(), call["kind"].as_str()),
                (look["trace"].clone(), Some("SPAN_KIND_CLIENT"))
            );
            assert_eq!(call["attributes"]["server.address"], nobody.to_string());
        }
        let names: BTreeSet<_> = spans.iter().map(|span| span["name"].to_string()).collect();
        assert!(!names.iter().any(|name| name.contains("send traces")), "{names:?}");
        assert!(!format!("{spans:?}").contains("hunter2"));
    }

    #[test]
    fn a_collector_that_is_away_holds_nothing_up() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let key = bootstrap(&data);
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (mut hub, url) = serve(&data, &format!("http://{nobody}"));
        assert_eq!(ask(&url, "GET", "/api/v1/scans", Some(&key), None).0, 200);
        hub.signal("-TERM");
        assert_eq!(hub.wait().0, Some(0), "{}", hub.log);
    }
}
