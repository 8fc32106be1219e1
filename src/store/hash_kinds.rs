//! Table `auth_hash_kinds`: which kinds of password hashes are stored.
use super::users::UserId;
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};

/// Records that a hash of `kind` is stored.
pub async fn note(db: &mut Tx, kind: &str, now: Timestamp) -> Result<()> {
    db.execute(
        "INSERT INTO auth_hash_kinds (kind, seen_at) VALUES ($1, $2)
         ON CONFLICT (kind) DO UPDATE SET seen_at = excluded.seen_at",
        (kind, now),
    )
    .await?;
    Ok(())
}

/// The recorded kinds, sorted.
pub async fn all(db: &mut Conn) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        db.fetch_all("SELECT kind FROM auth_hash_kinds ORDER BY kind", ()).await?;
    Ok(rows.into_iter().map(|(kind,)| kind).collect())
}

/// Removes a kind unless it was recorded at `then` or later.
pub async fn forget(db: &mut Tx, kind: &str, then: Timestamp) -> Result<()> {
    db.execute("DELETE FROM auth_hash_kinds WHERE kind = $1 AND seen_at < $2", (kind, then))
        .await?;
    Ok(())
}

/// The stored password hashes of at most `limit` users with an id above `after`, in the order of ids.
pub async fn hashes(
    db: &mut Conn,
    after: UserId,
    limit: i64,
) -> Result<Vec<(UserId, Option<String>)>> {
    db.fetch_all(
        "SELECT id, password_hash FROM auth_users WHERE id > $1 ORDER BY id LIMIT $2",
        (after, limit),
    )
    .await
}
