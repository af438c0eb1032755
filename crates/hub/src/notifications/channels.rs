//! Adding, changing and removing channels.

use std::time::Duration;

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::ChannelId;
use scanhelm_core::notification::{Channel, ChannelKind, Standing, is_mail_address, signature};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::Transaction;
use serde_json::{Value, json};

use super::Notifications;
use super::transmit::{PREVIOUS_SECRET, SECRET, URL, hook, place, unsealed};

/// Most channels of a company, and recipients of one mail.
const CHANNELS: u64 = 50;
const RECIPIENTS: usize = 50;
/// How long a webhook is signed with the secret before as well.
const BOTH_SECRETS: Duration = Duration::from_hours(24);

#[derive(Debug)]
pub struct NewChannel {
    pub name: String,
    pub kind: ChannelKind,
    /// Of all but mail.
    pub url: Option<Secret>,
    /// Of mail.
    pub recipients: Vec<String>,
    pub enabled: bool,
}

/// Only what is `Some` changes.
#[derive(Debug, Default)]
pub struct ChannelChange {
    pub name: Option<String>,
    pub url: Option<Secret>,
    pub recipients: Option<Vec<String>>,
    pub enabled: Option<bool>,
}

/// A channel with its signing secret, which is shown this once.
#[derive(Debug)]
pub struct IssuedChannel {
    pub channel: Channel,
    pub secret: Option<Secret>,
}

