//! Table `auth_mail_tokens`: the mailed links, as hashes.
use super::{forget, outbox::MailKind, text_enum::Stored, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

/// A mailed link.
#[derive(Clone, FromRow)]
pub struct MailToken {
    pub hash: Digest,
    pub kind: Stored<MailKind>,
    pub user_id: UserId,
    /// The address it was sent to.
    pub email: String,
    /// The user's `credential_version` when the mail was requested. A later change invalidates the link,
    /// unless the link restores an email.
    pub credential_version: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// The hash of the code that the mail contains beside the link, if there is one.
    pub code_hash: Option<Digest>,
    /// Of a link that logs in: a keyed hash of the ticket of the browser that requested it.
    pub ticket: Option<Uuid>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT hash, kind, user_id, email, credential_version, created_at, expires_at, used_at,
                    code_hash, ticket
             FROM auth_mail_tokens ",
            $rest
        )
    };
}

/// Stores a link.
pub async fn insert(db: &mut Tx, t: &MailToken) -> Result<()> {
    db.run(
        "INSERT INTO auth_mail_tokens
             (hash, kind, user_id, email, credential_version, created_at, expires_at, code_hash,
              ticket)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        (
            &t.hash,
            t.kind.as_str(),
            t.user_id,
            t.email.as_str(),
            t.credential_version,
            t.created_at,
            t.expires_at,
            t.code_hash.as_ref(),
            t.ticket,
        ),
    )
    .await
}

/// The link with this hash.
pub async fn by_hash(db: &mut Conn, hash: &Digest) -> Result<Option<MailToken>> {
    db.fetch_optional(select!("WHERE hash = $1"), [hash]).await
}

/// The link that logs in the holder of this ticket, even if it was used or has expired.
pub async fn by_ticket(db: &mut Conn, ticket: Uuid) -> Result<Option<MailToken>> {
    db.fetch_optional(select!("WHERE ticket = $1"), [ticket]).await
}

/// The newest link of a user that has a code, is unused and has not expired.
pub async fn newest_with_code(
    db: &mut Conn,
    user: UserId,
    now: Timestamp,
) -> Result<Option<MailToken>> {
    let sql = select!(
        "WHERE user_id = $1 AND code_hash IS NOT NULL AND used_at IS NULL AND expires_at > $2
         ORDER BY created_at DESC, hash LIMIT 1"
    );
    db.fetch_optional(sql, (user, now)).await
}

/// Counts an attempt to enter a password with a link; `false` if there were `most` already.
pub async fn count_try(db: &mut Tx, hash: &Digest, most: i64) -> Result<bool> {
    let sql = "UPDATE auth_mail_tokens SET tries = tries + 1 WHERE hash = $1 AND tries < $2";
    db.execute_one(sql, (hash, most)).await
}

/// Consumes a link. Of concurrent calls exactly one returns `true`.
pub async fn consume(db: &mut Tx, hash: &Digest, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE auth_mail_tokens SET used_at = $2
               WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    db.execute_one(sql, (hash, now)).await
}

/// Revokes a user's unused links of one kind.
pub async fn revoke(db: &mut Tx, user: UserId, kind: MailKind) -> Result<()> {
    revoke_since(db, user, kind, 0).await
}

/// Revokes a user's unused links of one kind that were requested at `credential_version` or a later
/// one.
pub async fn revoke_since(
    db: &mut Tx,
    user: UserId,
    kind: MailKind,
    credential_version: i64,
) -> Result<()> {
    let sql = "DELETE FROM auth_mail_tokens
               WHERE user_id = $1 AND kind = $2 AND used_at IS NULL AND credential_version >= $3";
    db.run(sql, (user, kind.as_str(), credential_version)).await
}

/// Purges up to `most` links that expired before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_mail_tokens", "hash", "expires_at < $1 ORDER BY expires_at");
    db.execute(sql, (then, most)).await
}
