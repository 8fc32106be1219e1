//! Whether a user may log in, and is a superuser. The last superuser who can log in stays.
use crate::{
    config::EmailConfirmation,
    flows::{Error, Result, User, audit::AuditEvent, work::Work},
    store::{user_transfer, users},
};

impl Work<'_> {
    /// `user` is locked with all superusers.
    pub async fn set_superuser(&mut self, user: &User, superuser: Option<bool>) -> Result<()> {
        let superuser = superuser.filter(|new| *new != user.is_superuser);
        let Some(superuser) = superuser else { return Ok(()) };
        if !superuser {
            self.spare_last_superuser(user).await?;
        }
        users::set_superuser(&mut self.tx, user.id, superuser).await?;
        let kind = if superuser { "superuser_granted" } else { "superuser_revoked" };
        self.audit(AuditEvent::about(kind, user.id)).await
    }

    /// `user` is locked with all superusers if they are to be disabled.
    pub async fn set_active(&mut self, user: &User, active: Option<bool>) -> Result<()> {
        let Some(active) = active.filter(|new| *new != user.is_active) else { return Ok(()) };
        if !active {
            self.spare_last_superuser(user).await?;
        }
        users::set_active(&mut self.tx, user.id, active).await?;
        let kind = if active { "user_enabled" } else { "user_disabled" };
        self.audit(AuditEvent::about(kind, user.id)).await
    }

    /// # Errors
    /// `LastSuperuser` if no other superuser than `user`, locked with all superusers, can log in.
    pub async fn spare_last_superuser(&mut self, user: &User) -> Result<()> {
        let settings = self.auth.runtime_settings();
        let confirmed = settings.email_confirmation == EmailConfirmation::Required;
        if user.is_superuser
            && !user_transfer::has_other_superuser(&mut self.tx, user.id, confirmed).await?
        {
            return Err(Error::LastSuperuser);
        }
        Ok(())
    }
}
