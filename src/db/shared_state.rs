//! What a database that replicas share tells of itself: its time, and which transactions are still open.
use super::{Conn, Result, pool::Link};
use crate::time::Timestamp;

/// Which transactions have ended: all those numbered below `ended`. Those that have a number by now have
/// one below `next`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Horizon {
    pub ended: i64,
    pub next: i64,
}

impl Conn {
    /// The time of the database's own clock; `None` with SQLite, whose clock is this machine's.
    pub async fn time(&mut self) -> Result<Option<Timestamp>> {
        let Link::Postgres(_) = self.link else { return Ok(None) };
        let (micros,): (i64,) = self
            .fetch_one("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", ())
            .await?;
        Ok(Some(Timestamp::from_micros(micros)))
    }

    /// Which transactions may still commit. With SQLite, where writers take turns, none.
    pub async fn horizon(&mut self) -> Result<Horizon> {
        let Link::Postgres(_) = self.link else { return Ok(Horizon::default()) };
        // The names that PostgreSQL 12 knows too. The snapshot's own end will not do as `next`: it follows
        // the last transaction that has ended, and one that goes on may have a higher number.
        self.fetch_one(
            "SELECT txid_snapshot_xmin(s) AS ended, txid_current() AS next
             FROM txid_current_snapshot() AS s",
            (),
        )
        .await
    }
}
