//! How operators see the second factors of users, and reset them for a user who has lost theirs.
use crate::{
    flows::{
        Error, Factors, Result, UserId,
        admin::Admin,
        audit::{AuditEvent, AuditKind},
        mail::Kind,
    },
    store::users,
};

impl Admin<'_> {
    /// The second factors of a user.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for a superuser unless the operator is one.
    pub async fn factors_of(&self, id: UserId) -> Result<Factors> {
        let mut db = self.auth.db.read().await?;
        let user = users::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        self.op.require_visibility(&user)?;
        Factors::of(&mut db, id).await
    }

    /// Removes the second factors of a user, ends all their sessions and mails them.
    ///
    /// # Errors
    /// [`Error::NotFound`], also if the user has none; [`Error::Forbidden`], also for the operator's own
    /// factors, whose removal needs a code; [`Error::PasswordRequired`].
    pub async fn reset_factors(&self, id: UserId) -> Result<()> {
        if self.op.signed_in().is_some_and(|by| by.user.id == id) {
            return Err(Error::Forbidden);
        }
        self.require_recent_login()?;
        let mut work = self.begin().await?;
        let user = self.lock_target(&mut work.tx, id).await?.user;
        if !work.remove_factors(id).await? {
            return Err(Error::NotFound);
        }
        work.end_sessions(id, None).await?;
        work.mail(Kind::FactorsReset, &user).await?;
        work.audit(AuditEvent::about(AuditKind::FactorsReset, id)).await?;
        work.commit().await
    }
}
