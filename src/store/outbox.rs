//! Table `auth_outbox`: mails. Each is enqueued in the transaction that causes it, and sent later.
use super::{
    forget,
    text_enum::{Stored, text_enum},
    users::UserId,
};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

text_enum! {
    /// What a mail is about. A mailed link has the kind of its mail.
    pub enum MailKind {
        /// Has a link that confirms the email of an account.
        ConfirmEmail,
        /// Has a link and a code that log in.
        Login,
        /// Has a link that sets a new password.
        ResetPassword,
        /// Goes to a new email, with a link that confirms the change to it.
        ChangeEmail,
        /// Tells the current email that a change of email was requested.
        EmailChanged,
        /// Tells the old email that it was changed, with a link that restores it.
        RestoreEmail,
        /// Tells a user that their password was changed.
        PasswordChanged,
        /// Tells a user that someone tried to use their email for another account.
        AccountExists,
        /// Tells a former user that their account was deleted.
        AccountDeleted,
        /// Has a link to register by invitation.
        Invitation,
        /// Tells a user of a login from a new device, with a link that reports it.
        NewDevice,
    }
}

text_enum! {
    /// The state of a mail.
    pub enum OutboxState {
        /// It is due for its first or next attempt, now or later.
        Waiting,
        /// The mail server accepted it.
        Sent,
        /// Delivery was given up.
        Failed,
        /// It is obsolete or was withdrawn, and is not sent.
        Dropped,
    }
}

/// A claimed mail.
#[derive(Clone, Debug, FromRow)]
pub struct Mail {
    pub id: i64,
    /// The same in every attempt, so that a mailbox can recognize duplicates.
    pub message_id: Uuid,
    pub kind: Stored<MailKind>,
    pub user_id: Option<UserId>,
    pub recipient: String,
    pub language: String,
    /// The variables of its text, as JSON. Never contains a token.
    pub args: String,
    /// The user's `credential_version` when the mail was enqueued.
    pub credential_version: i64,
    /// The number of attempts, including the current one.
    pub attempts: i64,
    pub created_at: Timestamp,
}

/// A mail to be enqueued.
#[derive(Debug)]
pub struct NewMail<'a> {
    pub kind: MailKind,
    pub user_id: Option<UserId>,
    pub recipient: &'a str,
    pub language: &'a str,
    pub args: &'a str,
    pub credential_version: i64,
}

/// Enqueues a mail, which is due at once.
pub async fn insert(db: &mut Tx, new: &NewMail<'_>, now: Timestamp) -> Result<()> {
    db.run(
        "INSERT INTO auth_outbox (message_id, kind, user_id, recipient, language, args,
                                  credential_version, created_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        (
            Uuid::new_v4(),
            new.kind.as_str(),
            new.user_id,
            new.recipient,
            new.language,
            new.args,
            new.credential_version,
            now,
        ),
    )
    .await
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
             RETURNING id, message_id, kind, user_id, recipient, language, args, credential_version,
                       attempts, created_at"
        )
    };
}

/// Claims up to `most` mails that have been due the longest. No other worker can claim them before `lease`.
/// Skips mails that another worker is claiming, instead of waiting for them.
pub async fn claim(db: &mut Tx, most: i64, lease: Timestamp, now: Timestamp) -> Result<Vec<Mail>> {
    let sql = if db.locks_rows() { claim!("FOR UPDATE SKIP LOCKED") } else { claim!("") };
    db.fetch_all(sql, (lease, now, most)).await
}

/// How many mails of one kind were enqueued to one address, ignoring case, after `then`. Other transactions
/// that count the same mails wait until this one ends, so the caller can enqueue a mail based on the result.
pub async fn count_since(
    db: &mut Conn,
    recipient: &str,
    kind: MailKind,
    then: Timestamp,
) -> Result<i64> {
    db.take_turn(&format!("mail {kind} {}", recipient.to_lowercase())).await?;
    let sql = "SELECT count(*) FROM auth_outbox
               WHERE lower(recipient) = lower($1) AND kind = $2 AND created_at > $3";
    db.fetch_value(sql, (recipient, kind.as_str(), then)).await
}

/// Locks a mail that is about to be composed: a concurrent withdrawal either waits, or has committed and is
/// seen here. `false` if the mail is no longer waiting, such as after a withdrawal.
pub async fn lock(db: &mut Tx, id: i64) -> Result<bool> {
    let sql = "UPDATE auth_outbox SET state = state WHERE id = $1 AND state = 'waiting'";
    db.execute_one(sql, [id]).await
}

/// Withdraws a user's waiting mails of one kind.
pub async fn cancel(db: &mut Tx, user: UserId, kind: MailKind) -> Result<()> {
    cancel_since(db, user, kind, 0).await
}

/// Withdraws a user's waiting mails of one kind that were enqueued at `credential_version` or a later
/// one.
pub async fn cancel_since(
    db: &mut Tx,
    user: UserId,
    kind: MailKind,
    credential_version: i64,
) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'dropped'
               WHERE user_id = $1 AND kind = $2 AND state = 'waiting' AND credential_version >= $3";
    db.run(sql, (user, kind.as_str(), credential_version)).await
}

/// Withdraws all waiting mails of a user.
pub async fn cancel_all(db: &mut Tx, user: UserId) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'dropped' WHERE user_id = $1 AND state = 'waiting'";
    db.run(sql, [user]).await
}

/// Records that a mail was sent, unless it has been withdrawn meanwhile.
pub async fn mark_sent(db: &mut Tx, id: i64, now: Timestamp) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'sent', sent_at = $2, last_error = NULL
               WHERE id = $1 AND state = 'waiting'";
    db.run(sql, (id, now)).await
}

