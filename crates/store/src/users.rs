//! Users and their roles in companies. E-mail addresses are kept in lower case.

use scanhelm_core::Result;
use scanhelm_core::company::{Membership, User};
use scanhelm_core::ids::{CompanyId, UserId};
use scanhelm_core::permission::Role;

use crate::row::Row;
use crate::sql::values;
use crate::store::{Reader, Transaction};

const COLUMNS: &str =
    "SELECT users.id, users.email, users.name, users.password_hash, users.operator, users.created_at FROM users";

fn read(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: row.parsed("id")?,
        email: row.text("email")?,
        name: row.text("name")?,
        password_hash: row.maybe_text("password_hash")?,
        operator: row.flag("operator")?,
        created_at: row.time("created_at")?,
    })
}

fn read_membership(row: &Row<'_>) -> Result<Membership> {
    Ok(Membership {
        user_id: row.parsed("user_id")?,
        company_id: row.parsed("company_id")?,
        role: row.word("role", &Role::ALL, Role::as_str)?,
    })
}

impl Reader {
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.connection().optional(self.sql(&format!("{COLUMNS} WHERE id = ?"), values![id]), read).await
    }

    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE email = ?"), values![normalised(email)]);
        self.connection().optional(sql, read).await
    }

    /// The members of a company with their roles, by e-mail address.
    pub async fn users(&self, company: CompanyId) -> Result<Vec<(User, Role)>> {
        let text = "SELECT users.id, users.email, users.name, users.password_hash, users.operator, users.created_at, \
                    memberships.role FROM users JOIN memberships ON memberships.user_id = users.id \
                    WHERE memberships.company_id = ? ORDER BY users.email";
        self.connection()
            .all(self.sql(text, values![company]), |row| Ok((read(row)?, row.word("role", &Role::ALL, Role::as_str)?)))
            .await
    }

    pub async fn count_users(&self) -> Result<u64> {
        self.connection().number(self.sql("SELECT count(*) AS value FROM users", values![])).await
    }

    pub async fn memberships_of_user(&self, user: UserId) -> Result<Vec<Membership>> {
        let text = "SELECT user_id, company_id, role FROM memberships WHERE user_id = ? ORDER BY company_id";
        self.connection().all(self.sql(text, values![user]), read_membership).await
    }

    pub async fn role_of(&self, user: UserId, company: CompanyId) -> Result<Option<Role>> {
        let text = "SELECT role FROM memberships WHERE user_id = ? AND company_id = ?";
        let sql = self.sql(text, values![user, company]);
        self.connection().optional(sql, |row| row.word("role", &Role::ALL, Role::as_str)).await
    }
}

impl Transaction {
    pub async fn insert_user(&self, user: &User) -> Result<()> {
        let text = "INSERT INTO users (id, email, name, password_hash, operator, created_at) VALUES (?, ?, ?, ?, ?, ?)";
        let email = normalised(&user.email);
        let values = values![user.id, email, user.name, user.password_hash, user.operator, user.created_at];
        self.write(text, values).await.map(|_| ())
    }

    pub async fn set_password_hash(&self, user: UserId, hash: Option<&str>) -> Result<()> {
        self.write("UPDATE users SET password_hash = ? WHERE id = ?", values![hash, user]).await.map(|_| ())
    }

    /// Gives a user a role in a company, replacing the one there was.
    pub async fn upsert_membership(&self, membership: &Membership) -> Result<()> {
        let text = "INSERT INTO memberships (user_id, company_id, role) VALUES (?, ?, ?) \
                    ON CONFLICT (user_id, company_id) DO UPDATE SET role = excluded.role";
        let values = values![membership.user_id, membership.company_id, membership.role.as_str()];
        self.write(text, values).await.map(|_| ())
    }

    /// Whether there was one. The user's sessions in that company end with it.
    pub async fn delete_membership(&self, user: UserId, company: CompanyId) -> Result<bool> {
        self.write("DELETE FROM sessions WHERE user_id = ? AND company_id = ?", values![user, company]).await?;
        let text = "DELETE FROM memberships WHERE user_id = ? AND company_id = ?";
        Ok(self.write(text, values![user, company]).await? > 0)
    }
}

fn normalised(email: &str) -> String {
    // ASCII, as the column's check does on both databases.
    email.trim().to_ascii_lowercase()
}
