//! The audit log: each act as a row in its own transaction and as a line of the log, with neither
//! secrets nor addresses (OWASP ASVS 5, 16.3).
use super::{Auth, Caller, Result, SessionId, SignedIn, UserId};
use crate::{
    db::Conn,
    store::audit::{self, ActorKind, Event},
    time::Timestamp,
};

pub use crate::store::audit::AuditKind;

/// What happened.
#[derive(Clone, Copy, Debug)]
pub struct AuditEvent<'a> {
    pub kind: AuditKind,
    pub actor: Actor,
    /// Whose account it concerns.
    pub target: Option<UserId>,
    pub session: Option<SessionId>,
    pub detail: &'a str,
}

/// Who did it.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    Anonymous,
    User(UserId),
    /// Somebody at the command line.
    Cli,
}

impl AuditEvent<'_> {
    /// Something that an unknown person did and that concerns no account.
    pub fn new(kind: AuditKind) -> Self {
        Self { kind, actor: Actor::Anonymous, target: None, session: None, detail: "" }
    }

    /// Something a user did to its own account.
    pub fn own(kind: AuditKind, user: UserId) -> Self {
        Self { actor: Actor::User(user), target: Some(user), ..Self::new(kind) }
    }

    /// Something a user, or who acts for that user, did to the account, in a session.
    pub fn by(kind: AuditKind, by: &SignedIn) -> Self {
        let actor = Actor::User(by.session.actor_id.unwrap_or(by.user.id));
        Self { actor, ..Self::own(kind, by.user.id) }.in_session(by.session.id)
    }

    /// Something an admin did that concerns no account.
    pub fn of_admin(kind: AuditKind, by: &SignedIn) -> Self {
        Self { target: None, ..Self::by(kind, by) }
    }

    pub fn in_session(mut self, session: SessionId) -> Self {
        self.session = Some(session);
        self
    }
}

impl Auth {
    /// What happened to a user's account, the newest first, `limit` at most.
    pub async fn history(&self, by: &SignedIn, limit: i64) -> Result<Vec<Event>> {
        let mut db = self.db.read().await?;
        Ok(audit::of_user(&mut db, by.user.id, limit).await?)
    }
}

/// Writes `act` down.
pub async fn record(
    db: &mut Conn,
    caller: &Caller,
    act: AuditEvent<'_>,
    now: Timestamp,
) -> Result<()> {
    let ip = caller.ip.map(|ip| ip.to_string());
    let (actor, actor_id) = match act.actor {
        Actor::Anonymous => (ActorKind::Anonymous, None),
        Actor::User(id) => (ActorKind::User, Some(id)),
        Actor::Cli => (ActorKind::Cli, None),
    };
    audit::insert(
        db,
        &audit::Entry {
            at: now,
            kind: act.kind,
            actor,
            actor_id,
            target_id: act.target,
            session_id: act.session,
            ip: ip.as_deref(),
            user_agent: caller.user_agent.as_deref(),
            detail: act.detail,
        },
    )
    .await?;
    tracing::info!(
        target: "portcullis::security",
        act = act.kind.into_str(),
        actor = actor.into_str(),
        actor_id = actor_id.map(|id| id.0),
        target_id = act.target.map(|id| id.0),
        session = act.session.map(|id| tracing::field::display(id.0)),
        ip,
        request = caller.request_id,
        detail = act.detail,
    );
    Ok(())
}
