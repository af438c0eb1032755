//! A hub with its loops, two companies, and a client for its router.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use scanhelm_core::credential::Secret;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_hub::accounts::{Bootstrapped, NewInstallation};
use scanhelm_hub::system::{SystemClock, SystemIds};
use scanhelm_hub::vault::Vault;
use scanhelm_hub::{Hub, Parts, reconcile};
use scanhelm_net::NetworkPolicy;
use scanhelm_store::{Store, StoreOptions};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct House {
    pub(crate) hub: Hub,
    pub(crate) router: Router,
    pub(crate) folder: TempDir,
    pub(crate) stop: CancellationToken,
}

/// A company with its administrator's key.
pub(crate) struct Tenant {
    pub(crate) company: CompanyId,
    pub(crate) grant: Grant,
    pub(crate) key: String,
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut scanhelm_hub::Settings, &mut scanhelm_api::Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let mut hub_settings = scanhelm_hub::Settings::new(folder.path().to_owned());
        let mut settings = scanhelm_api::Settings::default();
        change(&mut hub_settings, &mut settings);
        let hub = Hub::new(Parts {
            store: Store::open(&StoreOptions { url, readers: 4 }).await.unwrap(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            settings: hub_settings,
            vault: Vault::open(folder.path()).unwrap(),
            network: NetworkPolicy::parse(&["127.0.0.0/8"]).unwrap(),
        });
        let stop = CancellationToken::new();
        tokio::spawn(reconcile::run(hub.clone(), stop.clone()));
        let router = scanhelm_api::router(hub.clone(), settings, stop.clone()).unwrap();
        Self { hub, router, folder, stop }
    }

    /// The first company; its user operates the installation.
    pub(crate) async fn first(&self) -> Tenant {
        tenant(self.hub.accounts().bootstrap(installation("Acme")).await.unwrap())
    }

    /// A further company.
    pub(crate) async fn another(&self, first: &Tenant, name: &str) -> Tenant {
        let operator = Grant { role: Role::Operator, ..first.grant };
        tenant(self.hub.accounts().create_company(&operator, installation(name)).await.unwrap())
    }

    pub(crate) async fn key(&self, tenant: &Tenant, role: Role) -> String {
        let issued = self.hub.accounts().create_api_key(&tenant.grant, role.as_str(), role, None).await.unwrap();
        issued.secret.expose().to_owned()
    }

    pub(crate) async fn raw(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Ask) -> Reply {
        Reply::of(self.raw(request.build()).await).await
    }

    /// Waits until a job has ended.
    pub(crate) async fn job(&self, key: &str, ticket: &Value) -> Value {
        let path = ticket["job_url"].as_str().unwrap();
        for _ in 0..400 {
            let job = self.send(Ask::get(path).key(key)).await.json();
            if !matches!(job["state"].as_str(), Some("queued" | "running")) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the job does not end: {path}");
    }

    pub(crate) fn spooled(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("spool")).map_or(0, Iterator::count)
    }
}

pub(crate) fn installation(company: &str) -> NewInstallation {
    NewInstallation {
        company: company.to_owned(),
        name: String::new(),
        email: format!("admin@{}.example", company.to_lowercase()),
        password: Some(Secret::new(PASSWORD)),
    }
}

fn tenant(made: Bootstrapped) -> Tenant {
    let grant = Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin };
    Tenant { company: made.company.id, grant, key: made.api_key.expose().to_owned() }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: vec![("host".into(), "hub.test".into())], body: Vec::new() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path).json(body)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "called with json!")]
    pub(crate) fn json(self, body: Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }

    pub(crate) fn build(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(self.body)).unwrap()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The body, after checking the status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The code of a refusal, after checking that it is a proper one.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.status);
        let problem = self.json();
        for field in ["type", "title", "code", "detail", "request_id"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {problem}");
        }
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(self.headers["x-request-id"], problem["request_id"].as_str().unwrap());
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// One operation of the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) permission: String,
    /// `name=`, with the documented example behind it where the parameter must be there.
    pub(crate) query: Vec<String>,
    pub(crate) has_body: bool,
}

/// Every operation, from the document as it is served.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&scanhelm_api::openapi().unwrap()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                path: path.clone(),
                permission: operation["x-permission"].as_str().unwrap_or_default().to_owned(),
                query: query.map(asked).collect(),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    assert!(operations.len() > 40, "the document was read: {}", operations.len());
    operations
}

fn asked(parameter: &Value) -> String {
    let name = parameter["name"].as_str().unwrap();
    if parameter["required"] != true {
        return format!("{name}=");
    }
    let example = parameter["example"].as_str().unwrap_or_else(|| panic!("{name} must be there and has no example"));
    let example: String = url::form_urlencoded::byte_serialize(example.as_bytes()).collect();
    format!("{name}={example}")
}

impl Operation {
    pub(crate) fn ask(&self, id: &str) -> Ask {
        let required: Vec<&str> = self.query.iter().filter(|given| !given.ends_with('=')).map(String::as_str).collect();
        let query = if required.is_empty() { String::new() } else { format!("?{}", required.join("&")) };
        let path = self.path.replace("{id}", id).replace("{fingerprint}", id).replace("{kind}", "epss");
        let ask = Ask::new(self.method.clone(), path + &query);
        match (self.has_body, self.id.as_str()) {
            (false, _) => ask,
            (true, "import_report" | "load_feed") => ask.body("multipart/form-data; boundary=x", "--x--\r\n"),
            (true, "create_finding_comment" | "update_comment") => ask.json(serde_json::json!({"body": "x"})),
            (true, "merge_assets") => ask.json(serde_json::json!({"from": "01900000-0000-7000-8000-000000000000"})),
            (true, "transition_finding" | "set_finding_state") => ask.json(serde_json::json!({"to": "in_progress"})),
            (true, _) => ask.json(serde_json::json!({})),
        }
    }
}

/// A small SARIF report.
pub(crate) fn sarif() -> String {
    serde_json::json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "Demo", "rules": [{"id": "R1", "name": "Rule"}]}},
            "results": [
                {"ruleId": "R1", "level": "error", "message": {"text": "Bad call"}, "locations": [{
                    "physicalLocation": {"artifactLocation": {"uri": "src/a.py"},
                    "region": {"startLine": 3, "snippet": {"text": "eval(x)"}}}}]},
            ],
        }],
    })
    .to_string()
}

/// A form with a file and text fields.
pub(crate) fn form(file: &str, fields: &[(&str, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str(&format!(
        "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"report.sarif\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--frontier--\r\n"
    ));
    ("multipart/form-data; boundary=frontier".to_owned(), body)
}
