//! Whether a user may log in, and is a superuser. The last superuser who can log in stays.
use crate::{
    config::EmailConfirmation,
    db::Conn,
    flows::{Auth, Error, Operator, Result, User, audit::AuditKind},
    store::{user_transfer, users},
    time::Timestamp,
};

impl Auth {
    /// `user` is held with all superusers.
    pub(crate) async fn set_superuser(
        &self,
        db: &mut Conn,
        op: &Operator,
        user: &User,
        superuser: Option<bool>,
        now: Timestamp,
    ) -> Result<()> {
        let superuser = superuser.filter(|new| *new != user.is_superuser);
        let Some(superuser) = superuser else { return Ok(()) };
        if !superuser {
            self.spare_last_superuser(db, user).await?;
        }
        users::set_superuser(db, user.id, superuser).await?;
        let act = if superuser { AuditKind::SuperuserGranted } else { AuditKind::SuperuserRevoked };
        op.record(db, act, Some(user.id), "", now).await
    }

    /// `user` is held with all superusers if it is to be disabled.
    pub(crate) async fn set_active(
        &self,
        db: &mut Conn,
        op: &Operator,
        user: &User,
        active: Option<bool>,
        now: Timestamp,
    ) -> Result<()> {
        let Some(active) = active.filter(|new| *new != user.is_active) else { return Ok(()) };
        if !active {
            self.spare_last_superuser(db, user).await?;
        }
        users::set_active(db, user.id, active).await?;
        let act = if active { AuditKind::UserEnabled } else { AuditKind::UserDisabled };
        op.record(db, act, Some(user.id), "", now).await
    }

    /// # Errors
    /// `LastSuperuser` if no other superuser than `user`, held with all superusers, can log in.
    pub(crate) async fn spare_last_superuser(&self, db: &mut Conn, user: &User) -> Result<()> {
        let confirmed = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        if user.is_superuser && !user_transfer::has_other_superuser(db, user.id, confirmed).await? {
            return Err(Error::LastSuperuser);
        }
        Ok(())
    }
}
