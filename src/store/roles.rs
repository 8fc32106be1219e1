//! Table `auth_user_roles`.
use super::{Conn, Result, users::UserId};
use crate::time::Timestamp;

/// Grants a role; `false` if the user has it already.
pub async fn grant(db: &mut Conn, user: UserId, role: &str, now: Timestamp) -> Result<bool> {
    let rows = db
        .execute(
            "INSERT INTO auth_user_roles (user_id, role, granted_at) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            (user, role, now),
        )
        .await?;
    Ok(rows == 1)
}

/// The roles that anybody has, and how many have each.
pub async fn all(db: &mut Conn) -> Result<Vec<(String, i64)>> {
    db.fetch_all("SELECT role, count(*) FROM auth_user_roles GROUP BY role ORDER BY role", ()).await
}

/// Takes a role away; `false` if the user does not have it.
pub async fn revoke(db: &mut Conn, user: UserId, role: &str) -> Result<bool> {
    let rows = db
        .execute("DELETE FROM auth_user_roles WHERE user_id = $1 AND role = $2", (user, role))
        .await?;
    Ok(rows == 1)
}
