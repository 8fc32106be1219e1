//! The keys that sign tokens, for operators.
use super::demand_superuser_still;
use crate::{
    flows::{Auth, Operator, Result, audit::AuditKind},
    tokens::KeyInfo,
};

impl Auth {
    /// The keys that sign or verify tokens, the newest first.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers.
    pub async fn list_keys(&self, op: &Operator) -> Result<Vec<KeyInfo>> {
        op.demand_superuser()?;
        Ok(self.keys.list(&self.db, self.clock.now()).await?)
    }

    /// Lets the next key sign, retires the current one and publishes another next one.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers, `PasswordRequired`; `KeyTooYoung` (unless `force`) while
    /// verifiers may not have seen the next key; `NoKeys` with HS256.
    pub async fn rotate_keys(&self, op: &Operator, force: bool) -> Result<()> {
        op.demand_superuser()?;
        self.demand_proof(op)?;
        let now = self.clock.now();
        let fresh = self.keys.fresh(now).await?;
        let mut db = self.db.write().await?;
        demand_superuser_still(&mut db, op.signed_in()).await?;
        self.keys.rotate(&mut db, &fresh, self.runtime_settings().longest(), now, force).await?;
        op.record(&mut db, AuditKind::KeysRotated, None, "", now).await?;
        db.commit().await?;
        Ok(self.keys.reload(&self.db, now).await?)
    }

    /// Removes keys that were stolen: what they signed is refused by every replica as soon as it hears
    /// of it, within a second. Other keys take their places at once.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers, `PasswordRequired`; `NotFound` if one of them is not there,
    /// and then none is removed.
    pub async fn drop_keys(&self, op: &Operator, kids: &[String]) -> Result<()> {
        op.demand_superuser()?;
        self.demand_proof(op)?;
        let now = self.clock.now();
        let spare = self.keys.spare(now).await?;
        let mut db = self.db.write().await?;
        demand_superuser_still(&mut db, op.signed_in()).await?;
        self.keys.remove(&mut db, kids, spare, now).await?;
        for kid in kids {
            op.record(&mut db, AuditKind::KeyDropped, None, kid, now).await?;
        }
        db.commit().await?;
        Ok(self.keys.reload(&self.db, now).await?)
    }

    /// Seals every signing key and secret with the `encryption_key` of today; how many there are.
    ///
    /// # Errors
    /// `Internal`, in words for the operator, if one is sealed with neither that key nor the previous
    /// one.
    pub async fn reseal_keys(&self, op: &Operator) -> Result<usize> {
        op.demand_superuser()?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let count = self.keys.reseal(&mut db).await?;
        op.record(&mut db, AuditKind::KeysResealed, None, &count.to_string(), now).await?;
        db.commit().await?;
        Ok(count)
    }
}
