//! Table `auth_revocations`: ended sessions of which an access token may still be out.
use super::{Conn, Result, sessions::SessionId, users::UserId};
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

/// Revokes the access tokens that are out of the sessions which `user` lost at `now`, its own and those
/// that it had opened for others.
pub async fn insert_ended(db: &mut Conn, user: UserId, now: Timestamp) -> Result<Vec<Revocation>> {
    db.fetch_all(
        "INSERT INTO auth_revocations (session_id, ended_at, expires_at)
         SELECT id, ended_at, access_expires_at FROM auth_sessions
         WHERE (user_id = $1 OR actor_id = $1) AND ended_at = $2 AND access_expires_at > $2
         ON CONFLICT DO NOTHING
         RETURNING session_id, ended_at, expires_at",
        (user, now),
    )
    .await
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

/// Forgets those that expired before `then`.
pub async fn sweep(db: &mut Conn, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_revocations WHERE expires_at < $1", [then]).await
}
