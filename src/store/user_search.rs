//! Table `auth_users`, as operators look through it.
//!
//! "Any part of a name" is `LIKE` over the table. No index that both engines have helps with it, but
//! a page is full after a few rows unless hardly anybody fits, and a million users are read through
//! in 0.4 s (SQLite) or 0.25 s (PostgreSQL). The rest is by id, flat at any size.
use super::users::{User, UserId, select};
use crate::db::{Conn, Result};

/// Which users are looked for; `None`: any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// A pattern of `LIKE` for address, username and name in lower case, with the escape `\`.
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

/// Those who have a role are found by it.
macro_rules! with_role {
    ($role:literal) => {
        concat!("JOIN auth_user_roles g ON g.user_id = u.id AND g.role = ", $role, " ")
    };
}

/// At most `limit` users that fit, on one side of the id `from`: below it, the newest first, or above
/// it (`back`), the oldest first.
pub async fn page(
    db: &mut Conn,
    filter: &Filter<'_>,
    (from, back): (UserId, bool),
    limit: i64,
) -> Result<Vec<User>> {
    let Filter { pattern, role, active, confirmed } = *filter;
    let args = (pattern, active, confirmed, from, limit);
    let with_role = |role| (pattern, active, confirmed, from, limit, role);
    match (role, back) {
        (None, false) => {
            let sql = select!("WHERE u.id < $4 AND ", fitting!(), " ORDER BY u.id DESC LIMIT $5");
            db.fetch_all(sql, args).await
        }
        (None, true) => {
            let sql = select!("WHERE u.id > $4 AND ", fitting!(), " ORDER BY u.id LIMIT $5");
            db.fetch_all(sql, args).await
        }
        (Some(role), false) => {
            let sql = select!(
                with_role!("$6"),
                "WHERE g.user_id < $4 AND ",
                fitting!(),
                " ORDER BY g.user_id DESC LIMIT $5"
            );
            db.fetch_all(sql, with_role(role)).await
        }
        (Some(role), true) => {
            let sql = select!(
                with_role!("$6"),
                "WHERE g.user_id > $4 AND ",
                fitting!(),
                " ORDER BY g.user_id LIMIT $5"
            );
            db.fetch_all(sql, with_role(role)).await
        }
    }
}

/// How many users fit; counted up to `most` only.
pub async fn count_fitting(db: &mut Conn, filter: &Filter<'_>, most: i64) -> Result<i64> {
    let Filter { pattern, role, active, confirmed } = *filter;
    let (n,): (i64,) = if let Some(role) = role {
        let sql = concat!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM auth_users u ",
            with_role!("$5"),
            "WHERE ",
            fitting!(),
            " LIMIT $4) AS fitting"
        );
        db.fetch_one(sql, (pattern, active, confirmed, most, role)).await?
    } else {
        let sql = concat!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM auth_users u WHERE ",
            fitting!(),
            " LIMIT $4) AS fitting"
        );
        db.fetch_one(sql, (pattern, active, confirmed, most)).await?
    };
    Ok(n)
}

/// Beyond this many, users are counted only about, where the engine can tell.
const MANY: i64 = 1_000_000;

/// How many users there are, and how many of them have confirmed their address. From a million on the
/// figures may be some percent off.
pub async fn count(db: &mut Conn) -> Result<(i64, i64)> {
    let (unconfirmed,): (i64,) = db
        .fetch_one("SELECT count(*) FROM auth_users WHERE email_confirmed_at IS NULL", ())
        .await?;
    let about = db.estimate("auth_users").await?.filter(|n| *n > MANY);
    let all = if let Some(all) = about {
        all
    } else {
        let (all,): (i64,) = db.fetch_one("SELECT count(*) FROM auth_users", ()).await?;
        all
    };
    Ok((all, (all - unconfirmed).max(0)))
}
