//! Table `auth_revocations`: ended sessions of which an access token may still be out.
use super::{Conn, Result, forget, sessions::SessionId};
use crate::time::Timestamp;
use sqlx::FromRow;

#[derive(Clone, Copy, Debug, FromRow)]
pub struct Revocation {
    pub session_id: SessionId,
    pub ended_at: Timestamp,
    /// When the session's last access token expires.
    pub expires_at: Timestamp,
}

pub async fn insert(db: &mut Conn, r: &Revocation) -> Result<()> {
    db.execute(
        "INSERT INTO auth_revocations (session_id, ended_at, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        (r.session_id, r.ended_at, r.expires_at),
    )
    .await?;
    Ok(())
}

/// The revocations since `then` that still matter at `now`.
pub async fn since(db: &mut Conn, then: Timestamp, now: Timestamp) -> Result<Vec<Revocation>> {
    db.fetch_all(
        "SELECT session_id, ended_at, expires_at FROM auth_revocations
         WHERE ended_at >= $1 AND expires_at > $2",
        (then, now),
    )
    .await
}

/// Forgets up to `most` of those that expired before `then`, the oldest first.
pub async fn sweep(db: &mut Conn, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_revocations",
        "session_id",
        "SELECT session_id FROM auth_revocations WHERE expires_at < $1 ORDER BY expires_at LIMIT $2"
    );
    db.execute(sql, (then, most)).await
}
