//! Who is told of what: a real store, real receivers, and a clock that the test moves. The hub takes its steps one by
//! one where the test is about a crash or about time, and runs its loops where it is about vendors.

mod faults;
mod messages;
mod receiver;
mod vendors;

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::Clock;
use scanhelm_core::credential::Secret;
use scanhelm_core::ids::{ChannelId, CompanyId, DeliveryId, NoticeId};
use scanhelm_core::notification::{Channel, ChannelKind, DeliveryState, Notice, NoticeEvent};
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::{Severity, Timestamp};
use scanhelm_hub::accounts::NewInstallation;
use scanhelm_hub::import::UploadOptions;
use scanhelm_hub::notifications::{DeliveryDetail, IssuedChannel, NewChannel, NewRule, RuleView};
use scanhelm_hub::{DeliveryFilter, Extensions, Hub, Settings};

use crate::harness::{Database, HandClock, Home, at};

/// A hub that moves only when it is told to.
struct World {
    home: Home,
    clock: Arc<HandClock>,
    hub: Hub,
    grant: Grant,
}

impl World {
    async fn on(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    async fn with(database: Database, change: impl FnOnce(&mut Settings)) -> Self {
        let home = Home::new(database);
        let clock = HandClock::at("2026-11-22T08:00:00Z");
        let hub = home.hub(Arc::clone(&clock) as Arc<dyn Clock>, Extensions::default(), change).await;
        let installation = NewInstallation {
            company: "Acme".to_owned(),
            name: String::new(),
            email: "ada@example.com".to_owned(),
            password: None,
        };
        let made = hub.accounts().bootstrap(installation).await.unwrap();
        let grant = Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin };
        Self { home, clock, hub, grant }
    }

    /// Another company on the same hub.
    async fn other(&self) -> Grant {
        let operator = Grant { role: Role::Operator, ..self.grant };
        let installation = NewInstallation {
            company: "Globex".to_owned(),
            name: String::new(),
            email: "bob@example.com".to_owned(),
            password: None,
        };
        let made = self.hub.accounts().create_company(&operator, installation).await.unwrap();
        Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin }
    }

    /// The process that comes after this one.
    async fn successor(&self) -> Hub {
        self.home.hub(Arc::clone(&self.clock) as Arc<dyn Clock>, Extensions::default(), |_| {}).await
    }

    async fn webhook(&self, name: &str, url: &str) -> IssuedChannel {
        channel(&self.hub, &self.grant, name, ChannelKind::Webhook, url).await
    }

    async fn rule(&self, channel: ChannelId, events: &[NoticeEvent]) -> RuleView {
        self.rule_with(channel, events, |_| {}).await
    }

    async fn rule_with(
        &self,
        channel: ChannelId,
        events: &[NoticeEvent],
        change: impl FnOnce(&mut NewRule),
    ) -> RuleView {
        let mut new = NewRule {
            name: format!("rule {}", self.hub.ids().next()),
            channel_id: channel,
            events: events.to_vec(),
            min_severity: None,
            digest: Duration::ZERO,
            enabled: true,
        };
        change(&mut new);
        self.hub.notifications().create_rule(&self.grant, new).await.unwrap()
    }

    /// Something happened.
    async fn happens(&self, event: NoticeEvent, title: &str) -> Notice {
        self.happens_in(self.grant.company, event, title, None).await
    }

    async fn happens_in(
        &self,
        company: CompanyId,
        event: NoticeEvent,
        title: &str,
        severity: Option<Severity>,
    ) -> Notice {
        let notice = Notice {
            id: NoticeId::new(self.hub.ids()),
            company_id: company,
            event,
            at: self.hub.now(),
            severity,
            scan_id: None,
            integration_id: None,
            title: title.to_owned(),
            detail: String::new(),
            data: serde_json::Value::Null,
        };
        let tx = self.hub.store().begin().await.unwrap();
        tx.append_notice(&notice).await.unwrap();
        tx.commit().await.unwrap();
        notice
    }

    async fn drive(&self) {
        drive(&self.hub).await;
    }

    /// Until a pause of the channel is over.
    async fn rest(&self, id: ChannelId) -> Duration {
        let until = self.channel(id).await.standing.retry_at.expect("it does not rest");
        let pause = until.since(self.hub.now());
        self.clock.advance(pause);
        pause
    }

    async fn channel(&self, id: ChannelId) -> Channel {
        self.hub.notifications().channel(&self.grant, id).await.unwrap()
    }

    /// Oldest first.
    async fn deliveries(&self) -> Vec<DeliveryDetail> {
        deliveries(&self.hub, &self.grant).await
    }

    async fn states(&self) -> Vec<DeliveryState> {
        self.deliveries().await.into_iter().map(|detail| detail.view.delivery.state).collect()
    }

    async fn upload(&self, name: &str, bytes: &[u8]) {
        accept(&self.hub, &self.grant, name, bytes).await;
        self.drive().await;
    }
}

async fn accept(hub: &Hub, grant: &Grant, name: &str, bytes: &[u8]) {
    let path = hub.imports().upload_file().unwrap();
    std::fs::write(&path, bytes).unwrap();
    let options = UploadOptions { file_name: Some(name.to_owned()), ..UploadOptions::default() };
    hub.imports().accept(grant, path, options).await.unwrap();
}

async fn channel(hub: &Hub, grant: &Grant, name: &str, kind: ChannelKind, url: &str) -> IssuedChannel {
    let new =
        NewChannel { name: name.to_owned(), kind, url: Some(Secret::new(url)), recipients: Vec::new(), enabled: true };
    hub.notifications().create_channel(grant, new).await.unwrap()
}

async fn deliveries(hub: &Hub, grant: &Grant) -> Vec<DeliveryDetail> {
    let sort = Sort { field: "created_at".to_owned(), descending: false };
    let page = PageRequest { limit: 100, sort, ..PageRequest::default() };
    let listed = hub.notifications().deliveries(grant, &DeliveryFilter::default(), &page).await.unwrap();
    let mut all = Vec::new();
    for view in listed.items {
        let id: DeliveryId = view.delivery.id;
        all.push(hub.notifications().delivery(grant, id).await.unwrap());
    }
    all
}

/// Every step that is due, until there is none.
async fn drive(hub: &Hub) {
    loop {
        let routed = hub.steps().route_notices().await.unwrap();
        let jobs = hub.steps().claim_jobs(10).await.unwrap();
        if routed == 0 && jobs.is_empty() {
            return;
        }
        for job in jobs {
            Box::pin(job.run()).await;
        }
    }
}
