use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use scanhelm_core::finding::{FindingState, Sighting};
use scanhelm_core::local::suppression::Way;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::{ImportState, Status};
use scanhelm_core::{ErrorCode, Severity};
use scanhelm_hub::failpoint;
use scanhelm_hub::findings::PolicyChange;
use scanhelm_hub::local::AllowedHosts;
use scanhelm_hub::scans::NewScan;
use scanhelm_store::FindingFilter;
use serde_json::Value;

use crate::harness::{Ahead, Database, Home, LOOKS, Running, on_both_databases};

const IMPORT: &str = "import subprocess\n";
const CALL: &str = "subprocess.call(line, shell=True)";

/// A hub that knows Bandit alone, and a project of a few lines.
struct Workbench {
    home: Home,
    hub: Running,
    grant: Grant,
}

impl Workbench {
    async fn on(database: Database) -> Self {
        Self::with(database, true).await
    }

    async fn with(database: Database, project_suppression: bool) -> Self {
        let home = Home::new(database);
        let (tools, source) = (home.data().join("tools"), home.data().join("shop"));
        for folder in [&tools, &source] {
            fs::create_dir(folder).unwrap();
        }
        let scanners = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.tools/scanners/bin");
        symlink(scanners.join("bandit").canonicalize().unwrap(), tools.join("bandit")).unwrap();
        for other in ["semgrep", "ruff"] {
            program(&tools.join(other), "echo 0.0.1");
        }
        let hub = home
            .start_with(|settings| {
                settings.local.tool_paths = vec![tools];
                settings.local.project_suppression = project_suppression;
            })
            .await;
        let grant = hub.company("Acme").await;
        Self { home, hub, grant }
    }

    fn source(&self) -> PathBuf {
        self.home.data().join("shop")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.source().join(name), text).unwrap();
    }

    async fn scan(&self, name: &str) -> Scan {
        start(&self.hub, &self.grant, name, &self.source()).await;
        self.ended(name).await
    }

    async fn ended(&self, name: &str) -> Scan {
        let ended =
            |scan: &Scan| scan.vendor_state.is_terminal() && (scan.import_state.is_finished() || scan.error.is_some());
        let scan = self.hub.await_scan(&self.grant, name, ended).await;
        assert_eq!(scan.status(), Status::Completed, "{:?}", scan.error);
        scan
    }

    /// Rule and status of every finding, with what the project says.
    async fn findings(&self) -> Vec<(String, FindingState, Option<(Way, Option<String>)>)> {
        let page = PageRequest { limit: 100, ..PageRequest::default() };
        let listed = self.hub.hub.findings().list(&self.grant, &FindingFilter::default(), &page).await.unwrap();
        let mut told = Vec::new();
        for finding in listed.items {
            let view = self.hub.hub.findings().get(&self.grant, finding.id).await.unwrap();
            assert!(view.suppression.is_none());
            let Sighting { rule_id, suppressed, .. } = view.sightings[0].clone();
            told.push((rule_id, finding.status, suppressed.map(|suppressed| (suppressed.by, suppressed.reason))));
        }
        told.sort_by(|one, other| one.0.cmp(&other.0));
        told
    }

    async fn events(&self, scan: &Scan, name: &str) -> Vec<Value> {
        let page = PageRequest { limit: 500, ..PageRequest::default() };
        let feed = self.hub.hub.scans().activity(&self.grant, scan.id, &page).await.unwrap();
        feed.items.into_iter().filter(|activity| activity.event == name).map(|activity| activity.data).collect()
    }

    async fn open(&self) -> u64 {
        let queue = FindingFilter { status: vec![FindingState::Open], ..FindingFilter::default() };
        self.hub.hub.findings().counts(&self.grant, &queue).await.unwrap().total()
    }
}

fn program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn new(name: &str, source: &Path) -> NewScan {
    NewScan {
        name: Some(name.to_owned()),
        target_path: Some(source.display().to_string()),
        scan_types: vec!["code".to_owned()],
        ..NewScan::default()
    }
}

