//! Adding, changing and removing an integration.
//!
//! The secret is bound to the host it was entered for: whoever changes the host must enter it again, so that nobody
//! with the right to edit can send a stored secret to a server of their own.

use scanhelm_connectors::contract::{AuthField, Connector};
use scanhelm_core::credential::Credentials;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::{CredentialHint, Health, Instance, Integration};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use serde_json::json;
use url::Url;

use super::Integrations;
use crate::vault::Place;

#[derive(Debug)]
pub struct NewIntegration {
    pub connector: String,
    pub name: String,
    pub base_url: String,
    pub credentials: Credentials,
    pub ca_pem: Option<String>,
    pub enabled: bool,
}

/// Only what is `Some` changes.
#[derive(Debug, Default)]
pub struct IntegrationChange {
    pub name: Option<String>,
    pub base_url: Option<String>,
    pub credentials: Option<Credentials>,
    /// `Some(None)` removes it.
    pub ca_pem: Option<Option<String>>,
    pub enabled: Option<bool>,
}

impl Integrations<'_> {
    /// Stores a new integration and has it looked at at once.
    pub async fn create(&self, grant: &Grant, new: NewIntegration) -> Result<Integration> {
        grant.require(Permission::IntegrationManage)?;
        let registry = &self.hub.0.connectors;
        let connector = registry.by_id(&new.connector).ok_or_else(|| {
            let known: Vec<_> = registry.iter().map(|connector| connector.manifest().id).collect();
            Error::field(
                "connector",
                "unknown",
                format!("There is no connector `{}`. Known: {}.", single_line(&new.connector, 60), known.join(", ")),
            )
        })?;
        let now = self.hub.now();
        let base_url = parse_base_url(&new.base_url)?;
        check_credentials(connector, &new.credentials)?;
        let integration = Integration {
            id: IntegrationId::new(self.hub.ids()),
            company_id: grant.company,
            connector: connector.manifest().id.to_owned(),
            name: required_name(&new.name)?,
            base_url: text_of(&base_url),
            ca_pem: new.ca_pem.filter(|pem| !pem.trim().is_empty()),
            enabled: new.enabled,
            created_at: now,
            updated_at: now,
            credential_hints: self.hints(&new.credentials),
            instance: Instance::default(),
            health: Health::default(),
            version: 1,
        };
        // Opens without a call: finds a broken CA or an address that policy forbids before anything is stored.
        self.hub.open_session(&integration, &new.credentials)?;
        let sealed = self.hub.0.vault.seal(&place(&integration, &base_url), &new.credentials)?;
        let transaction = self.hub.store().begin().await?;
        transaction.insert_integration(&integration, &sealed).await?;
        let detail = json!({"connector": integration.connector, "base_url": integration.base_url});
        let target = format!("integration/{}", integration.id);
        transaction.append_audit(&self.hub.audit_entry(grant, "integration.create", target, detail)).await?;
        transaction.commit().await?;
        self.hub.look_now();
        Ok(integration)
    }

    pub async fn update(
        &self,
        grant: &Grant,
        id: IntegrationId,
        change: IntegrationChange,
        expected_version: Option<i64>,
    ) -> Result<Integration> {
        grant.require(Permission::IntegrationManage)?;
        let mut integration = self.get(grant, id).await?;
        let read_version = integration.version;
        if expected_version.is_some_and(|expected| expected != read_version) {
            return Err(stale());
        }
        let connector = self.hub.0.connectors.by_id(&integration.connector).ok_or_else(Error::not_found)?;
        let mut host_changed = false;
        if let Some(name) = &change.name {
            integration.name = required_name(name)?;
        }
        if let Some(text) = &change.base_url {
            let (old, new) = (parse_base_url(&integration.base_url)?, parse_base_url(text)?);
            host_changed = host_of(&old) != host_of(&new) || old.scheme() != new.scheme();
            integration.base_url = text_of(&new);
        }
        if let Some(ca_pem) = change.ca_pem {
            integration.ca_pem = ca_pem.filter(|pem| !pem.trim().is_empty());
        }
        if let Some(enabled) = change.enabled {
            integration.enabled = enabled;
        }
        if host_changed && change.credentials.is_none() {
            return Err(Error::field(
                "credentials",
                "required",
                "The host changed: enter the credentials again. Stored secrets are never sent to another host.",
            ));
        }
        let credentials = match change.credentials {
            Some(credentials) => {
                check_credentials(connector, &credentials)?;
                integration.credential_hints = self.hints(&credentials);
                Some(credentials)
            }
            None => None,
        };
        if host_changed || credentials.is_some() {
            integration.health = Health { told: integration.health.told, ..Health::default() };
        }
        if host_changed {
            integration.instance = Instance::default();
        }
        integration.updated_at = self.hub.now();
        let opened_with = match &credentials {
            Some(credentials) => credentials.clone(),
            None => self.hub.credentials(&integration).await?,
        };
        self.hub.open_session(&integration, &opened_with)?;
        let transaction = self.hub.store().begin().await?;
        transaction.update_integration(&integration, read_version).await?;
        if let Some(credentials) = &credentials {
            let url = parse_base_url(&integration.base_url)?;
            let sealed = self.hub.0.vault.seal(&place(&integration, &url), credentials)?;
            transaction.set_sealed_credentials(id, &sealed, &integration.credential_hints).await?;
        }
        transaction.save_health(id, &integration.health).await?;
        transaction.save_instance(id, &integration.instance).await?;
        let detail = json!({"host_changed": host_changed, "credentials_changed": credentials.is_some(), "enabled": integration.enabled});
        transaction
            .append_audit(&self.hub.audit_entry(grant, "integration.update", format!("integration/{id}"), detail))
            .await?;
        transaction.commit().await?;
        self.hub.0.sessions.forget(id);
        self.hub.look_now();
        self.get(grant, id).await
    }

    /// Removes the connection. Its scans stay as records with their findings.
    pub async fn delete(&self, grant: &Grant, id: IntegrationId) -> Result<()> {
        grant.require(Permission::IntegrationManage)?;
        let transaction = self.hub.store().begin().await?;
        if !transaction.delete_integration(grant.company, id).await? {
            return Err(Error::not_found());
        }
        let entry =
            self.hub.audit_entry(grant, "integration.delete", format!("integration/{id}"), serde_json::Value::Null);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.0.sessions.forget(id);
        Ok(())
    }

    fn hints(&self, credentials: &Credentials) -> Vec<CredentialHint> {
        let updated_at = self.hub.now();
        credentials
            .iter()
            .map(|(name, secret)| CredentialHint { name: name.to_owned(), hint: secret.hint(), updated_at })
            .collect()
    }
}

