//! Table `auth_recovery_codes`: the unused recovery codes of users, as hashes.
use super::users::UserId;
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};

/// Stores a code.
pub async fn insert(db: &mut Tx, user: UserId, hash: &Digest, now: Timestamp) -> Result<()> {
    db.execute(
        "INSERT INTO auth_recovery_codes (hash, user_id, created_at) VALUES ($1, $2, $3)",
        (hash, user, now),
    )
    .await?;
    Ok(())
}

/// Uses up a code of a user. Of concurrent calls exactly one returns `true`.
pub async fn consume(db: &mut Tx, user: UserId, hash: &Digest) -> Result<bool> {
    let sql = "DELETE FROM auth_recovery_codes WHERE user_id = $1 AND hash = $2";
    Ok(db.execute(sql, (user, hash)).await? == 1)
}

/// How many codes a user has left.
pub async fn count(db: &mut Conn, user: UserId) -> Result<i64> {
    let (count,): (i64,) =
        db.fetch_one("SELECT count(*) FROM auth_recovery_codes WHERE user_id = $1", [user]).await?;
    Ok(count)
}

/// Removes the codes of a user that were created at `since` or later.
pub async fn remove_since(db: &mut Tx, user: UserId, since: Timestamp) -> Result<()> {
    let sql = "DELETE FROM auth_recovery_codes WHERE user_id = $1 AND created_at >= $2";
    db.run(sql, (user, since)).await
}

/// Removes all codes of a user.
pub async fn remove_all(db: &mut Tx, user: UserId) -> Result<()> {
    db.run("DELETE FROM auth_recovery_codes WHERE user_id = $1", [user]).await
}
