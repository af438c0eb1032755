//! Rules that suppress findings, findings as those rules see them, and how far a pass over all of them has got.

use std::collections::HashMap;

use scanhelm_core::finding::suppression::{Rule, Subject};
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingState};
use scanhelm_core::ids::{CompanyId, FindingId, SuppressionRuleId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Result, Timestamp};

use crate::integrations::stale;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Rows, Sql, json, values};
use crate::store::{Reader, Transaction};
use crate::triage;

const COLUMNS: &str = "id, company_id, name, expression, reason, owner_id, expires_at, enabled, pending, changed_by, \
                       approved_by, approved_at, created_by, created_at, updated_at, version";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "suppression_rules",
    id: "id",
    orders: &[
        Order { name: "name", keys: &[("name", Kind::Text)] },
        Order { name: "created_at", keys: &[("created_at", Kind::Number)] },
        Order { name: "expires_at", keys: &[("expires_at", Kind::Number)] },
    ],
    total: true,
    ranges: &[],
};

/// What rules can be about. The states stand as something that no index holds: the findings are looked up in the order
/// of their fingerprints or by their ids.
const IN_QUESTION: &str = "f.status || '' IN ('open', 'suppressed')";

const SUBJECTS: &str = "SELECT f.id, f.fingerprint, f.status, f.suppression_rule_id, f.title, f.severity, f.cves, f.cwes, \
                        f.location, f.asset_id, f.last_seen_at, a.name, a.tags, t.state, t.reason, t.actor, t.at, \
                        t.expires_at FROM findings f JOIN assets a ON a.id = f.asset_id \
                        LEFT JOIN triage t ON t.company_id = f.company_id AND t.fingerprint = f.fingerprint WHERE";

/// An open or suppressed finding as rules see it.
#[derive(Clone, Debug, PartialEq)]
pub struct SuppressionRow {
    pub id: FindingId,
    pub fingerprint: String,
    pub status: FindingState,
    pub rule: Option<SuppressionRuleId>,
    pub subject: Subject,
    pub sightings: Vec<SightingState>,
    /// The scanned project suppresses the evidence of every scanner that sees it.
    pub by_project: bool,
    pub verdict: Option<Verdict>,
    pub last_seen_at: Timestamp,
}

/// How far a pass over a company's findings has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppressionPass {
    /// Raised by everything that changes which findings rules match.
    pub wanted: i64,
    /// The last one that every finding was looked at for.
    pub done: i64,
    /// The one of the pass under way.
    pub pass: i64,
    /// The fingerprint it has got to.
    pub position: String,
    /// How many findings that pass has looked at.
    pub looked_at: u64,
}

