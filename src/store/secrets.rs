//! Table `auth_secrets`: random secrets of the service, one per purpose, sealed if an encryption key is
//! configured.
use crate::db::{Conn, Result, Tx};

/// The secret for `purpose`. Stores `fresh` if there is none yet.
pub async fn get_or_insert(db: &mut Tx, purpose: &str, fresh: &[u8]) -> Result<Vec<u8>> {
    let sql = "INSERT INTO auth_secrets (purpose, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    db.run(sql, (purpose, fresh)).await?;
    db.fetch_value("SELECT secret FROM auth_secrets WHERE purpose = $1", [purpose]).await
}

/// Every secret with its purpose, as stored.
pub async fn all(db: &mut Conn) -> Result<Vec<(String, Vec<u8>)>> {
    db.fetch_all("SELECT purpose, secret FROM auth_secrets ORDER BY purpose", ()).await
}

/// Replaces the secret for `purpose` with `new`; `false` if it is no longer `old`.
pub async fn replace(db: &mut Tx, purpose: &str, old: &[u8], new: &[u8]) -> Result<bool> {
    let sql = "UPDATE auth_secrets SET secret = $3 WHERE purpose = $1 AND secret = $2";
    db.execute_one(sql, (purpose, old, new)).await
}

/// Writes the row for `purpose` unchanged, to test whether the database accepts a commit.
pub async fn rewrite(db: &mut Tx, purpose: &str) -> Result<()> {
    db.run("UPDATE auth_secrets SET secret = secret WHERE purpose = $1", [purpose]).await
}
