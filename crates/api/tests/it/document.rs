//! The OpenAPI document says the truth about the routes.

use std::collections::HashSet;

use serde_json::Value;

use crate::house::{Ask, House, operations};

fn document() -> Value {
    serde_json::from_str(&scanhelm_api::openapi().unwrap()).unwrap()
}

#[test]
fn it_is_openapi_3_1_and_always_the_same() {
    let first = scanhelm_api::openapi().unwrap();
    assert_eq!(first, scanhelm_api::openapi().unwrap());
    assert!(first.ends_with("}\n"));
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for scheme in ["api_key", "bearer", "session"] {
        assert!(document["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
    }
}

#[test]
fn every_operation_declares_what_it_needs() {
    let mut ids = HashSet::new();
    for operation in operations() {
        assert!(!operation.permission.is_empty(), "{operation:?}");
        assert!(ids.insert(operation.id.clone()), "{} is used twice", operation.id);
    }
}

#[test]
fn every_refusal_is_a_problem() {
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let needs_caller = !matches!(operation["x-permission"].as_str(), Some("public" | "signed"));
            assert_eq!(needs_caller, responses.contains_key("401") && operation["security"] != serde_json::json!([]));
            for (status, response) in responses {
                assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{path} {status}");
            }
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
                let schema = &response["content"]["application/problem+json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{method} {path} {status}");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// What is documented is read, and what is not documented is refused.
#[tokio::test]
async fn documented_parameters_are_the_ones_there_are() {
    let house = House::new().await;
    let tenant = house.first().await;
    let nobody = "0190b8a2-0000-7000-8000-000000000000";
    for operation in operations().iter().filter(|operation| !operation.query.is_empty()) {
        if operation.method != "GET" || operation.path.ends_with("/events") {
            continue;
        }
        let path = operation.path.replace("{id}", nobody);
        let known = house.send(Ask::get(format!("{path}?{}", operation.query.join("&"))).key(&tenant.key)).await;
        assert_ne!(known.status, 422, "{}: {known:?}", operation.id);
        let unknown = house.send(Ask::get(format!("{path}?no_such_filter=1")).key(&tenant.key)).await;
        assert_eq!(unknown.code(), "invalid_input", "{}", operation.id);
        assert_eq!(unknown.json()["errors"][0]["field"], "no_such_filter");
    }
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let house = House::new().await;
    let served = house.send(Ask::get("/openapi.json")).await;
    assert_eq!(served.body, scanhelm_api::openapi().unwrap());
    assert_eq!(served.headers["content-type"], "application/json");
}
