//! Table `auth_keys`: the keys that sign tokens.
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;

#[expect(clippy::struct_field_names, reason = "the fields are named like the columns")]
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
    /// When a retired key stopped signing.
    pub retired_at: Option<Timestamp>,
}

/// Adds a key; `false` if another process has just added one of that state.
pub async fn insert(db: &mut Tx, k: &Key) -> Result<bool> {
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
        "SELECT kid, algorithm, state, private_key, created_at, expires_at, retired_at FROM auth_keys
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

/// Stores `new` in the place of the private key of `kid`, provided that it is still `old`.
pub async fn seal(db: &mut Tx, kid: &str, old: &[u8], new: &[u8]) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_keys SET private_key = $3 WHERE kid = $1 AND private_key = $2",
            (kid, old, new),
        )
        .await?;
    Ok(rows == 1)
}

/// Removes next keys of other algorithms than `algorithm` that were made until `then`. They have
/// signed nothing.
pub async fn drop_next_of_others(db: &mut Tx, algorithm: &str, then: Timestamp) -> Result<u64> {
    db.execute(
        "DELETE FROM auth_keys WHERE state = 'next' AND algorithm <> $1 AND created_at <= $2",
        (algorithm, then),
    )
    .await
}

/// Removes a key at once, whatever its state; `false` if there is none of that name.
pub async fn remove(db: &mut Tx, kid: &str) -> Result<bool> {
    Ok(db.execute("DELETE FROM auth_keys WHERE kid = $1", [kid]).await? == 1)
}

/// Retires the current key `kid`: it stops signing at `retired_at` and verifies until `expires_at`.
/// `false` if it is not current any more.
pub async fn retire(
    db: &mut Tx,
    kid: &str,
    retired_at: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_keys SET state = 'retired', retired_at = $2, expires_at = $3
             WHERE kid = $1 AND state = 'current'",
            (kid, retired_at, expires_at),
        )
        .await?;
    Ok(rows == 1)
}

/// Lets the next key `kid` sign.
pub async fn promote(db: &mut Tx, kid: &str) -> Result<bool> {
    let rows = db
        .execute("UPDATE auth_keys SET state = 'current' WHERE kid = $1 AND state = 'next'", [kid])
        .await?;
    Ok(rows == 1)
}

/// Forgets keys that stopped verifying before `then`.
pub async fn purge(db: &mut Tx, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_keys WHERE expires_at < $1", [then]).await
}
