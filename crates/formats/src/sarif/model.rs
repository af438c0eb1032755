//! The parts of SARIF 2.1.0 that are read, as loosely as tools write them: everything may be missing, and what may
//! have an unexpected type without harm is a [`Value`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Tool {
    pub(super) driver: Component,
    pub(super) extensions: Option<Vec<Component>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Component {
    pub(super) name: Option<String>,
    pub(super) version: Value,
    pub(super) semantic_version: Value,
    pub(super) rules: Option<Vec<Rule>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) short_description: Option<Message>,
    pub(super) full_description: Option<Message>,
    pub(super) help_uri: Option<String>,
    pub(super) default_configuration: Option<Configuration>,
    pub(super) message_strings: Option<BTreeMap<String, Message>>,
    pub(super) properties: Value,
    pub(super) relationships: Option<Vec<Relationship>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    pub(super) level: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Relationship {
    pub(super) target: Option<Reference>,
}

/// A reference to a rule or to an entry of a taxonomy.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) id: Option<String>,
    pub(super) index: Option<i64>,
    pub(super) tool_component: Option<ComponentReference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ComponentReference {
    pub(super) name: Option<String>,
    pub(super) index: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) text: Option<String>,
    pub(super) markdown: Option<String>,
    pub(super) id: Option<String>,
    pub(super) arguments: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SarifResult {
    pub(super) rule_id: Option<String>,
    pub(super) rule_index: Option<i64>,
    pub(super) rule: Option<Reference>,
    pub(super) kind: Option<String>,
    pub(super) level: Option<String>,
    pub(super) message: Message,
    pub(super) locations: Option<Vec<SarifLocation>>,
    pub(super) suppressions: Option<Vec<Suppression>>,
    pub(super) baseline_state: Option<String>,
    pub(super) taxa: Option<Vec<Reference>>,
    pub(super) fixes: Option<Vec<Fix>>,
    pub(super) properties: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fix {
    pub(super) description: Option<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Suppression {
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) justification: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SarifLocation {
    pub(super) physical_location: Option<PhysicalLocation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: Option<ArtifactLocation>,
    pub(super) region: Option<Region>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub(super) uri: Option<String>,
    pub(super) uri_base_id: Option<String>,
    pub(super) index: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: Option<i64>,
    pub(super) start_column: Option<i64>,
    pub(super) end_line: Option<i64>,
    pub(super) snippet: Option<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Artifact {
    pub(super) location: Option<ArtifactLocation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: Option<bool>,
    pub(super) start_time_utc: Option<String>,
    pub(super) end_time_utc: Option<String>,
    pub(super) working_directory: Option<ArtifactLocation>,
    pub(super) tool_execution_notifications: Option<Vec<Notification>>,
    pub(super) tool_configuration_notifications: Option<Vec<Notification>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Notification {
    pub(super) level: Option<String>,
    pub(super) message: Message,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Provenance {
    pub(super) repository_uri: Option<String>,
    pub(super) mapped_to: Option<ArtifactLocation>,
}

/// Only the places of a result, for the first walk.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Placed {
    pub(super) locations: Option<Vec<SarifLocation>>,
}

impl Message {
    /// Text, else Markdown.
    pub(super) fn plain(&self) -> Option<&str> {
        [&self.text, &self.markdown].into_iter().flatten().map(|text| text.trim()).find(|text| !text.is_empty())
    }
}
