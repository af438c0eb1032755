//! Opening a connector's session for an integration, and turning its failures into a condition with a next step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use scanhelm_connectors::contract::{CallError, Connection, Session};
use scanhelm_core::credential::Credentials;
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::{Condition, ConditionKind, Integration};
use scanhelm_core::{Error, Result, Timestamp};
use scanhelm_net::{BreakerView, BudgetView, VendorHttp, VendorHttpOptions};

use super::configure::{parse_base_url, place};
use crate::Hub;

/// Open sessions by integration, so that budget, breaker and log-in are shared by everything that talks to it. An
/// entry is bound to the integration's version: any edit opens a new one.
#[derive(Debug, Default)]
pub struct SessionCache(Mutex<HashMap<IntegrationId, Opened>>);

/// A session, the handle of its calls, and the version of the integration they were opened for.
#[derive(Clone, Debug)]
struct Opened {
    version: i64,
    session: Arc<dyn Session>,
    http: VendorHttp,
}

impl SessionCache {
    fn get(&self, integration: &Integration) -> Option<Arc<dyn Session>> {
        let sessions = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sessions
            .get(&integration.id)
            .filter(|opened| opened.version == integration.version)
            .map(|opened| Arc::clone(&opened.session))
    }

    fn put(&self, integration: &Integration, session: &Arc<dyn Session>, http: VendorHttp) {
        let mut sessions = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let opened = Opened { version: integration.version, session: Arc::clone(session), http };
        sessions.insert(integration.id, opened);
    }

    /// Budget and breaker; `None` without an open session.
    pub(crate) fn calls(&self, id: IntegrationId) -> Option<(BudgetView, BreakerView)> {
        let sessions = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sessions.get(&id).map(|opened| (opened.http.budget(), opened.http.breaker()))
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
        let (session, http) = self.open(integration, &credentials)?;
        let session: Arc<dyn Session> = Arc::from(session);
        self.0.sessions.put(integration, &session, http);
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
        self.open(integration, credentials).map(|(session, _)| session)
    }

    fn open(&self, integration: &Integration, credentials: &Credentials) -> Result<(Box<dyn Session>, VendorHttp)> {
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
            counted_as: Some(connector.manifest().id),
        })?;
        let connection =
            Connection { http: http.clone(), credentials: credentials.clone(), clock: Arc::clone(&self.0.clock) };
        Ok((connector.open(connection)?, http))
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
