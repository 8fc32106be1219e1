//! Table `auth_keys`: the keys that sign tokens.
use super::{Conn, Result};
use crate::time::Timestamp;
use sqlx::FromRow;

#[derive(Clone, FromRow)]
pub struct Key {
    pub kid: String,
    /// The JWA name (RFC 7518).
    pub algorithm: String,
    /// `next` (published, does not sign yet), `current` (signs) or `retired` (verifies only).
    pub state: String,
    /// PKCS#8, sealed if an encryption key is configured.
    pub private_key: Vec<u8>,
    pub created_at: Timestamp,
    /// Until when a retired key verifies.
    pub expires_at: Option<Timestamp>,
}

/// Adds a key; `false` if another process has just added one of that state.
pub async fn insert(db: &mut Conn, k: &Key) -> Result<bool> {
    let rows = db
        .execute(
            "INSERT INTO auth_keys (kid, algorithm, state, private_key, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            (
                k.kid.as_str(),
                k.algorithm.as_str(),
                k.state.as_str(),
                k.private_key.as_slice(),
                k.created_at,
            ),
        )
        .await?;
    Ok(rows == 1)
}

/// All keys that still sign or verify at `now`, the newest first.
pub async fn all(db: &mut Conn, now: Timestamp) -> Result<Vec<Key>> {
    db.fetch_all(
        "SELECT kid, algorithm, state, private_key, created_at, expires_at FROM auth_keys
         WHERE expires_at IS NULL OR expires_at > $1 ORDER BY created_at DESC, kid",
        [now],
    )
    .await
}

/// Which keys there are, without the keys themselves.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct Outline {
    pub kid: String,
    pub state: String,
    pub expires_at: Option<Timestamp>,
}

/// What [`all`] would give, in outline.
pub async fn outline(db: &mut Conn, now: Timestamp) -> Result<Vec<Outline>> {
    db.fetch_all(
        "SELECT kid, state, expires_at FROM auth_keys
         WHERE expires_at IS NULL OR expires_at > $1 ORDER BY created_at DESC, kid",
        [now],
    )
    .await
}

/// Puts `sealed` in the place of the private key of `kid`, provided it is still `plain`.
pub async fn seal(db: &mut Conn, kid: &str, plain: &[u8], sealed: &[u8]) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_keys SET private_key = $3 WHERE kid = $1 AND private_key = $2",
            (kid, plain, sealed),
        )
        .await?;
    Ok(rows == 1)
}

/// Drops next keys of other algorithms than `algorithm`, which have signed nothing.
pub async fn drop_next_of_others(db: &mut Conn, algorithm: &str) -> Result<u64> {
    db.execute("DELETE FROM auth_keys WHERE state = 'next' AND algorithm <> $1", [algorithm]).await
}

/// Retires the current key `kid`; `false` if it is not current any more.
pub async fn retire(db: &mut Conn, kid: &str, expires_at: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_keys SET state = 'retired', expires_at = $2
             WHERE kid = $1 AND state = 'current'",
            (kid, expires_at),
        )
        .await?;
    Ok(rows == 1)
}

/// Lets the next key `kid` sign.
pub async fn promote(db: &mut Conn, kid: &str) -> Result<bool> {
    let rows = db
        .execute("UPDATE auth_keys SET state = 'current' WHERE kid = $1 AND state = 'next'", [kid])
        .await?;
    Ok(rows == 1)
}

/// Forgets keys that stopped verifying before `then`.
pub async fn sweep(db: &mut Conn, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_keys WHERE expires_at < $1", [then]).await
}
