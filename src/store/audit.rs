//! Table `auth_audit`: the audit log. An event is written in the transaction of the action it records.
//!
//! A row stands for one event or, if it has a `series`, for all events of that series.
use super::{
    forget,
    sessions::SessionId,
    text_enum::{Stored, text_enum},
    users::UserId,
};
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use std::time::Duration;

text_enum! {
    /// What happened. The names are stored, are part of the API, and identify the texts `event-*`.
    pub enum AuditKind {
        /// A user deleted their own account.
        AccountDeleted,
        /// A wrong code from a mail was entered.
        CodeRefused,
        /// Someone requested another mail that confirms the email.
        ConfirmationResent,
        /// An operator sent the mail that confirms the email.
        ConfirmationSent,
        /// A user requested a change of email.
        EmailChangeAsked,
        /// Whoever receives mail at the new email declined the change.
        EmailChangeDeclined,
        /// A user changed their email by confirming the new one.
        EmailChanged,
        /// A user confirmed the email of their account.
        EmailConfirmed,
        /// The old email was restored with a mailed link.
        EmailRestored,
        /// An operator removed the second factors of a user, who had lost them.
        FactorsReset,
        /// An operator sent an invitation.
        InvitationMailed,
        /// An operator withdrew an invitation, which can no longer be used.
        InvitationWithdrawn,
        /// An operator removed a stolen signing key. The detail is the key's id.
        KeyDropped,
        /// The service created or retired signing keys to match the configuration.
        KeysProvisioned,
        /// An operator encrypted the signing keys and secrets with the current `encryption_key`.
        KeysResealed,
        /// An operator rotated the signing keys: the next key signs, and the current one retires.
        KeysRotated,
        /// A refresh token of the previous system opened a session.
        LegacyTokenAdopted,
        /// A user logged in. The detail is `mail` for a login by mail.
        Login,
        /// The password of a login was right, and the account requires a second factor as well.
        LoginChallenged,
        /// A login to an existing account failed. The detail says why.
        LoginFailed,
        /// Someone requested a mail that logs in.
        LoginMailRequested,
        /// The link in a mail about a login from a new device, or a change of second factors, said "this was not me".
        LoginReported,
        /// A user ended the session that they used, and its family.
        Logout,
        /// A user ended all their sessions.
        LogoutAll,
        /// A user ended all their sessions except the one that they used.
        LogoutOthers,
        /// An operator retried a waiting or failed mail. The detail is the mail's id.
        MailRetried,
        /// A user changed their own password.
        PasswordChanged,
        /// A user re-authenticated.
        PasswordConfirmed,
        /// A wrong password was entered to confirm an action.
        PasswordRefused,
        /// A mailed link set a new password.
        PasswordReset,
        /// Someone requested a mail that resets the password.
        PasswordResetRequested,
        /// An operator sent the mail that resets the password.
        PasswordResetSent,
        /// An operator set the password.
        PasswordSet,
        /// A user changed their own profile.
        ProfileChanged,
        /// A user replaced their recovery codes.
        RecoveryCodesRenewed,
        /// Reuse detection ended the session: a used refresh token came back late.
        RefreshTokenReused,
        /// The refresh tokens of a user were replaced.
        RefreshTokensRenewed,
        /// A user registered, with or without an invitation.
        Registered,
        /// Whoever receives mail at the email declined the account, which was deleted.
        RegistrationDeclined,
        /// Someone registered an email that has an account.
        RegistrationRepeated,
        /// A user got a role from an operator or from an invitation. The detail is the role.
        RoleGranted,
        /// An operator revoked a role of a user. The detail is the role.
        RoleRevoked,
        /// A code of a second factor was wrong, or had been used before.
        SecondFactorRefused,
        /// A code of a second factor was accepted. The detail is `totp` or `recovery_code`.
        SecondFactorUsed,
        /// One session was ended by its user or by an operator.
        SessionEnded,
        /// An operator ended all sessions of a user.
        SessionsEnded,
        /// An operator changed a setting of the running service.
        SettingChanged,
        /// The first superuser was created with the setup link.
        SetupCompleted,
        /// A setup link was printed.
        SetupOffered,
        /// So many logins of unknown devices failed that somebody must be trying leaked passwords. The
        /// detail says how many of how many failed within 10 minutes.
        StuffingNoticed,
        /// A user became a superuser.
        SuperuserGranted,
        /// A superuser became an ordinary user.
        SuperuserRevoked,
        /// A session was opened from another session.
        TokensIssued,
        /// A user set up an authenticator app.
        TotpAdded,
        /// A user removed their authenticator app, or it was removed with a change of email that was undone.
        TotpRemoved,
        /// An operator created a user.
        UserAdded,
        /// An operator changed a user's profile. The detail names the fields.
        UserChanged,
        /// An operator marked the email as confirmed.
        UserConfirmed,
        /// An operator deleted a user.
        UserDeleted,
        /// An operator disabled a user.
        UserDisabled,
        /// An operator enabled a disabled user.
        UserEnabled,
        /// An operator exported users.
        UsersExported,
        /// An operator imported users. The detail is their number.
        UsersImported,
    }
}

