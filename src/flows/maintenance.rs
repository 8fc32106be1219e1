//! What is of no use any more is forgotten, and what happened elsewhere is heard of.
use super::{Auth, Result, clock_skew, mail};
use crate::{
    db::{Channel, Listener},
    store::{
        audit, invitations, keys, legacy_tokens, mail_tokens, outbox, refresh_tokens, revocations,
        sessions, setup_tokens,
    },
    time::Timestamp,
};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long ended sessions, expired links and mails that were sent are kept.
pub(crate) const WEEK: Duration = Duration::from_hours(24 * 7);
/// How long mails that failed are kept, for an operator to send them again.
pub(crate) const MONTH: Duration = Duration::from_hours(24 * 30);
/// How many rows of a table are deleted in one transaction.
const BATCH: u64 = 2_000;
const LEAST_PAUSE: Duration = Duration::from_millis(10);
/// The turn that the process takes that is purging.
const TURN: &str = "purge";

/// What is deleted once it is old enough.
#[derive(Clone, Copy)]
enum Old {
    RefreshTokens,
    Sessions,
    MailTokens,
    Invitations,
    Revocations,
    LegacyTokens,
    Mails(&'static str, Duration),
    /// Mails to users who are gone.
    Orphans,
    Acts,
}

const ALL: [Old; 11] = [
    Old::Revocations,
    Old::RefreshTokens,
    Old::Sessions,
    Old::LegacyTokens,
    Old::MailTokens,
    Old::Invitations,
    Old::Mails("sent", WEEK),
    Old::Mails("dropped", WEEK),
    Old::Mails("failed", MONTH),
    Old::Orphans,
    Old::Acts,
];

impl Auth {
    /// Deletes expired tokens and keys, sessions, links and sent mails a week after their end, mails that
    /// failed after a month, and acts that are older than the audit log is kept.
    ///
    /// It goes in small transactions with pauses, so that no other write waits for long however much
    /// there is. Of several processes one does it at a time; the others return at once.
    pub async fn purge(&self) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        keys::purge(&mut db, now).await?;
        setup_tokens::purge(&mut db, now).await?;
        db.commit().await?;
        let mut failed = Ok(());
        for old in ALL {
            loop {
                let since = Instant::now();
                match self.purge_batch(old, now).await {
                    Ok(Some(BATCH..)) => {}
                    Ok(Some(_)) => break,
                    Ok(None) => return failed,
                    // The other tables have their turn all the same.
                    Err(e) => {
                        failed = Err(e);
                        break;
                    }
                }
                // As long as it took, so that it has half of the database's time at most.
                sleep(since.elapsed().max(LEAST_PAUSE)).await;
            }
        }
        failed
    }

    /// Deletes one batch: how many rows, or `None` if another process is at it.
    async fn purge_batch(&self, old: Old, now: Timestamp) -> Result<Option<u64>> {
        let mut db = self.db.write_long().await?;
        if !db.try_turn(TURN).await? {
            return Ok(None);
        }
        let (rows, most, week) = (&mut db, BATCH.cast_signed(), now.minus(WEEK));
        let gone = match old {
            Old::RefreshTokens => refresh_tokens::purge(rows, now, most).await?,
            Old::Sessions => {
                let tokens = refresh_tokens::purge_ended(rows, week, most).await?;
                // The sessions go last: with all their tokens they might be too many rows.
                if tokens < BATCH {
                    tokens + sessions::purge(rows, week, most).await?
                } else {
                    tokens
                }
            }
            Old::MailTokens => mail_tokens::purge(rows, week, most).await?,
            Old::Invitations => invitations::purge(rows, week, most).await?,
            Old::Revocations => revocations::purge(rows, now, most).await?,
            Old::LegacyTokens => legacy_tokens::purge(rows, now, most).await?,
            Old::Mails(state, kept) => outbox::purge(rows, state, now.minus(kept), most).await?,
            Old::Orphans => outbox::purge_orphans(rows, now.minus(mail::PER), most).await?,
            Old::Acts => audit::purge(rows, now.minus(self.config.audit_lifetime), most).await?,
        };
        db.commit().await?;
        Ok(Some(gone))
    }

    /// Learns which sessions were ended and which keys were rotated and which settings changed by
    /// other processes.
    pub async fn catch_up(&self) -> Result<()> {
        clock_skew::follow(&self.db, &self.clock, &self.skew).await?;
        let now = self.clock.now();
        self.revoked.catch_up(&self.db, &self.clock).await?;
        self.current_settings.catch_up(&self.db, &self.config).await?;
        self.keys.reload(&self.db, now).await?;
        self.keys.advance(&self.db, self.runtime_settings().longest(), now).await?;
        self.lifecycle.heard();
        Ok(())
    }

    /// Listens to the other processes, where the database can tell.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        Ok(self.db.listen().await?)
    }

    /// Does what news on `channel` asks for; `None`: some may have been missed.
    pub async fn hear(&self, channel: Option<Channel>) -> Result<()> {
        match channel {
            Some(Channel::Revocations) => {
                self.revoked.catch_up(&self.db, &self.clock).await?;
                return Ok(());
            }
            _ => self.outbox_wakeup.notify_one(),
        }
        if channel == Some(Channel::Outbox) { Ok(()) } else { self.catch_up().await }
    }
}
