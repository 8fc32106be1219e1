//! Table `auth_audit`: what happened to whom by whom, written in the transaction of the act.
use super::{Conn, Result, sessions::SessionId, users::UserId};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub at: Timestamp,
    pub kind: &'a str,
    /// `user`, `anonymous`, `cli`, …
    pub actor: &'a str,
    pub actor_id: Option<UserId>,
    pub target_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub ip: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    /// Never a secret, a token or an address.
    pub detail: &'a str,
}

pub async fn insert(db: &mut Conn, e: &Entry<'_>) -> Result<()> {
    db.execute(
        "INSERT INTO auth_audit (at, kind, actor, actor_id, target_id, session_id, ip, user_agent,
                                 detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        (
            e.at,
            e.kind,
            e.actor,
            e.actor_id,
            e.target_id,
            e.session_id,
            e.ip,
            e.user_agent,
            e.detail,
        ),
    )
    .await?;
    Ok(())
}

/// What happened to a user's account, as that user may see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Event {
    pub at: Timestamp,
    pub kind: String,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// What happened to an account, the newest first, `limit` at most.
pub async fn of_user(db: &mut Conn, user: UserId, limit: i64) -> Result<Vec<Event>> {
    db.fetch_all(
        "SELECT at, kind, ip, user_agent FROM auth_audit
         WHERE target_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
        (user, limit),
    )
    .await
}

/// Forgets what happened before `then`.
pub async fn sweep(db: &mut Conn, then: Timestamp) -> Result<u64> {
    db.execute("DELETE FROM auth_audit WHERE at < $1", [then]).await
}
