//! Opening a connector's session for an integration, and turning its failures into a condition with a next step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use scanhelm_connectors::contract::{CallError, Connection, Session};
use scanhelm_core::credential::Credentials;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::{Condition, ConditionKind, Integration};
use scanhelm_core::{Error, Result, Timestamp};
use scanhelm_net::{VendorHttp, VendorHttpOptions};

use super::configure::{parse_base_url, place};
use crate::Hub;

/// Open sessions by integration, so that budget, breaker and log-in are shared by everything that talks to it. An
/// entry is bound to the integration's version: any edit opens a new one.
#[derive(Debug, Default)]
pub struct SessionCache(Mutex<HashMap<IntegrationId, Opened>>);

/// A session and the version of the integration it was opened for.
type Opened = (i64, Arc<dyn Session>);

impl SessionCache {
    fn get(&self, integration: &Integration) -> Option<Arc<dyn Session>> {
        let sessions = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sessions
            .get(&integration.id)
            .filter(|(version, _)| *version == integration.version)
            .map(|(_, session)| Arc::clone(session))
    }

    fn put(&self, integration: &Integration, session: &Arc<dyn Session>) {
        let mut sessions = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sessions.insert(integration.id, (integration.version, Arc::clone(session)));
    }

    pub(crate) fn forget(&self, id: IntegrationId) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&id);
    }
}

impl Hub {
    /// The session of a stored integration.
    pub(crate) async fn session(&self, integration: &Integration) -> Result<Arc<dyn Session>> {
        if let Some(session) = self.0.sessions.get(integration) {
            return Ok(session);
        }
        let credentials = self.credentials(integration).await?;
        let session: Arc<dyn Session> = Arc::from(self.open_session(integration, &credentials)?);
        self.0.sessions.put(integration, &session);
        Ok(session)
    }

    /// The stored credentials, opened for the host they were entered for.
    pub(crate) async fn credentials(&self, integration: &Integration) -> Result<Credentials> {
        let sealed = self.store().sealed_credentials(integration.id).await?;
        let url = parse_base_url(&integration.base_url)?;
        self.0.vault.unseal(&place(integration, &url), &sealed)
    }

    /// Binds connector, address and credentials; makes no call.
    pub(crate) fn open_session(
        &self,
        integration: &Integration,
        credentials: &Credentials,
    ) -> Result<Box<dyn Session>> {
        let connector = self
            .0
            .connectors
            .by_id(&integration.connector)
            .ok_or_else(|| Error::internal(format!("connector {} is not in this build", integration.connector)))?;
        let http = VendorHttp::new(VendorHttpOptions {
            base_url: parse_base_url(&integration.base_url)?,
            ca_pem: integration.ca_pem.clone(),
            policy: Arc::clone(&self.0.network),
            limits: self.settings().http,
            clock: Arc::clone(&self.0.clock),
        })?;
        connector.open(Connection { http, credentials: credentials.clone(), clock: Arc::clone(&self.0.clock) })
    }
}

/// What a failed call means for the integration. `since` continues an existing condition of the same kind.
pub(crate) fn condition(error: &CallError, before: Option<&Condition>, now: Timestamp) -> Condition {
    let (kind, detail) = match error {
        CallError::Failed { kind, detail, .. } => (*kind, detail),
        CallError::Refused { detail, .. } => (ConditionKind::Permission, detail),
        CallError::Unknown { detail } => (ConditionKind::Timeout, detail),
        CallError::Gone { detail } => (ConditionKind::Garbage, detail),
    };
    let since = before.filter(|before| before.kind == kind).map_or(now, |before| before.since);
    Condition {
        kind,
        detail: scanhelm_core::text::single_line(detail, 500),
        next_step: kind.next_step().to_owned(),
        since,
    }
}
