//! Rules that take findings out of the queue, see [`scanhelm_core::finding::suppression`].
//!
//! What comes in is matched by the import, in its own transaction ([`settle`]). When rules change or end, whoever changes
//! them wants a new look in the same transaction, and a job goes through all findings of the company ([`job`]).

mod job;
mod settle;

use std::collections::HashMap;

pub(crate) use job::{SUPPRESSION_JOB, end_lapsed, enqueue_due, run_suppression};
use scanhelm_core::company::User;
use scanhelm_core::finding::approval::unknown_person;
use scanhelm_core::finding::suppression::{Expression, Rule, RuleState};
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{FindingId, SuppressionRuleId, UserId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::{clean, single_line};
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::Transaction;
use serde_json::json;
pub(crate) use settle::settle;

use crate::Hub;
use crate::findings::OwnerChoice;

/// Most rules of a company: each finding is held against all of them.
const RULES: u64 = 200;
/// Findings that a preview looks at, and those that it shows.
const LOOKED_AT: u64 = 50_000;
const SHOWN: usize = 10;
/// Of one statement.
const PAGE: u32 = 1_000;

/// Use cases about suppression rules.
#[derive(Clone, Copy, Debug)]
pub struct Suppression<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// A rule to be made.
#[derive(Clone, Debug)]
pub struct NewRule {
    pub name: String,
    pub expression: Expression,
    pub reason: String,
    pub owner: OwnerChoice,
    pub expires_at: Timestamp,
    pub enabled: bool,
}

/// Only what is `Some` changes.
#[derive(Clone, Debug, Default)]
pub struct RuleChange {
    pub name: Option<String>,
    pub expression: Option<Expression>,
    pub reason: Option<String>,
    pub owner: Option<OwnerChoice>,
    pub expires_at: Option<Timestamp>,
    pub enabled: Option<bool>,
}

/// A rule, where it stands, and how many findings it suppresses.
#[derive(Clone, Debug)]
pub struct RuleView {
    pub rule: Rule,
    pub state: RuleState,
    pub suppressed: u64,
    /// Its owner, if that is a member of the company.
    pub members: HashMap<UserId, User>,
}

/// What an expression would suppress now.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Of the findings that were looked at.
    pub matched: u64,
    pub looked_at: u64,
    /// There are no more.
    pub complete: bool,
    /// The first few.
    pub findings: Vec<Finding>,
}

