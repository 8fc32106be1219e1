//! What processes that share a database tell each other.
use super::Result;
use sqlx::postgres::PgListener;

/// What other processes are told of at once.
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

/// Hears what other processes say (PostgreSQL's `LISTEN`).
pub struct Listener(pub(crate) PgListener);

impl Listener {
    /// The next channel on which something was said; after a lost connection an error or, once it
    /// stands again, `None`: something may have been missed.
    pub async fn next(&mut self) -> Result<Option<Channel>> {
        Ok(self
            .0
            .try_recv()
            .await?
            .and_then(|n| Channel::ALL.into_iter().find(|c| c.name() == n.channel())))
    }
}
