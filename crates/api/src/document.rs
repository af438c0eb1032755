//! The OpenAPI document: what the operations share is written here once, and what must hold for all is checked.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, Schema};

use crate::access::Access;
use crate::problem::{FieldProblem, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Scanhelm",
        description = "One lifecycle and one console for every vulnerability scan.\n\n\
            Send an API key in `X-API-Key` or as `Authorization: Bearer`. Refusals are `application/problem+json` \
            with a stable `code`. Lists take `limit`, `cursor` and `sort` and answer `{items, next_cursor}`; a query \
            parameter that an operation does not know is refused, so that a misspelt filter cannot answer with \
            everything. Times are RFC 3339, UTC. `x-permission` names what an operation needs, `x-tenant` whose data \
            it reaches.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(),
    ),
    components(schemas(Problem, FieldProblem))
)]
struct Base;

/// Why the API refuses to start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(
        "the API refuses to start: {operation} has no declared permission. Register it with `Operations::operation`."
    )]
    Undeclared { operation: String },
    #[error(
        "the API refuses to start: {operation} names a thing by id but is open to everyone, so no company bounds it."
    )]
    Unscoped { operation: String },
    #[error("the API refuses to start: the operation id `{operation_id}` is used by {operation} and another one.")]
    Ambiguous { operation: String, operation_id: String },
    #[error("the API refuses to start: two types share the name `{schema}` in the document. Rename one.")]
    Contradictory { schema: String },
    #[error("the OpenAPI document cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// Writes what an operation asks of its caller into its documentation.
pub(crate) fn declare(paths: &mut Paths, access: Access, takes_keys: bool) {
    for (method, operation) in paths.paths.values_mut().flat_map(operations_mut) {
        if takes_keys && method == "POST" {
            operation.parameters.get_or_insert_default().push(RefOr::T(request_key()));
        }
        let declared =
            ExtensionsBuilder::new().add("x-permission", access.as_str()).add("x-tenant", access.tenant()).build();
        operation.extensions.get_or_insert_default().merge(declared);
        operation.security = match access {
            Access::Public | Access::Signed => Some(Vec::new()),
            _ => Some(
                ["api_key", "bearer", "session"]
                    .map(|scheme| SecurityRequirement::new(scheme, std::iter::empty::<String>()))
                    .to_vec(),
            ),
        };
    }
}

fn request_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Any text of the client's, new for each request. Sent again within 24 hours with the same body, the request \
             is answered as the first time and not carried out again.",
        ))
        .schema(Some(Object::with_type(Type::String)))
        .build()
}

/// Schemas are merged by their name alone, so two types of one name would silently document one as the other.
pub(crate) fn require_one_meaning<'a>(
    schemas: impl Iterator<Item = &'a (String, RefOr<Schema>)>,
) -> Result<(), BuildError> {
    let mut known: BTreeMap<&str, &RefOr<Schema>> = BTreeMap::new();
    for (name, schema) in schemas {
        if *known.entry(name).or_insert(schema) != schema {
            return Err(BuildError::Contradictory { schema: name.clone() });
        }
    }
    Ok(())
}

/// What a path names is somebody's: its access has to say whose.
pub(crate) fn require_scope(path: &str, access: Access) -> Result<(), BuildError> {
    if is_scoped(path, access.tenant()) {
        return Ok(());
    }
    Err(BuildError::Unscoped { operation: path.to_owned() })
}

fn is_scoped(path: &str, tenant: &str) -> bool {
    !path.contains('{') || matches!(tenant, "company" | "installation")
}

/// Checks every operation and adds what all share.
pub(crate) fn finish(mut openapi: utoipa::openapi::OpenApi) -> Result<utoipa::openapi::OpenApi, BuildError> {
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations_mut(item) {
            let name = || format!("{method} {path}");
            let word = |key: &str| operation.extensions.as_ref()?.get(key)?.as_str();
            let Some(permission) = word("x-permission") else {
                return Err(BuildError::Undeclared { operation: name() });
            };
            if !is_scoped(path, word("x-tenant").unwrap_or_default()) {
                return Err(BuildError::Unscoped { operation: name() });
            }
            let operation_id = operation.operation_id.clone().unwrap_or_default();
            if !ids.insert(operation_id.clone()) {
                return Err(BuildError::Ambiguous { operation: name(), operation_id });
            }
            let permission = permission.to_owned();
            add_refusals(operation, method, &permission);
        }
    }
    let components = openapi.components.get_or_insert_default();
    components.security_schemes.extend(
        [
            ("api_key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")))),
            ("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))),
            ("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("scanhelm_session")))),
        ]
        .map(|(name, scheme)| (name.to_owned(), RefOr::T(scheme))),
    );
    Ok(openapi)
}

