//! Audit events: each is a row in the transaction of what happened and a line of the log, with neither
//! secrets nor addresses (OWASP ASVS 5, 16.3). [`Work::audit`](super::work::Work::audit) writes them.
use super::{Auth, Caller, Result, SessionId, SignedIn, UserId};
use crate::store::audit::{self, Event};

/// What happened. What is `None` is taken from the work that writes it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AuditEvent<'a> {
    pub kind: &'static str,
    pub actor: Option<Actor>,
    /// Whose account it concerns.
    pub target: Option<UserId>,
    pub session: Option<SessionId>,
    pub detail: &'a str,
}

/// Who did it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Actor {
    #[default]
    Anonymous,
    User(UserId),
    /// Somebody at the command line.
    Cli,
}

impl Actor {
    /// The name of the kind of actor, and the user.
    pub const fn parts(self) -> (&'static str, Option<UserId>) {
        match self {
            Self::Anonymous => ("anonymous", None),
            Self::User(id) => ("user", Some(id)),
            Self::Cli => ("cli", None),
        }
    }
}

impl<'a> AuditEvent<'a> {
    /// An event of this kind, by the actor of the work.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// An event about `user`.
    pub fn about(kind: &'static str, user: UserId) -> Self {
        Self { target: Some(user), ..Self::new(kind) }
    }

    /// Something a user did to their own account.
    pub fn own(kind: &'static str, user: UserId) -> Self {
        Self { actor: Some(Actor::User(user)), ..Self::about(kind, user) }
    }

    /// Names who did it.
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
    /// What happened to a user's account, the newest first, `limit` at most.
    pub async fn history(&self, by: &SignedIn, limit: i64) -> Result<Vec<Event>> {
        let mut db = self.db.read().await?;
        Ok(audit::of_user(&mut db, by.user.id, limit).await?)
    }
}

/// Logs an event.
pub(crate) fn log(caller: &Caller, event: &AuditEvent<'_>) {
    let (actor, actor_id) = event.actor.unwrap_or_default().parts();
    tracing::info!(
        target: "portcullis::security",
        act = event.kind,
        actor,
        actor_id = actor_id.map(|id| id.0),
        target_id = event.target.map(|id| id.0),
        session = event.session.map(|id| tracing::field::display(id.0)),
        ip = caller.ip.map(|ip| ip.to_string()),
        request = caller.request_id,
        detail = event.detail,
    );
}