impl Suppression<'_> {
    pub async fn rules(&self, grant: &Grant, page: &PageRequest) -> Result<Page<RuleView>> {
        grant.require(Permission::FindingRead)?;
        let store = self.hub.store();
        let listed = store.suppression_rules(grant.company, page).await?;
        let ids: Vec<SuppressionRuleId> = listed.items.iter().map(|rule| rule.id).collect();
        let owners: Vec<UserId> = listed.items.iter().map(|rule| rule.owner_id).collect();
        let suppressed = store.suppressed_by(grant.company, &ids).await?;
        let members = store.members_of(grant.company, &owners).await?;
        let now = self.hub.now();
        Ok(listed.map(|rule| RuleView {
            state: rule.state(now),
            suppressed: suppressed.get(&rule.id).copied().unwrap_or_default(),
            members: members.get(&rule.owner_id).map(|user| (user.id, user.clone())).into_iter().collect(),
            rule,
        }))
    }

    pub async fn rule(&self, grant: &Grant, id: SuppressionRuleId) -> Result<RuleView> {
        grant.require(Permission::FindingRead)?;
        let rule = self.hub.store().suppression_rule(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let suppressed = self.hub.store().suppressed_by(grant.company, &[id]).await?;
        let members = self.hub.store().members_of(grant.company, &[rule.owner_id]).await?;
        let suppressed = suppressed.get(&id).copied().unwrap_or_default();
        Ok(RuleView { state: rule.state(self.hub.now()), suppressed, members, rule })
    }

    /// Where the company's policy asks for a second person, the rule waits for one.
    pub async fn create(&self, grant: &Grant, new: NewRule) -> Result<RuleView> {
        grant.require(Permission::FindingApprove)?;
        let now = self.hub.now();
        let (pending, changed_by) = self.standing_of_change(grant).await?;
        let rule = Rule {
            id: SuppressionRuleId::new(self.hub.ids()),
            company_id: grant.company,
            name: required("name", single_line(&new.name, 200), "Give it a name.")?,
            expression: new.expression.checked()?,
            reason: reason(&new.reason)?,
            owner_id: self.owner(grant, new.owner).await?,
            expires_at: still_to_come(new.expires_at, now)?,
            enabled: new.enabled,
            pending,
            changed_by,
            approved_by: None,
            approved_at: None,
            created_by: grant.actor,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let transaction = self.hub.store().begin().await?;
        transaction.take_import_turn(grant.company).await?;
        if transaction.count_suppression_rules(grant.company).await? >= RULES {
            let detail = format!("A company has at most {RULES} suppression rules. Delete one that is not needed.");
            return Err(Error::new(ErrorCode::Conflict, detail));
        }
        transaction.insert_suppression_rule(&rule).await?;
        self.conclude(transaction, grant, "suppression_rule.create", &rule).await?;
        self.rule(grant, rule.id).await
    }

    /// Narrowing a rule by its end or by switching it off, and giving it another name or owner, needs no second person.
    pub async fn change(
        &self,
        grant: &Grant,
        id: SuppressionRuleId,
        change: RuleChange,
        version: Option<i64>,
    ) -> Result<RuleView> {
        let before = self.writable(grant, id, version).await?;
        let now = self.hub.now();
        let mut rule = before.clone();
        if let Some(name) = &change.name {
            rule.name = required("name", single_line(name, 200), "Give it a name.")?;
        }
        if let Some(expression) = change.expression {
            rule.expression = expression.checked()?;
        }
        if let Some(text) = &change.reason {
            rule.reason = reason(text)?;
        }
        if let Some(owner) = change.owner {
            rule.owner_id = self.owner(grant, owner).await?;
        }
        if let Some(end) = change.expires_at {
            rule.expires_at = still_to_come(end, now)?;
        }
        rule.enabled = change.enabled.unwrap_or(rule.enabled);
        rule.updated_at = now;
        let said_anew = (&rule.expression, &rule.reason) != (&before.expression, &before.reason);
        if said_anew || rule.expires_at > before.expires_at || (rule.enabled && !before.enabled) {
            (rule.pending, rule.changed_by) = self.standing_of_change(grant).await?;
            (rule.approved_by, rule.approved_at) = (None, None);
        }
        self.save(grant, rule, before.version, "suppression_rule.update").await
    }

    /// Puts a rule in force that waits for a second person.
    pub async fn approve(&self, grant: &Grant, id: SuppressionRuleId, version: Option<i64>) -> Result<RuleView> {
        let before = self.writable(grant, id, version).await?;
        let person = self.hub.store().person_behind(grant.company, grant.actor).await?;
        let now = self.hub.now();
        before.require_approvable_by(person, now)?;
        let rule = Rule {
            pending: false,
            approved_by: Some(grant.actor),
            approved_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        self.save(grant, rule, before.version, "suppression_rule.approve").await
    }

    /// Its findings are again what their scanners say.
    pub async fn delete(&self, grant: &Grant, id: SuppressionRuleId, version: Option<i64>) -> Result<()> {
        let rule = self.writable(grant, id, version).await?;
        let transaction = self.hub.store().begin().await?;
        transaction.take_import_turn(grant.company).await?;
        if !transaction.delete_suppression_rule(grant.company, id).await? {
            return Err(Error::not_found());
        }
        self.conclude(transaction, grant, "suppression_rule.delete", &rule).await
    }

    /// Looks at the open findings, at so many at most.
    pub async fn preview(&self, grant: &Grant, expression: Expression) -> Result<Preview> {
        grant.require(Permission::FindingTriage)?;
        let expression = expression.checked()?;
        let store = self.hub.store();
        let (mut position, mut matched, mut looked_at) = (String::new(), 0, 0);
        let mut first: Vec<FindingId> = Vec::new();
        let mut complete = false;
        while !complete && looked_at < LOOKED_AT {
            let rows = store.suppressible_after(grant.company, &position, PAGE).await?;
            complete = rows.len() < PAGE as usize;
            looked_at += rows.len() as u64;
            position = rows.last().map(|row| row.fingerprint.clone()).unwrap_or_default();
            let is_open = |row: &&scanhelm_store::SuppressionRow| {
                let forbidden = row.verdict.as_ref().is_some_and(|verdict| verdict.forbids_suppression());
                row.status == FindingState::Open && !forbidden
            };
            for row in rows.iter().filter(is_open).filter(|row| expression.matches(&row.subject)) {
                matched += 1;
                if first.len() < SHOWN {
                    first.push(row.id);
                }
            }
        }
        let mut findings = store.findings_of(grant.company, &first).await?;
        findings.sort_by(|one, other| other.severity.cmp(&one.severity).then_with(|| one.id.cmp(&other.id)));
        Ok(Preview { matched, looked_at, complete, findings })
    }

    async fn writable(&self, grant: &Grant, id: SuppressionRuleId, version: Option<i64>) -> Result<Rule> {
        let RuleView { rule, .. } = self.rule(grant, id).await?;
        grant.require(Permission::FindingApprove)?;
        if version.is_some_and(|version| version != rule.version) {
            let detail = "The rule changed since you read it. Read it again and repeat.";
            return Err(Error::new(ErrorCode::StaleVersion, detail));
        }
        Ok(rule)
    }

    /// Whether a change has to wait for a second person, and whose it is.
    async fn standing_of_change(&self, grant: &Grant) -> Result<(bool, Option<UserId>)> {
        let pending = self.hub.store().triage_policy(grant.company).await?.needs_approval(FindingState::Suppressed);
        let person = self.hub.store().person_behind(grant.company, grant.actor).await?;
        if pending && person.is_none() {
            return Err(unknown_person());
        }
        Ok((pending, person))
    }

    async fn owner(&self, grant: &Grant, choice: OwnerChoice) -> Result<UserId> {
        let owner = self.hub.findings().owner_meant(grant, choice).await?;
        owner.ok_or_else(|| Error::field("owner", "required", "Say who answers for the rule."))
    }

    async fn save(&self, grant: &Grant, rule: Rule, version: i64, action: &str) -> Result<RuleView> {
        let transaction = self.hub.store().begin().await?;
        // An import that is matching findings goes first; those after it know the change.
        transaction.take_import_turn(grant.company).await?;
        transaction.update_suppression_rule(&rule, version).await?;
        self.conclude(transaction, grant, action, &rule).await?;
        self.rule(grant, rule.id).await
    }

    async fn conclude(&self, transaction: Transaction, grant: &Grant, action: &str, rule: &Rule) -> Result<()> {
        job::want(self.hub, &transaction, grant.company).await?;
        let detail = json!({
            "name": rule.name, "expression": rule.expression, "reason": rule.reason, "owner": rule.owner_id,
            "expires_at": rule.expires_at, "enabled": rule.enabled, "pending": rule.pending,
        });
        let target = format!("suppression_rule/{}", rule.id);
        transaction.append_audit(&self.hub.audit_entry(grant, action, target, detail)).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(())
    }
}

fn required(field: &str, text: String, detail: &str) -> Result<String> {
    if text.is_empty() { Err(Error::field(field, "required", detail)) } else { Ok(text) }
}

fn reason(text: &str) -> Result<String> {
    required("reason", clean(text.trim(), 4000), "Say why: whoever finds this later will ask.")
}

fn still_to_come(end: Timestamp, now: Timestamp) -> Result<Timestamp> {
    if end > now { Ok(end) } else { Err(Error::field("expires_at", "in_the_past", "It would be over already.")) }
}
