//! Audit events. Each one is a row, stored in the same transaction as the change that it reports,
//! and a log line. Neither contains secrets or email addresses (OWASP ASVS 5, 16.3).
//! [`Work::audit`](super::work::Work::audit) writes them.
use super::{Auth, Caller, Result, SessionId, SignedIn, UserId};
use crate::store::audit::{self, ActorKind, Event};

pub use crate::store::audit::AuditKind;

/// An event to record. The [`Work`](super::work::Work) that writes it fills in the fields that are
/// `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuditEvent<'a> {
    pub kind: AuditKind,
    pub actor: Option<Actor>,
    /// The user whose account the event concerns.
    pub target: Option<UserId>,
    pub session: Option<SessionId>,
    pub detail: &'a str,
}

/// Who caused an event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Actor {
    #[default]
    Anonymous,
    User(UserId),
    /// An operator at the command line.
    Cli,
}

impl Actor {
    /// The kind of actor and, for a user, the id.
    pub const fn parts(self) -> (ActorKind, Option<UserId>) {
        match self {
            Self::Anonymous => (ActorKind::Anonymous, None),
            Self::User(id) => (ActorKind::User, Some(id)),
            Self::Cli => (ActorKind::Cli, None),
        }
    }
}

impl<'a> AuditEvent<'a> {
    /// An event of this kind. The work that writes it says who caused it.
    pub fn new(kind: AuditKind) -> Self {
        Self { kind, actor: None, target: None, session: None, detail: "" }
    }

    /// An event about `user`.
    pub fn about(kind: AuditKind, user: UserId) -> Self {
        Self { target: Some(user), ..Self::new(kind) }
    }

    /// Something a user did to their own account.
    pub fn own(kind: AuditKind, user: UserId) -> Self {
        Self { actor: Some(Actor::User(user)), ..Self::about(kind, user) }
    }

    /// Sets who caused the event.
    pub fn by(self, actor: Actor) -> Self {
        Self { actor: Some(actor), ..self }
    }

    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    pub fn detail(self, detail: &'a str) -> Self {
        Self { detail, ..self }
    }
}

impl Auth {
    /// The audit events about the user's own account, newest first, at most `limit`.
    pub async fn history(&self, by: &SignedIn, limit: i64) -> Result<Vec<Event>> {
        Ok(audit::of_user(&mut self.db.read().await?, by.user.id, limit).await?)
    }

    /// The same as [`log`] for an event that strangers can cause as often as they like.
    pub(crate) fn log_repeated(&self, caller: &Caller, event: &AuditEvent<'_>) {
        if self.admits_log_line(event.kind.as_str(), caller) {
            log(caller, event);
        }
    }
}

/// Writes an event as a line of the log of security events.
pub(crate) fn log(caller: &Caller, event: &AuditEvent<'_>) {
    let (actor, actor_id) = event.actor.unwrap_or_default().parts();
    tracing::info!(
        target: "portcullis::security",
        act = event.kind.as_str(),
        actor = actor.as_str(),
        actor_id = actor_id.map(|id| id.0),
        target_id = event.target.map(|id| id.0),
        session = event.session.map(|id| tracing::field::display(id.0)),
        ip = caller.ip.map(|ip| ip.to_string()),
        request = caller.request_id,
        detail = event.detail,
    );
}
