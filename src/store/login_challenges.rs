//! Table `auth_login_challenges`: logins that wait for a second factor. Each continues with a ticket, which
//! is stored as a hash.
use super::{forget, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;

/// A login that waits for a second factor.
#[derive(Clone, FromRow)]
pub struct LoginChallenge {
    pub hash: Digest,
    pub user_id: UserId,
    /// The user's `credential_version` at the first proof. A later change ends the login.
    pub credential_version: i64,
    /// The name of the surface where the login began. It continues at no other.
    pub client: String,
    /// What the user has proven by now: values of RFC 8176, separated by spaces.
    pub amr: String,
    /// Whether the cookie of the session outlives the browser.
    pub remember: bool,
    /// Where a page leads after the login; may be empty.
    pub next: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Stores a login.
pub async fn insert(db: &mut Tx, c: &LoginChallenge) -> Result<()> {
    db.execute(
        "INSERT INTO auth_login_challenges
             (hash, user_id, credential_version, client, amr, remember, next, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        (
            &c.hash,
            c.user_id,
            c.credential_version,
            c.client.as_str(),
            c.amr.as_str(),
            c.remember,
            c.next.as_str(),
            c.created_at,
            c.expires_at,
        ),
    )
    .await?;
    Ok(())
}

/// The login with this ticket, unless it has expired or began at another surface, or `most` codes were
/// tried with it.
pub async fn open(
    db: &mut Conn,
    hash: &Digest,
    client: &str,
    most: i64,
    now: Timestamp,
) -> Result<Option<LoginChallenge>> {
    db.fetch_optional(
        "SELECT hash, user_id, credential_version, client, amr, remember, next, created_at, expires_at
         FROM auth_login_challenges
         WHERE hash = $1 AND client = $2 AND tries < $3 AND expires_at > $4",
        (hash, client, most, now),
    )
    .await
}

/// Counts a code before it is checked; `false` if the ticket has expired or been used, or `most` codes were
/// tried with it. The caller has locked the user's row.
pub async fn count_try(db: &mut Tx, hash: &Digest, most: i64, now: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_login_challenges SET tries = tries + 1
             WHERE hash = $1 AND tries < $2 AND expires_at > $3",
            (hash, most, now),
        )
        .await?;
    Ok(rows == 1)
}

/// Uses up a ticket. Of concurrent calls exactly one returns `true`.
pub async fn consume(db: &mut Tx, hash: &Digest) -> Result<bool> {
    Ok(db.execute("DELETE FROM auth_login_challenges WHERE hash = $1", [hash]).await? == 1)
}

/// Ends every login of a user that waits for a second factor.
pub async fn remove_all(db: &mut Tx, user: UserId) -> Result<()> {
    db.execute("DELETE FROM auth_login_challenges WHERE user_id = $1", [user]).await?;
    Ok(())
}

/// Purges up to `most` logins that expired before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_login_challenges", "hash", "expires_at < $1 ORDER BY expires_at");
    db.execute(sql, (then, most)).await
}
