//! Whose finding it is, by fingerprint, with the history of it. Findings carry a copy to be listed by.

use std::collections::HashMap;

use scanhelm_core::company::User;
use scanhelm_core::ids::{CompanyId, FindingId, UserId};
use scanhelm_core::permission::Actor;
use scanhelm_core::{Result, Timestamp};

use crate::assets::MERGED;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

/// A change of the owner.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerChange {
    /// `None`: nobody from then on.
    pub owner_id: Option<UserId>,
    pub actor: Actor,
    pub at: Timestamp,
}

impl Reader {
    /// Those of the fingerprints that somebody owns.
    pub async fn owners_of(&self, company: CompanyId, fingerprints: &[String]) -> Result<HashMap<String, UserId>> {
        let mut sql = self.sql("SELECT fingerprint, owner_id", values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("finding_owners", "o"), key, "fingerprint", fingerprints.iter().cloned());
        let owners = self.connection().all(sql, |row| Ok((row.text("fingerprint")?, row.parsed("owner_id")?))).await?;
        Ok(owners.into_iter().collect())
    }

    /// Newest first.
    pub async fn owner_history(&self, company: CompanyId, fingerprint: &str) -> Result<Vec<OwnerChange>> {
        let text = format!(
            "SELECT owner_id, actor, at FROM finding_owner_history WHERE company_id = ? AND fingerprint IN ({MERGED}) \
             ORDER BY number DESC"
        );
        self.connection()
            .all(self.sql(&text, values![company, company, fingerprint, fingerprint]), |row| {
                Ok(OwnerChange {
                    owner_id: row.maybe_parsed("owner_id")?,
                    actor: row.json("actor")?,
                    at: row.time("at")?,
                })
            })
            .await
    }

    /// Those of the users that are members of the company, by id.
    pub async fn members_of(&self, company: CompanyId, users: &[UserId]) -> Result<HashMap<UserId, User>> {
        if users.is_empty() {
            return Ok(HashMap::new());
        }
        let members = self.users(company).await?.into_iter().map(|(user, _)| (user.id, user));
        Ok(members.filter(|(id, _)| users.contains(id)).collect())
    }

    /// The person behind an actor: a key acts for whoever made it. `None` where nobody knows.
    pub async fn person_behind(&self, company: CompanyId, actor: Actor) -> Result<Option<UserId>> {
        match actor {
            Actor::User(user) => Ok(Some(user)),
            Actor::ApiKey(key) => {
                let text = "SELECT created_by FROM api_keys WHERE company_id = ? AND id = ?";
                let sql = self.sql(text, values![company, key]);
                Ok(self.connection().optional(sql, |row| row.maybe_parsed("created_by")).await?.flatten())
            }
            Actor::System => Ok(None),
        }
    }
}

impl Transaction {
    /// Gives the fingerprints an owner, or none, and the findings of them their copy.
    pub async fn set_owners(
        &self,
        company: CompanyId,
        fingerprints: &[String],
        owner: Option<UserId>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        match owner {
            Some(owner) => {
                let rows = Rows {
                    head: "INSERT INTO finding_owners (company_id, fingerprint, owner_id) VALUES ",
                    columns: 3,
                    tail: " ON CONFLICT (company_id, fingerprint) DO UPDATE SET owner_id = excluded.owner_id",
                };
                rows.run(self.connection(), fingerprints, |fingerprint, values| {
                    values.extend(values![company, fingerprint, owner]);
                })
                .await?;
            }
            None => {
                let mut sql = self.sql("DELETE FROM finding_owners WHERE company_id = ? AND", values![company]);
                sql.among("fingerprint", fingerprints.iter().cloned());
                self.connection().execute(sql).await?;
            }
        }
        let actor = json(&actor)?;
        let history = Rows {
            head: "INSERT INTO finding_owner_history (company_id, fingerprint, owner_id, actor, at) VALUES ",
            columns: 5,
            tail: "",
        };
        history
            .run(self.connection(), fingerprints, |fingerprint, values| {
                values.extend(values![company, fingerprint, owner, actor, at]);
            })
            .await?;
        let mut sql = self.sql("UPDATE findings SET owner_id = ? WHERE company_id = ? AND", values![owner, company]);
        sql.among("fingerprint", fingerprints.iter().cloned());
        self.connection().execute(sql).await?;
        Ok(())
    }

    /// New findings of fingerprints that somebody owns.
    pub async fn copy_owners(&self, owned: &[(FindingId, UserId)]) -> Result<()> {
        let rows = Rows {
            head: "WITH owned (id, owner_id) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE findings SET owner_id = owned.owner_id FROM owned WHERE findings.id = owned.id",
        };
        rows.run(self.connection(), owned, |(id, owner), values| values.extend(values![id, owner])).await
    }
}
