//! Table `auth_legacy_tokens`: consumed refresh tokens of another service, as hashes.
use super::forget;
use crate::{
    db::{Result, Tx},
    secret::Digest,
    time::Timestamp,
};

/// Consumes a token. Of concurrent calls exactly one returns `true`.
pub async fn take(db: &mut Tx, hash: &Digest, expires_at: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO auth_legacy_tokens (hash, expires_at) VALUES ($1, $2)
               ON CONFLICT DO NOTHING";
    db.execute_one(sql, (hash, expires_at)).await
}

/// Purges up to `most` tokens that expired before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_legacy_tokens", "hash", "expires_at < $1 ORDER BY expires_at");
    db.execute(sql, (then, most)).await
}
