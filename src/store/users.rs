//! Table `auth_users`.
pub use super::roles::Roles;
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    sqlx::Type,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct UserId(pub i64);

#[derive(Clone, Debug, FromRow)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub email_confirmed_at: Option<Timestamp>,
    pub username: Option<String>,
    pub first_name: String,
    pub is_active: bool,
    pub is_superuser: bool,
    #[sqlx(try_from = "Option<String>")]
    pub roles: Roles,
    /// An IETF language tag; `None`: the service's own.
    pub language: Option<String>,
    /// Counts changes of password and email.
    pub credential_version: i64,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
    /// Whether a stranger made the account by registering, with no invitation.
    pub self_registered: bool,
}

impl User {
    /// Whether the user has `role`; a superuser passes for every one.
    pub fn has_role(&self, role: &str) -> bool {
        self.is_superuser || self.roles.has(role)
    }

    /// Whether the account was made by a registration and has been given no right since.
    pub fn is_plain_registration(&self) -> bool {
        self.self_registered && !self.is_superuser && self.roles.0.is_empty()
    }

    /// Whether nobody has vouched for the account: a stranger registered it and nobody confirmed its
    /// address or gave it any right since. Whoever reads its mail may have it removed.
    pub fn is_unclaimed(&self) -> bool {
        self.is_plain_registration() && self.email_confirmed_at.is_none()
    }
}

/// A user as it is first stored.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub email: &'a str,
    pub email_key: &'a str,
    pub email_confirmed_at: Option<Timestamp>,
    pub username: Option<&'a str>,
    pub username_key: Option<&'a str>,
    pub first_name: &'a str,
    pub password_hash: Option<&'a str>,
    pub is_superuser: bool,
    pub language: Option<&'a str>,
    pub created_at: Timestamp,
    /// Whether a stranger makes the account by registering, with no invitation.
    pub self_registered: bool,
}

macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT u.id, u.email, u.email_confirmed_at, u.username, u.first_name, u.is_active,
                    u.is_superuser, u.language, u.credential_version, u.created_at, u.last_login_at,
                    u.self_registered,
                    (SELECT string_agg(r.role, ',' ORDER BY r.granted_at, r.role)
                     FROM auth_user_roles r WHERE r.user_id = u.id) AS roles
             FROM auth_users u ",
            $($rest)+
        )
    };
}
pub(super) use select;

/// Adds a user; `None` if the address or the username is taken.
pub async fn insert(db: &mut Tx, new: &NewUser<'_>) -> Result<Option<UserId>> {
    let row: Option<(UserId,)> = db
        .fetch_optional(
            "INSERT INTO auth_users (email, email_key, email_confirmed_at, username, username_key,
                                     first_name, first_name_key, password_hash, is_superuser,
                                     language, created_at, self_registered)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT DO NOTHING RETURNING id",
            (
                new.email,
                new.email_key,
                new.email_confirmed_at,
                new.username,
                new.username_key,
                new.first_name,
                new.first_name.to_lowercase(),
                new.password_hash,
                new.is_superuser,
                new.language,
                new.created_at,
                new.self_registered,
            ),
        )
        .await?;
    Ok(row.map(|(id,)| id))
}

/// Holds the row of a user. Whatever needs it beside sessions, mails and links of that user takes it
/// first, or two would wait for each other.
pub async fn lock(db: &mut Tx, id: UserId) -> Result<()> {
    db.execute("UPDATE auth_users SET is_active = is_active WHERE id = $1", [id]).await?;
    Ok(())
}

pub async fn by_id(db: &mut Conn, id: UserId) -> Result<Option<User>> {
    db.fetch_optional(select!("WHERE u.id = $1"), [id]).await
}

pub async fn by_email(db: &mut Conn, key: &str) -> Result<Option<User>> {
    db.fetch_optional(select!("WHERE u.email_key = $1"), [key]).await
}

pub async fn by_username(db: &mut Conn, key: &str) -> Result<Option<User>> {
    db.fetch_optional(select!("WHERE u.username_key = $1"), [key]).await
}

/// Users with an id above `after`, by id.
pub async fn page(db: &mut Conn, after: UserId, limit: i64) -> Result<Vec<User>> {
    db.fetch_all(select!("WHERE u.id > $1 ORDER BY u.id LIMIT $2"), (after, limit)).await
}

/// The stored hash of the password; `None` if there is no such user or no password.
pub async fn password_hash(db: &mut Conn, id: UserId) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        db.fetch_optional("SELECT password_hash FROM auth_users WHERE id = $1", [id]).await?;
    Ok(row.and_then(|(hash,)| hash))
}