impl Notifications<'_> {
    /// [`ErrorCode::NotFound`] for a foreign one too.
    pub async fn channel(&self, grant: &Grant, id: ChannelId) -> Result<Channel> {
        grant.require(Permission::IntegrationRead)?;
        self.hub.store().notification_channel(grant.company, id).await?.ok_or_else(Error::not_found)
    }

    pub async fn channels(&self, grant: &Grant, page: &PageRequest) -> Result<Page<Channel>> {
        grant.require(Permission::IntegrationRead)?;
        self.hub.store().notification_channels(grant.company, page).await
    }

    pub async fn create_channel(&self, grant: &Grant, new: NewChannel) -> Result<IssuedChannel> {
        grant.require(Permission::IntegrationManage)?;
        let name = required_name(&new.name)?;
        let (mut secrets, host) = self.address(new.kind, new.url.as_ref())?;
        let recipients = self.recipients(new.kind, new.recipients)?;
        let secret = (new.kind == ChannelKind::Webhook).then(|| signature::secret(rand::random()));
        if let Some(secret) = &secret {
            secrets.insert(SECRET, secret.clone());
        }
        let now = self.hub.now();
        let channel = Channel {
            id: ChannelId::new(self.hub.ids()),
            company_id: grant.company,
            name,
            kind: new.kind,
            recipients,
            host,
            enabled: new.enabled,
            suspended: None,
            standing: Standing::default(),
            secret_hint: secret.as_ref().map(Secret::hint),
            previous_secret_until: None,
            created_by: grant.actor,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let sealed = self.hub.0.vault.seal(&place(&channel), &secrets)?;
        let transaction = self.hub.store().begin().await?;
        if transaction.count_notification_channels(grant.company).await? >= CHANNELS {
            let detail = format!("A company has at most {CHANNELS} channels. Delete one that is not needed.");
            return Err(Error::new(ErrorCode::Conflict, detail));
        }
        transaction.insert_notification_channel(&channel, &sealed).await?;
        self.audit(&transaction, grant, "notification_channel.create", &channel).await?;
        transaction.commit().await?;
        Ok(IssuedChannel { channel, secret })
    }

    /// An edit by a person also takes back that the hub gave the channel up: what waits is sent at once.
    pub async fn change_channel(
        &self,
        grant: &Grant,
        id: ChannelId,
        change: ChannelChange,
        expected_version: Option<i64>,
    ) -> Result<Channel> {
        self.channel(grant, id).await?;
        grant.require(Permission::IntegrationManage)?;
        let transaction = self.hub.store().begin().await?;
        let mut channel = self.locked(&transaction, grant, id, expected_version).await?;
        let mut sealed = transaction.sealed_channel(id).await?;
        if let Some(name) = &change.name {
            channel.name = required_name(name)?;
        }
        if change.url.is_some() {
            let (address, host) = self.address(channel.kind, change.url.as_ref())?;
            let mut secrets = unsealed(self.hub, &channel, &sealed)?;
            for (name, secret) in address.iter() {
                secrets.insert(name, secret.clone());
            }
            channel.host = host;
            sealed = self.hub.0.vault.seal(&place(&channel), &secrets)?;
        }
        let renewed = change.url.is_some() || change.recipients.is_some() || change.enabled == Some(true);
        if let Some(recipients) = change.recipients {
            channel.recipients = self.recipients(channel.kind, recipients)?;
        }
        channel.enabled = change.enabled.unwrap_or(channel.enabled);
        if renewed {
            channel.suspended = None;
            channel.standing = Standing { last_success_at: channel.standing.last_success_at, ..Standing::default() };
        }
        channel.updated_at = self.hub.now();
        channel.version = transaction.update_notification_channel(&channel, &sealed, channel.version).await?;
        self.audit(&transaction, grant, "notification_channel.update", &channel).await?;
        transaction.commit().await?;
        Ok(channel)
    }

    /// Makes a new signing secret. The one before is good for another day, so that receivers can change over.
    pub async fn rotate_secret(&self, grant: &Grant, id: ChannelId) -> Result<IssuedChannel> {
        let channel = self.channel(grant, id).await?;
        grant.require(Permission::IntegrationManage)?;
        if channel.kind != ChannelKind::Webhook {
            return Err(Error::new(ErrorCode::Conflict, "Only the messages of webhooks are signed."));
        }
        let transaction = self.hub.store().begin().await?;
        let mut channel = self.locked(&transaction, grant, id, None).await?;
        let sealed = transaction.sealed_channel(id).await?;
        let mut secrets = unsealed(self.hub, &channel, &sealed)?;
        let secret = signature::secret(rand::random());
        if let Some(previous) = secrets.get(SECRET).cloned() {
            secrets.insert(PREVIOUS_SECRET, previous);
        }
        secrets.insert(SECRET, secret.clone());
        let now = self.hub.now();
        channel.secret_hint = Some(secret.hint());
        channel.previous_secret_until = Some(now.plus(BOTH_SECRETS));
        channel.updated_at = now;
        let sealed = self.hub.0.vault.seal(&place(&channel), &secrets)?;
        channel.version = transaction.update_notification_channel(&channel, &sealed, channel.version).await?;
        self.audit(&transaction, grant, "notification_channel.rotate_secret", &channel).await?;
        transaction.commit().await?;
        Ok(IssuedChannel { channel, secret: Some(secret) })
    }

    /// Its rules and deliveries go with it.
    pub async fn delete_channel(&self, grant: &Grant, id: ChannelId) -> Result<()> {
        let channel = self.channel(grant, id).await?;
        grant.require(Permission::IntegrationManage)?;
        let transaction = self.hub.store().begin().await?;
        if !transaction.delete_notification_channel(grant.company, id).await? {
            return Err(Error::not_found());
        }
        self.audit(&transaction, grant, "notification_channel.delete", &channel).await?;
        transaction.commit().await
    }

    async fn locked(
        &self,
        transaction: &Transaction,
        grant: &Grant,
        id: ChannelId,
        expected_version: Option<i64>,
    ) -> Result<Channel> {
        let channel = transaction.lock_notification_channel(id).await?;
        let channel = channel.filter(|channel| channel.company_id == grant.company).ok_or_else(Error::not_found)?;
        if expected_version.is_some_and(|expected| expected != channel.version) {
            return Err(Error::new(
                ErrorCode::StaleVersion,
                "The channel changed since you read it. Read it again and repeat.",
            ));
        }
        Ok(channel)
    }

    /// The sealed part of a channel and what of it may be shown.
    fn address(&self, kind: ChannelKind, url: Option<&Secret>) -> Result<(Credentials, String)> {
        match (kind, url) {
            (ChannelKind::Email, None) => Ok((Credentials::default(), String::new())),
            (ChannelKind::Email, Some(_)) => {
                Err(Error::field("url", "conflict", "A mail channel has recipients instead of an address."))
            }
            (_, None) => Err(Error::field("url", "required", "Enter the address that messages are posted to.")),
            (_, Some(url)) => {
                let host = hook(self.hub, url)?.origin();
                Ok(([(URL.to_owned(), url.clone())].into_iter().collect(), host))
            }
        }
    }

    fn recipients(&self, kind: ChannelKind, recipients: Vec<String>) -> Result<Vec<String>> {
        let refuse = |code, detail: String| Err(Error::field("recipients", code, detail));
        if kind != ChannelKind::Email {
            return match recipients.is_empty() {
                true => Ok(recipients),
                false => refuse("conflict", "Only a mail channel has recipients.".to_owned()),
            };
        }
        if self.hub.settings().notify.mail.is_none() {
            let detail = "This hub has no mail server. The operator sets one in `[notify]`.";
            return Err(Error::field("kind", "unavailable", detail));
        }
        let mut kept: Vec<String> = Vec::new();
        for recipient in recipients {
            let recipient = recipient.trim().to_owned();
            if !is_mail_address(&recipient) {
                return refuse("malformed", format!("`{}` is not a mail address.", single_line(&recipient, 80)));
            }
            if !kept.contains(&recipient) {
                kept.push(recipient);
            }
        }
        match kept.len() {
            0 => refuse("required", "Name at least one recipient.".to_owned()),
            1..=RECIPIENTS => Ok(kept),
            _ => refuse("too_many", format!("A channel has at most {RECIPIENTS} recipients. Use a list address.")),
        }
    }

    async fn audit(&self, transaction: &Transaction, grant: &Grant, action: &str, channel: &Channel) -> Result<()> {
        let detail: Value = json!({
            "name": channel.name,
            "kind": channel.kind,
            "host": channel.host,
            "recipients": channel.recipients,
            "enabled": channel.enabled,
        });
        let target = format!("notification_channel/{}", channel.id);
        transaction.append_audit(&self.hub.audit_entry(grant, action, target, detail)).await
    }
}

pub(super) fn required_name(name: &str) -> Result<String> {
    let name = single_line(name, 200);
    if name.is_empty() { Err(Error::field("name", "required", "Give it a name.")) } else { Ok(name) }
}
