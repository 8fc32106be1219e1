//! Whether the database is ready: reachable, up to date, intact and writable.
use super::{Db, Result};

/// Some pages of any engine, so that a full disk is noticed. In bytes. PostgreSQL compresses large values, so it
/// is noise.
pub(crate) const PROBE: [u8; 16 * 1024] = noise();

/// The bytes of an xorshift generator.
const fn noise() -> [u8; 16 * 1024] {
    let mut bytes = [0; 16 * 1024];
    let (mut state, mut n) = (0x9e37_79b9_u32, 0);
    while n < bytes.len() {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes[n] = state.to_le_bytes()[0];
        n += 1;
    }
    bytes
}

impl Db {
    /// Whether the database answers, has every migration of this version, and takes writes.
    pub async fn ready(&self) -> Result<bool> {
        if self.is_lost() {
            tracing::warn!("the write-ahead log of the database could not be synced");
            return Ok(false);
        }
        if self.health().is_damaged() {
            return Ok(false);
        }
        let sql = "SELECT count(*) FROM _auth_migrations WHERE success";
        let applied: i64 = self.read().await?.fetch_value(sql, ()).await?;
        let known = self.migrator().iter().count();
        Ok(usize::try_from(applied).is_ok_and(|n| n >= known) && self.is_writable().await?)
    }

    /// Whether a write that takes some space succeeds. Tries one only if the last write failed.
    async fn is_writable(&self) -> Result<bool> {
        let health = self.health();
        if !health.is_unwritable() {
            return Ok(true);
        }
        // One probe at a time is enough.
        let Some(_turn) = health.probe_turn() else { return Ok(false) };
        let mut db = self.write().await?;
        let sql = "INSERT INTO auth_secrets (purpose, secret) VALUES ('probe', $1)
                   ON CONFLICT DO NOTHING";
        db.execute(sql, [&PROBE[..]]).await?;
        db.execute("DELETE FROM auth_secrets WHERE purpose = 'probe'", ()).await?;
        db.commit().await?;
        Ok(true)
    }
}
