//! Table `auth_totp`: the authenticator apps of users (RFC 6238), at most one for each.
use super::{forget, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;

/// An authenticator app.
#[derive(Clone, FromRow)]
pub struct Totp {
    /// The secret as stored: sealed if an encryption key is configured.
    pub secret: Vec<u8>,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When its first code was accepted; `None` before that, while it proves nothing.
    pub confirmed_at: Option<Timestamp>,
    /// The time step of the newest accepted code.
    pub last_step: i64,
    /// When a code was last accepted.
    pub last_used_at: Option<Timestamp>,
}

/// Stores a secret that no code has confirmed yet, in the place of an earlier one; `false` if the user has a
/// confirmed one, which stays.
pub async fn begin(db: &mut Tx, user: UserId, secret: &[u8], now: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "INSERT INTO auth_totp AS t (user_id, secret, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE SET secret = $2, created_at = $3, last_step = 0
                WHERE t.confirmed_at IS NULL",
            (user, secret, now),
        )
        .await?;
    Ok(rows == 1)
}

/// The app of a user, confirmed or not.
pub async fn of_user(db: &mut Conn, user: UserId) -> Result<Option<Totp>> {
    db.fetch_optional(
        "SELECT secret, created_at, confirmed_at, last_step, last_used_at
         FROM auth_totp WHERE user_id = $1",
        [user],
    )
    .await
}

/// Whether the user has a confirmed app.
pub async fn is_confirmed(db: &mut Conn, user: UserId) -> Result<bool> {
    let row: Option<(UserId,)> = db
        .fetch_optional(
            "SELECT user_id FROM auth_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL",
            [user],
        )
        .await?;
    Ok(row.is_some())
}

/// Confirms the app whose secret is `secret`, with the code of `step`; `false` if it is no longer that one,
/// or is confirmed already.
pub async fn confirm(
    db: &mut Tx,
    user: UserId,
    secret: &[u8],
    step: i64,
    now: Timestamp,
) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_totp SET confirmed_at = $4, last_used_at = $4, last_step = $3
             WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL",
            (user, secret, step, now),
        )
        .await?;
    Ok(rows == 1)
}

/// Uses up the code of `step` and all older ones. Of concurrent calls with the same step exactly one returns
/// `true`, on all replicas (RFC 6238, 5.2).
pub async fn use_step(db: &mut Tx, user: UserId, step: i64, now: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_totp SET last_step = $2, last_used_at = $3
             WHERE user_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL",
            (user, step, now),
        )
        .await?;
    Ok(rows == 1)
}

/// Removes the app of a user if it was confirmed at `since` or later, or not at all; `false` if there was no
/// such confirmed one.
pub async fn remove_since(db: &mut Tx, user: UserId, since: Timestamp) -> Result<bool> {
    let row: Option<(Option<Timestamp>,)> = db
        .fetch_optional(
            "DELETE FROM auth_totp
             WHERE user_id = $1 AND (confirmed_at >= $2 OR confirmed_at IS NULL)
             RETURNING confirmed_at",
            (user, since),
        )
        .await?;
    Ok(row.is_some_and(|(confirmed_at,)| confirmed_at.is_some()))
}

/// Purges up to `most` apps whose set-up began before `then` and was not confirmed, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_totp",
        "user_id",
        "confirmed_at IS NULL AND created_at < $1 ORDER BY created_at"
    );
    db.execute(sql, (then, most)).await
}

/// At most `limit` secrets as stored, of users with an id above `after`, in the order of the ids.
pub async fn secrets(db: &mut Conn, after: UserId, limit: i64) -> Result<Vec<(UserId, Vec<u8>)>> {
    db.fetch_all(
        "SELECT user_id, secret FROM auth_totp WHERE user_id > $1 ORDER BY user_id LIMIT $2",
        (after, limit),
    )
    .await
}

/// At most `limit` secrets that are stored in clear: they are `length` bytes long.
pub async fn in_clear(db: &mut Conn, length: i64, limit: i64) -> Result<Vec<(UserId, Vec<u8>)>> {
    db.fetch_all(
        "SELECT user_id, secret FROM auth_totp WHERE length(secret) = $1 LIMIT $2",
        (length, limit),
    )
    .await
}

/// Replaces the stored secret `old` by `new`, which is the same secret in another form.
pub async fn reseal(db: &mut Tx, user: UserId, old: &[u8], new: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE auth_totp SET secret = $3 WHERE user_id = $1 AND secret = $2",
        (user, old, new),
    )
    .await?;
    Ok(())
}
