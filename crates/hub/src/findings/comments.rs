//! What people say about findings. A comment belongs to the fingerprint; whoever wrote it may change and delete it, and
//! whoever may approve judgements may delete any, but nobody can put words into somebody else's mouth. An edit shows its
//! time, a deletion leaves its place.

use scanhelm_core::finding::comment::{Comment, Member, checked_body, mentioned};
use scanhelm_core::ids::{CommentId, CompanyId, FindingId, UserId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::Transaction;
use serde_json::{Value, json};

use super::Findings;
use super::judgement::NewComment;
use crate::Hub;
use crate::notifications;

/// Most comments on a finding, deleted ones too.
const MOST: u64 = 2_000;

impl Findings<'_> {
    pub async fn comments(&self, grant: &Grant, id: FindingId, page: &PageRequest) -> Result<Page<Comment>> {
        grant.require(Permission::FindingRead)?;
        let finding = self.hub.store().finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        self.hub.store().comments(grant.company, &finding.fingerprint, page).await
    }

    pub async fn add_comment(&self, grant: &Grant, id: FindingId, body: &str) -> Result<Comment> {
        grant.require(Permission::FindingRead)?;
        let finding = self.hub.store().finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::FindingTriage)?;
        let new = self.written(grant.company, body).await?;
        let comment = Comment {
            id: CommentId::new(self.hub.ids()),
            company_id: grant.company,
            fingerprint: finding.fingerprint,
            author: grant.actor,
            person: self.hub.store().person_behind(grant.company, grant.actor).await?,
            body: Some(new.body.clone()),
            mentions: new.mentions.clone(),
            created_at: self.hub.now(),
            edited_at: None,
            deleted_at: None,
        };
        let transaction = self.hub.store().begin().await?;
        if transaction.count_comments(grant.company, &comment.fingerprint).await? >= MOST {
            let detail = format!("A finding has at most {MOST} comments.");
            return Err(Error::new(ErrorCode::Conflict, detail));
        }
        transaction.insert_comments(std::slice::from_ref(&comment)).await?;
        self.hub
            .tell_mentioned(&transaction, grant.company, grant.actor, &new, Some(finding.id), &finding.title)
            .await?;
        self.audit_comment(&transaction, grant, "comment.create", &comment).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(comment)
    }

    /// Whoever wrote it puts it otherwise. Those it mentions now and did not before are told.
    pub async fn edit_comment(&self, grant: &Grant, id: CommentId, body: &str) -> Result<Comment> {
        let mut comment = self.own_comment(grant, id, false).await?;
        let new = self.written(grant.company, body).await?;
        let fresh: Vec<UserId> = new.mentions.iter().filter(|id| !comment.mentions.contains(id)).copied().collect();
        comment.body = Some(new.body.clone());
        comment.mentions = new.mentions;
        comment.edited_at = Some(self.hub.now());
        let finding = self.hub.store().finding_by_fingerprint(grant.company, &comment.fingerprint).await?;
        let (finding_id, title) = finding.map_or((None, String::new()), |finding| (Some(finding.id), finding.title));
        let transaction = self.hub.store().begin().await?;
        transaction.save_comment(&comment).await?;
        let told = NewComment { body: new.body, mentions: fresh };
        self.hub.tell_mentioned(&transaction, grant.company, grant.actor, &told, finding_id, &title).await?;
        self.audit_comment(&transaction, grant, "comment.update", &comment).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(comment)
    }

    /// Its text is gone for good.
    pub async fn delete_comment(&self, grant: &Grant, id: CommentId) -> Result<()> {
        let mut comment = self.own_comment(grant, id, true).await?;
        comment.body = None;
        comment.mentions = Vec::new();
        comment.deleted_at = Some(self.hub.now());
        let transaction = self.hub.store().begin().await?;
        transaction.save_comment(&comment).await?;
        self.audit_comment(&transaction, grant, "comment.delete", &comment).await?;
        transaction.commit().await
    }

    async fn own_comment(&self, grant: &Grant, id: CommentId, deleting: bool) -> Result<Comment> {
        grant.require(Permission::FindingRead)?;
        let comment = self.hub.store().comment(grant.company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::FindingTriage)?;
        if comment.body.is_none() {
            return Err(Error::new(ErrorCode::Conflict, "The comment has been deleted."));
        }
        let person = self.hub.store().person_behind(grant.company, grant.actor).await?;
        if comment.is_by(grant.actor, person) || (deleting && grant.allows(Permission::FindingApprove)) {
            return Ok(comment);
        }
        Err(Error::new(ErrorCode::PermissionDenied, "Somebody else wrote this comment."))
    }

    async fn audit_comment(
        &self,
        transaction: &Transaction,
        grant: &Grant,
        action: &str,
        comment: &Comment,
    ) -> Result<()> {
        let detail = json!({"fingerprint": comment.fingerprint, "mentions": comment.mentions});
        let target = format!("comment/{}", comment.id);
        transaction.append_audit(&self.hub.audit_entry(grant, action, target, detail)).await
    }

    /// A text as it is kept, with the members of the company that it mentions.
    pub(super) async fn written(&self, company: CompanyId, body: &str) -> Result<NewComment> {
        let body = checked_body(body)?;
        let members = if body.contains('@') { self.hub.store().users(company).await? } else { Vec::new() };
        let members: Vec<Member<'_>> =
            members.iter().map(|(user, _)| Member { id: user.id, email: &user.email, name: &user.name }).collect();
        let mentions = mentioned(&body, &members);
        Ok(NewComment { body, mentions })
    }
}

impl Hub {
    /// One notice for everybody whom a comment mentions.
    pub(super) async fn tell_mentioned(
        &self,
        transaction: &Transaction,
        company: CompanyId,
        author: Actor,
        comment: &NewComment,
        finding: Option<FindingId>,
        what: &str,
    ) -> Result<()> {
        if comment.mentions.is_empty() {
            return Ok(());
        }
        let members = transaction.members_of(company, &comment.mentions).await?;
        let mut people: Vec<Value> = Vec::new();
        for id in &comment.mentions {
            if let Some(user) = members.get(id) {
                people.push(json!({"id": id, "email": user.email, "name": user.name}));
            }
        }
        notifications::mentioned(self, transaction, company, author, people, &comment.body, finding, what).await
    }
}
