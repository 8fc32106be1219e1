//! Table `auth_sessions`: one login on one device.
use super::{forget, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize, utoipa::ToSchema,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// What a refresh does to the refresh token, the most lenient first: of two rules the greater counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rotation {
    /// It stays valid.
    Keep,
    /// One use gives one successor, the same one again within the grace.
    Grace,
    /// One use gives one successor, and only once the access token issued with it has expired;
    /// a second use gives nothing.
    Strict,
}

impl Rotation {
    const ALL: [Self; 3] = [Self::Keep, Self::Grace, Self::Strict];

    const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Grace => "grace",
            Self::Strict => "strict",
        }
    }
}

impl TryFrom<String> for Rotation {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|r| r.name() == name).ok_or(name)
    }
}

#[derive(Clone, Debug, FromRow)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// Which surface opened it: `native`, or a dialect's name.
    pub client: String,
    /// The rule of the surface that opened it; at another surface the stricter of both counts.
    #[sqlx(try_from = "String")]
    pub rotation: Rotation,
    /// The first session of its family, if this one was opened out of another.
    pub family_id: Option<SessionId>,
    /// The superuser who opened it for somebody else.
    pub actor_id: Option<UserId>,
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

    /// The first session of its family, itself if it was opened by a login.
    pub fn family(&self) -> SessionId {
        self.family_id.unwrap_or(self.id)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, client, rotation, family_id, actor_id, remember, ip, user_agent,
                    created_at, authenticated_at, last_seen_at, expires_at, access_expires_at,
                    ended_at
             FROM auth_sessions ",
            $rest
        )
    };
}