fn stale() -> Error {
    Error::new(
        ErrorCode::StaleVersion,
        "Someone changed the integration since you read it. Read it again and repeat your change.",
    )
}

fn required_name(name: &str) -> Result<String> {
    let name = single_line(name, 120);
    if name.is_empty() {
        return Err(Error::field("name", "required", "Give the integration a name."));
    }
    Ok(name)
}

fn check_credentials(connector: &dyn Connector, credentials: &Credentials) -> Result<()> {
    let methods = connector.manifest().auth_methods;
    let known = |name: &str| methods.iter().any(|method| method.fields.iter().any(|field| field.name == name));
    if let Some((name, _)) = credentials.iter().find(|(name, _)| !known(name)) {
        let field = format!("credentials.{}", single_line(name, 60));
        return Err(Error::field(field, "unknown", "The connector has no such field."));
    }
    let filled = |field: &AuthField| credentials.get(field.name).is_some_and(|secret| !secret.expose().is_empty());
    if methods.iter().any(|method| method.fields.iter().all(filled)) {
        return Ok(());
    }
    let ways: Vec<String> = methods
        .iter()
        .map(|method| method.fields.iter().map(|field| field.name).collect::<Vec<_>>().join(" + "))
        .collect();
    Err(Error::field("credentials", "required", format!("Fill in all of one way to log in: {}.", ways.join(", or "))))
}

pub(super) fn parse_base_url(text: &str) -> Result<Url> {
    let wrong = |code, detail: &str| Err(Error::field("base_url", code, detail));
    let Ok(mut url) = Url::parse(text.trim()) else {
        return wrong("malformed", "Write it like https://scanner.example.com:8834.");
    };
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return wrong("malformed", "The address must begin with https:// (or http:// where the operator allows it).");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("has_credentials", "Leave user and password out of the address; enter them as credentials.");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("malformed", "Leave out everything from `?` or `#`.");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn text_of(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// `host:port`, what credentials are bound to.
pub(super) fn host_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

pub(super) fn place(integration: &Integration, url: &Url) -> Place {
    Place { company: integration.company_id, owner: integration.id.0, host: host_of(url) }
}
