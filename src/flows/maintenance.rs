//! Purging old rows, and reading what other processes changed.
use super::{Auth, Result, clock_skew, limits, mail};
use crate::{
    db::{Channel, Listener},
    store::{
        attempts, audit, invitations, keys, legacy_tokens, login_challenges, mail_tokens,
        outbox::{self, OutboxState},
        refresh_tokens, revocations, sessions, setup_tokens, totp,
    },
    time::Timestamp,
};
use std::time::{Duration, Instant};
use strum::IntoEnumIterator as _;
use tokio::time::sleep;

/// How long authenticator apps are kept that were not confirmed.
const DAY: Duration = Duration::from_hours(24);
/// How long ended sessions, expired links and sent mails are kept.
pub(crate) const WEEK: Duration = Duration::from_hours(24 * 7);
/// How long failed mails are kept, so that an operator can send them again.
pub(crate) const MONTH: Duration = Duration::from_hours(24 * 30);
/// How many rows of a table are deleted in one transaction.
const BATCH: u64 = 2_000;
const LEAST_PAUSE: Duration = Duration::from_millis(10);
/// The name of the turn that a process takes while it purges.
const TURN: &str = "purge";

/// Rows that are purged once they are old enough, in this order.
#[derive(Clone, Copy, strum::EnumIter)]
enum Old {
    Revocations,
    RefreshTokens,
    Sessions,
    LegacyTokens,
    MailTokens,
    Invitations,
    SentMails,
    DroppedMails,
    FailedMails,
    /// Mails to deleted users.
    Orphans,
    AuditEvents,
    Attempts,
    LoginChallenges,
    /// Authenticator apps that were not confirmed.
    SetUps,
}

impl Auth {
    /// Deletes expired tokens, keys and unfinished logins; authenticator apps a day after a set-up that was not
    /// confirmed; sessions, links and sent mails a week after their end; failed mails after a month; the
    /// attempts for an account a week after the last one; and audit events that are older than
    /// `audit_lifetime`.
    ///
    /// It uses small transactions with pauses, so that no other write waits for long, however many
    /// rows there are. Only one process purges at a time; the others return at once.
    pub async fn purge(&self) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        keys::purge(&mut db, now).await?;
        setup_tokens::purge(&mut db, now).await?;
        db.commit().await?;
        let mut failed = Ok(());
        for old in Old::iter() {
            loop {
                let since = Instant::now();
                match self.purge_batch(old, now).await {
                    Ok(Some(BATCH..)) => {}
                    Ok(Some(_)) => break,
                    Ok(None) => return failed,
                    // Purge the other tables all the same.
                    Err(e) => {
                        failed = Err(e);
                        break;
                    }
                }
                // Pause for as long as the batch took: purging takes at most half of the database's
                // time.
                sleep(since.elapsed().max(LEAST_PAUSE)).await;
            }
        }
        failed
    }

    /// Deletes one batch. Returns the number of rows, or `None` if another process is purging.
    async fn purge_batch(&self, old: Old, now: Timestamp) -> Result<Option<u64>> {
        let mut db = self.db.write_long().await?;
        if !db.try_turn(TURN).await? {
            return Ok(None);
        }
        let (rows, most) = (&mut db, BATCH.cast_signed());
        let (week, month) = (now.minus(WEEK), now.minus(MONTH));
        let gone = match old {
            Old::RefreshTokens => refresh_tokens::purge(rows, now, most).await?,
            Old::Sessions => {
                let tokens = refresh_tokens::purge_ended(rows, week, most).await?;
                // Sessions are deleted after their tokens: together they might be too many rows.
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
            Old::SentMails => outbox::purge(rows, OutboxState::Sent, week, most).await?,
            Old::DroppedMails => outbox::purge(rows, OutboxState::Dropped, week, most).await?,
            Old::FailedMails => outbox::purge(rows, OutboxState::Failed, month, most).await?,
            Old::Orphans => outbox::purge_orphans(rows, now.minus(mail::PER), most).await?,
            Old::AuditEvents => {
                audit::purge(rows, now.minus(self.config.audit_lifetime), most).await?
            }
            Old::SetUps => totp::purge(rows, now.minus(DAY), most).await?,
            Old::LoginChallenges => login_challenges::purge(rows, now, most).await?,
            Old::Attempts => attempts::purge(rows, now.minus(limits::KEPT), most).await?,
        };
        db.commit().await?;
        Ok(Some(gone))
    }

    /// Reads which sessions other processes ended, which keys they rotated and which settings they
    /// changed.
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

    /// Listens for notifications by other processes; `None` if the database has none.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        Ok(self.db.listen().await?)
    }

    /// Handles a notification on `channel`. `None` means that notifications may have been missed.
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
