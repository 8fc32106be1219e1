//! The outbox as operators see it.
use super::{
    Admin,
    user_search::{choice, query},
};
use crate::{
    flows::{
        Error, OutboxMessage, Page, Result,
        audit::AuditEvent,
        paging::{Cursor, SIZE, asked},
    },
    store::outbox,
};

/// What is looked for in the outbox, as typed; what is empty is not asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct MailQuery<'a> {
    /// `waiting`, `sent`, `failed` or `dropped`.
    pub state: Option<&'a str>,
    pub cursor: Option<&'a str>,
}

impl MailQuery<'_> {
    /// The query string of the same search at another place.
    pub fn at(&self, cursor: &str) -> String {
        query(&[("state", self.state), ("cursor", Some(cursor))])
    }
}

impl Admin<'_> {
    /// Mails of the outbox, the newest first; neither their texts nor their links.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers; `Fields` for a bad state or cursor.
    pub async fn list_mails(&self, query: &MailQuery<'_>) -> Result<Page<OutboxMessage>> {
        self.op.demand_superuser()?;
        let states = ["waiting", "sent", "failed", "dropped"].map(|state| (state, state));
        let state = choice("state", query.state, &states)?;
        let cursor = Cursor::<1>::read(query.cursor)?;
        let mut db = self.auth.db.read_long().await?;
        let from = (cursor.place[0], cursor.back);
        let rows = outbox::page(&mut db, state, from, asked(SIZE)).await?;
        Ok(Page::new(rows, SIZE, cursor, |mail| [mail.id]))
    }

    /// Sends a mail at once that waits or was given up.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers; `NotFound` if there is none such.
    pub async fn retry_mail(&self, id: i64) -> Result<()> {
        self.op.demand_superuser()?;
        let mut work = self.begin().await?;
        let user = outbox::retry(&mut work.tx, id, work.now).await?.ok_or(Error::NotFound)?;
        let detail = id.to_string();
        let event = AuditEvent { target: user, ..AuditEvent::new("mail_retried") };
        work.audit(event.detail(&detail)).await?;
        work.wake_outbox().await?;
        work.commit().await
    }
}
