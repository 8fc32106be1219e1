//! Table `auth_outbox`: mails, written in the transaction of what causes them and sent later.
use super::{forget, users::UserId};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(Clone, Debug, FromRow)]
pub struct Mail {
    pub id: i64,
    /// The same in every attempt, so that a mailbox can tell a repetition.
    pub message_id: Uuid,
    pub kind: String,
    pub user_id: Option<UserId>,
    pub recipient: String,
    pub language: String,
    /// What its text needs to know, as JSON; never a token.
    pub args: String,
    /// The user's credentials when it was asked for.
    pub credentials: i64,
    /// Attempts made, the one under way included.
    pub attempts: i64,
    pub created_at: Timestamp,
}

/// A mail to be sent.
#[derive(Debug)]
pub struct NewMail<'a> {
    pub kind: &'a str,
    pub user_id: Option<UserId>,
    pub recipient: &'a str,
    pub language: &'a str,
    pub args: &'a str,
    pub credentials: i64,
}

pub async fn insert(db: &mut Tx, new: &NewMail<'_>, now: Timestamp) -> Result<()> {
    db.execute(
        "INSERT INTO auth_outbox (message_id, kind, user_id, recipient, language, args,
                                  credentials, created_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        (
            Uuid::new_v4(),
            new.kind,
            new.user_id,
            new.recipient,
            new.language,
            new.args,
            new.credentials,
            now,
        ),
    )
    .await?;
    Ok(())
}

macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM auth_outbox WHERE state = 'waiting' AND due_at <= $2
                 ORDER BY due_at, id LIMIT $3 ",
            $lock,
            ")
             UPDATE auth_outbox SET due_at = $1, attempts = attempts + 1
             WHERE state = 'waiting' AND due_at <= $2 AND id IN (SELECT id FROM due)
             RETURNING id, message_id, kind, user_id, recipient, language, args, credentials,
                       attempts, created_at"
        )
    };
}

/// Takes up to `most` mails that have been due the longest, and nobody else gets them before `lease`.
/// Mails that somebody else is just taking are passed over, not waited for.
pub async fn claim(db: &mut Tx, most: i64, lease: Timestamp, now: Timestamp) -> Result<Vec<Mail>> {
    let sql = if db.locks_rows() { claim!("FOR UPDATE SKIP LOCKED") } else { claim!("") };
    db.fetch_all(sql, (lease, now, most)).await
}

/// How many mails of one kind were asked for to one address, in whatever case, since `then`. Until the
/// transaction ends nobody else counts them, so that a mail may be added on the strength of it.
pub async fn count_since(
    db: &mut Conn,
    recipient: &str,
    kind: &str,
    then: Timestamp,
) -> Result<i64> {
    db.take_turn(&format!("mail {kind} {}", recipient.to_lowercase())).await?;
    let (n,): (i64,) = db
        .fetch_one(
            "SELECT count(*) FROM auth_outbox
             WHERE lower(recipient) = lower($1) AND kind = $2 AND created_at > $3",
            (recipient, kind, then),
        )
        .await?;
    Ok(n)
}

/// Holds a mail that is about to be made, so that a withdrawal waits or is seen; `false` if it is
/// withdrawn.
pub async fn lock(db: &mut Tx, id: i64) -> Result<bool> {
    let rows = db
        .execute("UPDATE auth_outbox SET state = state WHERE id = $1 AND state = 'waiting'", [id])
        .await?;
    Ok(rows == 1)
}

/// Withdraws a user's mails of one kind that were not sent yet.
pub async fn cancel(db: &mut Tx, user: UserId, kind: &str) -> Result<()> {
    cancel_since(db, user, kind, 0).await
}

/// Withdraws a user's mails of one kind that were not sent yet and were asked for under `credentials` or
/// later ones.
pub async fn cancel_since(db: &mut Tx, user: UserId, kind: &str, credentials: i64) -> Result<()> {
    db.execute(
        "UPDATE auth_outbox SET state = 'dropped'
         WHERE user_id = $1 AND kind = $2 AND state = 'waiting' AND credentials >= $3",
        (user, kind, credentials),
    )
    .await?;
    Ok(())
}

/// Withdraws all mails to a user that were not sent yet.
pub async fn cancel_all(db: &mut Tx, user: UserId) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'dropped' WHERE user_id = $1 AND state = 'waiting'";
    db.execute(sql, [user]).await?;
    Ok(())
}

/// Notes that a mail was sent, unless it has been withdrawn meanwhile.
pub async fn mark_sent(db: &mut Tx, id: i64, now: Timestamp) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'sent', sent_at = $2, last_error = NULL
               WHERE id = $1 AND state = 'waiting'";
    db.execute(sql, (id, now)).await?;
    Ok(())
}

/// Tries again at `due_at`, unless it has been withdrawn meanwhile.
pub async fn reschedule(db: &mut Tx, id: i64, due_at: Timestamp, error: &str) -> Result<()> {
    db.execute(
        "UPDATE auth_outbox SET due_at = $2, last_error = $3 WHERE id = $1 AND state = 'waiting'",
        (id, due_at, error),
    )
    .await?;
    Ok(())
}

