//! Table `auth_users` for export and import: users with everything that is transferred with them.
use super::users::{NewUser, Roles, UserId};
use crate::{
    db::{Conn, Result},
    time::Timestamp,
};
use sqlx::FromRow;

/// A user with everything that an export contains.
#[derive(Clone, FromRow)]
pub struct Account {
    pub id: UserId,
    pub email: String,
    pub email_confirmed_at: Option<Timestamp>,
    pub username: Option<String>,
    pub first_name: String,
    pub password_hash: Option<String>,
    pub is_active: bool,
    pub is_superuser: bool,
    #[sqlx(try_from = "Option<String>")]
    pub roles: Roles,
    pub language: Option<String>,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

/// A user to be imported.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// `None`: the database assigns an id.
    pub id: Option<UserId>,
    pub user: NewUser<'a>,
    pub is_active: bool,
    pub last_login_at: Option<Timestamp>,
}

/// At most `limit` users with an id above `after`, in the order of ids.
pub async fn page(db: &mut Conn, after: UserId, limit: i64) -> Result<Vec<Account>> {
    db.fetch_all(
        "SELECT u.id, u.email, u.email_confirmed_at, u.username, u.first_name, u.password_hash,
                u.is_active, u.is_superuser, u.language, u.created_at, u.last_login_at,
                (SELECT string_agg(r.role, ',' ORDER BY r.granted_at, r.role)
                 FROM auth_user_roles r WHERE r.user_id = u.id) AS roles
         FROM auth_users u WHERE u.id > $1 ORDER BY u.id LIMIT $2",
        (after, limit),
    )
    .await
}

macro_rules! insert {
    ($id:literal, $value:literal) => {
        concat!(
            "INSERT INTO auth_users (email, email_key, email_confirmed_at, username, username_key,
                                     first_name, password_hash, is_superuser, language, created_at,
                                     is_active, last_login_at, first_name_key",
            $id,
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13",
            $value,
            ") ON CONFLICT DO NOTHING RETURNING id"
        )
    };
}

/// Stores a user and returns the id; `None` if the id, the address or the username is taken.
pub async fn insert(db: &mut Conn, new: &NewAccount<'_>) -> Result<Option<UserId>> {
    let u = &new.user;
    macro_rules! row {
        ($($id:expr)?) => {
            (u.email, u.email_key, u.email_confirmed_at, u.username, u.username_key, u.first_name,
             u.password_hash, u.is_superuser, u.language, u.created_at, new.is_active,
             new.last_login_at, u.first_name.to_lowercase(), $($id)?)
        };
    }
    let row: Option<(UserId,)> = match new.id {
        Some(id) => db.fetch_optional(insert!(", id", ", $14"), row!(id)).await?,
        None => db.fetch_optional(insert!("", ""), row!()).await?,
    };
    Ok(row.map(|(id,)| id))
}

/// Whether a superuser other than `id` can log in: they are active and have a password and, if `confirmed`, a
/// confirmed address.
pub async fn has_other_superuser(db: &mut Conn, id: UserId, confirmed: bool) -> Result<bool> {
    let (any,): (bool,) = db
        .fetch_one(
            "SELECT EXISTS (
                SELECT 1 FROM auth_users
                WHERE is_superuser AND is_active AND id <> $1
                      AND password_hash IS NOT NULL AND password_hash NOT LIKE '!%'
                      AND (email_confirmed_at IS NOT NULL OR NOT $2))",
            (id, confirmed),
        )
        .await?;
    Ok(any)
}
