//! Figures about this process and its database, for monitoring.
use super::{Auth, Result};
use crate::{
    db::Connections,
    password::Jobs,
    store::{
        oldest,
        outbox::{self, OutboxState},
        revocations,
    },
    time::Timestamp,
};
use std::time::Duration;

/// The figures that [`Auth::figures`] reads.
#[derive(Clone, Debug)]
pub struct Figures {
    /// How many mails wait to be sent.
    pub mails_waiting: i64,
    /// How many mails failed: their delivery was given up.
    pub mails_failed: i64,
    /// How long the oldest waiting mail has been waiting.
    pub oldest_mail: Duration,
    /// How many passwords wait for a hashing thread, were hashed or checked, and were given up.
    pub passwords: Jobs,
    /// The connections of this process to its database.
    pub connections: Connections,
    /// For each table, how long the purge of its oldest row is overdue.
    pub overdue: [(&'static str, Duration); 7],
    /// Whether credential stuffing is going on.
    pub stuffing: bool,
}

impl Auth {
    /// Reads the figures. It counts the mails in the database, so call it at most every few
    /// seconds.
    pub async fn figures(&self) -> Result<Figures> {
        let now = self.clock.now();
        let mut db = self.db.read().await?;
        let oldest = oldest::read(&mut db).await?;
        let (week, month) = (crate::flows::maintenance::WEEK, crate::flows::maintenance::MONTH);
        let over = |oldest: Option<Timestamp>, kept: Duration| {
            oldest.map_or(Duration::ZERO, |t| t.plus(kept).until(now))
        };
        let sessions =
            over(oldest.session_ended_at, week).max(over(oldest.session_expired_at, week));
        let mails = over(oldest.mail_sent_at, week)
            .max(over(oldest.mail_dropped_at, week))
            .max(over(oldest.mail_failed_at, month));
        Ok(Figures {
            mails_waiting: outbox::count(&mut db, OutboxState::Waiting).await?,
            mails_failed: outbox::count(&mut db, OutboxState::Failed).await?,
            oldest_mail: over(outbox::oldest_waiting(&mut db).await?, Duration::ZERO),
            passwords: self.hasher.jobs(),
            connections: self.db.connections(),
            overdue: [
                ("auth_refresh_tokens", over(oldest.refresh_token_expired_at, Duration::ZERO)),
                ("auth_sessions", sessions),
                ("auth_mail_tokens", over(oldest.mail_token_expired_at, week)),
                ("auth_revocations", over(oldest.revocation_expired_at, revocations::KEPT)),
                ("auth_outbox", mails),
                ("auth_audit", over(oldest.act_at, self.config.audit_lifetime)),
                ("auth_attempts", over(oldest.attempt_counted_at, super::limits::KEPT)),
            ],
            stuffing: self.stuffing().noticed,
        })
    }
}