text_enum! {
    /// Who did something.
    pub enum ActorKind {
        /// A user who is logged in, operators included.
        User,
        /// A caller who is not logged in.
        Anonymous,
        /// The command line.
        Cli,
        /// The service itself, without a caller.
        Service,
    }
}

/// An audit event to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub at: Timestamp,
    pub kind: AuditKind,
    pub actor: ActorKind,
    pub actor_id: Option<UserId>,
    pub target_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub ip: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    /// Never contains a secret, a token or an email address.
    pub detail: &'a str,
}

/// Records an audit event.
pub async fn insert(db: &mut Tx, e: &Entry<'_>) -> Result<()> {
    db.run(
        "INSERT INTO auth_audit (at, kind, actor, actor_id, target_id, session_id, ip, user_agent,
                                 detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        (
            e.at,
            e.kind.as_str(),
            e.actor.as_str(),
            e.actor_id,
            e.target_id,
            e.session_id,
            e.ip,
            e.user_agent,
            e.detail,
        ),
    )
    .await
}

/// Counts another event of a series, at the time `at`. `false` if the series has no row yet.
pub async fn count(db: &mut Tx, series: &str, at: Timestamp) -> Result<bool> {
    let sql = "UPDATE auth_audit SET times = times + 1, last_at = $2 WHERE series = $1";
    db.execute_one(sql, (series, at)).await
}

/// Records the first events of a series, `times` of them. If there is a row for the series by now, counts the
/// events in it.
pub async fn begin(db: &mut Tx, series: &str, e: &Entry<'_>, times: i64) -> Result<()> {
    let sql = "INSERT INTO auth_audit AS a
                   (at, kind, actor, target_id, ip, user_agent, detail, series, times, last_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               ON CONFLICT (series) WHERE series IS NOT NULL
               DO UPDATE SET times = a.times + excluded.times, last_at = excluded.at";
    let (kind, actor, last_at) = (e.kind.as_str(), e.actor.as_str(), (times > 1).then_some(e.at));
    let (target, ip, agent) = (e.target_id, e.ip, e.user_agent);
    let args = (e.at, kind, actor, target, ip, agent, e.detail, series, times, last_at);
    db.run(sql, args).await
}

/// An audit event as the user whose account it concerns may see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Event {
    /// When it happened; for several events, the first one.
    pub at: Timestamp,
    /// How many events the row stands for.
    pub times: i64,
    /// When the last one of several events happened.
    pub last_at: Option<Timestamp>,
    /// What happened.
    pub kind: Stored<AuditKind>,
    /// The caller's IP address; `None` if it is unknown or another user's.
    pub ip: Option<String>,
    /// The caller's user agent; `None` if it is unknown or another user's.
    pub user_agent: Option<String>,
}

