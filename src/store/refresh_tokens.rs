//! Table `auth_refresh_tokens`: the chain of a session's refresh tokens, as hashes.
use super::{
    forget,
    sessions::{self, Session, SessionId},
    users::{self, User, UserId},
};
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;

/// A refresh token.
#[derive(Clone, FromRow)]
pub struct RefreshToken {
    pub hash: Digest,
    pub session_id: SessionId,
    /// The successor is derived from this, the token itself and the server's key.
    pub salt: Vec<u8>,
    pub issued_at: Timestamp,
    #[sqlx(rename = "token_expires_at")]
    pub expires_at: Timestamp,
    /// When the access token that was issued with it expires.
    #[sqlx(rename = "token_access_expires_at")]
    pub access_expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// A refresh token, its session and its user.
#[derive(FromRow)]
pub struct Presented {
    #[sqlx(flatten)]
    pub token: RefreshToken,
    #[sqlx(flatten)]
    pub session: Session,
    #[sqlx(flatten)]
    pub user: User,
}

macro_rules! columns {
    () => {
        "t.hash, t.session_id, t.salt, t.issued_at, t.expires_at AS token_expires_at,
         t.access_expires_at AS token_access_expires_at, t.used_at"
    };
}

/// Stores a refresh token.
pub async fn insert(db: &mut Tx, t: &RefreshToken) -> Result<()> {
    let sql = "INSERT INTO auth_refresh_tokens
                   (hash, session_id, salt, issued_at, expires_at, access_expires_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    db.run(
        sql,
        (&t.hash, t.session_id, t.salt.as_slice(), t.issued_at, t.expires_at, t.access_expires_at),
    )
    .await
}

/// The refresh token with this hash.
pub async fn by_hash(db: &mut Conn, hash: &Digest) -> Result<Option<RefreshToken>> {
    let sql = concat!("SELECT ", columns!(), " FROM auth_refresh_tokens t WHERE t.hash = $1");
    db.fetch_optional(sql, [hash]).await
}

/// The refresh token with this hash, its session and its user.
pub async fn presented(db: &mut Conn, hash: &Digest) -> Result<Option<Presented>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", ",
        sessions::columns!(),
        ", ",
        users::columns!(),
        " FROM auth_refresh_tokens t
          JOIN auth_sessions s ON s.id = t.session_id
          JOIN auth_users u ON u.id = s.user_id
          WHERE t.hash = $1"
    );
    db.fetch_optional(sql, [hash]).await
}

/// Consumes a refresh token. Of concurrent calls exactly one returns `true`.
pub async fn consume(db: &mut Tx, hash: &Digest, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE auth_refresh_tokens SET used_at = $2
               WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    db.execute_one(sql, (hash, now)).await
}

/// Consumes all unused refresh tokens of a session.
pub async fn consume_all(db: &mut Tx, session: SessionId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE auth_refresh_tokens SET used_at = $2
               WHERE session_id = $1 AND used_at IS NULL";
    db.run(sql, (session, now)).await
}

/// Sets the expiry of a user's unused refresh tokens, in all sessions that have not ended, to `now`.
pub async fn expire_all(db: &mut Tx, user: UserId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE auth_refresh_tokens SET expires_at = $2
               WHERE used_at IS NULL AND expires_at > $2
                 AND session_id IN (SELECT id FROM auth_sessions
                                    WHERE user_id = $1 AND ended_at IS NULL)";
    db.run(sql, (user, now)).await
}

/// When the last refresh token of all sessions expires.
pub async fn last_expiry(db: &mut Conn) -> Result<Option<Timestamp>> {
    db.fetch_value("SELECT max(expires_at) FROM auth_refresh_tokens", ()).await
}

/// Purges up to `most` refresh tokens that expired before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_refresh_tokens", "hash", "expires_at < $1 ORDER BY expires_at");
    db.execute(sql, (then, most)).await
}

/// Purges up to `most` refresh tokens of the sessions that [`sessions::purge`](super::sessions::purge) would
/// delete next. A session may have thousands.
pub async fn purge_ended(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql =
        forget!(db, "auth_refresh_tokens", "hash", concat!("session_id IN ", sessions::old!()));
    db.execute(sql, (then, most)).await
}
