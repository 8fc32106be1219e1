//! Table `auth_sessions`: one login on one device.
use super::{
    forget,
    text_enum::text_enum,
    users::{self, User, UserId},
};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

/// The id of a session: the claim `sid`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize, utoipa::ToSchema,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

text_enum! {
    /// What a refresh does to the refresh token. Ordered from lenient to strict; of two rules the greater one
    /// applies.
    #[derive(PartialOrd, Ord)]
    pub enum Rotation {
        /// It stays valid.
        Keep,
        /// One use gives one successor. A repetition within the grace period gives the same successor.
        Grace,
        /// One use gives one successor, and only after the access token issued with it has expired. A second use
        /// gives nothing.
        Strict,
    }
}

impl TryFrom<String> for Rotation {
    type Error = strum::ParseError;

    fn try_from(name: String) -> Result<Self, strum::ParseError> {
        name.parse()
    }
}

/// A login.
#[derive(Clone, Debug, FromRow)]
pub struct Session {
    /// The id, which the session's tokens carry.
    #[sqlx(rename = "session_id")]
    pub id: SessionId,
    /// The user who is logged in.
    pub user_id: UserId,
    /// Which surface opened it: `native`, or a dialect's name.
    pub client: String,
    /// The rule of the surface that opened it. At another surface the stricter of both rules applies.
    #[sqlx(try_from = "String")]
    pub rotation: Rotation,
    /// The first session of its family, if this session was opened from another one.
    pub family_id: Option<SessionId>,
    /// The superuser who opened it for another user.
    pub actor_id: Option<UserId>,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
    /// The client's IP address at the last recorded use, if known.
    pub ip: Option<String>,
    /// The client's user agent at the last recorded use, if known.
    pub user_agent: Option<String>,
    /// When it was opened.
    #[sqlx(rename = "session_created_at")]
    pub created_at: Timestamp,
    /// When the user last proved who they are.
    pub authenticated_at: Timestamp,
    /// How they did: values of RFC 8176, separated by spaces.
    pub amr: String,
    /// When its last use was recorded.
    pub last_seen_at: Timestamp,
    /// From this time on, the session is no longer valid.
    pub expires_at: Timestamp,
    /// When the last of its access tokens expires.
    pub access_expires_at: Timestamp,
    /// When it was ended, for example by a logout; `None` if it was not.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Whether it has neither ended nor expired.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }

    /// The first session of its family: this session, if it was opened by a login.
    pub fn family(&self) -> SessionId {
        self.family_id.unwrap_or(self.id)
    }
}

/// The columns of a [`Session`] in the row `s` of the table. Their names differ from those of a user
/// and of a refresh token, so that one row can have all three.
macro_rules! columns {
    () => {
        "s.id AS session_id, s.user_id, s.client, s.rotation, s.family_id, s.actor_id, s.remember,
         s.ip, s.user_agent, s.created_at AS session_created_at, s.authenticated_at,
         s.amr, s.last_seen_at, s.expires_at, s.access_expires_at, s.ended_at"
    };
}
pub(super) use columns;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM auth_sessions s ", $rest)
    };
}

/// The ids of up to `$2` sessions that ended before `$1`, and of up to `$2` that expired before it, oldest first.
macro_rules! old {
    () => {
        "(SELECT id FROM (SELECT id FROM auth_sessions WHERE ended_at < $1
                          ORDER BY ended_at LIMIT $2) ended
          UNION ALL
          SELECT id FROM (SELECT id FROM auth_sessions WHERE expires_at < $1
                          ORDER BY expires_at LIMIT $2) expired)"
    };
}
pub(super) use old;

/// A session and its user.
#[derive(FromRow)]
pub struct SessionUser {
    #[sqlx(flatten)]
    pub session: Session,
    #[sqlx(flatten)]
    pub user: User,
}

