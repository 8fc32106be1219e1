//! Table `auth_revocations`: ended sessions whose access tokens may still be valid, numbered in the order in
//! which they are written.
use super::{forget, sessions::SessionId, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;
use std::time::Duration;

/// How long a revocation is kept after its access token expired. A clock that was set forward and is set back
/// still finds it.
pub const KEPT: Duration = Duration::from_hours(1);

/// The maximum number of ranges that [`within`] takes.
pub const RANGES: usize = 16;

/// The record that a session ended while its access tokens are still valid.
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
    /// Increases, but PostgreSQL may commit a lower id after a higher one.
    pub id: i64,
    pub session_id: SessionId,
    pub ended_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Revokes the access tokens of the sessions that ended at `now` and belong to `user` or were opened by them
/// for other users. Includes access tokens that expired less than [`KEPT`] ago: a clock that was set forward
/// may be set back. Returns the new revocations.
pub async fn insert_ended(db: &mut Tx, user: UserId, now: Timestamp) -> Result<Vec<Revocation>> {
    let sql = "INSERT INTO auth_revocations (session_id, ended_at, expires_at)
               SELECT id, ended_at, access_expires_at FROM auth_sessions
               WHERE (user_id = $1 OR actor_id = $1) AND ended_at = $2 AND access_expires_at > $3
               ON CONFLICT DO NOTHING
               RETURNING session_id, ended_at, expires_at";
    db.fetch_all(sql, (user, now, now.minus(KEPT))).await
}

/// The first `limit` revocations with an id above `id`, in the order of ids.
pub async fn after(db: &mut Conn, id: i64, limit: i64) -> Result<Vec<Entry>> {
    let sql = "SELECT id, session_id, ended_at, expires_at FROM auth_revocations
               WHERE id > $1 ORDER BY id LIMIT $2";
    db.fetch_all(sql, (id, limit)).await
}

/// At most `limit` revocations whose ids are in `ranges` (first and last id, inclusive). Ignores ranges
/// beyond the first [`RANGES`].
pub async fn within(db: &mut Conn, ranges: &[(i64, i64)], limit: i64) -> Result<Vec<Entry>> {
    // Unused places are a range without ids: from 0 to 0.
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

/// Purges up to `most` revocations whose access tokens expired more than [`KEPT`] before `then`, oldest
/// first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_revocations", "session_id", "expires_at < $1 ORDER BY expires_at");
    db.execute(sql, (then.minus(KEPT), most)).await
}
