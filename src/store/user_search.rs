//! Table `auth_users`: how operators search it.
//!
//! A search for part of a name is a `LIKE` over the whole table: no kind of index that both engines have
//! speeds it up. But a page is full after a few rows unless very few users match, and scanning a million
//! users takes 0.4 s (SQLite) or 0.25 s (PostgreSQL). Other lookups go by id and take the same time at any
//! size.
use super::users::{User, UserId, select};
use crate::db::{Conn, Result};

/// Which users to select. `None` matches any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// A `LIKE` pattern for address, username and first name, in lower case, with the escape character `\`.
    pub pattern: Option<&'a str>,
    pub role: Option<&'a str>,
    pub active: Option<bool>,
    pub confirmed: Option<bool>,
}

macro_rules! fitting {
    () => {
        "(CAST($1 AS TEXT) IS NULL OR u.email_key LIKE $1 ESCAPE '\\'
              OR u.username_key LIKE $1 ESCAPE '\\' OR u.first_name_key LIKE $1 ESCAPE '\\')
         AND (CAST($2 AS BOOLEAN) IS NULL OR u.is_active = $2)
         AND (CAST($3 AS BOOLEAN) IS NULL OR (u.email_confirmed_at IS NOT NULL) = $3)"
    };
}

/// Users with the role `$4`, found by the index of the role instead of reading all users.
macro_rules! with_role {
    () => {
        "JOIN auth_user_roles g ON g.user_id = u.id AND g.role = $4 WHERE "
    };
}

macro_rules! any_role {
    () => {
        "WHERE CAST($4 AS TEXT) IS NULL AND "
    };
}

macro_rules! page {
    ($role:expr, $past:literal, $order:literal) => {
        select!($role, $past, " AND ", fitting!(), " ORDER BY ", $order, " LIMIT $6")
    };
}

macro_rules! count {
    ($role:expr) => {
        concat!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM auth_users u ",
            $role,
            fitting!(),
            " LIMIT $5) AS fitting"
        )
    };
}

/// At most `limit` users that match `filter`, on one side of the id `from`: below it, newest first, or above
/// it (`back`), oldest first.
pub async fn page(
    db: &mut Conn,
    filter: &Filter<'_>,
    (from, back): (UserId, bool),
    limit: i64,
) -> Result<Vec<User>> {
    let Filter { pattern, role, active, confirmed } = *filter;
    let sql = match (role, back) {
        (None, false) => page!(any_role!(), "u.id < $5", "u.id DESC"),
        (None, true) => page!(any_role!(), "u.id > $5", "u.id"),
        (Some(_), false) => page!(with_role!(), "g.user_id < $5", "g.user_id DESC"),
        (Some(_), true) => page!(with_role!(), "g.user_id > $5", "g.user_id"),
    };
    db.fetch_all(sql, (pattern, active, confirmed, role, from, limit)).await
}

/// The number of users that match `filter`. Stops counting at `most`.
pub async fn count_fitting(db: &mut Conn, filter: &Filter<'_>, most: i64) -> Result<i64> {
    let Filter { pattern, role, active, confirmed } = *filter;
    let sql = if role.is_some() { count!(with_role!()) } else { count!(any_role!()) };
    db.fetch_value(sql, (pattern, active, confirmed, role, most)).await
}

/// Above this number of users, [`count`] uses an estimate if the engine has one.
const MANY: i64 = 1_000_000;

/// The number of users, and the number of users who have confirmed their address. Above a million users both
/// may be off by some percent.
pub async fn count(db: &mut Conn) -> Result<(i64, i64)> {
    let sql = "SELECT count(*) FROM auth_users WHERE email_confirmed_at IS NULL";
    let unconfirmed: i64 = db.fetch_value(sql, ()).await?;
    let all = match db.estimate("auth_users").await?.filter(|n| *n > MANY) {
        Some(about) => about,
        None => db.fetch_value("SELECT count(*) FROM auth_users", ()).await?,
    };
    Ok((all, (all - unconfirmed).max(0)))
}
