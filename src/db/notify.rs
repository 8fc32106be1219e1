//! Notifications between processes that share a database.
use super::Result;
use sqlx::postgres::PgListener;
use strum::IntoEnumIterator as _;

/// What other processes are notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
#[strum(prefix = "auth_", serialize_all = "snake_case")]
pub enum Channel {
    Revocations,
    Outbox,
    Keys,
    Settings,
}

/// Receives the notifications of other processes (PostgreSQL's `LISTEN`).
pub struct Listener(pub(crate) PgListener);

impl Listener {
    /// Waits for the next notification and returns its channel. After a lost connection returns an error or,
    /// once the connection is restored, `None`: notifications may have been missed.
    pub async fn next(&mut self) -> Result<Option<Channel>> {
        let Some(heard) = self.0.try_recv().await? else { return Ok(None) };
        Ok(Channel::iter().find(|channel| <&str>::from(channel) == heard.channel()))
    }
}
