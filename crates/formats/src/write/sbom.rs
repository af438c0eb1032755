//! An inventory as CycloneDX 1.6. The same components are the same bytes: no time, no serial number.

use scanhelm_core::component::ComponentRecord;
use serde_json::{Map, Value, json};

use super::ToolInfo;

/// What `subject` is made of. The components stand in the order in which they are given.
#[must_use]
pub fn sbom(subject: &str, components: &[ComponentRecord], tool: &ToolInfo) -> String {
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": tool.name, "version": tool.version}]},
            "component": {"type": "application", "bom-ref": "subject", "name": subject},
        },
        "components": components.iter().map(component).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn component(record: &ComponentRecord) -> Value {
    let kind = match record.kind.as_str() {
        // The schema knows no such word.
        "other" => "data",
        known => known,
    };
    let mut entry = Map::from_iter([
        ("type".to_owned(), json!(kind)),
        ("bom-ref".to_owned(), json!(record.identity())),
        ("name".to_owned(), json!(record.name)),
    ]);
    let texts = [("group", &record.group), ("version", &record.version), ("purl", &record.purl), ("cpe", &record.cpe)];
    for (name, text) in texts {
        if let Some(text) = text {
            entry.insert(name.to_owned(), json!(text));
        }
    }
    if !record.licenses.is_empty() {
        entry.insert("licenses".to_owned(), licenses(&record.licenses));
    }
    if !record.locations.is_empty() {
        let places: Vec<Value> = record.locations.iter().map(|location| json!({"location": location})).collect();
        entry.insert("evidence".to_owned(), json!({"occurrences": places}));
    }
    Value::Object(entry)
}

/// One that is written as SPDX writes is an expression; only one of these may stand in the list, and only alone.
fn licenses(licenses: &[String]) -> Value {
    match licenses {
        [single] if is_expression(single) => json!([{"expression": single}]),
        several => several.iter().map(|name| json!({"license": {"name": name}})).collect(),
    }
}

fn is_expression(text: &str) -> bool {
    let words = text.split([' ', '(', ')']).filter(|word| !word.is_empty());
    let is_id = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.+:".contains(&byte));
    let joins = |word: &&str| matches!(*word, "AND" | "OR" | "WITH");
    let (joined, named) = (words.clone().filter(joins).count(), words.clone().filter(|word| !joins(word)).count());
    words.clone().all(is_id) && named == joined + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let components = [
            ComponentRecord {
                name: "ini".to_owned(),
                version: Some("1".to_owned()),
                purl: Some("pkg:npm/ini@1".to_owned()),
                cpe: Some("cpe:2.3:a:ini:ini:1:*:*:*:*:*:*:*".to_owned()),
                licenses: vec!["MIT OR (ISC AND BSD-2-Clause)".to_owned()],
                locations: vec!["package-lock.json".to_owned()],
                ..ComponentRecord::default()
            },
            ComponentRecord {
                name: "of two".to_owned(),
                group: Some("org".to_owned()),
                licenses: vec!["Apache License".to_owned(), "MIT".to_owned()],
                ..ComponentRecord::default()
            },
        ];
        let text = sbom("shop", &components, &ToolInfo::scanhelm());
        assert_eq!(text, sbom("shop", &components, &ToolInfo::scanhelm()));
        let read = crate::components(Box::new(std::io::Cursor::new(text)), &crate::ReadOptions::default());
        assert_eq!(read.unwrap().unwrap(), components);
    }

    #[test]
    fn a_name_is_no_expression() {
        for (text, expected) in [
            ("MIT", true),
            ("(MIT OR Apache-2.0) AND LicenseRef-x", true),
            ("GPL-2.0-only WITH Classpath-exception-2.0", true),
            ("Apache License", false),
            ("MIT OR", false),
            ("", false),
        ] {
            assert_eq!(is_expression(text), expected, "{text}");
        }
    }
}
