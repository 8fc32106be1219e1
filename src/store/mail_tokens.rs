//! Table `auth_mail_tokens`: the links in mails, as hashes.
use super::{forget, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;

#[derive(Clone, FromRow)]
pub struct MailToken {
    pub hash: Digest,
    pub kind: String,
    pub user_id: UserId,
    /// The address it was sent to.
    pub email: String,
    /// The user's credentials when it was asked for; it dies when they change.
    pub credentials: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// Of the code that stands beside the link, if there is one.
    pub code_hash: Option<Digest>,
}

pub async fn insert(db: &mut Tx, t: &MailToken) -> Result<()> {
    db.execute(
        "INSERT INTO auth_mail_tokens
             (hash, kind, user_id, email, credentials, created_at, expires_at, code_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        (
            &t.hash,
            t.kind.as_str(),
            t.user_id,
            t.email.as_str(),
            t.credentials,
            t.created_at,
            t.expires_at,
            t.code_hash.as_ref(),
        ),
    )
    .await?;
    Ok(())
}

pub async fn by_hash(db: &mut Conn, hash: &Digest) -> Result<Option<MailToken>> {
    db.fetch_optional(
        "SELECT hash, kind, user_id, email, credentials, created_at, expires_at, used_at, code_hash
         FROM auth_mail_tokens WHERE hash = $1",
        [hash],
    )
    .await
}

/// The newest unused link of a user that has a code beside it.
pub async fn newest_with_code(
    db: &mut Conn,
    user: UserId,
    now: Timestamp,
) -> Result<Option<MailToken>> {
    db.fetch_optional(
        "SELECT hash, kind, user_id, email, credentials, created_at, expires_at, used_at, code_hash
         FROM auth_mail_tokens
         WHERE user_id = $1 AND code_hash IS NOT NULL AND used_at IS NULL AND expires_at > $2
         ORDER BY created_at DESC, hash LIMIT 1",
        (user, now),
    )
    .await
}

/// Counts an attempt to give a password by a link; `false` if there were `most` already.
pub async fn count_try(db: &mut Tx, hash: &Digest, most: i64) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_mail_tokens SET tries = tries + 1 WHERE hash = $1 AND tries < $2",
            (hash, most),
        )
        .await?;
    Ok(rows == 1)
}

/// Spends a link; of many who ask at once, `true` for exactly one.
pub async fn consume(db: &mut Tx, hash: &Digest, now: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_mail_tokens SET used_at = $2
             WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
            (hash, now),
        )
        .await?;
    Ok(rows == 1)
}

/// Forgets a user's unused links of one kind.
pub async fn revoke(db: &mut Tx, user: UserId, kind: &str) -> Result<()> {
    revoke_since(db, user, kind, 0).await
}

/// Forgets a user's unused links of one kind that were asked for under `credentials` or later ones.
pub async fn revoke_since(db: &mut Tx, user: UserId, kind: &str, credentials: i64) -> Result<()> {
    db.execute(
        "DELETE FROM auth_mail_tokens
         WHERE user_id = $1 AND kind = $2 AND used_at IS NULL AND credentials >= $3",
        (user, kind, credentials),
    )
    .await?;
    Ok(())
}

/// Forgets up to `most` of links that expired before `then`, the oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_mail_tokens",
        "hash",
        "SELECT hash FROM auth_mail_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2"
    );
    db.execute(sql, (then, most)).await
}
