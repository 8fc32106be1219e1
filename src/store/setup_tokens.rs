//! Table `auth_setup_tokens`: the links with which the first superuser is made, as hashes.
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;

#[derive(Clone, FromRow)]
pub struct SetupToken {
    pub hash: Digest,
    pub expires_at: Timestamp,
}

pub async fn insert(db: &mut Tx, t: &SetupToken) -> Result<()> {
    db.execute(
        "INSERT INTO auth_setup_tokens (hash, expires_at) VALUES ($1, $2)",
        (&t.hash, t.expires_at),
    )
    .await?;
    Ok(())
}

pub async fn by_hash(db: &mut Conn, hash: &Digest) -> Result<Option<SetupToken>> {
    db.fetch_optional("SELECT hash, expires_at FROM auth_setup_tokens WHERE hash = $1", [hash])
        .await
}

/// Takes all links away; those there were. Of two who do so at once the second one waits, and gets none
/// that the first one got.
pub async fn take_all(db: &mut Tx) -> Result<Vec<SetupToken>> {
    db.fetch_all("DELETE FROM auth_setup_tokens RETURNING hash, expires_at", ()).await
}

/// Forgets links that expired before `then`.
pub async fn purge(db: &mut Tx, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_setup_tokens WHERE expires_at < $1", [then]).await
}
