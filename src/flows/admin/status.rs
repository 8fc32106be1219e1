//! Enabling and disabling users, and making them superusers or not. The last superuser who can log in
//! cannot be removed.
use crate::{
    config::EmailConfirmation,
    flows::{
        Error, Result, User,
        audit::{AuditEvent, AuditKind},
        work::Work,
    },
    store::users,
};

impl Work<'_> {
    /// Makes `user` a superuser or not; `None` changes nothing. The caller has locked `user` and all
    /// superusers.
    pub async fn set_superuser(&mut self, user: &User, superuser: Option<bool>) -> Result<()> {
        let superuser = superuser.filter(|new| *new != user.is_superuser);
        let Some(superuser) = superuser else { return Ok(()) };
        if !superuser {
            self.require_other_superuser(user).await?;
        }
        users::set_superuser(&mut self.tx, user.id, superuser).await?;
        let kind =
            if superuser { AuditKind::SuperuserGranted } else { AuditKind::SuperuserRevoked };
        self.audit(AuditEvent::about(kind, user.id)).await
    }

    /// Enables or disables `user`; `None` changes nothing. To disable them, the caller has locked `user` and
    /// all superusers.
    pub async fn set_active(&mut self, user: &User, active: Option<bool>) -> Result<()> {
        let Some(active) = active.filter(|new| *new != user.is_active) else { return Ok(()) };
        if !active {
            self.require_other_superuser(user).await?;
        }
        users::set_active(&mut self.tx, user.id, active).await?;
        let kind = if active { AuditKind::UserEnabled } else { AuditKind::UserDisabled };
        self.audit(AuditEvent::about(kind, user.id)).await
    }

    /// Checks that a superuser who can log in remains without `user`. The caller has locked `user` and all
    /// superusers.
    ///
    /// # Errors
    /// [`Error::LastSuperuser`] if `user` is a superuser and no other superuser can log in.
    pub async fn require_other_superuser(&mut self, user: &User) -> Result<()> {
        let settings = self.auth.runtime_settings();
        let confirmed = settings.email_confirmation == EmailConfirmation::Required;
        let is_last = user.is_superuser
            && !users::has_other_superuser(&mut self.tx, user.id, confirmed).await?;
        Error::LastSuperuser.when(is_last)
    }
}
