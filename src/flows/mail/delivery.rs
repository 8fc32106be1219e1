//! Sends the mails in the outbox. Any number of processes may do so: each mail is sent by one of them.
//!
//! If a process dies after the mail server accepted a mail and before that is stored, the mail is sent again
//! when the lease expires, with the same Message-ID.
use crate::{
    flows::{Auth, Error, Result},
    store::outbox::{self, Mail},
};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::{
    task::{self, JoinSet},
    time::sleep,
};

/// How long a claimed mail is reserved for the process that claimed it and may still be sending it.
const LEASE: Duration = Duration::from_mins(2);
/// The delay before the second attempt. It doubles with each attempt.
const FIRST_DELAY: Duration = Duration::from_secs(30);
const LONGEST_DELAY: Duration = Duration::from_hours(1);
/// A mail that is not sent within this time has failed, which operators can see.
const GIVE_UP: Duration = Duration::from_hours(24);
/// How many mails one process sends at once, so that a slow mail server does not delay the others.
const AT_ONCE: usize = 8;
/// How often the outbox is polled for mails without a notification while others are being sent.
const OUTBOX_POLL: Duration = Duration::from_secs(2);

/// The mails that are being sent.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<Result<bool>>,
    /// The mail id and the attempt of each task.
    mails: HashMap<task::Id, (i64, i64)>,
}

impl UnderWay {
    fn start(&mut self, auth: &Auth, mail: Mail) {
        let (auth, this) = (auth.clone(), (mail.id, mail.attempts));
        let task = self.tasks.spawn(async move { auth.deliver(&mail).await });
        self.mails.insert(task.id(), this);
    }

    /// The result of the next task to finish; `None` if no task is running.
    async fn next(&mut self) -> Option<Result<bool>> {
        let (id, done) = match self.tasks.join_next_with_id().await? {
            Ok((id, done)) => (id, done),
            Err(e) => (e.id(), Err(Error::internal(e))),
        };
        self.mails.remove(&id);
        Some(done)
    }
}

impl Auth {
    /// Waits until a flow of this process has enqueued a mail.
    pub async fn mail_queued(&self) {
        self.outbox_wakeup.notified().await;
    }

    /// Sends the mails that are due, and returns how many were sent. Mails that this process was already
    /// sending are finished when it returns.
    pub async fn deliver_due(&self) -> Result<usize> {
        let _one_at_a_time = self.sending.lock().await;
        let (mut sent, mut failed, mut under_way) = (0, None, UnderWay::default());
        loop {
            // Claim only as many as can start now: a slow mail server blocks one slot, not all. After a
            // failure, wait for the mails under way: one that is interrupted may be sent twice.
            let room = AT_ONCE.saturating_sub(under_way.mails.len());
            let begins = failed.is_none() && !self.lifecycle.is_ending();
            if begins && room > 0 {
                match self.claim(room).await {
                    Ok(mails) => mails.into_iter().for_each(|m| under_way.start(self, m)),
                    Err(e) => failed = Some(e),
                }
            }
            let begins = begins && failed.is_none();
            let looks = begins && under_way.mails.len() < AT_ONCE;
            let done = tokio::select! {
                biased;
                done = under_way.next() => done,
                () = self.lifecycle.ended() => {
                    self.release_all(&mut under_way).await?;
                    None
                }
                () = self.lifecycle.ending(), if begins => continue,
                () = self.mail_queued(), if looks => continue,
                () = sleep(OUTBOX_POLL), if looks => continue,
            };
            match done {
                Some(Ok(done)) => sent += usize::from(done),
                Some(Err(e)) => failed = Some(e),
                None => return failed.map_or(Ok(sent), Err),
            }
        }
    }

    /// Starts no more mails, and returns when those under way are sent. A mail that takes longer than
    /// `timeout` is aborted and due immediately, for another process or after the next start.
    pub async fn end_mails(&self, timeout: Duration) {
        self.lifecycle.end(Instant::now() + timeout);
        drop(self.sending.lock().await);
    }

    /// Whether mail delivery is ending: no more mails are started.
    pub fn is_ending(&self) -> bool {
        self.lifecycle.is_ending()
    }

    /// Waits until mail delivery is ending.
    pub async fn ending(&self) {
        self.lifecycle.ending().await;
    }

    async fn release_all(&self, under_way: &mut UnderWay) -> Result<()> {
        under_way.tasks.shutdown().await;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        for (id, attempts) in under_way.mails.drain().map(|(_, mail)| mail) {
            outbox::release(&mut db, id, attempts, now).await?;
        }
        Ok(db.commit().await?)
    }

    async fn claim(&self, most: usize) -> Result<Vec<Mail>> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mails = outbox::claim(&mut db, most, now.plus(LEASE), now).await?;
        db.commit().await?;
        Ok(mails)
    }

    /// Sends one claimed mail; `false` if it was not sent and will be retried, has failed or was dropped.
    async fn deliver(&self, mail: &Mail) -> Result<bool> {
        // A mail that cannot be rendered, for example because of a template, is a failed attempt, too.
        let sent = match self.letter(mail).await {
            Ok(Some(letter)) => {
                let sent = self.mailer.send(letter).await;
                sent.map_err(|e| (e.to_string(), e.is_permanent()))
            }
            Ok(None) => {
                let mut db = self.db.write().await?;
                outbox::drop(&mut db, mail.id).await?;
                db.commit().await?;
                return Ok(false);
            }
            Err(Error::Internal(e)) => Err((e.to_string(), false)),
            Err(e) => return Err(e),
        };
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        match &sent {
            Ok(()) => outbox::mark_sent(&mut db, mail.id, now).await?,
            Err((error, is_permanent)) => {
                let due_at = now.plus(delay(mail.attempts));
                let given_up = *is_permanent || due_at > mail.created_at.plus(GIVE_UP);
                if given_up {
                    outbox::fail(&mut db, mail.id, error).await?;
                } else {
                    outbox::reschedule(&mut db, mail.id, due_at, error).await?;
                }
                let (id, attempt) = (mail.id, mail.attempts);
                tracing::warn!(
                    id,
                    kind = mail.kind.as_str(),
                    attempt,
                    given_up,
                    error,
                    "a mail was not sent"
                );
            }
        }
        db.commit().await?;
        Ok(sent.is_ok())
    }
}

fn delay(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    (FIRST_DELAY * 2_u32.pow(doublings)).min(LONGEST_DELAY)
}
