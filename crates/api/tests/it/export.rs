//! The finding queue as a file.

use axum::http::{Method, Version};
use serde_json::{Value, json};

use crate::house::{Ask, House, Tenant, form};

/// Three findings in code: high, low, high.
async fn imported(house: &House, tenant: &Tenant) -> Value {
    let result = |file: &str, level: &str| {
        json!({"ruleId": "R1", "level": level, "message": {"text": "=cmd|' /C calc'!A0 <script>alert(1)</script>"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": file},
            "region": {"startLine": 3, "snippet": {"text": format!("eval({file})")}}}}]})
    };
    let results = [result("b.py", "error"), result("c.py", "note"), result("a.py", "error")];
    let report = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Demo"}}, "results": results}]});
    let (kind, body) = form(&report.to_string(), &[("scan_name", "code")]);
    let upload = Ask::new(Method::POST, "/api/v1/imports").body(&kind, body).key(&tenant.key);
    let ticket = house.send(upload).await.expect(202);
    house.job(&tenant.key, &ticket).await["result"].clone()
}

fn export(tenant: &Tenant, query: &str) -> Ask {
    Ask::get(format!("/api/v1/findings/export?{query}")).key(&tenant.key)
}

#[tokio::test]
async fn every_format_is_a_file_with_its_name_and_type() {
    let house = House::new().await;
    let tenant = house.first().await;
    imported(&house, &tenant).await;
    for (format, ending, kind) in [
        ("csv", ".csv", "text/csv; charset=utf-8; header=present"),
        ("json", ".json", "application/json"),
        ("ndjson", ".ndjson", "application/x-ndjson"),
        ("sarif", ".sarif", "application/sarif+json"),
        ("ocsf", ".ocsf.ndjson", "application/x-ndjson"),
        ("cyclonedx-vex", ".cdx.json", "application/vnd.cyclonedx+json; version=1.6"),
        ("html", ".html", "text/html; charset=utf-8"),
    ] {
        let reply = house.send(export(&tenant, &format!("format={format}"))).await;
        assert_eq!(reply.status, 200, "{format}");
        assert_eq!(reply.headers["content-type"], kind);
        let disposition = reply.headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment; filename=\"scanhelm-findings-2"), "{disposition}");
        assert!(disposition.ends_with(&format!("{ending}\"")), "{disposition}");
        // Whatever a browser is talked into doing with it, nothing in it runs.
        assert!(reply.headers["content-security-policy"].to_str().unwrap().contains("sandbox"), "{format}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        // An analysis names what is affected, and code is affected as a repository.
        let shown = if format == "cyclonedx-vex" { ["unknown repository", "R1"] } else { ["a.py", "c.py"] };
        assert!(shown.iter().all(|word| text.contains(word)), "{format}: {text}");
        if matches!(format, "json" | "sarif" | "cyclonedx-vex") {
            reply.json();
        }
    }
}

#[tokio::test]
async fn the_filters_are_those_of_the_list_and_the_order_is_fixed() {
    let house = House::new().await;
    let tenant = house.first().await;
    let result = imported(&house, &tenant).await;
    let paths = async |query: &str| {
        let reply = house.send(export(&tenant, &format!("format=ndjson&{query}"))).await;
        assert_eq!(reply.status, 200, "{query}");
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| line["location"]["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths("").await, ["a.py", "b.py", "c.py"]);
    assert_eq!(paths("severity=low").await, ["c.py"]);
    assert_eq!(paths("severity=low&severity=high&q=b.py").await, ["b.py"]);
    assert_eq!(paths(&format!("scan_id={}", result["scan_id"].as_str().unwrap())).await.len(), 3);
    assert_eq!(paths("status=fixed").await.len(), 0);
    let stranger = house.another(&tenant, "Zenith").await;
    let foreign = format!("format=ndjson&scan_id={}", result["scan_id"].as_str().unwrap());
    assert!(house.send(export(&stranger, &foreign)).await.body.is_empty());
    for (query, field) in [("format=pdf", "format"), ("format=csv&sort=title", "sort")] {
        let refused = house.send(export(&tenant, query)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{query}");
    }
    let audit =
        house.hub.store().audit_log(tenant.company, &scanhelm_core::page::PageRequest::default()).await.unwrap();
    assert!(audit.items.iter().any(|entry| entry.action == "finding.export"));
}

/// As browsers ask.
#[tokio::test]
async fn a_compressed_export_ends_with_its_end() {
    let house = House::new().await;
    let tenant = house.first().await;
    imported(&house, &tenant).await;
    for encoding in ["gzip", "br", "zstd", "deflate", "gzip, deflate, br, zstd"] {
        let reply = house.send(export(&tenant, "format=json").header("accept-encoding", encoding)).await;
        assert_eq!(reply.status, 200, "{encoding}");
        assert!(reply.body.len() > 100, "{encoding}");
    }
}

/// C9, over the wire.
#[tokio::test]
async fn t_vend_03_a_downloaded_table_runs_nothing() {
    let house = House::new().await;
    let tenant = house.first().await;
    imported(&house, &tenant).await;
    let reply = house.send(export(&tenant, "format=csv")).await;
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let mut rows = text.lines().skip(1);
    assert!(rows.all(|row| row.contains(",'=cmd|")), "{text}");
}

/// An answer without chunks ends with the connection, whole or not.
#[tokio::test]
async fn a_client_that_cannot_be_told_of_a_broken_transfer_is_refused() {
    let house = House::new().await;
    let tenant = house.first().await;
    let mut request = export(&tenant, "format=csv").build();
    *request.version_mut() = Version::HTTP_10;
    let response = house.raw(request).await;
    assert_eq!(response.status(), 422);
}

#[tokio::test]
async fn the_lists_of_a_delta_come_page_by_page() {
    let house = House::new().await;
    let tenant = house.first().await;
    let result = imported(&house, &tenant).await;
    let scan = result["scan_id"].as_str().unwrap();
    let page = async |more: &str| {
        let path = format!("/api/v1/scans/{scan}/findings-delta/findings?difference=new&limit=2{more}");
        house.send(Ask::get(path).key(&tenant.key)).await.expect(200)
    };
    let first = page("").await;
    assert_eq!((first["items"].as_array().unwrap().len(), &first["total"]), (2, &json!(3)));
    let second = page(&format!("&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next_cursor"]), (1, &Value::Null));
    let ids: std::collections::BTreeSet<&str> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|finding| finding["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 3);
    for query in ["difference=new&cursor=nonsense", "difference=old"] {
        let path = format!("/api/v1/scans/{scan}/findings-delta/findings?{query}");
        house.send(Ask::get(path).key(&tenant.key)).await.expect(422);
    }
}
