//! Table `auth_users`: how operators search it.
//!
//! A search for part of a name is a `LIKE` over the whole table: no kind of index that both engines have
//! speeds it up. But a page is full after a few rows unless very few users match, and scanning a million
//! users takes 0.4 s (SQLite) or 0.25 s (PostgreSQL). Other lookups go by id and take the same time at any
//! size.
use super::users::{User, UserId, select};
use crate::db::{Conn, Result};

/// Which users to select. `None` matches any.
#[derive(Clone, Copy, Debug, Default)]
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

/// Finds users with a role by the index of the role, instead of reading all users.
macro_rules! with_role {
    ($role:literal) => {
        concat!("JOIN auth_user_roles g ON g.user_id = u.id AND g.role = ", $role, " ")
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

/// The number of users that match `filter`. Stops counting at `most`.
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

/// Above this number of users, [`count`] uses an estimate if the engine has one.
const MANY: i64 = 1_000_000;

/// The number of users, and the number of users who have confirmed their address. Above a million users both
/// may be off by some percent.
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