/// Gives up, unless it has been withdrawn meanwhile; an operator finds it with the last error.
pub async fn fail(db: &mut Tx, id: i64, error: &str) -> Result<()> {
    db.execute(
        "UPDATE auth_outbox SET state = 'failed', last_error = $2
         WHERE id = $1 AND state = 'waiting'",
        (id, error),
    )
    .await?;
    Ok(())
}

/// Puts aside a mail that is of no use any more.
pub async fn drop(db: &mut Tx, id: i64) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'dropped' WHERE id = $1 AND state = 'waiting'";
    db.execute(sql, [id]).await?;
    Ok(())
}

/// Gives back a mail that was claimed for the `attempts`th time: it is due at once.
pub async fn release(db: &mut Tx, id: i64, attempts: i64, now: Timestamp) -> Result<()> {
    db.execute(
        "UPDATE auth_outbox SET due_at = $3
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
        (id, attempts, now),
    )
    .await?;
    Ok(())
}

/// When the oldest mail that waits was asked for.
pub async fn oldest_waiting(db: &mut Conn) -> Result<Option<Timestamp>> {
    let (oldest,): (Option<Timestamp>,) =
        db.fetch_one("SELECT min(created_at) FROM auth_outbox WHERE state = 'waiting'", ()).await?;
    Ok(oldest)
}

/// A mail as operators see it.
#[derive(Clone, Debug, FromRow)]
pub struct OutboxMessage {
    pub id: i64,
    pub kind: String,
    pub user_id: Option<UserId>,
    pub recipient: String,
    /// `waiting`, `sent`, `failed` or `dropped`.
    pub state: String,
    pub attempts: i64,
    pub created_at: Timestamp,
    /// When it is tried next, if it is waiting.
    pub due_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    /// What the mail server said to the last attempt.
    pub last_error: Option<String>,
}

macro_rules! posted {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, user_id, recipient, state, attempts, created_at, due_at, sent_at,
                    last_error
             FROM auth_outbox ",
            $rest
        )
    };
}

/// At most `limit` mails, in one state or any, on one side of the id `from`: below it, the newest
/// first, or above it (`back`), the oldest first.
pub async fn page(
    db: &mut Conn,
    state: Option<&str>,
    (from, back): (i64, bool),
    limit: i64,
) -> Result<Vec<OutboxMessage>> {
    let Some(state) = state else {
        let sql = if back {
            posted!("WHERE id > $1 ORDER BY id LIMIT $2")
        } else {
            posted!("WHERE id < $1 ORDER BY id DESC LIMIT $2")
        };
        return db.fetch_all(sql, (from, limit)).await;
    };
    let sql = if back {
        posted!("WHERE state = $3 AND id > $1 ORDER BY id LIMIT $2")
    } else {
        posted!("WHERE state = $3 AND id < $1 ORDER BY id DESC LIMIT $2")
    };
    db.fetch_all(sql, (from, limit, state)).await
}

/// The mails about a user, the newest first, `limit` at most.
pub async fn of_user(db: &mut Conn, user: UserId, limit: i64) -> Result<Vec<OutboxMessage>> {
    let sql = posted!("WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2");
    db.fetch_all(sql, (user, limit)).await
}

/// How many mails are in `state`.
pub async fn count(db: &mut Conn, state: &str) -> Result<i64> {
    let (n,): (i64,) =
        db.fetch_one("SELECT count(*) FROM auth_outbox WHERE state = $1", [state]).await?;
    Ok(n)
}

/// Makes a mail due that waits or was given up: whose it is, or `None` if there is none such.
pub async fn retry(db: &mut Tx, id: i64, now: Timestamp) -> Result<Option<Option<UserId>>> {
    let row: Option<(Option<UserId>,)> = db
        .fetch_optional(
            "UPDATE auth_outbox SET state = 'waiting', due_at = $2
             WHERE id = $1 AND state IN ('waiting', 'failed') RETURNING user_id",
            (id, now),
        )
        .await?;
    Ok(row.map(|(user,)| user))
}

/// Forgets up to `most` mails made before `then` to users who are gone, unless they are still to be sent. An
/// invitation never was to a user.
pub async fn purge_orphans(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_outbox",
        "id",
        "SELECT id FROM auth_outbox
         WHERE user_id IS NULL AND kind <> 'invitation' AND state <> 'waiting' AND created_at < $1
         ORDER BY created_at LIMIT $2"
    );
    db.execute(sql, (then, most)).await
}

/// Forgets up to `most` mails in `state` that were asked for before `then`, the oldest first.
pub async fn purge(db: &mut Tx, state: &str, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_outbox",
        "id",
        "SELECT id FROM auth_outbox WHERE state = $3 AND created_at < $1
         ORDER BY created_at LIMIT $2"
    );
    db.execute(sql, (then, most, state)).await
}
