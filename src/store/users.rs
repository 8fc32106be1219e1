//! Table `auth_users`: the users.
pub use super::roles::Roles;
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;

/// The id of a user. Ids are not used again.
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

/// A user with their roles.
#[derive(Clone, Debug, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the fields are those of the row")]
pub struct User {
    /// The id, which never changes.
    pub id: UserId,
    /// The address that mails to the user go to. It is unique, ignoring case.
    pub email: String,
    /// When the current email was confirmed; `None` if it was not.
    pub email_confirmed_at: Option<Timestamp>,
    /// A unique name to log in with; `None` if the user has none.
    pub username: Option<String>,
    /// The name in the greeting of mails; may be empty.
    pub first_name: String,
    /// Whether the user may log in: `false` if an operator disabled them.
    pub is_active: bool,
    /// Whether the user is an operator who may also manage superusers and signing keys.
    pub is_superuser: bool,
    /// The roles that the user has been granted.
    #[sqlx(try_from = "Option<String>")]
    pub roles: Roles,
    /// An IETF language tag. `None`: the default language of the service.
    pub language: Option<String>,
    /// The number of changes of password or email.
    pub credential_version: i64,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the user last logged in; `None` if never.
    pub last_login_at: Option<Timestamp>,
    /// Whether the user registered without an invitation.
    pub self_registered: bool,
    /// Whether the user wants mails about logins from new devices.
    pub notify_new_devices: bool,
    /// The number of times that all devices of the account were forgotten.
    pub device_version: i64,
}

impl User {
    /// Whether the user has `role`. A superuser has every role.
    pub fn has_role(&self, role: &str) -> bool {
        self.is_superuser || self.roles.has(role)
    }

    /// Whether the user registered without an invitation and is neither superuser nor has a role.
    pub fn is_plain_registration(&self) -> bool {
        self.self_registered && !self.is_superuser && self.roles.0.is_empty()
    }

    /// Whether nobody has vouched for the account: it is a plain registration whose address is not confirmed.
    /// Whoever receives its mail may have it deleted.
    pub fn is_unclaimed(&self) -> bool {
        self.is_plain_registration() && self.email_confirmed_at.is_none()
    }
}

/// A user to be stored.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the fields are those of the row")]
pub struct NewUser<'a> {
    /// `None`: the next free id.
    pub id: Option<UserId>,
    pub email: &'a str,
    pub email_key: &'a str,
    pub email_confirmed_at: Option<Timestamp>,
    pub username: Option<&'a str>,
    pub username_key: Option<&'a str>,
    pub first_name: &'a str,
    pub password_hash: Option<&'a str>,
    pub is_active: bool,
    pub is_superuser: bool,
    pub language: Option<&'a str>,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
    /// Whether the user registers without an invitation.
    pub self_registered: bool,
    pub notify_new_devices: bool,
}

/// The columns of a [`User`] in the row `u` of the table.
macro_rules! columns {
    () => {
        "u.id, u.email, u.email_confirmed_at, u.username, u.first_name, u.is_active, u.is_superuser,
         u.language, u.credential_version, u.created_at, u.last_login_at, u.self_registered,
         u.notify_new_devices, u.device_version,
         (SELECT string_agg(r.role, ',' ORDER BY r.granted_at, r.role)
          FROM auth_user_roles r WHERE r.user_id = u.id) AS roles"
    };
}
pub(super) use columns;

macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT ",
            $crate::store::users::columns!(),
            " FROM auth_users u ",
            $($rest)+
        )
    };
}
pub(super) use select;

/// A user with their stored password hash.
#[derive(FromRow)]
pub struct Credentials {
    #[sqlx(flatten)]
    pub user: User,
    /// `None` if the user has no password.
    pub password_hash: Option<String>,
}

macro_rules! credentials {
    ($where:literal) => {
        concat!("SELECT u.password_hash, ", columns!(), " FROM auth_users u ", $where)
    };
}

macro_rules! insert {
    ($id:literal, $value:literal) => {
        concat!(
            "INSERT INTO auth_users (email, email_key, email_confirmed_at, username, username_key,
                                     first_name, first_name_key, password_hash, is_active,
                                     is_superuser, language, created_at, last_login_at,
                                     self_registered, notify_new_devices",
            $id,
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15",
            $value,
            ") ON CONFLICT DO NOTHING
             RETURNING id, email, email_confirmed_at, username, first_name, is_active, is_superuser,
                       language, credential_version, created_at, last_login_at, self_registered,
                       notify_new_devices, device_version, NULL AS roles"
        )
    };
}

