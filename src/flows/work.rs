//! A unit of work: one transaction of a flow, the audit events and mails written in it, and what
//! happens after its commit.
use super::{
    Auth, Caller, Result, SessionId, SignedIn, UserId,
    audit::{Actor, AuditEvent, log},
    limits::network,
};
use crate::{
    db::Tx,
    store::{audit, revocations::Revocation},
    time::Timestamp,
};

/// In seconds.
const HOUR: i64 = 3_600;

/// One transaction on behalf of a caller. It is rolled back unless [`Work::commit`] is called.
pub(crate) struct Work<'a> {
    pub auth: &'a Auth,
    pub tx: Tx,
    /// When the work began. Every row that it writes has this time.
    pub now: Timestamp,
    pub caller: &'a Caller,
    /// Who caused the audit events of this work. An event may name another actor, target or session
    /// than the work does.
    actor: Actor,
    target: Option<UserId>,
    session: Option<SessionId>,
    /// The sessions whose access tokens this process must refuse after the commit.
    pub(super) revoked: Vec<Revocation>,
    /// The audit events of this transaction, each with its detail, and whether its log lines are limited.
    audited: Vec<(AuditEvent<'static>, String, bool)>,
    /// Whether a mail was enqueued.
    pub(super) mail_queued: bool,
}

impl Auth {
    /// Begins the work of a caller who is not logged in.
    pub(crate) async fn begin<'a>(&'a self, caller: &'a Caller) -> Result<Work<'a>> {
        let now = self.clock.now();
        Ok(Work {
            auth: self,
            tx: self.db.write().await?,
            now,
            caller,
            actor: Actor::Anonymous,
            target: None,
            session: None,
            revoked: Vec::new(),
            audited: Vec::new(),
            mail_queued: false,
        })
    }

    /// Begins the work of a user in a session. Its audit events are about that user. Their actor is
    /// the user or the superuser who acts for them in the session.
    pub(crate) async fn begin_by<'a>(
        &'a self,
        caller: &'a Caller,
        by: &SignedIn,
    ) -> Result<Work<'a>> {
        let mut work = self.begin(caller).await?;
        work.actor = Actor::User(by.session.actor_id.unwrap_or(by.user.id));
        work.target = Some(by.user.id);
        work.session = Some(by.session.id);
        Ok(work)
    }

    /// Begins the work of an operator. Its audit events name their targets themselves.
    pub(crate) async fn begin_as<'a>(
        &'a self,
        caller: &'a Caller,
        actor: Actor,
    ) -> Result<Work<'a>> {
        let mut work = self.begin(caller).await?;
        work.actor = actor;
        Ok(work)
    }
}

impl Work<'_> {
    /// Writes an audit event as a row of this transaction and, after the commit, as a log line.
    pub async fn audit(&mut self, event: AuditEvent<'_>) -> Result<()> {
        let event = self.complete(event);
        let ip = self.caller.ip.map(|ip| ip.to_string());
        let (actor, actor_id) = event.actor.unwrap_or_default().parts();
        audit::insert(
            &mut self.tx,
            &audit::Entry {
                at: self.now,
                kind: event.kind,
                actor,
                actor_id,
                target_id: event.target,
                session_id: event.session,
                ip: ip.as_deref(),
                user_agent: self.caller.user_agent.as_deref(),
                detail: event.detail,
            },
        )
        .await?;
        self.log_later(event, false);
        Ok(())
    }

    /// The same for an event that a stranger can cause as often as they like. Events of one kind that concern
    /// one account and come from one address within an hour are one row, which counts them. If there are too
    /// many such rows, one row counts the events of all accounts and addresses.
    pub async fn audit_repeated(&mut self, event: AuditEvent<'_>) -> Result<()> {
        let event = self.complete(event);
        let (ip, hour) = (self.caller.ip.map(|ip| ip.to_string()), self.now.unix() / HOUR);
        let (kind, detail) = (event.kind.as_str(), event.detail);
        let target = event.target.map_or_else(String::new, |user| user.0.to_string());
        let from = network(self.caller.ip).map_or_else(String::new, |ip| ip.to_string());
        let series = format!("{hour} {kind} {target} {from} {detail}");
        if !audit::count(&mut self.tx, &series, self.now).await? {
            let (actor, _) = event.actor.unwrap_or_default().parts();
            let entry = audit::Entry {
                at: self.now,
                kind: event.kind,
                actor,
                actor_id: None,
                target_id: event.target,
                session_id: None,
                ip: ip.as_deref(),
                user_agent: self.caller.user_agent.as_deref(),
                detail,
            };
            if self.auth.admits_audit_row() {
                audit::begin(&mut self.tx, &series, &entry).await?;
            } else {
                let entry = audit::Entry { target_id: None, ip: None, user_agent: None, ..entry };
                audit::begin(&mut self.tx, &format!("{hour} {kind} {detail}"), &entry).await?;
            }
        }
        self.log_later(event, true);
        Ok(())
    }

    /// The event with the actor, target and session of this work, if it has none itself.
    fn complete<'e>(&self, event: AuditEvent<'e>) -> AuditEvent<'e> {
        AuditEvent {
            actor: event.actor.or(Some(self.actor)),
            target: event.target.or(self.target),
            session: event.session.or(self.session),
            ..event
        }
    }

    fn log_later(&mut self, event: AuditEvent<'_>, repeated: bool) {
        let AuditEvent { kind, actor, target, session, detail } = event;
        let event = AuditEvent { kind, actor, target, session, detail: "" };
        self.audited.push((event, detail.to_owned(), repeated));
    }

    /// Commits. Then the log gets the audit events, this process refuses the revoked access tokens and, if a mail was enqueued,
    /// wakes its outbox worker.
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await?;
        for (event, detail, repeated) in &self.audited {
            let event = event.detail(detail);
            if *repeated {
                self.auth.log_repeated(self.caller, &event);
            } else {
                log(self.caller, &event);
            }
        }
        self.auth.revoked.add(&self.revoked);
        if self.mail_queued {
            self.auth.outbox_wakeup.notify_one();
        }
        Ok(())
    }
}