pub async fn insert(db: &mut Tx, s: &Session) -> Result<()> {
    db.execute(
        "INSERT INTO auth_sessions (id, user_id, client, rotation, family_id, actor_id, remember, ip,
                                    user_agent, created_at, authenticated_at, last_seen_at,
                                    expires_at, access_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        (
            s.id,
            s.user_id,
            s.client.as_str(),
            s.rotation.name(),
            s.family_id,
            s.actor_id,
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

/// The living sessions of a user, the last used first, `limit` at most.
pub async fn of_user(
    db: &mut Conn,
    user: UserId,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Session>> {
    db.fetch_all(
        select!(
            "WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
             ORDER BY last_seen_at DESC, id LIMIT $2"
        ),
        (user, limit, now),
    )
    .await
}

/// How many sessions of a user live.
pub async fn count(db: &mut Conn, user: UserId, now: Timestamp) -> Result<i64> {
    let (count,): (i64,) = db
        .fetch_one(
            "SELECT count(*) FROM auth_sessions
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2",
            (user, now),
        )
        .await?;
    Ok(count)
}

/// Notes that a session was used for an access token that expires at `access_expires_at`; `false`
/// if it has ended. Holds the row, so that an end waits or is seen.
pub async fn touch(
    db: &mut Tx,
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

/// Holds the living sessions of a user: a refresh of one waits or is seen.
pub async fn lock_all(db: &mut Tx, user: UserId) -> Result<()> {
    db.execute(
        "UPDATE auth_sessions SET remember = remember WHERE user_id = $1 AND ended_at IS NULL",
        [user],
    )
    .await?;
    Ok(())
}

/// Notes that the password was given once more.
pub async fn authenticate(db: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    db.execute("UPDATE auth_sessions SET authenticated_at = $2 WHERE id = $1", (id, now)).await?;
    Ok(())
}

/// Counts a password that is about to be judged in a session of the family `first`, whose user is held:
/// how many there were in a row in the whole family, this one included; `None` if there were `most`
/// already or the session has ended.
pub async fn count_password(
    db: &mut Tx,
    id: SessionId,
    first: SessionId,
    most: i64,
) -> Result<Option<i64>> {
    let (count,): (i64,) = db
        .fetch_one(
            "SELECT CAST(COALESCE(sum(wrong_passwords), 0) AS BIGINT) FROM auth_sessions
             WHERE id = $1 OR family_id = $1",
            [first],
        )
        .await?;
    let sql = "UPDATE auth_sessions SET wrong_passwords = wrong_passwords + 1
               WHERE id = $1 AND ended_at IS NULL";
    let counted = count < most && db.execute(sql, [id]).await? == 1;
    Ok(counted.then_some(count + 1))
}

/// Takes back the count of a password that could not be judged.
pub async fn uncount_password(db: &mut Tx, id: SessionId) -> Result<()> {
    let sql = "UPDATE auth_sessions SET wrong_passwords = wrong_passwords - 1
               WHERE id = $1 AND wrong_passwords > 0";
    db.execute(sql, [id]).await?;
    Ok(())
}

/// Notes that the right password was given in a session of the family `first`.
pub async fn forget_wrong_passwords(db: &mut Tx, first: SessionId) -> Result<()> {
    let sql = "UPDATE auth_sessions SET wrong_passwords = 0
               WHERE (id = $1 OR family_id = $1) AND wrong_passwords > 0";
    db.execute(sql, [first]).await?;
    Ok(())
}

/// Ends the sessions that `actor` opened for others; how many.
pub async fn end_acting(db: &mut Tx, actor: UserId, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE auth_sessions SET ended_at = $2 WHERE actor_id = $1 AND ended_at IS NULL";
    db.execute(sql, (actor, now)).await
}

/// Ends the session `first` and all that were opened out of its family; how many. Its user's row is
/// held, so that none is being opened meanwhile.
pub async fn end_family(db: &mut Tx, first: SessionId, now: Timestamp) -> Result<u64> {
    db.execute(
        "UPDATE auth_sessions SET ended_at = $2
         WHERE (id = $1 OR family_id = $1) AND ended_at IS NULL",
        (first, now),
    )
    .await
}

/// Ends every living session of `user` but `keep`, and those that `user` opened for others; how many.
pub async fn end_others(
    db: &mut Tx,
    user: UserId,
    keep: Option<SessionId>,
    now: Timestamp,
) -> Result<u64> {
    db.execute(
        "UPDATE auth_sessions SET ended_at = $3
         WHERE (user_id = $1 OR actor_id = $1) AND ended_at IS NULL AND ($2 IS NULL OR id <> $2)",
        (user, keep, now),
    )
    .await
}

/// Ends the living sessions of `user` beyond the `most` last used, and what was opened out of them for
/// others; how many. Those that were opened for the user by a superuser go first.
pub async fn end_least_used(db: &mut Tx, user: UserId, most: i64, now: Timestamp) -> Result<u64> {
    db.execute(
        "WITH surplus AS (
             SELECT id FROM auth_sessions
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
             ORDER BY CASE WHEN actor_id IS NULL THEN 0 ELSE 1 END, last_seen_at DESC, id
             LIMIT $4 OFFSET $2)
         UPDATE auth_sessions SET ended_at = $3
         WHERE ended_at IS NULL
           AND (id IN (SELECT id FROM surplus)
                OR actor_id = $1 AND family_id IN (SELECT id FROM surplus))",
        // SQLite knows no OFFSET without a LIMIT.
        (user, most, now, i64::MAX),
    )
    .await
}

/// Forgets up to `most` sessions that ended and as many that expired before `then`, the oldest first,
/// their refresh tokens with them.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_sessions",
        "id",
        "SELECT id FROM auth_sessions WHERE id IN (
             SELECT id FROM (SELECT id FROM auth_sessions WHERE ended_at < $1
                             ORDER BY ended_at LIMIT $2) ended
             UNION ALL
             SELECT id FROM (SELECT id FROM auth_sessions WHERE expires_at < $1
                             ORDER BY expires_at LIMIT $2) expired
         )"
    );
    db.execute(sql, (then, most)).await
}