/// Notes a login, provided the user is active and `credential_version` is still the one that was checked; holds the row, so that a change of either waits or is seen.
pub async fn note_login(
    db: &mut Tx,
    id: UserId,
    credential_version: i64,
    now: Timestamp,
) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_users SET last_login_at = $3
             WHERE id = $1 AND credential_version = $2 AND is_active",
            (id, credential_version, now),
        )
        .await?;
    Ok(rows == 1)
}

/// Puts a better hash of the same password in the place of `old`.
pub async fn rehash(db: &mut Tx, id: UserId, old: &str, new: &str) -> Result<()> {
    db.execute(
        "UPDATE auth_users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        (id, old, new),
    )
    .await?;
    Ok(())
}

/// Sets another password, provided that `credential_version` is still the one named; whether it was.
pub async fn set_password(
    db: &mut Tx,
    id: UserId,
    credential_version: i64,
    hash: &str,
) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_users SET password_hash = $3, credential_version = credential_version + 1
             WHERE id = $1 AND credential_version = $2",
            (id, credential_version, hash),
        )
        .await?;
    Ok(rows == 1)
}

/// Marks the address as confirmed; `false` if it already was.
pub async fn confirm_email(db: &mut Tx, id: UserId, now: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_users SET email_confirmed_at = $2, code_tries = 0
             WHERE id = $1 AND email_confirmed_at IS NULL",
            (id, now),
        )
        .await?;
    Ok(rows == 1)
}

/// What a user may change about itself without a password.
#[derive(Debug)]
pub struct Profile<'a> {
    pub username: Option<&'a str>,
    pub username_key: Option<&'a str>,
    pub first_name: &'a str,
    pub language: Option<&'a str>,
}

/// Replaces the profile; `false` if the username is another user's.
pub async fn set_profile(db: &mut Tx, id: UserId, new: &Profile<'_>) -> Result<bool> {
    let rows = db
        .execute_unless_taken(
            "UPDATE auth_users
             SET username = $2, username_key = $3, first_name = $4, first_name_key = $5, language = $6
             WHERE id = $1
               AND NOT EXISTS (SELECT 1 FROM auth_users o WHERE o.username_key = $3 AND o.id <> $1)",
            (
                id,
                new.username,
                new.username_key,
                new.first_name,
                new.first_name.to_lowercase(),
                new.language,
            ),
        )
        .await?;
    Ok(rows == Some(1))
}

pub async fn set_active(db: &mut Tx, id: UserId, active: bool) -> Result<()> {
    db.execute("UPDATE auth_users SET is_active = $2 WHERE id = $1", (id, active)).await?;
    Ok(())
}

/// Notes that all sessions of the user have ended.
pub async fn note_sessions_ended(db: &mut Tx, id: UserId, now: Timestamp) -> Result<()> {
    db.execute("UPDATE auth_users SET sessions_ended_at = $2 WHERE id = $1", (id, now)).await?;
    Ok(())
}

pub async fn sessions_ended_at(db: &mut Conn, id: UserId) -> Result<Option<Timestamp>> {
    let row: Option<(Option<Timestamp>,)> =
        db.fetch_optional("SELECT sessions_ended_at FROM auth_users WHERE id = $1", [id]).await?;
    Ok(row.and_then(|(at,)| at))
}

pub async fn set_superuser(db: &mut Tx, id: UserId, superuser: bool) -> Result<()> {
    db.execute("UPDATE auth_users SET is_superuser = $2 WHERE id = $1", (id, superuser)).await?;
    Ok(())
}

/// The superusers who can log in, by id.
pub async fn superusers(db: &mut Conn) -> Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = db
        .fetch_all("SELECT id FROM auth_users WHERE is_superuser AND is_active ORDER BY id", ())
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether there is anybody at all.
pub async fn any(db: &mut Conn) -> Result<bool> {
    let found: Option<(UserId,)> =
        db.fetch_optional("SELECT id FROM auth_users LIMIT 1", ()).await?;
    Ok(found.is_some())
}

/// Whether there is a superuser, one that is disabled too.
pub async fn any_superuser(db: &mut Conn) -> Result<bool> {
    let found: Option<(UserId,)> =
        db.fetch_optional("SELECT id FROM auth_users WHERE is_superuser LIMIT 1", ()).await?;
    Ok(found.is_some())
}

pub async fn delete(db: &mut Tx, id: UserId) -> Result<bool> {
    Ok(db.execute("DELETE FROM auth_users WHERE id = $1", [id]).await? == 1)
}