fn read(row: &Row<'_>) -> Result<Rule> {
    Ok(Rule {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.text("name")?,
        expression: row.json("expression")?,
        reason: row.text("reason")?,
        owner_id: row.parsed("owner_id")?,
        expires_at: row.time("expires_at")?,
        enabled: row.flag("enabled")?,
        pending: row.flag("pending")?,
        changed_by: row.maybe_parsed("changed_by")?,
        approved_by: match row.maybe_text("approved_by")? {
            Some(_) => Some(row.json("approved_by")?),
            None => None,
        },
        approved_at: row.maybe_time("approved_at")?,
        created_by: row.json("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.integer("version")?,
    })
}

fn subject(row: &Row<'_>) -> Result<SuppressionRow> {
    Ok(SuppressionRow {
        id: row.parsed("id")?,
        fingerprint: row.text("fingerprint")?,
        status: row.word("status", &FindingState::ALL, FindingState::as_str)?,
        rule: row.maybe_parsed("suppression_rule_id")?,
        subject: Subject {
            seen_by: Vec::new(),
            title: row.text("title")?,
            severity: row.severity("severity")?,
            cves: row.json("cves")?,
            cwes: row.json("cwes")?,
            location: row.json("location")?,
            asset_id: row.parsed("asset_id")?,
            asset_name: row.text("name")?,
            asset_tags: row.json("tags")?,
        },
        sightings: Vec::new(),
        by_project: true,
        verdict: match row.maybe_text("state")? {
            Some(_) => Some(triage::read(row)?),
            None => None,
        },
        last_seen_at: row.time("last_seen_at")?,
    })
}

impl Reader {
    pub async fn suppression_rule(&self, company: CompanyId, id: SuppressionRuleId) -> Result<Option<Rule>> {
        let text = format!("SELECT {COLUMNS} FROM suppression_rules WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Sorts by `name`, `created_at` or `expires_at`.
    pub async fn suppression_rules(&self, company: CompanyId, page: &PageRequest) -> Result<Page<Rule>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// Those in force, the oldest first.
    pub async fn active_suppression_rules(&self, company: CompanyId, now: Timestamp) -> Result<Vec<Rule>> {
        let text = format!(
            "SELECT {COLUMNS} FROM suppression_rules WHERE company_id = ? AND enabled = 1 AND pending = 0 \
             AND expires_at > ? ORDER BY created_at, id"
        );
        self.connection().all(self.sql(&text, values![company, now]), read).await
    }

    pub async fn count_suppression_rules(&self, company: CompanyId) -> Result<u64> {
        let text = "SELECT count(*) AS value FROM suppression_rules WHERE company_id = ?";
        self.connection().number(self.sql(text, values![company])).await
    }

    /// How many findings each of these rules suppresses; those of none are missing.
    pub async fn suppressed_by(
        &self,
        company: CompanyId,
        rules: &[SuppressionRuleId],
    ) -> Result<HashMap<SuppressionRuleId, u64>> {
        let text = "SELECT suppression_rule_id, count(*) AS findings FROM findings \
                    WHERE company_id = ? AND suppression_rule_id IS NOT NULL AND";
        let mut sql = self.sql(text, values![company]);
        sql.among("suppression_rule_id", rules.iter().map(ToString::to_string)).push(" GROUP BY suppression_rule_id");
        let read = |row: &Row<'_>| Ok((row.parsed("suppression_rule_id")?, row.count("findings")?));
        Ok(self.connection().all(sql, read).await?.into_iter().collect())
    }

    /// The open and suppressed findings behind a fingerprint, in the order of their fingerprints.
    pub async fn suppressible_after(
        &self,
        company: CompanyId,
        position: &str,
        limit: u32,
    ) -> Result<Vec<SuppressionRow>> {
        let mut sql = self.sql(SUBJECTS, values![]);
        let text = format!(" f.company_id = ? AND f.fingerprint > ? AND {IN_QUESTION} ORDER BY f.fingerprint LIMIT ?");
        sql.add(&text, values![company, position, limit]);
        self.with_sightings(sql).await
    }

    /// Those of these findings that are open or suppressed, in no order.
    pub async fn suppressible(&self, company: CompanyId, ids: &[FindingId]) -> Result<Vec<SuppressionRow>> {
        let mut sql = self.sql(SUBJECTS, values![]);
        // See `findings_of`: looked up by their ids.
        sql.add(&format!(" f.company_id || '' = ? AND {IN_QUESTION} AND"), values![company]);
        sql.among("f.id", ids.iter().map(ToString::to_string));
        self.with_sightings(sql).await
    }

    async fn with_sightings(&self, sql: Sql) -> Result<Vec<SuppressionRow>> {
        let mut rows = self.connection().all(sql, subject).await?;
        let mut sql =
            self.sql("SELECT finding_id, scanner, rule_id, state, suppressed FROM sightings WHERE", values![]);
        sql.among("finding_id", rows.iter().map(|row| row.id.to_string()));
        let told = self
            .connection()
            .all(sql, |row| {
                let state = row.word("state", &SightingState::ALL, SightingState::as_str)?;
                let suppressed = row.maybe_text("suppressed")?.is_some();
                let by = (row.text("scanner")?, row.text("rule_id")?);
                Ok((row.parsed::<FindingId>("finding_id")?, state, suppressed, by))
            })
            .await?;
        let mut places: HashMap<FindingId, &mut SuppressionRow> = rows.iter_mut().map(|row| (row.id, row)).collect();
        for (id, state, suppressed, by) in told {
            if let Some(row) = places.get_mut(&id) {
                row.sightings.push(state);
                row.by_project &= suppressed || state != SightingState::Seen;
                row.subject.seen_by.extend((state == SightingState::Seen).then_some(by));
            }
        }
        Ok(rows)
    }

    /// Whether projects suppress, or have suppressed, anything of a company: so rare that most imports ask no more.
    pub async fn projects_suppress(&self, company: CompanyId) -> Result<bool> {
        let text = "SELECT CAST(CASE WHEN \
                    EXISTS (SELECT 1 FROM sightings WHERE company_id = ? AND suppressed IS NOT NULL) OR \
                    EXISTS (SELECT 1 FROM findings WHERE company_id = ? AND status = 'suppressed' \
                    AND suppression_rule_id IS NULL) THEN 1 ELSE 0 END AS BIGINT) AS value";
        Ok(self.connection().number(self.sql(text, values![company, company])).await? > 0)
    }

    pub async fn suppression_pass(&self, company: CompanyId) -> Result<SuppressionPass> {
        let text = "SELECT wanted, done, pass, position, looked_at FROM suppression_passes WHERE company_id = ?";
        let found = self
            .connection()
            .optional(self.sql(text, values![company]), |row| {
                Ok(SuppressionPass {
                    wanted: row.integer("wanted")?,
                    done: row.integer("done")?,
                    pass: row.integer("pass")?,
                    position: row.text("position")?,
                    looked_at: row.count("looked_at")?,
                })
            })
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// The companies whose findings have not been looked at for the rules in force. For the hub's loop.
    pub async fn unmatched_companies(&self) -> Result<Vec<CompanyId>> {
        let text = "SELECT company_id FROM suppression_passes WHERE done < wanted ORDER BY company_id";
        self.connection().all(self.sql(text, values![]), |row| row.parsed("company_id")).await
    }

    /// The companies with rules whose time is up, which nobody has noticed. For the hub's loop.
    pub async fn companies_with_lapsed_rules(&self, now: Timestamp) -> Result<Vec<CompanyId>> {
        let text = "SELECT DISTINCT company_id FROM suppression_rules WHERE expires_at <= ? AND lapsed = 0";
        self.connection().all(self.sql(text, values![now]), |row| row.parsed("company_id")).await
    }
}

impl Transaction {
    /// [`Conflict`](scanhelm_core::ErrorCode::Conflict) when the company has a rule of that name.
    pub async fn insert_suppression_rule(&self, rule: &Rule) -> Result<()> {
        let places = ["?"; 16].join(", ");
        let text = format!("INSERT INTO suppression_rules ({COLUMNS}) VALUES ({places})");
        let values = values![
            rule.id,
            rule.company_id,
            rule.name,
            json(&rule.expression)?,
            rule.reason,
            rule.owner_id,
            rule.expires_at,
            rule.enabled,
            rule.pending,
            rule.changed_by,
            rule.approved_by.as_ref().map(json).transpose()?,
            rule.approved_at,
            json(&rule.created_by)?,
            rule.created_at,
            rule.updated_at,
            rule.version
        ];
        self.write(&text, values).await.map(|_| ())
    }

    /// Writes an edit and answers the new version; stale when the row is not at `expected_version` any more.
    pub async fn update_suppression_rule(&self, rule: &Rule, expected_version: i64) -> Result<i64> {
        let text = "UPDATE suppression_rules SET name = ?, expression = ?, reason = ?, owner_id = ?, expires_at = ?, \
                    enabled = ?, pending = ?, changed_by = ?, approved_by = ?, approved_at = ?, updated_at = ?, \
                    lapsed = 0, version = version + 1 WHERE company_id = ? AND id = ? AND version = ?";
        let values = values![
            rule.name,
            json(&rule.expression)?,
            rule.reason,
            rule.owner_id,
            rule.expires_at,
            rule.enabled,
            rule.pending,
            rule.changed_by,
            rule.approved_by.as_ref().map(json).transpose()?,
            rule.approved_at,
            rule.updated_at,
            rule.company_id,
            rule.id,
            expected_version
        ];
        match self.write(text, values).await? {
            0 => Err(stale("rule")),
            _ => Ok(expected_version + 1),
        }
    }

    /// Its findings name it until they have been looked at again. `false`: there was none.
    pub async fn delete_suppression_rule(&self, company: CompanyId, id: SuppressionRuleId) -> Result<bool> {
        let text = "DELETE FROM suppression_rules WHERE company_id = ? AND id = ?";
        Ok(self.write(text, values![company, id]).await? > 0)
    }

    /// Notices that the time of rules is up, each once; the oldest first.
    pub async fn lapse_suppression_rules(&self, company: CompanyId, now: Timestamp) -> Result<Vec<Rule>> {
        let text = format!(
            "UPDATE suppression_rules SET lapsed = 1 WHERE company_id = ? AND expires_at <= ? AND lapsed = 0 \
             RETURNING {COLUMNS}"
        );
        let mut rules = self.connection().all(self.sql(&text, values![company, now]), read).await?;
        rules.sort_by_key(|rule: &Rule| (rule.created_at, rule.id));
        Ok(rules)
    }

    /// Which rule suppresses a finding. To be called after its state was set.
    pub async fn name_suppressing(&self, rules: &[(FindingId, SuppressionRuleId)]) -> Result<()> {
        let rows = Rows {
            head: "WITH named (id, rule) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE findings SET suppression_rule_id = named.rule FROM named WHERE findings.id = named.id",
        };
        rows.run(self.connection(), rules, |(id, rule), values| values.extend(values![id, rule])).await
    }

    /// The rules of a company have changed; the same transaction holds the change.
    pub async fn want_suppression(&self, company: CompanyId) -> Result<()> {
        let text = "INSERT INTO suppression_passes (company_id, wanted, done, pass, position, looked_at) \
                    VALUES (?, 1, 0, 0, '', 0) \
                    ON CONFLICT (company_id) DO UPDATE SET wanted = suppression_passes.wanted + 1";
        self.write(text, values![company]).await.map(|_| ())
    }

    /// What rules match findings by has changed; nothing to do where there are none.
    pub async fn want_matching(&self, company: CompanyId) -> Result<()> {
        if self.count_suppression_rules(company).await? > 0 {
            self.want_suppression(company).await?;
        }
        Ok(())
    }

    /// Keeps how far the pass has got. What is wanted is not the pass's to say.
    pub async fn save_suppression_pass(&self, company: CompanyId, state: &SuppressionPass) -> Result<()> {
        let text = "UPDATE suppression_passes SET done = ?, pass = ?, position = ?, looked_at = ? WHERE company_id = ?";
        let values = values![state.done, state.pass, state.position, state.looked_at, company];
        self.write(text, values).await.map(|_| ())
    }
}