/// Stores a user and returns it; `None` if the id, the address or the username is taken.
pub async fn insert(db: &mut Tx, new: &NewUser<'_>) -> Result<Option<User>> {
    macro_rules! row {
        ($($id:expr)?) => {
            (new.email, new.email_key, new.email_confirmed_at, new.username, new.username_key,
             new.first_name, new.first_name.to_lowercase(), new.password_hash, new.is_active,
             new.is_superuser, new.language, new.created_at, new.last_login_at,
             new.self_registered, new.notify_new_devices, $($id)?)
        };
    }
    match new.id {
        Some(id) => db.fetch_optional(insert!(", id", ", $16"), row!(id)).await,
        // PostgreSQL counts ids up only if the column is left out.
        None => db.fetch_optional(insert!("", ""), row!()).await,
    }
}

/// Locks the row of a user. A transaction that also locks sessions, mails or links of the user must lock this
/// row first. Otherwise two transactions could deadlock.
pub async fn lock(db: &mut Tx, id: UserId) -> Result<()> {
    db.run("UPDATE auth_users SET is_active = is_active WHERE id = $1", [id]).await
}

/// The user with this id.
pub async fn by_id(db: &mut Conn, id: UserId) -> Result<Option<User>> {
    db.fetch_optional(select!("WHERE u.id = $1"), [id]).await
}

/// The user whose address has this key.
pub async fn by_email(db: &mut Conn, key: &str) -> Result<Option<User>> {
    db.fetch_optional(select!("WHERE u.email_key = $1"), [key]).await
}

/// The user whose username has this key.
pub async fn by_username(db: &mut Conn, key: &str) -> Result<Option<User>> {
    db.fetch_optional(select!("WHERE u.username_key = $1"), [key]).await
}

/// The user with this id, and their password hash.
pub async fn credentials_by_id(db: &mut Conn, id: UserId) -> Result<Option<Credentials>> {
    db.fetch_optional(credentials!("WHERE u.id = $1"), [id]).await
}

/// The user whose address has this key, and their password hash.
pub async fn credentials_by_email(db: &mut Conn, key: &str) -> Result<Option<Credentials>> {
    db.fetch_optional(credentials!("WHERE u.email_key = $1"), [key]).await
}

/// The user whose username has this key, and their password hash.
pub async fn credentials_by_username(db: &mut Conn, key: &str) -> Result<Option<Credentials>> {
    db.fetch_optional(credentials!("WHERE u.username_key = $1"), [key]).await
}

/// At most `limit` users with an id above `after`, in the order of ids.
pub async fn page(db: &mut Conn, after: UserId, limit: i64) -> Result<Vec<User>> {
    db.fetch_all(select!("WHERE u.id > $1 ORDER BY u.id LIMIT $2"), (after, limit)).await
}

/// At most `limit` users with an id above `after`, and their password hashes, in the order of ids.
pub async fn credentials_page(
    db: &mut Conn,
    after: UserId,
    limit: i64,
) -> Result<Vec<Credentials>> {
    db.fetch_all(credentials!("WHERE u.id > $1 ORDER BY u.id LIMIT $2"), (after, limit)).await
}

/// The stored password hash; `None` if the user does not exist or has no password.
pub async fn password_hash(db: &mut Conn, id: UserId) -> Result<Option<String>> {
    let sql = "SELECT password_hash FROM auth_users WHERE id = $1";
    Ok(db.fetch_optional_value(sql, [id]).await?.flatten())
}

/// Records a login; `false` if the user is disabled or `credential_version` is no longer the one that was
/// checked. Locks the row: a concurrent change of either one waits, or has committed and is seen here.
pub async fn note_login(
    db: &mut Tx,
    id: UserId,
    credential_version: i64,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE auth_users SET last_login_at = $3
               WHERE id = $1 AND credential_version = $2 AND is_active";
    db.execute_one(sql, (id, credential_version, now)).await
}

/// Replaces the password hash `old` with a stronger hash of the same password.
pub async fn rehash(db: &mut Tx, id: UserId, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE auth_users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    db.run(sql, (id, old, new)).await
}

/// Replaces the password hash; `false` if `credential_version` has changed.
pub async fn set_password(
    db: &mut Tx,
    id: UserId,
    credential_version: i64,
    hash: &str,
) -> Result<bool> {
    let sql = "UPDATE auth_users
               SET password_hash = $3, credential_version = credential_version + 1
               WHERE id = $1 AND credential_version = $2";
    db.execute_one(sql, (id, credential_version, hash)).await
}

