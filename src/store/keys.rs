//! Table `auth_keys`: the keys that sign tokens.
use super::text_enum::{Stored, text_enum};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;

text_enum! {
    /// What a key is used for.
    pub enum KeyState {
        /// It is published and does not sign yet.
        Next,
        /// It signs.
        Current,
        /// It only verifies.
        Retired,
    }
}

/// A signing key with its private key.
#[expect(clippy::struct_field_names, reason = "the fields are named like the columns")]
#[derive(Clone, FromRow)]
pub struct Key {
    pub kid: String,
    /// The JWA name (RFC 7518).
    pub algorithm: String,
    pub state: Stored<KeyState>,
    /// PKCS#8, sealed if an encryption key is configured.
    pub private_key: Vec<u8>,
    pub created_at: Timestamp,
    /// Until when a retired key verifies.
    pub expires_at: Option<Timestamp>,
    /// When a retired key stops signing.
    pub retired_at: Option<Timestamp>,
}

/// Stores a key; `false` if another process has just stored one in that state.
pub async fn insert(db: &mut Tx, k: &Key) -> Result<bool> {
    db.execute_one(
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
    .await
}

/// All keys that still sign or verify at `now`, newest first.
pub async fn all(db: &mut Conn, now: Timestamp) -> Result<Vec<Key>> {
    let sql = "SELECT kid, algorithm, state, private_key, created_at, expires_at, retired_at
               FROM auth_keys WHERE expires_at IS NULL OR expires_at > $1
               ORDER BY created_at DESC, kid";
    db.fetch_all(sql, [now]).await
}

/// A key without its private key.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct Outline {
    pub kid: String,
    pub state: Stored<KeyState>,
    pub expires_at: Option<Timestamp>,
}

/// The keys that [`all`] returns, without their private keys.
pub async fn outline(db: &mut Conn, now: Timestamp) -> Result<Vec<Outline>> {
    let sql = "SELECT kid, state, expires_at FROM auth_keys
               WHERE expires_at IS NULL OR expires_at > $1 ORDER BY created_at DESC, kid";
    db.fetch_all(sql, [now]).await
}

/// Replaces the private key of `kid` with `new`; `false` if it is no longer `old`.
pub async fn seal(db: &mut Tx, kid: &str, old: &[u8], new: &[u8]) -> Result<bool> {
    let sql = "UPDATE auth_keys SET private_key = $3 WHERE kid = $1 AND private_key = $2";
    db.execute_one(sql, (kid, old, new)).await
}

/// Deletes keys in the state [`KeyState::Next`] that were created at `then` or earlier for another algorithm
/// than `algorithm`; returns how many. They have not signed anything.
pub async fn drop_next_of_others(db: &mut Tx, algorithm: &str, then: Timestamp) -> Result<u64> {
    let sql = "DELETE FROM auth_keys WHERE state = 'next' AND algorithm <> $1 AND created_at <= $2";
    db.execute(sql, (algorithm, then)).await
}

/// Deletes a key immediately, whatever its state; `false` if there is none of that name.
pub async fn remove(db: &mut Tx, kid: &str) -> Result<bool> {
    db.execute_one("DELETE FROM auth_keys WHERE kid = $1", [kid]).await
}

/// Retires the current key `kid`: it stops signing at `retired_at` and verifies until `expires_at`.
/// `false` if it is no longer current.
pub async fn retire(
    db: &mut Tx,
    kid: &str,
    retired_at: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE auth_keys SET state = 'retired', retired_at = $2, expires_at = $3
               WHERE kid = $1 AND state = 'current'";
    db.execute_one(sql, (kid, retired_at, expires_at)).await
}

/// Makes the next key `kid` the current one; `false` if it is no longer in the state [`KeyState::Next`].
pub async fn promote(db: &mut Tx, kid: &str) -> Result<bool> {
    let sql = "UPDATE auth_keys SET state = 'current' WHERE kid = $1 AND state = 'next'";
    db.execute_one(sql, [kid]).await
}

/// Purges keys that stopped verifying before `then`.
pub async fn purge(db: &mut Tx, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_keys WHERE expires_at < $1", [then]).await
}
