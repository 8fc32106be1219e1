//! The state of a database that replicas share: its time, and which transactions are still open.
use super::{Conn, Result, pool::Link};
use crate::time::Timestamp;

/// Which transactions have ended: all with a number below `ended`. Every transaction that has a number so far
/// has one below `next`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Horizon {
    pub ended: i64,
    pub next: i64,
}

impl Conn {
    /// The time of the database server's clock; `None` with SQLite, which uses the clock of this machine.
    pub async fn time(&mut self) -> Result<Option<Timestamp>> {
        let Link::Postgres(_) = self.link else { return Ok(None) };
        let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
        Ok(Some(self.fetch_value(sql, ()).await?))
    }

    /// Which transactions may still commit. With SQLite none, because it has one writer at a time.
    pub async fn horizon(&mut self) -> Result<Horizon> {
        let Link::Postgres(_) = self.link else { return Ok(Horizon::default()) };
        // PostgreSQL 12 has these functions, too. The snapshot's end cannot be used as `next`: it follows the
        // last transaction that has ended, and an open one may have a higher number.
        let sql = "SELECT txid_snapshot_xmin(s) AS ended, txid_current() AS next
                   FROM txid_current_snapshot() AS s";
        self.fetch_one(sql, ()).await
    }
}
