//! Table `auth_user_roles`: which roles each user has.
use super::users::UserId;
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use std::time::Duration;

/// The names of a user's roles, in the order in which they were granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(pub Vec<String>);

impl Roles {
    /// `ADMIN` if the user has it, else the first role, else `USER`.
    pub fn main(&self) -> &str {
        match self.0.first() {
            _ if self.has("ADMIN") => "ADMIN",
            Some(first) => first,
            None => "USER",
        }
    }

    /// Whether `role` is among them.
    pub fn has(&self, role: &str) -> bool {
        self.0.iter().any(|r| r == role)
    }
}

impl From<Option<String>> for Roles {
    fn from(list: Option<String>) -> Self {
        Self(list.map_or_else(Vec::new, |l| l.split(',').map(str::to_owned).collect()))
    }
}

/// Grants a role; `false` if the user has it already.
pub async fn grant(db: &mut Tx, user: UserId, role: &str, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO auth_user_roles (user_id, role, granted_at) VALUES ($1, $2, $3)
               ON CONFLICT DO NOTHING";
    db.execute_one(sql, (user, role, now)).await
}

/// Grants roles in this order, four per statement. Each gets a `granted_at` one microsecond later.
pub async fn grant_all(
    db: &mut Tx,
    user: UserId,
    roles: &[String],
    mut now: Timestamp,
) -> Result<()> {
    for four in roles.chunks(4) {
        let role = |n| four.get(n).map(String::as_str);
        db.execute(
            "INSERT INTO auth_user_roles (user_id, role, granted_at)
             SELECT $1, r.role, $2 + r.place
             FROM (SELECT CAST($3 AS TEXT) AS role, 0 AS place UNION ALL SELECT CAST($4 AS TEXT), 1
                   UNION ALL SELECT CAST($5 AS TEXT), 2 UNION ALL SELECT CAST($6 AS TEXT), 3) r
             WHERE r.role IS NOT NULL
             ON CONFLICT DO NOTHING",
            (user, now, role(0), role(1), role(2), role(3)),
        )
        .await?;
        now = now.plus(Duration::from_micros(4));
    }
    Ok(())
}

/// The roles that any user has, sorted, with the number of users who have each.
pub async fn all(db: &mut Conn) -> Result<Vec<(String, i64)>> {
    db.fetch_all("SELECT role, count(*) FROM auth_user_roles GROUP BY role ORDER BY role", ()).await
}

/// Revokes a role; `false` if the user does not have it.
pub async fn revoke(db: &mut Tx, user: UserId, role: &str) -> Result<bool> {
    let sql = "DELETE FROM auth_user_roles WHERE user_id = $1 AND role = $2";
    db.execute_one(sql, (user, role)).await
}