/// At most `limit` audit events of a user's account, newest first. The IP address and user agent of another
/// user, such as an operator, are left out: the account's owner must not learn them.
pub async fn of_user(db: &mut Conn, user: UserId, limit: i64) -> Result<Vec<Event>> {
    let sql = "SELECT at, times, last_at, kind,
                      CASE WHEN actor_id IS NULL OR actor_id = target_id THEN ip END AS ip,
                      CASE WHEN actor_id IS NULL OR actor_id = target_id THEN user_agent END
                          AS user_agent
               FROM auth_audit WHERE target_id = $1 ORDER BY at DESC, id DESC LIMIT $2";
    db.fetch_all(sql, (user, limit)).await
}

/// An audit event as operators see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Logged {
    /// The row's id, which grows with each event.
    pub id: i64,
    /// When it happened; for several events, the first one.
    pub at: Timestamp,
    /// How many events the row stands for.
    pub times: i64,
    /// When the last one of several events happened.
    pub last_at: Option<Timestamp>,
    /// What happened.
    pub kind: Stored<AuditKind>,
    /// Who did it.
    pub actor: Stored<ActorKind>,
    /// The user who did it; `None` if the actor is not a user.
    pub actor_id: Option<UserId>,
    /// The actor's current email; `None` also if the user has been deleted.
    pub actor_email: Option<String>,
    /// The user whose account the event concerns, if any.
    pub target_id: Option<UserId>,
    /// That user's current email; `None` also if the user has been deleted.
    pub target_email: Option<String>,
    /// The session that the event concerns, if any.
    pub session_id: Option<SessionId>,
    /// The caller's IP address, if known.
    pub ip: Option<String>,
    /// The caller's user agent, if known.
    pub user_agent: Option<String>,
    /// More about the event, such as a role or a number; often empty. Never contains a secret.
    pub detail: String,
}

/// Which audit events to select. `None` matches any.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    pub target: Option<UserId>,
    pub actor: Option<UserId>,
    /// Any text: the log may contain kinds that this version does not know.
    pub kind: Option<&'a str>,
    pub since: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
}

macro_rules! logged {
    ($by:literal, $past:literal, $order:literal) => {
        concat!(
            "SELECT e.id, e.at, e.times, e.last_at, e.kind, e.actor, e.actor_id, a.email AS actor_email, e.target_id,
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

/// At most `limit` audit events that match `filter`, on one side of the position `(at, id)`: before it,
/// newest first, or after it (`back`), oldest first. Each filter has its own index, and so its own statement.
pub async fn page(
    db: &mut Conn,
    filter: &Filter<'_>,
    ((at, id), back): ((Timestamp, i64), bool),
    limit: i64,
) -> Result<Vec<Logged>> {
    let Filter { target, actor, kind, mut since, mut until } = *filter;
    // Bounds the time alone as well: SQLite does not use a comparison of pairs as a bound.
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

/// The kinds that occur in the log, sorted by name. Finds each by one index lookup after the previous kind,
/// instead of reading all events.
pub async fn kinds(db: &mut Conn) -> Result<Vec<String>> {
    let sql = "WITH RECURSIVE known (kind) AS (
                   SELECT min(kind) FROM auth_audit
                   UNION ALL
                   SELECT (SELECT min(e.kind) FROM auth_audit e WHERE e.kind > known.kind)
                   FROM known WHERE known.kind IS NOT NULL
               ) SELECT kind FROM known WHERE kind IS NOT NULL ORDER BY kind";
    db.fetch_values(sql, ()).await
}

/// The number of events of `kind` on each day since `then`, as pairs of day (UTC, counted from 1970) and
/// number. Days without events are left out.
pub async fn by_day(db: &mut Conn, kind: AuditKind, then: Timestamp) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT at / 86400000000, CAST(sum(times) AS BIGINT) FROM auth_audit
               WHERE kind = $1 AND at >= $2
               GROUP BY at / 86400000000 ORDER BY at / 86400000000";
    db.fetch_all(sql, (kind.as_str(), then)).await
}

/// Purges up to `most` audit events from before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_audit", "id", "at < $1 ORDER BY at");
    db.execute(sql, (then, most)).await
}