/// Schedules a retry at `due_at`, unless the mail has been withdrawn meanwhile.
pub async fn reschedule(db: &mut Tx, id: i64, due_at: Timestamp, error: &str) -> Result<()> {
    let sql = "UPDATE auth_outbox SET due_at = $2, last_error = $3
               WHERE id = $1 AND state = 'waiting'";
    db.run(sql, (id, due_at, error)).await
}

/// Gives up the delivery of a mail, unless it has been withdrawn meanwhile. Operators see it with `error`.
pub async fn fail(db: &mut Tx, id: i64, error: &str) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'failed', last_error = $2
               WHERE id = $1 AND state = 'waiting'";
    db.run(sql, (id, error)).await
}

/// Drops a mail that is obsolete.
pub async fn drop(db: &mut Tx, id: i64) -> Result<()> {
    let sql = "UPDATE auth_outbox SET state = 'dropped' WHERE id = $1 AND state = 'waiting'";
    db.run(sql, [id]).await
}

/// Releases a claimed mail, which is due at once. Does nothing if it has been claimed again since, which
/// `attempts` shows.
pub async fn release(db: &mut Tx, id: i64, attempts: i64, now: Timestamp) -> Result<()> {
    let sql = "UPDATE auth_outbox SET due_at = $3
               WHERE id = $1 AND attempts = $2 AND state = 'waiting'";
    db.run(sql, (id, attempts, now)).await
}

/// When the oldest waiting mail was enqueued.
pub async fn oldest_waiting(db: &mut Conn) -> Result<Option<Timestamp>> {
    db.fetch_value("SELECT min(created_at) FROM auth_outbox WHERE state = 'waiting'", ()).await
}

/// A mail as operators see it.
#[derive(Clone, Debug, FromRow)]
pub struct OutboxMessage {
    /// The row's id.
    pub id: i64,
    /// What the mail is about.
    pub kind: Stored<MailKind>,
    /// The user whom it concerns; `None` for an invitation, or if the user has been deleted.
    pub user_id: Option<UserId>,
    /// The address that it goes to.
    pub recipient: String,
    /// Whether it is waiting, sent, failed or dropped.
    pub state: Stored<OutboxState>,
    /// The number of attempts to send it so far.
    pub attempts: i64,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When the next attempt is due, if the mail is waiting.
    pub due_at: Timestamp,
    /// When it was sent; `None` if it was not.
    pub sent_at: Option<Timestamp>,
    /// The error of the last failed attempt, such as the mail server's reply.
    pub last_error: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, user_id, recipient, state, attempts, created_at, due_at, sent_at,
                    last_error
             FROM auth_outbox ",
            $rest
        )
    };
}

/// At most `limit` mails in `state` (`None`: any), on one side of the id `from`: below it, newest first, or
/// above it (`back`), oldest first.
pub async fn page(
    db: &mut Conn,
    state: Option<OutboxState>,
    (from, back): (i64, bool),
    limit: i64,
) -> Result<Vec<OutboxMessage>> {
    let sql = match (state, back) {
        (None, false) => {
            select!("WHERE CAST($3 AS TEXT) IS NULL AND id < $1 ORDER BY id DESC LIMIT $2")
        }
        (None, true) => select!("WHERE CAST($3 AS TEXT) IS NULL AND id > $1 ORDER BY id LIMIT $2"),
        (Some(_), false) => select!("WHERE state = $3 AND id < $1 ORDER BY id DESC LIMIT $2"),
        (Some(_), true) => select!("WHERE state = $3 AND id > $1 ORDER BY id LIMIT $2"),
    };
    db.fetch_all(sql, (from, limit, state.map(OutboxState::as_str))).await
}

/// At most `limit` mails of a user, newest first.
pub async fn of_user(db: &mut Conn, user: UserId, limit: i64) -> Result<Vec<OutboxMessage>> {
    let sql = select!("WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2");
    db.fetch_all(sql, (user, limit)).await
}

/// How many mails are in `state`.
pub async fn count(db: &mut Conn, state: OutboxState) -> Result<i64> {
    db.fetch_value("SELECT count(*) FROM auth_outbox WHERE state = $1", [state.as_str()]).await
}

/// Makes a waiting or failed mail due at `now`, and returns its user, if it has one. The outer `None`: there
/// is no such mail.
pub async fn retry(db: &mut Tx, id: i64, now: Timestamp) -> Result<Option<Option<UserId>>> {
    let sql = "UPDATE auth_outbox SET state = 'waiting', due_at = $2
               WHERE id = $1 AND state IN ('waiting', 'failed') RETURNING user_id";
    db.fetch_optional_value(sql, (id, now)).await
}

/// Purges up to `most` mails that were enqueued before `then` and whose user has been deleted. Keeps waiting
/// mails, and invitations, which never belong to a user.
pub async fn purge_orphans(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(
        db,
        "auth_outbox",
        "id",
        "user_id IS NULL AND kind <> 'invitation' AND state <> 'waiting' AND created_at < $1
         ORDER BY created_at"
    );
    db.execute(sql, (then, most)).await
}

/// Purges up to `most` mails in `state` that were enqueued before `then`, oldest first.
pub async fn purge(db: &mut Tx, state: OutboxState, then: Timestamp, most: i64) -> Result<u64> {
    let sql =
        forget!(db, "auth_outbox", "id", "state = $3 AND created_at < $1 ORDER BY created_at");
    db.execute(sql, (then, most, state.as_str())).await
}
