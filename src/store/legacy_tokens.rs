//! Table `auth_legacy_tokens`: refresh tokens of another service that are used up.
use super::{Conn, Digest, Result};
use crate::time::Timestamp;

/// Takes a token; of many who ask at once, `true` for exactly one.
pub async fn take(db: &mut Conn, hash: &Digest, expires_at: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "INSERT INTO auth_legacy_tokens (hash, expires_at) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
            (hash, expires_at),
        )
        .await?;
    Ok(rows == 1)
}

/// Forgets tokens that expired before `then`.
pub async fn sweep(db: &mut Conn, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_legacy_tokens WHERE expires_at < $1", [then]).await
}
