//! The catalogue of connectors on the wire.

use scanhelm_core::capability::{Capability, CapabilitySet};
use scanhelm_hub::ConnectorManifest;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What can be connected, and how well it is proven.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connector {
    id: &'static str,
    vendor: &'static str,
    product: &'static str,
    /// `vulnerability_management`, `dast`, `sast`, ...
    #[schema(value_type = String)]
    family: Value,
    /// One a way to log in; the first is the recommended one.
    auth_methods: Vec<AuthMethod>,
    capabilities: ConnectorCapabilities,
    /// `L1` our simulator, `L2` an independent client accepts the simulator, `L3` recorded real answers, `L4` a real
    /// server in the tests.
    #[schema(value_type = String)]
    fidelity: Value,
    base_url_example: &'static str,
    /// What nobody could verify, said openly.
    unverified: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthMethod {
    id: &'static str,
    label: &'static str,
    fields: Vec<AuthField>,
    /// JSON Schema of `credentials` for this way.
    #[schema(value_type = Object)]
    schema: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthField {
    name: &'static str,
    label: &'static str,
    secret: bool,
    help: &'static str,
}

/// What the connector's code can do; an instance may withhold some of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorCapabilities {
    launch: bool,
    pause: bool,
    resume: bool,
    stop: bool,
    create: bool,
    delete_remote: bool,
    import: bool,
    preview: bool,
    history: bool,
    sub_scanners: bool,
    webhooks: bool,
}

impl From<&CapabilitySet> for ConnectorCapabilities {
    fn from(set: &CapabilitySet) -> Self {
        Self {
            launch: set.has(Capability::Launch),
            pause: set.has(Capability::Pause),
            resume: set.has(Capability::Resume),
            stop: set.has(Capability::Stop),
            create: set.has(Capability::Create),
            delete_remote: set.has(Capability::DeleteRemote),
            import: set.has(Capability::Import),
            preview: set.has(Capability::Preview),
            history: set.has(Capability::History),
            sub_scanners: set.has(Capability::SubScanners),
            webhooks: set.has(Capability::Webhooks),
        }
    }
}

impl Connector {
    pub(crate) fn new(manifest: &'static ConnectorManifest, capabilities: &CapabilitySet) -> Self {
        let auth_methods = manifest.auth_methods.iter().map(|method| {
            let properties: serde_json::Map<String, Value> = method
                .fields
                .iter()
                .map(|field| {
                    let property = json!({
                        "type": "string", "minLength": 1, "title": field.label,
                        "description": field.help, "writeOnly": field.secret,
                    });
                    (field.name.to_owned(), property)
                })
                .collect();
            let required: Vec<&str> = method.fields.iter().map(|field| field.name).collect();
            AuthMethod {
                id: method.id,
                label: method.label,
                schema: json!({
                    "type": "object", "properties": properties, "required": required, "additionalProperties": false,
                }),
                fields: method
                    .fields
                    .iter()
                    .map(|field| AuthField {
                        name: field.name,
                        label: field.label,
                        secret: field.secret,
                        help: field.help,
                    })
                    .collect(),
            }
        });
        Self {
            id: manifest.id,
            vendor: manifest.vendor,
            product: manifest.product,
            family: json!(manifest.family),
            auth_methods: auth_methods.collect(),
            capabilities: capabilities.into(),
            fidelity: json!(manifest.fidelity),
            base_url_example: manifest.base_url_example,
            unverified: manifest.unverified.to_vec(),
        }
    }
}
