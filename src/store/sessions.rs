//! Table `auth_sessions`: one login on one device.
use super::{Conn, Result, users::UserId};
use crate::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

#[derive(Clone, Debug, FromRow)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// Which surface opened it: `native`, or a dialect's name.
    pub client: String,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    /// When the password was given last.
    pub authenticated_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub access_expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Session {
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, client, remember, ip, user_agent, created_at, authenticated_at,
                    last_seen_at, expires_at, access_expires_at, ended_at
             FROM auth_sessions ",
            $rest
        )
    };
}

pub async fn insert(db: &mut Conn, s: &Session) -> Result<()> {
    db.execute(
        "INSERT INTO auth_sessions (id, user_id, client, remember, ip, user_agent, created_at,
                                    authenticated_at, last_seen_at, expires_at,
                                    access_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        (
            s.id,
            s.user_id,
            s.client.as_str(),
            s.remember,
            s.ip.as_deref(),
            s.user_agent.as_deref(),
            s.created_at,
            s.authenticated_at,
            s.last_seen_at,
            s.expires_at,
            s.access_expires_at,
        ),
    )
    .await?;
    Ok(())
}

pub async fn by_id(db: &mut Conn, id: SessionId) -> Result<Option<Session>> {
    db.fetch_optional(select!("WHERE id = $1"), [id]).await
}

/// The living sessions of a user, the last used first.
pub async fn of_user(db: &mut Conn, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
    db.fetch_all(
        select!(
            "WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
             ORDER BY last_seen_at DESC, id"
        ),
        (user, now),
    )
    .await
}

/// Notes that a session was used for an access token that expires at `access_expires_at`; `false`
/// if it has ended. Holds the row, so that an end waits or is seen.
pub async fn touch(
    db: &mut Conn,
    id: SessionId,
    (ip, user_agent): (Option<&str>, Option<&str>),
    access_expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_sessions
             SET last_seen_at = $2, ip = $3, user_agent = $4,
                 access_expires_at = CASE WHEN access_expires_at < $5 THEN $5
                                          ELSE access_expires_at END
             WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
            (id, now, ip, user_agent, access_expires_at),
        )
        .await?;
    Ok(rows == 1)
}

/// Notes that the password was given once more.
pub async fn authenticate(db: &mut Conn, id: SessionId, now: Timestamp) -> Result<()> {
    db.execute("UPDATE auth_sessions SET authenticated_at = $2 WHERE id = $1", (id, now)).await?;
    Ok(())
}

/// Counts a password that is about to be judged in a session: how many there were in a row, this one
/// included; `None` if there were `most` already or the session has ended.
pub async fn count_password(db: &mut Conn, id: SessionId, most: i64) -> Result<Option<i64>> {
    let row: Option<(i64,)> = db
        .fetch_optional(
            "UPDATE auth_sessions SET wrong_passwords = wrong_passwords + 1
             WHERE id = $1 AND ended_at IS NULL AND wrong_passwords < $2
             RETURNING wrong_passwords",
            (id, most),
        )
        .await?;
    Ok(row.map(|(count,)| count))
}

/// Notes that the right password was given in a session.
pub async fn forget_wrong_passwords(db: &mut Conn, id: SessionId) -> Result<()> {
    db.execute("UPDATE auth_sessions SET wrong_passwords = 0 WHERE id = $1", [id]).await?;
    Ok(())
}

/// A session that has just ended, and when its last access token expires.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Ended {
    pub id: SessionId,
    pub access_expires_at: Timestamp,
}

/// Ends one session of `user`; `None` if there is none such that lives.
pub async fn end(
    db: &mut Conn,
    user: UserId,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<Ended>> {
    db.fetch_optional(
        "UPDATE auth_sessions SET ended_at = $3
         WHERE user_id = $1 AND id = $2 AND ended_at IS NULL
         RETURNING id, access_expires_at",
        (user, id, now),
    )
    .await
}

/// Ends every living session of `user` but `keep`.
pub async fn end_others(
    db: &mut Conn,
    user: UserId,
    keep: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<Ended>> {
    db.fetch_all(
        "UPDATE auth_sessions SET ended_at = $3
         WHERE user_id = $1 AND ended_at IS NULL AND ($2 IS NULL OR id <> $2)
         RETURNING id, access_expires_at",
        (user, keep, now),
    )
    .await
}

/// Forgets sessions that ended or expired before `then`, their refresh tokens with them.
pub async fn sweep(db: &mut Conn, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_sessions WHERE ended_at < $1 OR expires_at < $1", [then]).await
}