/// The statuses that follow from what an operation is, so that no handler has to list them.
fn add_refusals(operation: &mut Operation, method: &str, permission: &str) {
    let parameters = |place: &ParameterIn| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == *place,
            RefOr::Ref(_) => false,
        })
    };
    let (by_id, by_query) = (parameters(&ParameterIn::Path), parameters(&ParameterIn::Query));
    let has_body = operation.request_body.is_some();
    let is_write = method != "GET";
    // What a signed call lacks, it lacks as if the thing were not there.
    let (is_signed, is_public) = (permission == Access::Signed.as_str(), permission == Access::Public.as_str());
    let follows = [
        (401, !is_public && !is_signed, "No credentials, or they are wrong, expired or revoked."),
        (403, !is_signed && (!is_public || is_write), "The caller lacks the permission, or the origin is foreign."),
        (404, by_id, "Unknown, or another company's."),
        (413, has_body, "The body is too large."),
        (415, has_body, "Not the content type this operation reads."),
        (422, has_body || by_query, "A field or parameter is not acceptable; `errors` names each."),
        (500, true, "Something broke inside the hub."),
        (503, true, "The database is not available; may be repeated."),
    ];
    for (status, _, description) in follows.into_iter().filter(|(_, applies, _)| *applies) {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| RefOr::T(Response::new(description)));
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        // Required by OpenAPI 3.1; where nobody wrote one, the body's type says the rest.
        if response.description.is_empty() {
            response.description = meaning(status).to_owned();
        }
        if status.starts_with(['4', '5']) && response.content.is_empty() {
            let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
            response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
        }
    }
}

fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done.",
        "201" => "Made.",
        "202" => "Accepted: it goes on in the background.",
        "204" => "Done; there is nothing to say.",
        _ => "Refused; `code` says why.",
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("POST", item.post.as_mut()),
        ("PUT", item.put.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
        ("HEAD", item.head.as_mut()),
        ("OPTIONS", item.options.as_mut()),
        ("TRACE", item.trace.as_mut()),
        ("QUERY", item.query.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// As text, the same for the same program: keys in one order whatever the order of registration.
pub(crate) fn text(openapi: &utoipa::openapi::OpenApi) -> Result<String, BuildError> {
    let mut document = serde_json::to_value(openapi)?;
    if let Some(info) = document.get_mut("info") {
        info["version"] = json!(env!("CARGO_PKG_VERSION"));
    }
    Ok(format!("{}\n", serde_json::to_string_pretty(&sorted(document))?))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> = object.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use scanhelm_core::permission::Permission;
    use utoipa::openapi::HttpMethod;

    use super::*;

    fn document(path: &str, access: Option<Access>) -> Result<utoipa::openapi::OpenApi, BuildError> {
        let mut paths = Paths::new();
        let mut operation = Operation::new();
        operation.operation_id = Some("thing".to_owned());
        paths.add_path_operation(path, vec![HttpMethod::Get], operation);
        if let Some(access) = access {
            declare(&mut paths, access, false);
        }
        let mut openapi = base();
        openapi.paths.merge(paths);
        finish(openapi)
    }

    #[test]
    fn an_operation_without_a_permission_stops_the_start() {
        assert!(matches!(document("/api/v1/things", None), Err(BuildError::Undeclared { .. })));
        assert!(document("/api/v1/things", Some(Access::Session)).is_ok());
    }

    #[test]
    fn a_thing_named_by_id_needs_a_company() {
        let path = "/api/v1/things/{id}";
        assert!(matches!(document(path, Some(Access::Public)), Err(BuildError::Unscoped { .. })));
        assert!(document(path, Some(Access::Permission(Permission::ScanRead))).is_ok());
    }

    #[test]
    fn two_types_of_one_name_stop_the_start() {
        let schema = |name: &str, title: &str| {
            let object = utoipa::openapi::ObjectBuilder::new().title(Some(title)).build();
            (name.to_owned(), RefOr::T(Schema::from(object)))
        };
        let same = [schema("Health", "a"), schema("Health", "a"), schema("Other", "b")];
        assert!(require_one_meaning(same.iter()).is_ok());
        let two = [schema("Health", "a"), schema("Health", "b")];
        assert!(matches!(require_one_meaning(two.iter()), Err(BuildError::Contradictory { .. })));
    }

    #[test]
    fn every_refusal_is_documented_as_a_problem() {
        let openapi = document("/api/v1/things/{id}", Some(Access::Operator)).unwrap();
        let text = text(&openapi).unwrap();
        assert!(text.contains("\"x-permission\": \"operator\""), "{text}");
        assert!(text.contains("application/problem+json"), "{text}");
        assert!(!text.contains("\"422\""), "nothing to get wrong there: {text}");
    }
}
