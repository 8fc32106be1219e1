//! Exports users as lines of JSON, including their password hashes.
use crate::{
    flows::{
        Result, UserId,
        admin::Admin,
        audit::{AuditEvent, AuditKind},
    },
    store::user_transfer::{self, Account},
    time::Timestamp,
};
use serde::Serialize;

/// An exported user: the fields that the API shows, and those that an import needs in addition.
#[derive(Serialize)]
pub struct Exported {
    /// The id of the user. An export continues after the last one.
    pub id: UserId,
    email: String,
    username: Option<String>,
    first_name: String,
    is_email_confirmed: bool,
    is_active: bool,
    role: String,
    roles: Vec<String>,
    is_superuser: bool,
    language: Option<String>,
    created_at: Timestamp,
    email_confirmed_at: Option<Timestamp>,
    last_login_at: Option<Timestamp>,
    password_hash: Option<String>,
}

impl From<Account> for Exported {
    fn from(a: Account) -> Self {
        Self {
            id: a.id,
            is_email_confirmed: a.email_confirmed_at.is_some(),
            role: a.roles.main().to_owned(),
            roles: a.roles.0,
            email: a.email,
            username: a.username,
            first_name: a.first_name,
            is_active: a.is_active,
            is_superuser: a.is_superuser,
            language: a.language,
            created_at: a.created_at,
            email_confirmed_at: a.email_confirmed_at,
            last_login_at: a.last_login_at,
            password_hash: a.password_hash,
        }
    }
}

impl Admin<'_> {
    /// At most `limit` users with an id above `after`, in the order of their ids, with their password hashes.
    ///
    /// # Errors
    /// [`Forbidden`](crate::flows::Error::Forbidden) and
    /// [`PasswordRequired`](crate::flows::Error::PasswordRequired) unless the operator is a superuser whose
    /// password was given recently.
    pub async fn export(&self, after: UserId, limit: u32) -> Result<Vec<Exported>> {
        self.require_recent_superuser()?;
        let page =
            user_transfer::page(&mut self.auth.db.read().await?, after, i64::from(limit)).await?;
        Ok(page.into_iter().map(Exported::from).collect())
    }

    /// Records an audit event that users were exported.
    ///
    /// # Errors
    /// Those of [`Self::export`].
    pub async fn note_export(&self) -> Result<()> {
        let mut work = self.begin_as_superuser().await?;
        work.audit(AuditEvent::new(AuditKind::UsersExported)).await?;
        work.commit().await
    }
}
