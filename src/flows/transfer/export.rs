//! Exports users as lines of JSON, including their password hashes.
use crate::{
    flows::{
        Result, UserId,
        admin::Admin,
        audit::{AuditEvent, AuditKind},
    },
    store::users::{self, Credentials},
    time::Timestamp,
};
use serde::Serialize;

/// An exported user: the fields that the API shows, and those that an import needs in addition.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the line")]
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
    notify_new_devices: bool,
    created_at: Timestamp,
    email_confirmed_at: Option<Timestamp>,
    last_login_at: Option<Timestamp>,
    password_hash: Option<String>,
}

impl From<Credentials> for Exported {
    fn from(Credentials { user, password_hash }: Credentials) -> Self {
        Self {
            id: user.id,
            is_email_confirmed: user.email_confirmed_at.is_some(),
            role: user.roles.main().to_owned(),
            roles: user.roles.0,
            email: user.email,
            username: user.username,
            first_name: user.first_name,
            is_active: user.is_active,
            is_superuser: user.is_superuser,
            language: user.language,
            notify_new_devices: user.notify_new_devices,
            created_at: user.created_at,
            email_confirmed_at: user.email_confirmed_at,
            last_login_at: user.last_login_at,
            password_hash,
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
        let mut db = self.auth.db.read().await?;
        let page = users::credentials_page(&mut db, after, i64::from(limit)).await?;
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
