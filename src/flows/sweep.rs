//! What is of no use any more is forgotten, and what happened elsewhere is heard of.
use super::{Auth, Result, post, shared_time};
use crate::store::{
    Channel, Listener, audit, invitations, keys, legacy_tokens, mail_tokens, outbox,
    refresh_tokens, revocations, sessions, setup_tokens,
};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

impl Auth {
    /// Forgets expired tokens, keys and links, sessions and sent mails a week after their end, and
    /// what happened longer ago than the log is kept.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let week = now.minus(7 * DAY);
        let mut db = self.db.write().await?;
        refresh_tokens::sweep(&mut db, now).await?;
        sessions::sweep(&mut db, week).await?;
        mail_tokens::sweep(&mut db, week).await?;
        invitations::sweep(&mut db, week).await?;
        revocations::sweep(&mut db, now).await?;
        keys::sweep(&mut db, now).await?;
        legacy_tokens::sweep(&mut db, now).await?;
        setup_tokens::sweep(&mut db, now).await?;
        outbox::sweep(&mut db, week).await?;
        outbox::sweep_orphans(&mut db, now.minus(post::PER)).await?;
        audit::sweep(&mut db, now.minus(self.config.audit_lifetime)).await?;
        Ok(db.commit().await?)
    }

    /// Learns which sessions were ended and which keys were rotated and which settings changed by
    /// other processes.
    pub async fn catch_up(&self) -> Result<()> {
        shared_time::follow(&self.db, &self.clock, &self.skew).await?;
        let now = self.clock.now();
        self.ended.catch_up(&self.db, now).await?;
        self.in_effect.catch_up(&self.db, &self.config).await?;
        self.keys.reload(&self.db, now).await
    }

    /// Listens to the other processes, where the database can tell.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        Ok(self.db.listen().await?)
    }

    /// Does what news on `channel` asks for; `None`: some may have been missed.
    pub async fn hear(&self, channel: Option<Channel>) -> Result<()> {
        match channel {
            Some(Channel::Revocations) => {
                self.ended.catch_up(&self.db, self.clock.now()).await?;
                return Ok(());
            }
            _ => self.post.notify_one(),
        }
        if channel == Some(Channel::Outbox) { Ok(()) } else { self.catch_up().await }
    }
}
