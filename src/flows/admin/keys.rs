//! The keys that sign tokens, for operators.
use super::Admin;
use crate::{
    flows::{Result, audit::AuditEvent},
    tokens::KeyInfo,
};

impl Admin<'_> {
    /// The keys that sign or verify tokens, the newest first.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers.
    pub async fn list_keys(&self) -> Result<Vec<KeyInfo>> {
        self.op.demand_superuser()?;
        Ok(self.auth.keys.list(&self.auth.db, self.auth.clock.now()).await?)
    }

    /// Lets the next key sign, retires the current one and publishes another next one.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers, `PasswordRequired`; `KeyTooYoung` (unless `force`) while
    /// verifiers may not have seen the next key; `NoKeys` with HS256.
    pub async fn rotate_keys(&self, force: bool) -> Result<()> {
        self.op.demand_superuser()?;
        self.require_recent_login()?;
        let now = self.auth.clock.now();
        let fresh = self.auth.keys.fresh(now).await?;
        let lifetime = self.auth.runtime_settings().longest();
        let mut work = self.begin().await?;
        self.demand_superuser_still(&mut work.tx).await?;
        self.auth.keys.rotate(&mut work.tx, &fresh, lifetime, now, force).await?;
        work.audit(AuditEvent::new("keys_rotated")).await?;
        work.commit().await?;
        Ok(self.auth.keys.reload(&self.auth.db, now).await?)
    }

    /// Removes keys that were stolen: what they signed is refused by every replica as soon as it hears
    /// of it, within a second. Other keys take their places at once.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers, `PasswordRequired`; `NotFound` if one of them is not there,
    /// and then none is removed.
    pub async fn drop_keys(&self, kids: &[String]) -> Result<()> {
        self.op.demand_superuser()?;
        self.require_recent_login()?;
        let now = self.auth.clock.now();
        let spare = self.auth.keys.spare(now).await?;
        let mut work = self.begin().await?;
        self.demand_superuser_still(&mut work.tx).await?;
        self.auth.keys.remove(&mut work.tx, kids, spare, now).await?;
        for kid in kids {
            work.audit(AuditEvent::new("key_dropped").detail(kid)).await?;
        }
        work.commit().await?;
        Ok(self.auth.keys.reload(&self.auth.db, now).await?)
    }

    /// Seals every signing key and secret with the `encryption_key` of today; how many there are.
    ///
    /// # Errors
    /// `Internal`, in words for the operator, if one is sealed with neither that key nor the previous
    /// one.
    pub async fn reseal_keys(&self) -> Result<usize> {
        self.op.demand_superuser()?;
        let mut work = self.begin().await?;
        let count = self.auth.keys.reseal(&mut work.tx).await?;
        work.audit(AuditEvent::new("keys_resealed").detail(&count.to_string())).await?;
        work.commit().await?;
        Ok(count)
    }
}
