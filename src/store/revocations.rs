//! Table `auth_revocations`: ended sessions of which an access token may still be out, numbered in the
//! order in which they are written.
use super::{forget, sessions::SessionId, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;
use std::time::Duration;

/// For how long after its token has expired a revocation is kept: a clock that was set forward and back
/// again finds it still there.
pub const KEPT: Duration = Duration::from_hours(1);

/// How many ranges [`within`] takes at once.
pub const RANGES: usize = 16;

#[derive(Clone, Copy, Debug, FromRow)]
pub struct Revocation {
    pub session_id: SessionId,
    pub ended_at: Timestamp,
    /// When the session's last access token expires.
    pub expires_at: Timestamp,
}

/// A revocation as it is stored.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Entry {
    /// Rises, but PostgreSQL may commit a lower one after a higher one.
    pub id: i64,
    pub session_id: SessionId,
    pub ended_at: Timestamp,
    pub expires_at: Timestamp,
}

#[cfg(test)]
pub async fn insert(db: &mut Tx, r: &Revocation) -> Result<()> {
    db.execute(
        "INSERT INTO auth_revocations (session_id, ended_at, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        (r.session_id, r.ended_at, r.expires_at),
    )
    .await?;
    Ok(())
}

/// Revokes the access tokens that are out of the sessions which `user` lost at `now`, its own and those
/// that it had opened for others. What expired less than [`KEPT`] ago counts: a clock that was set forward
/// may be set back.
pub async fn insert_ended(db: &mut Tx, user: UserId, now: Timestamp) -> Result<Vec<Revocation>> {
    db.fetch_all(
        "INSERT INTO auth_revocations (session_id, ended_at, expires_at)
         SELECT id, ended_at, access_expires_at FROM auth_sessions
         WHERE (user_id = $1 OR actor_id = $1) AND ended_at = $2 AND access_expires_at > $3
         ON CONFLICT DO NOTHING
         RETURNING session_id, ended_at, expires_at",
        (user, now, now.minus(KEPT)),
    )
    .await
}

/// The first `limit` revocations whose id is higher than `id`, in the order of ids.
pub async fn after(db: &mut Conn, id: i64, limit: i64) -> Result<Vec<Entry>> {
    db.fetch_all(
        "SELECT id, session_id, ended_at, expires_at FROM auth_revocations
         WHERE id > $1 ORDER BY id LIMIT $2",
        (id, limit),
    )
    .await
}

/// At most `limit` revocations whose ids lie in `ranges`, of which the first [`RANGES`] count.
pub async fn within(db: &mut Conn, ranges: &[(i64, i64)], limit: i64) -> Result<Vec<Entry>> {
    // What is not needed is a range that is empty.
    let mut args = [0; 2 * RANGES + 1];
    for (arg, (first, last)) in args.chunks_exact_mut(2).zip(ranges) {
        arg.copy_from_slice(&[*first, *last]);
    }
    args[2 * RANGES] = limit;
    db.fetch_all(
        "SELECT id, session_id, ended_at, expires_at FROM auth_revocations
         WHERE id BETWEEN $1 AND $2 OR id BETWEEN $3 AND $4 OR id BETWEEN $5 AND $6
            OR id BETWEEN $7 AND $8 OR id BETWEEN $9 AND $10 OR id BETWEEN $11 AND $12
            OR id BETWEEN $13 AND $14 OR id BETWEEN $15 AND $16 OR id BETWEEN $17 AND $18
            OR id BETWEEN $19 AND $20 OR id BETWEEN $21 AND $22 OR id BETWEEN $23 AND $24
            OR id BETWEEN $25 AND $26 OR id BETWEEN $27 AND $28 OR id BETWEEN $29 AND $30
            OR id BETWEEN $31 AND $32
         LIMIT $33",
        args,
    )
    .await
}

/// Forgets up to `most` of those of which nothing has been out since [`KEPT`] before `then`, the oldest
/// first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_revocations",
        "session_id",
        "SELECT session_id FROM auth_revocations WHERE expires_at < $1 ORDER BY expires_at LIMIT $2"
    );
    db.execute(sql, (then.minus(KEPT), most)).await
}
