//! A unit of work: one transaction of a flow, the audit events and mails written in it, and what
//! happens after its commit.
use super::{
    Auth, Caller, Result, SessionId, SignedIn, UserId,
    audit::{Actor, AuditEvent, AuditKind, log},
    limits::{AuditScope, network},
};
use crate::{
    db::Tx,
    store::{
        audit::{self, ActorKind},
        revocations::Revocation,
    },
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
    /// The kinds of the audit events that got no row.
    left_out: Vec<AuditKind>,
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
            left_out: Vec::new(),
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
    /// many such rows, one row counts the events of the account from all other addresses; if there are too many
    /// of these, the event is only counted, see [`Auth::store_left_out_events`].
    pub async fn audit_repeated(&mut self, event: AuditEvent<'_>) -> Result<()> {
        let event = self.complete(event);
        let ip = self.caller.ip.map(|ip| ip.to_string());
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
            detail: event.detail,
        };
        let from = network(self.caller.ip).map_or_else(String::new, |ip| ip.to_string());
        let of_account = audit::Entry { ip: None, user_agent: None, ..entry };
        let counted = self.audit_in_series(&entry, &from, AuditScope::Address).await?
            || self.audit_in_series(&of_account, "*", AuditScope::Account).await?;
        if !counted {
            self.left_out.push(event.kind);
        }
        self.log_later(event, true);
        Ok(())
    }

    /// Counts an event in the row of its account and of the addresses `from`. `false` if there is none, and there
    /// are too many to begin one.
    async fn audit_in_series(
        &mut self,
        entry: &audit::Entry<'_>,
        from: &str,
        scope: AuditScope,
    ) -> Result<bool> {
        let target = entry.target_id.map_or_else(String::new, |user| user.0.to_string());
        let series = self.series(entry.kind, &format!("{target} {from} {}", entry.detail));
        if audit::count(&mut self.tx, &series, self.now).await? {
            return Ok(true);
        }
        let admitted = self.auth.admits_audit_row(entry.kind, entry.target_id, scope);
        if admitted {
            audit::begin(&mut self.tx, &series, entry, 1).await?;
        }
        Ok(admitted)
    }

    /// Counts events that got no row in the row of their kind and hour, which names no account and no address.
    pub async fn audit_left_out(&mut self, kind: AuditKind, events: i64) -> Result<()> {
        let entry = audit::Entry {
            at: self.now,
            kind,
            actor: ActorKind::Anonymous,
            actor_id: None,
            target_id: None,
            session_id: None,
            ip: None,
            user_agent: None,
            detail: "",
        };
        let series = self.series(kind, "");
        Ok(audit::begin(&mut self.tx, &series, &entry, events).await?)
    }

    fn series(&self, kind: AuditKind, of: &str) -> String {
        format!("{} {} {of}", self.now.unix() / HOUR, kind.as_str())
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
        for kind in self.left_out {
            self.auth.leave_out_event(kind);
        }
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