/// Removes the password, so that only a mailed link sets another one. Earlier links become invalid.
pub async fn remove_password(db: &mut Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE auth_users
               SET password_hash = NULL, credential_version = credential_version + 1
               WHERE id = $1";
    db.run(sql, [id]).await
}

/// Forgets the devices on which the user has logged in: whoever used them may have been somebody else.
pub async fn forget_devices(db: &mut Tx, id: UserId) -> Result<()> {
    db.run("UPDATE auth_users SET device_version = device_version + 1 WHERE id = $1", [id]).await
}

/// Marks the address as confirmed; `false` if it already was.
pub async fn confirm_email(db: &mut Tx, id: UserId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE auth_users SET email_confirmed_at = $2, code_tries = 0
               WHERE id = $1 AND email_confirmed_at IS NULL";
    db.execute_one(sql, (id, now)).await
}

/// What a user may change about themselves without entering their password.
#[derive(Debug)]
pub struct Profile<'a> {
    pub username: Option<&'a str>,
    pub username_key: Option<&'a str>,
    pub first_name: &'a str,
    pub language: Option<&'a str>,
    pub notify_new_devices: bool,
}

/// Replaces the profile; `false` if the username belongs to another user.
pub async fn set_profile(db: &mut Tx, id: UserId, new: &Profile<'_>) -> Result<bool> {
    let sql = "UPDATE auth_users SET username = $2, username_key = $3, first_name = $4,
                                     first_name_key = $5, language = $6, notify_new_devices = $7
               WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM auth_users o
                                             WHERE o.username_key = $3 AND o.id <> $1)";
    let Profile { username, username_key, first_name, language, notify_new_devices } = *new;
    let first_name_key = first_name.to_lowercase();
    let args =
        (id, username, username_key, first_name, first_name_key, language, notify_new_devices);
    db.execute_one_unless_taken(sql, args).await
}

/// Enables or disables a user.
pub async fn set_active(db: &mut Tx, id: UserId, active: bool) -> Result<()> {
    db.run("UPDATE auth_users SET is_active = $2 WHERE id = $1", (id, active)).await
}

/// Records that all sessions of the user ended at `now`.
pub async fn note_sessions_ended(db: &mut Tx, id: UserId, now: Timestamp) -> Result<()> {
    db.run("UPDATE auth_users SET sessions_ended_at = $2 WHERE id = $1", (id, now)).await
}

/// When all sessions of the user were last ended.
pub async fn sessions_ended_at(db: &mut Conn, id: UserId) -> Result<Option<Timestamp>> {
    let sql = "SELECT sessions_ended_at FROM auth_users WHERE id = $1";
    Ok(db.fetch_optional_value(sql, [id]).await?.flatten())
}

/// Makes the user a superuser, or removes that.
pub async fn set_superuser(db: &mut Tx, id: UserId, superuser: bool) -> Result<()> {
    db.run("UPDATE auth_users SET is_superuser = $2 WHERE id = $1", (id, superuser)).await
}

/// The active superusers, in the order of ids.
pub async fn superusers(db: &mut Conn) -> Result<Vec<UserId>> {
    let sql = "SELECT id FROM auth_users WHERE is_superuser AND is_active ORDER BY id";
    db.fetch_values(sql, ()).await
}

/// Whether there is any user.
pub async fn any(db: &mut Conn) -> Result<bool> {
    db.fetch_value("SELECT EXISTS (SELECT 1 FROM auth_users)", ()).await
}

/// Whether there is any superuser, even a disabled one.
pub async fn any_superuser(db: &mut Conn) -> Result<bool> {
    db.fetch_value("SELECT EXISTS (SELECT 1 FROM auth_users WHERE is_superuser)", ()).await
}

/// Whether a superuser other than `id` can log in: they are active and have a password and, if `confirmed`, a
/// confirmed address.
pub async fn has_other_superuser(db: &mut Conn, id: UserId, confirmed: bool) -> Result<bool> {
    let sql = "SELECT EXISTS (
                   SELECT 1 FROM auth_users
                   WHERE is_superuser AND is_active AND id <> $1
                         AND password_hash IS NOT NULL AND password_hash NOT LIKE '!%'
                         AND (email_confirmed_at IS NOT NULL OR NOT $2))";
    db.fetch_value(sql, (id, confirmed)).await
}

/// Deletes a user; `false` if there is none with this id.
pub async fn delete(db: &mut Tx, id: UserId) -> Result<bool> {
    db.execute_one("DELETE FROM auth_users WHERE id = $1", [id]).await
}