async fn start(hub: &Running, grant: &Grant, name: &str, source: &Path) {
    hub.hub.scans().create(grant, new(name, source)).await.unwrap();
}

/// Says of the port that it was asked about what the file beside it says.
const NMAP: &str = r#"[ "$1" = --version ] && { echo "Nmap version 7.93"; exit 0; }
for word in "$@"; do [ "$last" = -oX ] && report=$word; [ "$last" = -p ] && port=$word; last=$word; done
cat > "$report" <<XML
<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap -n -sT -sV -Pn -p $port 127.0.0.1" start="1795442980" version="7.93" xmloutputversion="1.05">
<host><status state="up" reason="user-set"/><address addr="127.0.0.1" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="$port"><state state="$(cat "$(dirname "$0")/state")" reason="syn-ack"/></port></ports></host>
<runstats><finished time="1795442990" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
XML"#;

/// A result as Bandit writes it.
const FOUND: &str = r#"{"code": "1 import subprocess", "col_offset": 0, "filename": "./app.py",
 "issue_confidence": "HIGH", "issue_cwe": {"id": 78}, "issue_severity": "LOW", "issue_text": "Consider what may happen.",
 "line_number": 1, "line_range": [1], "test_id": "B404", "test_name": "blacklist"}"#;

/// Targets, and a Bandit that notes when it starts and waits until it may end.
struct Queue(PathBuf);

impl Queue {
    fn names() -> impl Iterator<Item = String> {
        (1..=50).map(|number| format!("s{number:02}"))
    }

    fn at(data: &Path) -> Self {
        let (tools, notes) = (data.join("tools"), data.join("notes"));
        for folder in [&tools, &notes, &notes.join("running")] {
            fs::create_dir(folder).unwrap();
        }
        for name in Self::names() {
            fs::create_dir(data.join(&name)).unwrap();
            fs::write(data.join(&name).join("app.py"), IMPORT).unwrap();
        }
        let script = format!(
            "[ \"$1\" = --version ] && echo 1.9.4 && exit\n\
             for word in \"$@\"; do [ \"$last\" = --output ] && report=$word; last=$word; done\n\
             cd {} && name=$(basename \"$OLDPWD\")\n\
             trap 'rmdir running/$name; exit' TERM\n\
             mkdir running/$name && ls running | wc -l >> most && echo $name >> starts\n\
             while [ ! -e go ]; do sleep 0.02; done\n\
             rmdir running/$name\n\
             echo '{{\"errors\": [], \"metrics\": {{\"./app.py\": {{\"loc\": 1}}}}, \"results\": ['\"$(cat results 2>/dev/null)\"']}}' > \"$report\"",
            notes.display()
        );
        program(&tools.join("bandit"), &script);
        for other in ["semgrep", "ruff"] {
            program(&tools.join(other), "echo 0.0.1");
        }
        Self(notes)
    }

