//! Table `auth_audit`: what happened to whom by whom, written in the transaction of the act.
use super::{forget, sessions::SessionId, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub at: Timestamp,
    pub kind: &'a str,
    /// `user`, `anonymous`, `cli` or `service`.
    pub actor: &'a str,
    pub actor_id: Option<UserId>,
    pub target_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub ip: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    /// Never a secret, a token or an address.
    pub detail: &'a str,
}

pub async fn insert(db: &mut Tx, e: &Entry<'_>) -> Result<()> {
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

/// What happened to an account, the newest first, `limit` at most. Where another user was, is not for
/// the account's owner to know.
pub async fn of_user(db: &mut Conn, user: UserId, limit: i64) -> Result<Vec<Event>> {
    db.fetch_all(
        "SELECT at, kind,
                CASE WHEN actor_id IS NULL OR actor_id = target_id THEN ip END AS ip,
                CASE WHEN actor_id IS NULL OR actor_id = target_id THEN user_agent END AS user_agent
         FROM auth_audit WHERE target_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
        (user, limit),
    )
    .await
}

/// Something that happened, as operators see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Logged {
    pub id: i64,
    pub at: Timestamp,
    pub kind: String,
    /// `user`, `anonymous`, `cli` or `service`.
    pub actor: String,
    pub actor_id: Option<UserId>,
    /// The actor's address today; `None` also for a user that is gone.
    pub actor_email: Option<String>,
    pub target_id: Option<UserId>,
    pub target_email: Option<String>,
    pub session_id: Option<SessionId>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub detail: String,
}

/// What is looked for in the log; `None`: anything.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    pub target: Option<UserId>,
    pub actor: Option<UserId>,
    pub kind: Option<&'a str>,
    pub since: Timestamp,
    /// Not included.
    pub until: Timestamp,
}

macro_rules! logged {
    ($by:literal, $past:literal, $order:literal) => {
        concat!(
            "SELECT e.id, e.at, e.kind, e.actor, e.actor_id, a.email AS actor_email, e.target_id,
                    t.email AS target_email, e.session_id, e.ip, e.user_agent, e.detail
             FROM auth_audit e
             LEFT JOIN auth_users a ON a.id = e.actor_id
             LEFT JOIN auth_users t ON t.id = e.target_id
             WHERE ",
            $by,
            "
               AND (CAST($1 AS BIGINT) IS NULL OR e.target_id = $1)
               AND (CAST($2 AS BIGINT) IS NULL OR e.actor_id = $2)
               AND (CAST($3 AS TEXT) IS NULL OR e.kind = $3)
               AND e.at >= $4 AND e.at < $5 AND (e.at, e.id) ",
            $past,
            " ($6, $7)
             ORDER BY e.at ",
            $order,
            ", e.id ",
            $order,
            " LIMIT $8"
        )
    };
}

/// At most `limit` acts that fit, on one side of the place `from`: before it, the newest first, or
/// after it (`back`), the oldest first. Each filter has an index, so each has a statement.
pub async fn page(
    db: &mut Conn,
    filter: &Filter<'_>,
    ((at, id), back): ((Timestamp, i64), bool),
    limit: i64,
) -> Result<Vec<Logged>> {
    let Filter { target, actor, kind, mut since, mut until } = *filter;
    // The place as a bound of the time alone as well: SQLite sees no bound in a pair.
    if back {
        since = since.max(at);
    } else {
        until = until.min(at.plus(Duration::from_micros(1)));
    }
    let sql = match (target, actor, kind, back) {
        (Some(_), _, _, false) => logged!("e.target_id = $1", "<", "DESC"),
        (Some(_), _, _, true) => logged!("e.target_id = $1", ">", "ASC"),
        (_, Some(_), _, false) => logged!("e.actor_id = $2", "<", "DESC"),
        (_, Some(_), _, true) => logged!("e.actor_id = $2", ">", "ASC"),
        (_, _, Some(_), false) => logged!("e.kind = $3", "<", "DESC"),
        (_, _, Some(_), true) => logged!("e.kind = $3", ">", "ASC"),
        (None, None, None, false) => logged!("TRUE", "<", "DESC"),
        (None, None, None, true) => logged!("TRUE", ">", "ASC"),
    };
    db.fetch_all(sql, (target, actor, kind, since, until, at, id, limit)).await
}

/// The kinds that there are, by name: each is looked up after the one before it, past all its acts.
pub async fn kinds(db: &mut Conn) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = db
        .fetch_all(
            "WITH RECURSIVE known (kind) AS (
                 SELECT min(kind) FROM auth_audit
                 UNION ALL
                 SELECT (SELECT min(e.kind) FROM auth_audit e WHERE e.kind > known.kind)
                 FROM known WHERE known.kind IS NOT NULL
             ) SELECT kind FROM known WHERE kind IS NOT NULL ORDER BY kind",
            (),
        )
        .await?;
    Ok(rows.into_iter().map(|(kind,)| kind).collect())
}

/// How often something happened on each day (UTC, counted from 1970) since `then`.
pub async fn by_day(db: &mut Conn, kind: &str, then: Timestamp) -> Result<Vec<(i64, i64)>> {
    db.fetch_all(
        "SELECT at / 86400000000, count(*) FROM auth_audit WHERE kind = $1 AND at >= $2
         GROUP BY at / 86400000000 ORDER BY at / 86400000000",
        (kind, then),
    )
    .await
}

/// Forgets up to `most` acts of before `then`, the oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_audit",
        "id",
        "SELECT id FROM auth_audit WHERE at < $1 ORDER BY at LIMIT $2"
    );
    db.execute(sql, (then, most)).await
}
