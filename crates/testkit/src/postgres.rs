//! A PostgreSQL database of its own for each test.
//!
//! One server is shared, databases are not: creating one takes a tenth of a second, so tests run in
//! parallel without seeing each other, and a failed test leaves nothing behind. nextest runs every test in
//! its own process, which is why the server usually comes from outside: `make test` starts it once and names
//! it in `SCANHELM_TEST_POSTGRES`. Without that variable the process starts a private server through the same
//! script. PostgreSQL's own command-line tools create and drop the databases, because only the store speaks
//! SQL. A missing PostgreSQL fails the test: half of the store's contract would otherwise go untested in silence.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

const SERVER_VARIABLE: &str = "SCANHELM_TEST_POSTGRES";
const INSTALL_HINT: &str = "Tests need PostgreSQL (server and client programs). Run `make setup`, or install it with \
                            `apt-get install postgresql`, then run the tests again with `make test`";

static SHARED: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());

/// A running server on which tests create their databases.
#[derive(Debug)]
pub struct PostgresServer {
    admin_url: String,
    private: Option<PrivateCluster>,
}

impl PostgresServer {
    /// The server of this test process: the one named by `SCANHELM_TEST_POSTGRES`, else a private one that
    /// stops when its last user is dropped.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::connect_or_start());
        *shared = Arc::downgrade(&server);
        server
    }

    fn connect_or_start() -> Self {
        if let Ok(admin_url) = std::env::var(SERVER_VARIABLE) {
            return Self { admin_url, private: None };
        }
        let (private, admin_url) = PrivateCluster::start(Durability::None);
        Self { admin_url, private: Some(private) }
    }

    /// A server of one test's own, which keeps what it acknowledged: to be taken away and brought back.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn durable() -> Arc<Self> {
        let (private, admin_url) = PrivateCluster::start(Durability::Full);
        Arc::new(Self { admin_url, private: Some(private) })
    }

    /// Stops the server and starts it again at the same address.
    ///
    /// # Panics
    /// When the server is not this process's own, or does not come back.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database server")]
    pub fn restart(&self, how: Shutdown) {
        let private = self.private.as_ref().expect("only a server of one's own is restarted");
        let mode = match how {
            Shutdown::Fast => "fast",
            Shutdown::Immediate => "immediate",
        };
        run(private.script("restart").arg(mode));
    }

    /// A connection address with the rights to create databases and roles.
    #[must_use]
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// Whether this process started the server itself, and so will stop it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// A new, empty database that is dropped with the returned value.
    ///
    /// # Panics
    /// When the database cannot be created.
    pub fn create_database(self: &Arc<Self>) -> PostgresDatabase {
        self.create_from("template1")
    }

    fn create_from(self: &Arc<Self>, template: &str) -> PostgresDatabase {
        let name = format!("scanhelm_test_{:016x}", RandomState::new().build_hasher().finish());
        run(client_program("createdb")
            .args(["--template", template, "--maintenance-db"])
            .arg(&self.admin_url)
            .arg(&name));
        let url = with_database(&self.admin_url, &name);
        PostgresDatabase { server: Arc::clone(self), name, url }
    }
}

/// How a server goes down.
#[derive(Clone, Copy, Debug)]
pub enum Shutdown {
    /// Ends every session, then writes everything down.
    Fast,
    /// As in a crash: the log is replayed at the start.
    Immediate,
}

/// One test's own database; dropping it drops the database, even if connections are still open.
#[derive(Debug)]
pub struct PostgresDatabase {
    server: Arc<PostgresServer>,
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// A new database on the shared server.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or the database cannot be created.
    #[must_use]
    pub fn create() -> Self {
        PostgresServer::shared().create_database()
    }

    /// A new database with everything that is in this one, which nobody may be connected to.
    ///
    /// # Panics
    /// When the database cannot be copied.
    #[must_use]
    pub fn copy(&self) -> Self {
        self.server.create_from(&self.name)
    }

    /// The connection address of this database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends every other session in this database.
    ///
    /// # Panics
    /// When the server cannot be asked.
    pub fn end_sessions(&self) {
        self.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        );
    }

    /// Lets new sessions only read, as a server does that another has taken over from; `false` ends that.
    ///
    /// # Panics
    /// When the server cannot be asked.
    pub fn set_read_only(&self, on: bool) {
        let word = if on { "on" } else { "off" };
        let name = &self.name;
        self.administer(&format!("alter database {name} set default_transaction_read_only = {word}"));
        self.end_sessions();
    }

    fn administer(&self, statement: &str) {
        self.query(statement);
    }

    /// Runs a statement beside whoever uses the database; its rows, a line each, their columns parted by `|`.
    ///
    /// # Panics
    /// When the server cannot be asked, or refuses.
    pub fn query(&self, statement: &str) -> String {
        // Whatever the database says about itself, this session may write.
        run(client_program("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"])
            .args(["--command", statement])
            .env("PGOPTIONS", "-c default_transaction_read_only=off")
            .arg(&self.url))
    }

    /// A transaction that has run this statement and stays open: whatever it locked stays locked.
    ///
    /// # Panics
    /// When the server cannot be asked, or refuses.
    #[expect(clippy::expect_used, clippy::panic, reason = "a test cannot go on without its database")]
    pub fn hold(&self, statement: &str) -> HeldTransaction {
        let name = format!("held_{:016x}", RandomState::new().build_hasher().finish());
        let mut client = client_program("psql")
            .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"])
            .arg(&self.url)
            .env("PGAPPNAME", &name)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("start psql");
        let mut stdin = client.stdin.take().expect("psql reads its standard input");
        stdin.write_all(format!("begin;\n{statement};\nselect 1;\n").as_bytes()).expect("write to psql");
        let held = HeldTransaction { client, _stdin: stdin };
        // The last statement is the harmless one, and the session waits for the next.
        let ready = format!(
            "select count(*) from pg_stat_activity where application_name = '{name}' \
             and state = 'idle in transaction' and query like 'select 1%'"
        );
        for _ in 0..600 {
            if self.query(&ready) == "1" {
                return held;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("`{statement}` was never done");
    }

    /// How many sessions of this database wait for a lock.
    ///
    /// # Panics
    /// When the server cannot be asked.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn waiting(&self) -> usize {
        let text = "select count(*) from pg_stat_activity \
                    where datname = current_database() and wait_event_type = 'Lock'";
        self.query(text).parse().expect("a number")
    }

    /// The name of this database on its server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server that holds this database.
    #[must_use]
    pub fn server(&self) -> &Arc<PostgresServer> {
        &self.server
    }
}