/// Stores a session.
pub async fn insert(db: &mut Tx, s: &Session) -> Result<()> {
    db.run(
        "INSERT INTO auth_sessions (id, user_id, client, rotation, family_id, actor_id, remember, ip,
                                    user_agent, created_at, authenticated_at, amr, last_seen_at,
                                    expires_at, access_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        (
            s.id,
            s.user_id,
            s.client.as_str(),
            s.rotation.as_str(),
            s.family_id,
            s.actor_id,
            s.remember,
            s.ip.as_deref(),
            s.user_agent.as_deref(),
            s.created_at,
            s.authenticated_at,
            s.amr.as_str(),
            s.last_seen_at,
            s.expires_at,
            s.access_expires_at,
        ),
    )
    .await
}

/// The session with this id, even if it has ended.
pub async fn by_id(db: &mut Conn, id: SessionId) -> Result<Option<Session>> {
    db.fetch_optional(select!("WHERE s.id = $1"), [id]).await
}

/// The session with this id, even if it has ended, and its user.
pub async fn with_user(db: &mut Conn, id: SessionId) -> Result<Option<SessionUser>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", ",
        users::columns!(),
        " FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id WHERE s.id = $1"
    );
    db.fetch_optional(sql, [id]).await
}

/// At most `limit` active sessions of a user, last used first.
pub async fn of_user(
    db: &mut Conn,
    user: UserId,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Session>> {
    let sql = select!(
        "WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $3
             ORDER BY s.last_seen_at DESC, s.id LIMIT $2"
    );
    db.fetch_all(sql, (user, limit, now)).await
}

/// The IP addresses of at most `limit` sessions of a user with this user agent, last used first. They are
/// active, or have ended later than the address was confirmed and than all sessions were ended at once: an
/// earlier one may be that of somebody else.
pub async fn addresses(
    db: &mut Conn,
    user: UserId,
    user_agent: Option<&str>,
    limit: i64,
) -> Result<Vec<Option<String>>> {
    let sql = "SELECT s.ip FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
               WHERE s.user_id = $1 AND s.actor_id IS NULL
                 AND s.user_agent IS NOT DISTINCT FROM $2
                 AND (s.ended_at IS NULL
                      OR (s.ended_at > u.email_confirmed_at
                          AND (u.sessions_ended_at IS NULL OR s.ended_at > u.sessions_ended_at)))
               ORDER BY s.last_seen_at DESC LIMIT $3";
    db.fetch_values(sql, (user, user_agent, limit)).await
}

/// The number of active sessions of a user.
pub async fn count(db: &mut Conn, user: UserId, now: Timestamp) -> Result<i64> {
    let sql = "SELECT count(*) FROM auth_sessions
               WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2";
    db.fetch_value(sql, (user, now)).await
}

/// Records that a session was used for an access token that expires at `access_expires_at`; `false` if it
/// has ended or expired. Locks the row: a concurrent end of the session either waits, or has committed and
/// is seen here.
pub async fn touch(
    db: &mut Tx,
    id: SessionId,
    (ip, user_agent): (Option<&str>, Option<&str>),
    access_expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE auth_sessions
               SET last_seen_at = $2, ip = $3, user_agent = $4,
                   access_expires_at = CASE WHEN access_expires_at < $5 THEN $5
                                            ELSE access_expires_at END
               WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";
    db.execute_one(sql, (id, now, ip, user_agent, access_expires_at)).await
}

/// Locks a user's sessions that have not ended: a concurrent refresh either waits, or has committed and is
/// seen afterwards.
pub async fn lock_all(db: &mut Tx, user: UserId) -> Result<()> {
    let sql = "UPDATE auth_sessions SET remember = remember
               WHERE user_id = $1 AND ended_at IS NULL";
    db.run(sql, [user]).await
}

/// Records that the user re-authenticated with the password at `now`.
pub async fn authenticate(db: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE auth_sessions SET authenticated_at = $2, amr = 'pwd' WHERE id = $1";
    db.run(sql, (id, now)).await
}

/// Counts a password before it is verified, in a session of the family `first`. Returns the number of
/// consecutive attempts in the whole family, including this one; `None` if there were `most` already or the
/// session has ended. The caller has locked the user's row.
pub async fn count_password(
    db: &mut Tx,
    id: SessionId,
    first: SessionId,
    most: i64,
) -> Result<Option<i64>> {
    let sql = "SELECT CAST(COALESCE(sum(wrong_passwords), 0) AS BIGINT) FROM auth_sessions
               WHERE id = $1 OR family_id = $1";
    let count: i64 = db.fetch_value(sql, [first]).await?;
    let sql = "UPDATE auth_sessions SET wrong_passwords = wrong_passwords + 1
               WHERE id = $1 AND ended_at IS NULL";
    let counted = count < most && db.execute_one(sql, [id]).await?;
    Ok(counted.then_some(count + 1))
}

/// Undoes [`count_password`] for a password that could not be verified.
pub async fn uncount_password(db: &mut Tx, id: SessionId) -> Result<()> {
    let sql = "UPDATE auth_sessions SET wrong_passwords = wrong_passwords - 1
               WHERE id = $1 AND wrong_passwords > 0";
    db.run(sql, [id]).await
}

/// Resets the count of [`count_password`] for the family `first` after a correct password.
pub async fn forget_wrong_passwords(db: &mut Tx, first: SessionId) -> Result<()> {
    let sql = "UPDATE auth_sessions SET wrong_passwords = 0
               WHERE (id = $1 OR family_id = $1) AND wrong_passwords > 0";
    db.run(sql, [first]).await
}

/// Ends the sessions that `actor` opened for other users; returns how many.
pub async fn end_acting(db: &mut Tx, actor: UserId, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE auth_sessions SET ended_at = $2 WHERE actor_id = $1 AND ended_at IS NULL";
    db.execute(sql, (actor, now)).await
}

/// Ends the session `first` and all sessions of its family; returns how many. The caller has locked the
/// user's row, so that no session of the family is opened meanwhile.
pub async fn end_family(db: &mut Tx, first: SessionId, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE auth_sessions SET ended_at = $2
               WHERE (id = $1 OR family_id = $1) AND ended_at IS NULL";
    db.execute(sql, (first, now)).await
}

/// Ends every session of `user` except `keep`, and the sessions that `user` opened for other users; returns
/// how many.
pub async fn end_others(
    db: &mut Tx,
    user: UserId,
    keep: Option<SessionId>,
    now: Timestamp,
) -> Result<u64> {
    let sql = "UPDATE auth_sessions SET ended_at = $3
               WHERE (user_id = $1 OR actor_id = $1) AND ended_at IS NULL
                 AND ($2 IS NULL OR id <> $2)";
    db.execute(sql, (user, keep, now)).await
}

/// Ends the active sessions of `user` except the `most` last used ones, and the sessions for other users that
/// were opened from them; returns how many. Sessions that a superuser opened for the user end first.
pub async fn end_least_used(db: &mut Tx, user: UserId, most: i64, now: Timestamp) -> Result<u64> {
    let sql = "WITH surplus AS (
                   SELECT id FROM auth_sessions
                   WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
                   ORDER BY CASE WHEN actor_id IS NULL THEN 0 ELSE 1 END, last_seen_at DESC, id
                   LIMIT $4 OFFSET $2)
               UPDATE auth_sessions SET ended_at = $3
               WHERE ended_at IS NULL
                 AND (id IN (SELECT id FROM surplus)
                      OR actor_id = $1 AND family_id IN (SELECT id FROM surplus))";
    // SQLite has no OFFSET without a LIMIT.
    db.execute(sql, (user, most, now, i64::MAX)).await
}

/// Purges up to `most` sessions that ended or expired before `then`, together with their refresh tokens.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_sessions", "id", concat!("id IN ", old!()));
    db.execute(sql, (then, most)).await
}
