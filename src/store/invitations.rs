//! Tables `auth_invitations` and `auth_invitation_tokens`: who may register with which roles, and the
//! mailed links, as hashes.
use super::{
    forget,
    users::{Roles, UserId},
};
use crate::{
    db::{Conn, Result, Tx},
    secret::Digest,
    time::Timestamp,
};
use sqlx::FromRow;

/// An invitation with the address of the user who sent it.
#[derive(Clone, Debug, FromRow)]
pub struct Invitation {
    /// The row's id, which grows with each invitation.
    pub id: i64,
    /// The invited address.
    pub email: String,
    /// The invited address in lower case, for comparisons.
    pub email_key: String,
    /// The roles that it grants.
    #[sqlx(try_from = "Option<String>")]
    pub roles: Roles,
    /// The user who invited.
    pub invited_by: UserId,
    /// The address of the user who invited.
    pub inviter: String,
    /// When it was sent first.
    pub created_at: Timestamp,
    /// From this time on, it can no longer be used.
    pub expires_at: Timestamp,
    /// When someone registered with it; `None` if it is unused.
    pub used_at: Option<Timestamp>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.email, i.email_key, nullif(i.roles, '') AS roles, i.invited_by,
                    u.email AS inviter, i.created_at, i.expires_at, i.used_at
             FROM auth_invitations i JOIN auth_users u ON u.id = i.invited_by ",
            $rest
        )
    };
}

/// An invitation as it is first stored.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    pub email: &'a str,
    pub email_key: &'a str,
    pub roles: &'a Roles,
    pub invited_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Stores an invitation and returns its id.
pub async fn insert(db: &mut Tx, new: &NewInvitation<'_>) -> Result<i64> {
    db.fetch_value(
        "INSERT INTO auth_invitations (email, email_key, roles, invited_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        (
            new.email,
            new.email_key,
            new.roles.0.join(","),
            new.invited_by,
            new.created_at,
            new.expires_at,
        ),
    )
    .await
}

/// The invitation with this id.
pub async fn by_id(db: &mut Conn, id: i64) -> Result<Option<Invitation>> {
    db.fetch_optional(select!("WHERE i.id = $1"), [id]).await
}

/// The unused invitations to one address, expired ones too, in the order of ids.
pub async fn to_address(db: &mut Conn, email_key: &str) -> Result<Vec<Invitation>> {
    let sql = select!("WHERE i.email_key = $1 AND i.used_at IS NULL ORDER BY i.id");
    db.fetch_all(sql, [email_key]).await
}

/// The invitation to which the mailed link with this hash belongs.
pub async fn by_token(db: &mut Conn, hash: &Digest) -> Result<Option<Invitation>> {
    let sql = select!("JOIN auth_invitation_tokens t ON t.invitation_id = i.id WHERE t.hash = $1");
    db.fetch_optional(sql, [hash]).await
}

/// At most `limit` invitations with an id below `before` that can still be used, newest first.
pub async fn pending(
    db: &mut Conn,
    before: i64,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Invitation>> {
    let sql = select!(
        "WHERE i.id < $1 AND i.used_at IS NULL AND i.expires_at > $2 ORDER BY i.id DESC LIMIT $3"
    );
    db.fetch_all(sql, (before, now, limit)).await
}

/// Changes when an invitation expires; `false` if it can no longer be used. Locks the row: a concurrent
/// withdrawal either waits, or has committed and is seen here.
pub async fn extend(db: &mut Tx, id: i64, expires_at: Timestamp, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE auth_invitations SET expires_at = $2
               WHERE id = $1 AND used_at IS NULL AND expires_at > $3";
    db.execute_one(sql, (id, expires_at, now)).await
}

/// Adds a mailed link to an invitation.
pub async fn add_token(db: &mut Tx, id: i64, hash: &Digest) -> Result<()> {
    let sql = "INSERT INTO auth_invitation_tokens (hash, invitation_id) VALUES ($1, $2)";
    db.run(sql, (hash, id)).await
}

/// Consumes an invitation. Of concurrent calls exactly one returns `true`.
pub async fn consume(db: &mut Tx, id: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE auth_invitations SET used_at = $2
               WHERE id = $1 AND used_at IS NULL AND expires_at > $2";
    db.execute_one(sql, (id, now)).await
}

/// Withdraws an invitation; `false` if it was used or does not exist.
pub async fn revoke(db: &mut Tx, id: i64) -> Result<bool> {
    db.execute_one("DELETE FROM auth_invitations WHERE id = $1 AND used_at IS NULL", [id]).await
}

/// Withdraws the unused invitations to one address; returns how many.
pub async fn revoke_from(db: &mut Tx, email_key: &str) -> Result<u64> {
    let sql = "DELETE FROM auth_invitations WHERE email_key = $1 AND used_at IS NULL";
    db.execute(sql, [email_key]).await
}

/// Deletes the invitations to one address, used ones too.
pub async fn forget(db: &mut Tx, email_key: &str) -> Result<()> {
    db.run("DELETE FROM auth_invitations WHERE email_key = $1", [email_key]).await
}

/// Purges up to `most` invitations that expired before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_invitations", "id", "expires_at < $1 ORDER BY expires_at");
    db.execute(sql, (then, most)).await
}
