//! Users delete their own accounts.
use crate::{
    flows::{
        Auth, Caller, Error, Result, SignedIn,
        admin::lock_with_superusers,
        audit::{AuditEvent, AuditKind},
        retry::retried,
    },
    store::users,
};

impl Auth {
    /// Deletes the user and everything that is stored about them.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password is wrong, [`Error::LastSuperuser`].
    pub async fn delete_account(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
    ) -> Result<()> {
        self.reauthenticate(caller, by, "password", password).await?;
        retried(async || {
            let mut work = self.begin_by(caller, by).await?;
            lock_with_superusers(&mut work.tx, by.user.id).await?;
            let user = users::by_id(&mut work.tx, by.user.id).await?.ok_or(Error::NotFound)?;
            work.remove(&user, AuditEvent::new(AuditKind::AccountDeleted)).await
        })
        .await
    }
}
