//! The views that the API shows to operators.
use crate::{
    api::views::UserView,
    flows::{KeyInfo, Logged, OutboxMessage, OutboxState, Overview, Page, SessionId, User, UserId},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Listed<T> {
    /// The number of entries on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    /// The URL of the next page.
    next: Option<String>,
    previous: Option<String>,
    results: Vec<T>,
}

impl<T> Listed<T> {
    /// The page `page`. `link` makes the URL of another page from its cursor.
    pub fn new<F: Into<T>>(page: Page<F>, link: impl Fn(&str) -> String) -> Self {
        Self {
            count: None,
            next: page.next.as_deref().map(&link),
            previous: page.previous.as_deref().map(&link),
            results: page.results.into_iter().map(Into::into).collect(),
        }
    }

    /// This page, with the number of entries on all pages.
    pub fn counting(self, count: i64) -> Self {
        Self { count: Some(count), ..self }
    }
}

/// A user, as operators see them.
#[derive(Serialize, ToSchema)]
pub struct Person {
    #[serde(flatten)]
    user: UserView,
    email_confirmed_at: Option<Timestamp>,
    last_login_at: Option<Timestamp>,
}

impl From<User> for Person {
    fn from(u: User) -> Self {
        Self {
            email_confirmed_at: u.email_confirmed_at,
            last_login_at: u.last_login_at,
            user: u.into(),
        }
    }
}

/// A role and the number of its users.
#[derive(Serialize, ToSchema)]
#[schema(as = Role)]
pub struct RoleView {
    role: String,
    users: i64,
}

impl From<(String, i64)> for RoleView {
    fn from((role, users): (String, i64)) -> Self {
        Self { role, users }
    }
}

/// An audit event.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditView {
    id: i64,
    /// When it happened; for several events, the first one.
    at: Timestamp,
    /// How many events the entry stands for. Only events that strangers can cause are counted in one entry:
    /// those of an hour, of one kind, about one account and from one address.
    times: i64,
    /// When the last one of several events happened.
    last_at: Option<Timestamp>,
    kind: String,
    /// `user`, `anonymous`, `cli` or `service`.
    actor: String,
    actor_id: Option<UserId>,
    /// Null if there is no such user, or if they were deleted.
    actor_email: Option<String>,
    /// The user whose account the event concerns.
    user_id: Option<UserId>,
    user_email: Option<String>,
    session_id: Option<SessionId>,
    ip: Option<String>,
    user_agent: Option<String>,
    detail: String,
}

impl From<Logged> for AuditView {
    fn from(e: Logged) -> Self {
        Self {
            id: e.id,
            at: e.at,
            times: e.times,
            last_at: e.last_at,
            kind: e.kind.to_string(),
            actor: e.actor.to_string(),
            actor_id: e.actor_id,
            actor_email: e.actor_email,
            user_id: e.target_id,
            user_email: e.target_email,
            session_id: e.session_id,
            ip: e.ip,
            user_agent: e.user_agent,
            detail: e.detail,
        }
    }
}

impl AuditView {
    /// The header row of the audit log as CSV.
    pub const COLUMNS: [&'static str; 14] = [
        "id",
        "at",
        "kind",
        "actor",
        "actor_id",
        "actor_email",
        "user_id",
        "user_email",
        "session_id",
        "ip",
        "user_agent",
        "detail",
        "times",
        "last_at",
    ];

    /// The row of this entry, with the columns `COLUMNS`.
    pub fn cells(self) -> [String; 14] {
        let id = |id: Option<UserId>| id.map(|id| id.0.to_string()).unwrap_or_default();
        [
            self.id.to_string(),
            self.at.to_string(),
            self.kind,
            self.actor,
            id(self.actor_id),
            self.actor_email.unwrap_or_default(),
            id(self.user_id),
            self.user_email.unwrap_or_default(),
            self.session_id.map(|id| id.0.to_string()).unwrap_or_default(),
            self.ip.unwrap_or_default(),
            self.user_agent.unwrap_or_default(),
            self.detail,
            self.times.to_string(),
            self.last_at.map(|at| at.to_string()).unwrap_or_default(),
        ]
    }
}

/// A mail, without its text and its link.
#[derive(Serialize, ToSchema)]
#[schema(as = Mail)]
pub struct MailView {
    id: i64,
    kind: String,
    user_id: Option<UserId>,
    recipient: String,
    /// `waiting`, `sent`, `failed`, or `dropped` if the mail was no longer needed.
    state: String,
    attempts: i64,
    created_at: Timestamp,
    /// When a waiting mail is tried next.
    due_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    /// The reply of the mail server to the last attempt.
    last_error: Option<String>,
}

impl From<OutboxMessage> for MailView {
    fn from(m: OutboxMessage) -> Self {
        Self {
            id: m.id,
            kind: m.kind.to_string(),
            user_id: m.user_id,
            recipient: m.recipient,
            attempts: m.attempts,
            created_at: m.created_at,
            due_at: Some(m.due_at).filter(|_| m.state == OutboxState::Waiting),
            sent_at: m.sent_at,
            last_error: m.last_error,
            state: m.state.to_string(),
        }
    }
}

/// A key that signs or verifies tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    kid: String,
    algorithm: String,
    /// `next` (published, does not sign yet), `current` (signs) or `retired` (only verifies).
    state: String,
    created_at: Timestamp,
    /// Until when a retired key verifies.
    expires_at: Option<Timestamp>,
}

impl From<KeyInfo> for KeyView {
    fn from(k: KeyInfo) -> Self {
        Self {
            kid: k.kid,
            algorithm: k.algorithm,
            state: k.state.to_string(),
            created_at: k.created_at,
            expires_at: k.expires_at,
        }
    }
}

/// Totals, and the figures of the last 30 days.
#[derive(Serialize, ToSchema)]
#[schema(as = Overview)]
pub struct OverviewView {
    users: i64,
    confirmed: i64,
    mails_waiting: i64,
    mails_failed: i64,
    stuffing: StuffingView,
    /// How often credential stuffing was noticed in the last 30 days, on any server.
    attacks: i64,
    /// Oldest first; the last one is today (UTC).
    days: Vec<DayView>,
}

/// The logins from unknown devices in the last 10 minutes, on the server that answers.
#[derive(Serialize, ToSchema)]
#[schema(as = Stuffing)]
pub struct StuffingView {
    /// Whether so many of them failed that somebody must be trying leaked passwords.
    noticed: bool,
    failed: u64,
    logins: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Day)]
pub struct DayView {
    #[schema(format = Date)]
    day: String,
    logins: i64,
    failures: i64,
}

impl From<Overview> for OverviewView {
    fn from(o: Overview) -> Self {
        let day = |d: &crate::flows::Day| DayView {
            day: d.start.to_string().chars().take(10).collect(),
            logins: d.logins,
            failures: d.failures,
        };
        Self {
            users: o.users,
            confirmed: o.confirmed,
            mails_waiting: o.mails_waiting,
            mails_failed: o.mails_failed,
            stuffing: StuffingView {
                noticed: o.stuffing.noticed,
                failed: o.stuffing.failed,
                logins: o.stuffing.logins,
            },
            attacks: o.attacks,
            days: o.days.iter().map(day).collect(),
        }
    }
}
