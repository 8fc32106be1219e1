//! How operators manage the keys that sign tokens.
use super::Admin;
use crate::{
    flows::{
        Result,
        audit::{AuditEvent, AuditKind},
    },
    tokens::KeyInfo,
};

impl Admin<'_> {
    /// The keys that sign or verify tokens, newest first.
    ///
    /// # Errors
    /// [`Forbidden`](crate::flows::Error::Forbidden) unless the operator is a superuser.
    pub async fn list_keys(&self) -> Result<Vec<KeyInfo>> {
        self.op.require_superuser()?;
        Ok(self.auth.keys.list(&self.auth.db, self.auth.clock.now()).await?)
    }

    /// Promotes the next key to sign, retires the current one, and publishes a new next key.
    ///
    /// # Errors
    /// [`Forbidden`](crate::flows::Error::Forbidden) unless the operator is a superuser;
    /// [`PasswordRequired`](crate::flows::Error::PasswordRequired);
    /// [`KeyTooYoung`](crate::flows::Error::KeyTooYoung) (unless `force`) while verifiers may not have seen
    /// the next key; [`NoKeys`](crate::flows::Error::NoKeys) with HS256.
    pub async fn rotate_keys(&self, force: bool) -> Result<()> {
        self.require_recent_superuser()?;
        let now = self.auth.clock.now();
        let fresh = self.auth.keys.fresh(now).await?;
        let lifetime = self.auth.runtime_settings().longest();
        let mut work = self.begin_as_superuser().await?;
        self.auth.keys.rotate(&mut work.tx, &fresh, lifetime, now, force).await?;
        work.audit(AuditEvent::new(AuditKind::KeysRotated)).await?;
        work.commit().await?;
        Ok(self.auth.keys.reload(&self.auth.db, now).await?)
    }

    /// Removes stolen keys. Every replica refuses the tokens that they signed as soon as it learns of the
    /// removal, within a second. Other keys replace them immediately.
    ///
    /// # Errors
    /// [`Forbidden`](crate::flows::Error::Forbidden) unless the operator is a superuser;
    /// [`PasswordRequired`](crate::flows::Error::PasswordRequired);
    /// [`NotFound`](crate::flows::Error::NotFound) if one of the keys does not exist: then none is removed.
    pub async fn drop_keys(&self, kids: &[String]) -> Result<()> {
        self.require_recent_superuser()?;
        let now = self.auth.clock.now();
        let spare = self.auth.keys.spare(now).await?;
        let mut work = self.begin_as_superuser().await?;
        self.auth.keys.remove(&mut work.tx, kids, spare, now).await?;
        for kid in kids {
            work.audit(AuditEvent::new(AuditKind::KeyDropped).detail(kid)).await?;
        }
        work.commit().await?;
        Ok(self.auth.keys.reload(&self.auth.db, now).await?)
    }

    /// Encrypts every signing key and secret with the current `encryption_key`, and returns their number.
    ///
    /// # Errors
    /// [`Forbidden`](crate::flows::Error::Forbidden) unless the operator is a superuser;
    /// [`Internal`](crate::flows::Error::Internal), with a message for the operator, if one is encrypted with
    /// neither that key nor the previous one.
    pub async fn reseal_keys(&self) -> Result<usize> {
        let mut work = self.begin_as_superuser().await?;
        let count = self.auth.keys.reseal(&mut work.tx).await?;
        work.audit(AuditEvent::new(AuditKind::KeysResealed).detail(&count.to_string())).await?;
        work.commit().await?;
        Ok(count)
    }
}
