//! Table `auth_hash_kinds`: which kinds of password hashes are stored.
use super::users::UserId;
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};

/// Records that a hash of `kind` is stored.
pub async fn note(db: &mut Tx, kind: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO auth_hash_kinds (kind, seen_at) VALUES ($1, $2)
               ON CONFLICT (kind) DO UPDATE SET seen_at = excluded.seen_at";
    db.run(sql, (kind, now)).await
}

/// The recorded kinds, sorted.
pub async fn all(db: &mut Conn) -> Result<Vec<String>> {
    db.fetch_values("SELECT kind FROM auth_hash_kinds ORDER BY kind", ()).await
}

/// Removes a kind unless it was recorded at `then` or later.
pub async fn forget(db: &mut Tx, kind: &str, then: Timestamp) -> Result<()> {
    db.run("DELETE FROM auth_hash_kinds WHERE kind = $1 AND seen_at < $2", (kind, then)).await
}

/// The stored password hashes of at most `limit` users with an id above `after`, in the order of ids.
pub async fn hashes(
    db: &mut Conn,
    after: UserId,
    limit: i64,
) -> Result<Vec<(UserId, Option<String>)>> {
    let sql = "SELECT id, password_hash FROM auth_users WHERE id > $1 ORDER BY id LIMIT $2";
    db.fetch_all(sql, (after, limit)).await
}
