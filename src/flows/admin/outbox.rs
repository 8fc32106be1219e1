//! Reading and retrying the mails in the outbox as an operator.
use super::{
    Admin,
    user_search::{choice, query},
};
use crate::{
    flows::{
        Error, OutboxMessage, Page, Result,
        audit::{AuditEvent, AuditKind},
        paging::{Cursor, SIZE, asked},
    },
    store::outbox::{self, OutboxState},
};
use strum::IntoEnumIterator;

/// A search in the outbox, as typed. An empty field does not restrict the search.
#[derive(Clone, Copy, Debug, Default)]
pub struct MailQuery<'a> {
    /// `waiting`, `sent`, `failed` or `dropped`.
    pub state: Option<&'a str>,
    /// Where the page starts, from [`Page::next`] or [`Page::previous`]; `None` for the first page.
    pub cursor: Option<&'a str>,
}

impl MailQuery<'_> {
    /// The query string of the same search at another cursor.
    pub fn at(&self, cursor: &str) -> String {
        query(&[("state", self.state), ("cursor", Some(cursor))])
    }
}

impl Admin<'_> {
    /// A page of the mails in the outbox, newest first, without their texts and links.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser; [`Error::Fields`] for an invalid state or
    /// cursor.
    pub async fn list_mails(&self, query: &MailQuery<'_>) -> Result<Page<OutboxMessage>> {
        self.op.require_superuser()?;
        let states: Vec<_> = OutboxState::iter().map(|state| (state.as_str(), state)).collect();
        let state = choice("state", query.state, &states)?;
        let cursor = Cursor::<1>::read(query.cursor)?;
        let mut db = self.auth.db.read_long().await?;
        let from = (cursor.place[0], cursor.back);
        let rows = outbox::page(&mut db, state, from, asked(SIZE)).await?;
        Ok(Page::new(rows, SIZE, cursor, |mail| [mail.id]))
    }

    /// Retries a waiting or failed mail immediately.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser; [`Error::NotFound`] if there is no such mail.
    pub async fn retry_mail(&self, id: i64) -> Result<()> {
        self.op.require_superuser()?;
        let mut work = self.begin().await?;
        let operator = self.operator_now(&mut work.tx).await?;
        Error::Forbidden.unless(operator.is_none_or(|o| o.is_superuser))?;
        let user = outbox::retry(&mut work.tx, id, work.now).await?.ok_or(Error::NotFound)?;
        let detail = id.to_string();
        let event = AuditEvent { target: user, ..AuditEvent::new(AuditKind::MailRetried) };
        work.audit(event.detail(&detail)).await?;
        work.wake_outbox().await?;
        work.commit().await
    }
}
