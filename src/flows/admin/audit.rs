//! Reading the audit log as an operator.
use super::{
    Admin,
    user_search::{given, query, word},
};
use crate::{
    field_error::FieldError,
    flows::{
        Error, Page, Result, UserId,
        paging::{Cursor, SIZE, asked},
    },
    store::audit::{self, Logged},
    time::Timestamp,
};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// A search in the audit log, as typed. An empty field does not restrict the search.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditQuery<'a> {
    /// Id of the user whose account the event concerns.
    pub user: Option<&'a str>,
    /// Id of the user who acted.
    pub actor: Option<&'a str>,
    /// The name of an event kind, one of [`Admin::audit_kinds`].
    pub kind: Option<&'a str>,
    /// Start: RFC 3339, or a day (UTC).
    pub from: Option<&'a str>,
    /// End: RFC 3339, exclusive; or a day (UTC), inclusive.
    pub to: Option<&'a str>,
    /// Where the page starts, from [`Page::next`] or [`Page::previous`]; `None` for the first page.
    pub cursor: Option<&'a str>,
}

impl AuditQuery<'_> {
    /// The query string of the same search at another cursor.
    pub fn at(&self, cursor: &str) -> String {
        query(&[
            ("user", self.user),
            ("actor", self.actor),
            ("kind", self.kind),
            ("from", self.from),
            ("to", self.to),
            ("cursor", Some(cursor)),
        ])
    }
}

fn user_id(name: &'static str, text: Option<&str>) -> Result<Option<UserId>> {
    let id = given(text).map(str::parse).transpose();
    Ok(id.map_err(|_| Error::field(name, FieldError::NotInteger))?.map(UserId))
}

fn moment(name: &'static str, text: Option<&str>, of_day: Duration) -> Result<Option<Timestamp>> {
    let Some(text) = given(text) else { return Ok(None) };
    let day = Timestamp::from_day(text).map(|t| t.plus(of_day));
    let at = day.or_else(|| Timestamp::parse(text));
    at.map(Some).ok_or_else(|| Error::field(name, FieldError::NotTime))
}

impl Admin<'_> {
    /// A page of the events that match `query`, newest first, with `size` events or the default number.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser; [`Error::Fields`] if the query is invalid.
    pub async fn audit(&self, query: &AuditQuery<'_>, size: Option<usize>) -> Result<Page<Logged>> {
        self.op.require_superuser()?;
        let filter = audit::Filter {
            target: user_id("user", query.user)?,
            actor: user_id("actor", query.actor)?,
            kind: word("kind", query.kind)?,
            since: moment("from", query.from, Duration::ZERO)?
                .unwrap_or(Timestamp::from_micros(i64::MIN)),
            until: moment("to", query.to, DAY)?.unwrap_or(Timestamp::from_micros(i64::MAX)),
        };
        self.logged(&filter, size.unwrap_or(SIZE), query.cursor).await
    }

    /// The names of the kinds of events in the log.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser.
    pub async fn audit_kinds(&self) -> Result<Vec<String>> {
        self.op.require_superuser()?;
        Ok(audit::kinds(&mut self.auth.db.read_long().await?).await?)
    }

    /// The events that concern the account of `user`.
    pub(crate) async fn logged_of(
        &self,
        user: UserId,
        cursor: Option<&str>,
    ) -> Result<Page<Logged>> {
        let filter = audit::Filter {
            target: Some(user),
            actor: None,
            kind: None,
            since: Timestamp::from_micros(i64::MIN),
            until: Timestamp::from_micros(i64::MAX),
        };
        self.logged(&filter, SIZE, cursor).await
    }

    async fn logged(
        &self,
        filter: &audit::Filter<'_>,
        size: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Logged>> {
        let cursor = Cursor::<2>::read(cursor)?;
        let [at, id] = cursor.place;
        let from = ((Timestamp::from_micros(at), id), cursor.back);
        let mut db = self.auth.db.read_long().await?;
        let rows = audit::page(&mut db, filter, from, asked(size)).await?;
        Ok(Page::new(rows, size, cursor, |e| [e.at.micros(), e.id]))
    }
}
