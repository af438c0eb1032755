//! Adding, changing and removing rules.

use std::time::Duration;

use scanhelm_core::ids::{ChannelId, RuleId};
use scanhelm_core::notification::{Channel, NoticeEvent, Rule};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result, Severity};
use scanhelm_store::Transaction;
use serde_json::json;

use super::Notifications;
use super::channels::required_name;

/// Most rules of a company.
const RULES: u64 = 100;

#[derive(Clone, Debug)]
pub struct NewRule {
    pub name: String,
    pub channel_id: ChannelId,
    pub events: Vec<NoticeEvent>,
    pub min_severity: Option<Severity>,
    pub digest: Duration,
    pub enabled: bool,
}

/// Only what is `Some` changes.
#[derive(Clone, Debug, Default)]
pub struct RuleChange {
    pub name: Option<String>,
    pub channel_id: Option<ChannelId>,
    pub events: Option<Vec<NoticeEvent>>,
    /// `Some(None)`: every severity.
    pub min_severity: Option<Option<Severity>>,
    pub digest: Option<Duration>,
    pub enabled: Option<bool>,
}

/// A rule with its channel.
#[derive(Clone, Debug)]
pub struct RuleView {
    pub rule: Rule,
    pub channel: Channel,
}

impl Notifications<'_> {
    pub async fn rule(&self, grant: &Grant, id: RuleId) -> Result<RuleView> {
        grant.require(Permission::IntegrationRead)?;
        let rule = self.hub.store().notification_rule(grant.company, id).await?.ok_or_else(Error::not_found)?;
        self.view(grant, rule).await
    }

    pub async fn rules(&self, grant: &Grant, page: &PageRequest) -> Result<Page<RuleView>> {
        grant.require(Permission::IntegrationRead)?;
        let listed = self.hub.store().notification_rules(grant.company, page).await?;
        let mut items = Vec::with_capacity(listed.items.len());
        for rule in listed.items {
            items.push(self.view(grant, rule).await?);
        }
        Ok(Page { items, next_cursor: listed.next_cursor, total: listed.total })
    }

    pub async fn create_rule(&self, grant: &Grant, new: NewRule) -> Result<RuleView> {
        grant.require(Permission::IntegrationManage)?;
        let now = self.hub.now();
        let rule = Rule {
            id: RuleId::new(self.hub.ids()),
            company_id: grant.company,
            name: required_name(&new.name)?,
            channel_id: new.channel_id,
            enabled: new.enabled,
            events: chosen(new.events)?,
            min_severity: new.min_severity,
            digest: window(new.digest)?,
            created_by: grant.actor,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let transaction = self.hub.store().begin().await?;
        known_channel(&transaction, grant, rule.channel_id).await?;
        if transaction.count_notification_rules(grant.company).await? >= RULES {
            let detail = format!("A company has at most {RULES} rules. Delete one that is not needed.");
            return Err(Error::new(ErrorCode::Conflict, detail));
        }
        transaction.insert_notification_rule(&rule).await?;
        self.audit_rule(&transaction, grant, "notification_rule.create", &rule).await?;
        transaction.commit().await?;
        self.view(grant, rule).await
    }

    /// Counts for what happens from now on; a digest that is being collected is sent at once.
    pub async fn change_rule(
        &self,
        grant: &Grant,
        id: RuleId,
        change: RuleChange,
        expected_version: Option<i64>,
    ) -> Result<RuleView> {
        let RuleView { mut rule, .. } = self.rule(grant, id).await?;
        grant.require(Permission::IntegrationManage)?;
        if expected_version.is_some_and(|expected| expected != rule.version) {
            return Err(Error::new(
                ErrorCode::StaleVersion,
                "The rule changed since you read it. Read it again and repeat.",
            ));
        }
        if let Some(name) = &change.name {
            rule.name = required_name(name)?;
        }
        if let Some(events) = change.events {
            rule.events = chosen(events)?;
        }
        if let Some(digest) = change.digest {
            rule.digest = window(digest)?;
        }
        rule.channel_id = change.channel_id.unwrap_or(rule.channel_id);
        rule.min_severity = change.min_severity.unwrap_or(rule.min_severity);
        rule.enabled = change.enabled.unwrap_or(rule.enabled);
        rule.updated_at = self.hub.now();
        let transaction = self.hub.store().begin().await?;
        known_channel(&transaction, grant, rule.channel_id).await?;
        transaction.release_digest(id, rule.updated_at).await?;
        rule.version = transaction.update_notification_rule(&rule, rule.version).await?;
        self.audit_rule(&transaction, grant, "notification_rule.update", &rule).await?;
        transaction.commit().await?;
        self.view(grant, rule).await
    }

    /// What it has made is still sent; a digest that is being collected, at once.
    pub async fn delete_rule(&self, grant: &Grant, id: RuleId) -> Result<()> {
        let RuleView { rule, .. } = self.rule(grant, id).await?;
        grant.require(Permission::IntegrationManage)?;
        let transaction = self.hub.store().begin().await?;
        transaction.release_digest(id, self.hub.now()).await?;
        if !transaction.delete_notification_rule(grant.company, id).await? {
            return Err(Error::not_found());
        }
        self.audit_rule(&transaction, grant, "notification_rule.delete", &rule).await?;
        transaction.commit().await
    }

    async fn view(&self, grant: &Grant, rule: Rule) -> Result<RuleView> {
        let channel = self.hub.store().notification_channel(grant.company, rule.channel_id).await?;
        Ok(RuleView { rule, channel: channel.ok_or_else(Error::not_found)? })
    }

    async fn audit_rule(&self, transaction: &Transaction, grant: &Grant, action: &str, rule: &Rule) -> Result<()> {
        let detail = json!({
            "name": rule.name,
            "channel_id": rule.channel_id,
            "events": rule.events,
            "min_severity": rule.min_severity,
            "digest_s": rule.digest.as_secs(),
            "enabled": rule.enabled,
        });
        let target = format!("notification_rule/{}", rule.id);
        transaction.append_audit(&self.hub.audit_entry(grant, action, target, detail)).await
    }
}

async fn known_channel(transaction: &Transaction, grant: &Grant, id: ChannelId) -> Result<()> {
    match transaction.notification_channel(grant.company, id).await? {
        Some(_) => Ok(()),
        None => Err(Error::field("channel_id", "unknown", "There is no such channel.")),
    }
}

fn chosen(mut events: Vec<NoticeEvent>) -> Result<Vec<NoticeEvent>> {
    events.sort_unstable();
    events.dedup();
    if events.is_empty() || events.contains(&NoticeEvent::Test) {
        return Err(Error::field("events", "required", "Choose at least one event."));
    }
    Ok(events)
}

fn window(digest: Duration) -> Result<Duration> {
    if digest > Rule::LONGEST_DIGEST {
        return Err(Error::field("digest_s", "too_long", "Events are collected for seven days at most."));
    }
    Ok(digest)
}