/// Ends, undone, when it is dropped.
#[derive(Debug)]
pub struct HeldTransaction {
    client: Child,
    /// Closed after the client has been killed.
    _stdin: ChildStdin,
}

impl Drop for HeldTransaction {
    fn drop(&mut self) {
        // Nothing can be done about a failure; the database is dropped with force.
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // A panic here would hide the failure that unwinds the test; the server is temporary anyway.
        let _ = client_program("dropdb")
            .args(["--if-exists", "--force", "--maintenance-db"])
            .arg(&self.server.admin_url)
            .arg(&self.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// A cluster of this process, made by `scripts/postgres-test.sh`, which also stops it should this process be killed.
#[derive(Debug)]
struct PrivateCluster {
    folder: tempfile::TempDir,
    durability: Durability,
}

#[derive(Clone, Copy, Debug)]
enum Durability {
    /// Fast: what was acknowledged may be gone after a crash.
    None,
    Full,
}

impl PrivateCluster {
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database server")]
    fn start(durability: Durability) -> (Self, String) {
        let folder = tempfile::tempdir().expect("create a folder for the state of the test database server");
        let cluster = Self { folder, durability };
        let url = run(&mut cluster.script("start"));
        (cluster, url)
    }

    fn script(&self, verb: &str) -> Command {
        let mut command = Command::new(script_path());
        command
            .arg(verb)
            .env("SCANHELM_POSTGRES_STATE", self.folder.path().join("state"))
            .env("SCANHELM_POSTGRES_OWNER", std::process::id().to_string());
        match self.durability {
            Durability::None => command.env_remove("SCANHELM_POSTGRES_DURABLE"),
            Durability::Full => command.env("SCANHELM_POSTGRES_DURABLE", "1"),
        };
        command
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        let _ = self.script("stop").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn script_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres-test.sh")
}

/// `postgres://user:password@host:port/database?options` with another database.
fn with_database(url: &str, database: &str) -> String {
    let (address, options) = match url.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (url, String::new()),
    };
    let authority_start = address.find("://").map_or(0, |position| position + 3);
    let authority_end = address
        .get(authority_start..)
        .and_then(|rest| rest.find('/'))
        .map_or(address.len(), |end| authority_start + end);
    let server = address.get(..authority_end).unwrap_or(address);
    format!("{server}/{database}{options}")
}

/// Debian keeps the client programs on PATH through a wrapper; other systems only beside the server.
fn client_program(name: &str) -> Command {
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if on_path {
        return Command::new(name);
    }
    let beside_server = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|program| program.is_file())
        .max();
    Command::new(beside_server.unwrap_or_else(|| PathBuf::from(name)))
}

#[expect(clippy::panic, reason = "a test cannot go on without its database")]
fn run(command: &mut Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(output) => panic!(
            "{program} failed ({}): {}\n{INSTALL_HINT}.",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
        Err(error) => panic!("{program} cannot be started: {error}\n{INSTALL_HINT}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(url: &str, statement: &str) -> Result<String, String> {
        let output = client_program("psql")
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement])
            .arg(url)
            .output()
            .expect("start psql");
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    #[test]
    fn the_database_replaces_the_path_and_keeps_user_port_and_options() {
        let url = "postgres://user:secret@127.0.0.1:5433/postgres?sslmode=disable";
        assert_eq!(with_database(url, "one"), "postgres://user:secret@127.0.0.1:5433/one?sslmode=disable");
        assert_eq!(with_database("postgres://localhost", "one"), "postgres://localhost/one");
    }

    #[test]
    fn databases_are_separate_and_gone_after_drop() {
        let one = PostgresDatabase::create();
        let other = PostgresDatabase::create();
        query(one.url(), "create table marker (id int)").expect("create a table");
        assert!(query(other.url(), "table marker").expect_err("a foreign table").contains("does not exist"));

        let url = one.url().to_owned();
        drop(one);
        assert!(query(&url, "\\conninfo").expect_err("connect to a dropped database").contains("does not exist"));
    }

    #[test]
    fn a_copy_has_what_was_there_and_goes_its_own_way() {
        let one = PostgresDatabase::create();
        query(one.url(), "create table marker (id int)").expect("create a table");
        let copy = one.copy();
        query(copy.url(), "insert into marker values (1)").expect("write into the copied table");
        assert_eq!(query(one.url(), "select count(*) from marker").as_deref(), Ok("0"));
    }

    #[test]
    fn a_private_server_ends_with_its_last_user() {
        let (cluster, url) = PrivateCluster::start(Durability::None);
        query(&url, "\\conninfo").expect("the private server answers");
        drop(cluster);
        query(&url, "\\conninfo").expect_err("the private server is gone");
    }
}
