//! Table `auth_setup_tokens`: the setup links that create the first superuser, as hashes.
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;

/// A setup link.
#[derive(Clone, FromRow)]
pub struct SetupToken {
    pub hash: Digest,
    pub expires_at: Timestamp,
}

/// Stores a link.
pub async fn insert(db: &mut Tx, t: &SetupToken) -> Result<()> {
    let sql = "INSERT INTO auth_setup_tokens (hash, expires_at) VALUES ($1, $2)";
    db.run(sql, (&t.hash, t.expires_at)).await
}

/// The link with this hash.
pub async fn by_hash(db: &mut Conn, hash: &Digest) -> Result<Option<SetupToken>> {
    let sql = "SELECT hash, expires_at FROM auth_setup_tokens WHERE hash = $1";
    db.fetch_optional(sql, [hash]).await
}

/// Consumes all links and returns them. A concurrent call waits, and does not get the links that the first
/// one got.
pub async fn take_all(db: &mut Tx) -> Result<Vec<SetupToken>> {
    db.fetch_all("DELETE FROM auth_setup_tokens RETURNING hash, expires_at", ()).await
}

/// Purges links that expired before `then`.
pub async fn purge(db: &mut Tx, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_setup_tokens WHERE expires_at < $1", [then]).await
}