    fn lines(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.0.join(name)).unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect()
    }

    /// Who has started, as soon as there are so many.
    async fn starts(&self, wanted: usize) -> Vec<String> {
        for _ in 0..LOOKS {
            let lines = self.lines("starts");
            if lines.len() >= wanted {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("only these started: {:?}", self.lines("starts"));
    }

    fn most_at_once(&self) -> u32 {
        self.lines("most").iter().map(|count| count.parse().unwrap()).max().unwrap()
    }

    fn clear(&self) {
        fs::remove_dir_all(&self.0).unwrap();
        fs::create_dir_all(self.0.join("running")).unwrap();
    }

    fn open(&self) {
        fs::write(self.0.join("go"), "").unwrap();
    }
}

fn said(way: Way, reason: &str) -> Option<(Way, Option<String>)> {
    Some((way, Some(reason).filter(|reason| !reason.is_empty()).map(str::to_owned)))
}

on_both_databases! {
    /// Real Bandit and Semgrep as a scan of the hub: events, findings, and a second scan that changes nothing.
    async fn a_folder_is_scanned_and_its_findings_are_in_the_queue(database) {
        let home = Home::new(database);
        let source = home.data().join("shop");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(source.join("app.py"), "import pickle\n\ndef load(data):\n    return pickle.loads(data)\n\n\neval(input())\n").unwrap();
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let new = NewScan {
            name: Some("shop".to_owned()),
            target_path: Some(source.display().to_string()),
            scan_types: vec!["code".to_owned()],
            ..NewScan::default()
        };
        let created = hub.hub.scans().create(&grant, new.clone()).await.unwrap();
        assert_eq!(created.scan.origin, Origin::Local);
        let mut done = None;
        for _ in 0..LOOKS {
            done = hub.scan_named(&grant, "shop").await.filter(|scan| {
                scan.vendor_state.is_terminal() && (scan.import_state.is_finished() || scan.error.is_some())
            });
            if done.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let done = done.expect("the local scan never ended");
        assert_eq!(done.status(), Status::Completed, "{:?}", done.error);
        assert!(done.scanners_run.contains(&"bandit".to_owned()), "bandit did not run; run scripts/setup-test.sh scanners");
        assert!(done.imported_findings >= 2);
        let feed = hub.hub.scans().activity(&grant, done.id, &Default::default()).await.unwrap();
        let events: Vec<&str> = feed.items.iter().rev().map(|activity| activity.event.as_str()).collect();
        for event in ["scan.start", "scanner.start", "scanner.complete", "scan.complete", "import.complete"] {
            assert!(events.contains(&event), "{event} is missing in {events:?}");
        }
        let before = hub.dump(&grant).await;
        let again = NewScan { name: Some("shop again".to_owned()), ..new };
        hub.hub.scans().create(&grant, again).await.unwrap();
        for _ in 0..LOOKS {
            if hub.scan_named(&grant, "shop again").await.is_some_and(|scan| scan.import_state.is_finished()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let fingerprints = |dump: &[String]| dump.iter().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(fingerprints(&hub.dump(&grant).await), fingerprints(&before));
        hub.stop().await;
    }

    /// Comment, rule and baseline, each for as long as it is there; and a person is right.
    async fn a_project_suppresses_its_findings_until_it_says_something_else(database) {
        use FindingState::{FalsePositive, Open, Suppressed};
        let bench = Workbench::on(database).await;
        let comment = "# scanhelm: ignore B602 -- fixed words";
        let rule = "[[ignore]]\nrule = \"bandit:B404\"\nreason = \"known here\"\n";
        let old = "[[ignore]]\nrule = \"bandit:B3*\"\nreason = \"until then\"\nexpires = \"2020-01-01\"\n";
        let two = (String::from("B404"), String::from("B602"));
        bench.write("app.py", &format!("{IMPORT}{CALL}  {comment}\n"));
        bench.write(".scanhelm.toml", &format!("{rule}{old}"));
        let first = bench.scan("first").await;
        let both = vec![
            (two.0.clone(), Suppressed, said(Way::Config, "known here")),
            (two.1.clone(), Suppressed, said(Way::Inline, "fixed words")),
        ];
        assert_eq!(bench.findings().await, both);
        assert_eq!((bench.open().await, first.counts.total(), first.imported_findings), (0, 0, 2));
        let told = &bench.events(&first, "scan.suppression").await[0];
        assert_eq!((&told["inline"], &told["config"], &told["applied"]), (&1.into(), &1.into(), &true.into()));
        assert!(told["warnings"][0].as_str().unwrap().contains("ran out on 2020-01-01"), "{told}");

        // Another reason is told, and the same again changes nothing.
        bench.write("app.py", &format!("{IMPORT}{CALL}  {comment} again\n"));
        bench.scan("another reason").await;
        assert_eq!(bench.findings().await[1].2, said(Way::Inline, "fixed words again"));

        // The comment is gone and the rule is mistaken: nothing is hidden by what cannot be read.
        bench.write("app.py", &format!("{IMPORT}{CALL}\n"));
        bench.write(".scanhelm.toml", "[[ignroe]]\nrule = \"bandit:B404\"\n");
        let second = bench.scan("mistaken").await;
        assert_eq!(bench.findings().await, [(two.0.clone(), Open, None), (two.1.clone(), Open, None)]);
        assert_eq!(second.counts.total(), 2);
        let told = &bench.events(&second, "scan.suppression").await[0];
        assert!(told["warnings"][0].as_str().unwrap().contains("did you mean `ignore`"), "{told}");

        // A person's judgement stands, whatever the project says, and an opened one stays open.
        let page = PageRequest { limit: 10, ..PageRequest::default() };
        let listed = bench.hub.hub.findings().list(&bench.grant, &FindingFilter::default(), &page).await.unwrap();
        let import = listed.items.iter().find(|finding| finding.severity == Severity::Low).unwrap().id;
        bench.hub.hub.findings().transition(&bench.grant, import, FalsePositive, "looked at it", None).await.unwrap();
        bench.write("app.py", &format!("{IMPORT}{CALL}  {comment}\n"));
        bench.write(".scanhelm.toml", rule);
        bench.scan("back").await;
        let judged = bench.findings().await;
        assert_eq!((judged[0].1, judged[1].1), (FalsePositive, Suppressed));
        let call = listed.items.iter().find(|finding| finding.id != import).unwrap().id;
        bench.hub.hub.findings().transition(&bench.grant, call, Open, "", None).await.unwrap();
        bench.scan("once more").await;
        assert_eq!(bench.findings().await[1].1, Open, "a person wants to see it");
        bench.hub.stop().await;
    }

    /// As `scanhelm scan` does: the scanner's own word stays, and comes back with the rule's end. Who is not asked is not
    /// gone past.
    async fn a_project_says_how_bad_a_rule_is_where_it_is_heard(database) {
        let bench = Workbench::on(database).await;
        let severities = async || {
            let page = PageRequest { limit: 10, ..PageRequest::default() };
            let listed = bench.hub.hub.findings().list(&bench.grant, &FindingFilter::default(), &page).await.unwrap();
            let mut told = Vec::new();
            for finding in listed.items {
                let view = bench.hub.hub.findings().get(&bench.grant, finding.id).await.unwrap();
                let said = view.sightings[0].detail["vendor_severity"].as_str().map(str::to_owned);
                told.push((view.sightings[0].rule_id.clone(), finding.severity, said));
            }
            told.sort();
            told
        };
        let as_told = [("B404".to_owned(), Severity::Low, Some("LOW".to_owned())), ("B602".to_owned(), Severity::High, Some("HIGH".to_owned()))];
        let as_heard = [(as_told[0].0.clone(), Severity::Critical, as_told[0].2.clone()), (as_told[1].0.clone(), Severity::Info, as_told[1].2.clone())];
        let rules = "[[severity]]\nrule = \"bandit:B602\"\nseverity = \"info\"\n[[severity]]\nrule = \"B404\"\nseverity = \"critical\"\n";
        bench.write("app.py", &format!("{IMPORT}{CALL}\n"));
        bench.write(".scanhelm.toml", rules);
        let heard = bench.scan("heard").await;
        assert_eq!(severities().await, as_heard);
        assert_eq!((heard.counts.critical, heard.counts.info, heard.counts.total()), (1, 1, 2));
        let told = &bench.events(&heard, "scan.suppression").await[0];
        assert_eq!((&told["severity"], &told["applied"]), (&2.into(), &true.into()));

        let unheard = NewScan { no_suppress: true, ..new("unheard", &bench.source()) };
        bench.hub.hub.scans().create(&bench.grant, unheard).await.unwrap();
        bench.ended("unheard").await;
        assert_eq!(severities().await, as_told);
        bench.scan("heard again").await;
        assert_eq!(severities().await, as_heard);

        let change = PolicyChange { states: Some(vec![FindingState::Suppressed]), request_days: None };
        bench.hub.hub.findings().change_policy(&bench.grant, change, None).await.unwrap();
        let four_eyes = bench.scan("four eyes").await;
        assert_eq!(severities().await, as_told);
        assert_eq!((four_eyes.counts.high, four_eyes.counts.low), (1, 1));
        bench.hub.stop().await;
    }

    /// One scan leaves the project aside; the next hears it again.
    async fn a_scan_need_not_hear_its_project(database) {
        let bench = Workbench::on(database).await;
        bench.write("app.py", &format!("{IMPORT}{CALL}  # scanhelm: ignore B602 -- fixed words\n"));
        bench.scan("heard").await;
        assert_eq!(bench.open().await, 1);
        let unheard = NewScan { no_suppress: true, ..new("unheard", &bench.source()) };
        bench.hub.hub.scans().create(&bench.grant, unheard.clone()).await.unwrap();
        let scan = bench.ended("unheard").await;
        assert_eq!((bench.open().await, scan.counts.total()), (2, 2));
        assert!(bench.events(&scan, "scan.suppression").await.is_empty());
        bench.scan("heard again").await;
        assert_eq!(bench.open().await, 1);
        let record = NewScan { name: Some("record".to_owned()), target_path: None, ..unheard };
        let refused = bench.hub.hub.scans().create(&bench.grant, record).await.unwrap_err();
        assert_eq!(refused.fields.first().map(|field| field.field.as_str()), Some("no_suppress"));
        bench.hub.stop().await;
    }

    /// Neither where the operator does not want it, nor where two people have to agree.
    async fn a_project_is_not_heard_where_others_decide(database) {
        let bench = Workbench::with(database, false).await;
        bench.write("app.py", &format!("{IMPORT}{CALL}  # scanhelm: ignore * -- mine\n"));
        let deaf = bench.scan("deaf").await;
        assert_eq!(bench.open().await, 2);
        assert!(bench.events(&deaf, "scan.suppression").await.is_empty());
        bench.hub.stop().await;

        let bench = Workbench::on(database).await;
        let change = PolicyChange { states: Some(vec![FindingState::Suppressed]), request_days: None };
        bench.hub.hub.findings().change_policy(&bench.grant, change, None).await.unwrap();
        bench.write("app.py", &format!("{IMPORT}{CALL}  # scanhelm: ignore * -- mine\n"));
        let four_eyes = bench.scan("four eyes").await;
        assert_eq!((bench.open().await, four_eyes.counts.total()), (2, 2));
        assert_eq!(bench.events(&four_eyes, "scan.suppression").await[0]["applied"], false);
        // A settings file that leads out of the granted folders is not read.
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.toml"), "password = \"hunter2\"\n").unwrap();
        symlink(outside.path().join("secret.toml"), bench.source().join(".scanhelm.toml")).unwrap();
        let link = bench.scan("link").await;
        let told = bench.events(&link, "scan.suppression").await[0].to_string();
        assert!(told.contains("not below a folder") && !told.contains("password"), "{told}");
        bench.hub.stop().await;
    }

    /// A host is scanned where the operator grants it. What Nmap no longer sees there is gone; what it saw on another host
    /// stays.
    async fn hosts_are_scanned_where_they_are_granted(database) {
        let home = Home::new(database);
        let tools = home.data().join("tools");
        fs::create_dir(&tools).unwrap();
        program(&tools.join("nmap"), NMAP);
        let says = |state: &str| fs::write(tools.join("state"), state).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || listener.incoming().for_each(drop));
        let hub = home
            .start_with(|settings| {
                settings.local.tool_paths = vec![tools.clone()];
                settings.local.allowed_hosts = AllowedHosts::parse(&["127.0.0.0/8"]).unwrap();
            })
            .await;
        let grant = hub.company("Acme").await;
        let of_host = |name: &str, host: String| NewScan {
            name: Some(name.to_owned()),
            target_host: Some(host),
            scan_types: vec!["network".to_owned()],
            ..NewScan::default()
        };
        let scanned = async |name: &str| {
            hub.hub.scans().create(&grant, of_host(name, format!("127.0.0.1:{port}"))).await.unwrap();
            let scan = hub.await_scan(&grant, name, |scan| scan.vendor_state.is_terminal() && scan.import_state.is_finished()).await;
            assert_eq!((scan.status(), scan.origin), (Status::Completed, Origin::Local), "{:?}", scan.error);
            let page = PageRequest { limit: 100, ..PageRequest::default() };
            let listed = hub.hub.findings().list(&grant, &FindingFilter::default(), &page).await.unwrap();
            listed.items.into_iter().map(|finding| (finding.location.label(), finding.status)).collect::<Vec<_>>()
        };
        says("open");
        let place = format!("{port}/tcp");
        assert_eq!(scanned("first").await, [(place.clone(), FindingState::Open)]);
        says("closed");
        assert_eq!(scanned("second").await, [(place.clone(), FindingState::Fixed)]);
        says("open");
        assert_eq!(scanned("third").await, [(place, FindingState::Open)]);

        let refused = async |new: NewScan| hub.hub.scans().create(&grant, new).await.unwrap_err();
        let other = refused(of_host("other", "10.0.0.1".to_owned())).await;
        assert!(other.code == ErrorCode::TargetUnavailable && other.detail.contains("`[local] allowed_hosts`"), "{other}");
        let site = NewScan { target_url: Some("http://169.254.169.254/".to_owned()), scan_types: vec!["dast".to_owned()], ..NewScan::default() };
        assert!(refused(site).await.detail.contains("never scanned"));
        let wrong = refused(of_host("wrong", "-iL /etc/passwd".to_owned())).await;
        assert_eq!(wrong.fields.first().map(|field| field.field.as_str()), Some("target_host"));
        // Somebody else's work is a record, whatever it names.
        let record = NewScan { scan_types: Vec::new(), ..of_host("pen test", "10.0.0.1".to_owned()) };
        let record = hub.hub.scans().create(&grant, record).await.unwrap().scan;
        assert_eq!((record.origin, record.targets), (Origin::Manual, vec!["10.0.0.1".to_owned()]));
        hub.stop().await;
    }

    /// A link that is put in place after the scan was asked for leads nowhere.
    async fn a_target_is_looked_at_again_when_its_scan_runs(database) {
        let bench = Workbench::on(database).await;
        bench.write("app.py", IMPORT);
        let Workbench { home, hub, grant } = bench;
        hub.stop().await;
        let (source, outside) = (home.data().join("shop"), tempfile::tempdir().unwrap());
        let resting = home.start_resting(std::sync::Arc::new(scanhelm_hub::system::SystemClock), |_| {}).await;
        start(&resting, &grant, "moved", &source).await;
        fs::rename(&source, home.data().join("elsewhere")).unwrap();
        symlink(outside.path(), &source).unwrap();
        let jobs = resting.hub.steps().claim_jobs(10).await.unwrap();
        for job in jobs {
            job.run().await;
        }
        let scan = resting.scan_named(&grant, "moved").await.unwrap();
        assert_eq!(scan.status(), Status::Failed);
        assert!(scan.error.unwrap().contains("[local] allowed_roots"));
        resting.stop().await;
    }

    /// The findings of a scan are in memory alone until they are in the store: whether the attempt breaks there or the
    /// process dies, the scan ends as failed and says so.
    async fn an_import_that_breaks_off_ends_its_scan(database) {
        let home = Home::new(database);
        let queue = Queue::at(home.data());
        queue.open();
        fs::write(queue.0.join("results"), FOUND).unwrap();
        let clock = std::sync::Arc::new(Ahead::default());
        let tools = |settings: &mut scanhelm_hub::Settings| settings.local.tool_paths = vec![home.data().join("tools")];
        let hub = home.start_resting(clock.clone(), tools).await;
        let grant = hub.company("Acme").await;
        let run_all = async || {
            for job in hub.hub.steps().claim_jobs(10).await.unwrap() {
                job.run().await;
            }
        };
        for (name, breaks, says) in [("s01", true, "The handler broke"), ("s02", false, "The hub was stopped")] {
            start(&hub, &grant, name, &home.data().join(name)).await;
            let reached = std::sync::Arc::new(tokio::sync::Notify::new());
            let here = std::sync::Arc::clone(&reached);
            failpoint::watch(Some(std::sync::Arc::new(move |place| {
                let here = std::sync::Arc::clone(&here);
                Box::pin(async move {
                    if place == "import.batch.before_commit" {
                        assert!(!breaks, "it breaks here, as the test wants");
                        here.notify_one();
                        std::future::pending::<()>().await;
                    }
                })
            })));
            tokio::select! {
                () = run_all() => assert!(breaks, "nothing was brought in"),
                () = reached.notified() => {}
            }
            failpoint::watch(None);
            let scan = hub.scan_named(&grant, name).await.unwrap();
            assert!(!scan.import_state.is_finished());
            clock.by(Duration::from_hours(1));
            run_all().await;
            let scan = hub.scan_named(&grant, name).await.unwrap();
            assert_eq!(scan.import_state, ImportState::Failed);
            let error = scan.error.clone().unwrap();
            assert!(error.contains(says) && error.contains("again"), "{error}");
            let told = hub.feed(&grant, scan.id).await;
            assert_eq!(told.iter().filter(|message| message.starts_with("The import failed")).count(), 1, "{told:?}");
        }
        hub.stop().await;
    }

    /// Fifty at once: as many run as may, the others in the order in which they were made; also after one was cancelled
    /// and after a restart.
    async fn scans_wait_their_turn_in_order(database) {
        let home = Home::new(database);
        let queue = Queue::at(home.data());
        let tools = |settings: &mut scanhelm_hub::Settings| settings.local.tool_paths = vec![home.data().join("tools")];
        let hub = home.start_with(|settings| { tools(settings); settings.local.max_parallel = 3; }).await;
        let grant = hub.company("Acme").await;
        for name in Queue::names() {
            start(&hub, &grant, &name, &home.data().join(&name)).await;
        }
        let mut first = queue.starts(3).await;
        first.sort();
        assert_eq!(first, ["s01", "s02", "s03"]);
        // One that waits loses its turn, one that runs gives its place to the next.
        for name in ["s04", "s02"] {
            let scan = hub.scan_named(&grant, name).await.unwrap();
            hub.hub.scans().cancel(&grant, scan.id).await.unwrap();
        }
        assert_eq!(queue.starts(4).await[3], "s05");
        hub.stop().await;
        assert!(queue.most_at_once() <= 3);

        queue.clear();
        queue.open();
        let hub = home.start_with(|settings| { tools(settings); settings.local.max_parallel = 1; }).await;
        let expected: Vec<String> = Queue::names().skip(5).collect();
        assert_eq!(queue.starts(expected.len()).await, expected);
        for name in &expected {
            hub.await_status(&grant, name, Status::Completed).await;
        }
        assert_eq!(queue.most_at_once(), 1);
        let failed = hub.scan_named(&grant, "s01").await.unwrap();
        assert!(failed.error.unwrap().contains("Start it again"));
        hub.stop().await;
    }

    async fn only_allowed_folders_and_known_types_are_scanned(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let scan = |path: &str, kind: &str| NewScan {
            target_path: Some(path.to_owned()),
            scan_types: vec![kind.to_owned()],
            ..NewScan::default()
        };
        let create = async |new| hub.hub.scans().create(&grant, new).await.unwrap_err();
        assert_eq!(create(scan("/etc", "code")).await.code, ErrorCode::TargetUnavailable);
        let escape = home.data().join("../..").display().to_string();
        assert_eq!(create(scan(&escape, "code")).await.code, ErrorCode::TargetUnavailable);
        let missing = home.data().join("absent").display().to_string();
        assert_eq!(create(scan(&missing, "code")).await.code, ErrorCode::TargetUnavailable);
        let inside = home.data().display().to_string();
        assert_eq!(create(scan(&inside, "astrology")).await.code, ErrorCode::InvalidInput);
        assert!(hub.scans(&grant).await.is_empty());
        hub.stop().await;
    }
}
