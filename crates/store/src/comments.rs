//! What people say about findings, by fingerprint.

use scanhelm_core::Result;
use scanhelm_core::finding::comment::Comment;
use scanhelm_core::ids::{CommentId, CompanyId};
use scanhelm_core::page::{Page, PageRequest};

use crate::assets::MERGED;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Rows, Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str =
    "id, company_id, fingerprint, author, person_id, body, mentions, created_at, edited_at, deleted_at";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "finding_comments",
    id: "id",
    orders: &[Order { name: "created_at", keys: &[("created_at", Kind::Number)] }],
    total: true,
    ranges: &[],
};

fn read(row: &Row<'_>) -> Result<Comment> {
    Ok(Comment {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        fingerprint: row.text("fingerprint")?,
        author: row.json("author")?,
        person: row.maybe_parsed("person_id")?,
        body: row.maybe_text("body")?,
        mentions: row.json("mentions")?,
        created_at: row.time("created_at")?,
        edited_at: row.maybe_time("edited_at")?,
        deleted_at: row.maybe_time("deleted_at")?,
    })
}

impl Reader {
    pub async fn comment(&self, company: CompanyId, id: CommentId) -> Result<Option<Comment>> {
        let text = format!("SELECT {COLUMNS} FROM finding_comments WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Deleted ones too, without their text. Sorts by `created_at`.
    pub async fn comments(&self, company: CompanyId, fingerprint: &str, page: &PageRequest) -> Result<Page<Comment>> {
        let conditions = |sql: &mut Sql| {
            sql.add(
                &format!(" company_id = ? AND fingerprint IN ({MERGED})"),
                values![company, company, fingerprint, fingerprint],
            );
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    pub async fn count_comments(&self, company: CompanyId, fingerprint: &str) -> Result<u64> {
        let text = format!(
            "SELECT count(*) AS value FROM finding_comments WHERE company_id = ? AND fingerprint IN ({MERGED})"
        );
        self.connection().number(self.sql(&text, values![company, company, fingerprint, fingerprint])).await
    }
}

impl Transaction {
    pub async fn insert_comments(&self, comments: &[Comment]) -> Result<()> {
        let mut filled = Vec::with_capacity(comments.len());
        for comment in comments {
            filled.push((comment, json(&comment.author)?, json(&comment.mentions)?));
        }
        let rows = Rows {
            head: "INSERT INTO finding_comments (id, company_id, fingerprint, author, person_id, body, mentions, \
                   created_at, edited_at, deleted_at) VALUES ",
            columns: 10,
            tail: "",
        };
        rows.run(self.connection(), &filled, |(comment, author, mentions), values| {
            values.extend(values![
                comment.id,
                comment.company_id,
                comment.fingerprint,
                author,
                comment.person,
                comment.body,
                mentions,
                comment.created_at,
                comment.edited_at,
                comment.deleted_at
            ]);
        })
        .await
    }

    /// Body, mentions and the times of edit and deletion; the rest of a comment never changes.
    pub async fn save_comment(&self, comment: &Comment) -> Result<()> {
        let text = "UPDATE finding_comments SET body = ?, mentions = ?, edited_at = ?, deleted_at = ? \
                    WHERE company_id = ? AND id = ?";
        let mentions = json(&comment.mentions)?;
        let Comment { body, edited_at, deleted_at, company_id, id, .. } = comment;
        self.write(text, values![body, mentions, edited_at, deleted_at, company_id, id]).await.map(|_| ())
    }
}
