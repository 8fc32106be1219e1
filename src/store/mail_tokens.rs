//! Table `auth_mail_tokens`: the links in mails, as hashes.
use super::{Conn, Digest, Result, forget, users::UserId};
use crate::time::Timestamp;
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
}

pub async fn insert(db: &mut Conn, t: &MailToken) -> Result<()> {
    db.execute(
        "INSERT INTO auth_mail_tokens
             (hash, kind, user_id, email, credentials, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        (
            &t.hash,
            t.kind.as_str(),
            t.user_id,
            t.email.as_str(),
            t.credentials,
            t.created_at,
            t.expires_at,
        ),
    )
    .await?;
    Ok(())
}

pub async fn by_hash(db: &mut Conn, hash: &Digest) -> Result<Option<MailToken>> {
    db.fetch_optional(
        "SELECT hash, kind, user_id, email, credentials, created_at, expires_at, used_at
         FROM auth_mail_tokens WHERE hash = $1",
        [hash],
    )
    .await
}

/// Spends a link; of many who ask at once, `true` for exactly one.
pub async fn spend(db: &mut Conn, hash: &Digest, now: Timestamp) -> Result<bool> {
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
pub async fn withdraw(db: &mut Conn, user: UserId, kind: &str) -> Result<()> {
    db.execute(
        "DELETE FROM auth_mail_tokens WHERE user_id = $1 AND kind = $2 AND used_at IS NULL",
        (user, kind),
    )
    .await?;
    Ok(())
}

/// Forgets up to `most` of links that expired before `then`, the oldest first.
pub async fn sweep(db: &mut Conn, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_mail_tokens",
        "hash",
        "SELECT hash FROM auth_mail_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2"
    );
    db.execute(sql, (then, most)).await
}
