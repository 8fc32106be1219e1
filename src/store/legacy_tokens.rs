//! Table `auth_legacy_tokens`: refresh tokens of another service that are used up.
use super::forget;
use crate::{
    db::{Result, Tx},
    secret::Digest,
    time::Timestamp,
};

/// Takes a token; of many who ask at once, `true` for exactly one.
pub async fn take(db: &mut Tx, hash: &Digest, expires_at: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "INSERT INTO auth_legacy_tokens (hash, expires_at) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
            (hash, expires_at),
        )
        .await?;
    Ok(rows == 1)
}

/// Forgets up to `most` of tokens that expired before `then`, the oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_legacy_tokens",
        "hash",
        "SELECT hash FROM auth_legacy_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2"
    );
    db.execute(sql, (then, most)).await
}
