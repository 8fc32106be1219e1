//! Notifications between processes that share a database.
use super::Result;
use sqlx::postgres::PgListener;

/// What other processes are notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Revocations,
    Outbox,
    Keys,
    Settings,
}

impl Channel {
    pub(crate) const ALL: [Self; 4] = [Self::Revocations, Self::Outbox, Self::Keys, Self::Settings];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revocations => "auth_revocations",
            Self::Outbox => "auth_outbox",
            Self::Keys => "auth_keys",
            Self::Settings => "auth_settings",
        }
    }
}

/// Receives the notifications of other processes (PostgreSQL's `LISTEN`).
pub struct Listener(pub(crate) PgListener);

impl Listener {
    /// Waits for the next notification and returns its channel. After a lost connection returns an error or,
    /// once the connection is restored, `None`: notifications may have been missed.
    pub async fn next(&mut self) -> Result<Option<Channel>> {
        Ok(self
            .0
            .try_recv()
            .await?
            .and_then(|n| Channel::ALL.into_iter().find(|c| c.name() == n.channel())))
    }
}
