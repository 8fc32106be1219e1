//! What differs between the engines when several processes work on the same rows. SQLite has one writer at
//! a time, so nothing needs to be done there.
use super::{Conn, Db, Result, pool::Link};

/// How many connections a pool has open, and how many of them are idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    pub open: usize,
    pub idle: usize,
}

impl Conn {
    /// Whether single rows can be locked (`FOR UPDATE SKIP LOCKED`).
    pub(crate) fn locks_rows(&self) -> bool {
        matches!(self.link, Link::Postgres(_))
    }

    /// Takes the advisory lock `name` until this transaction ends. Waits while another transaction has it.
    /// Take it after the locks on rows. SQLite's write lock makes it unnecessary.
    pub async fn take_turn(&mut self, name: &str) -> Result<()> {
        if self.locks_rows() {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            self.execute(sql, [name]).await?;
        }
        Ok(())
    }

    /// Like [`Conn::take_turn`], but does not wait: `false` if another transaction has the lock.
    pub async fn try_turn(&mut self, name: &str) -> Result<bool> {
        if !self.locks_rows() {
            return Ok(true);
        }
        let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
        self.fetch_value(sql, [name]).await
    }

    /// An estimate of the number of rows of a table, if the engine keeps one.
    pub async fn estimate(&mut self, table: &'static str) -> Result<Option<i64>> {
        let Link::Postgres(_) = self.link else { return Ok(None) };
        let sql = "SELECT CAST(reltuples AS BIGINT) FROM pg_class
                   WHERE oid = to_regclass($1) AND reltuples >= 0";
        self.fetch_optional_value(sql, [table]).await
    }
}

impl Db {
    /// The connections of this process.
    pub fn connections(&self) -> Connections {
        match self {
            Self::Sqlite { read, write, .. } => Connections {
                open: (read.size() + write.size()) as usize,
                idle: read.num_idle() + write.num_idle(),
            },
            Self::Postgres { pool, .. } => {
                Connections { open: pool.size() as usize, idle: pool.num_idle() }
            }
        }
    }

    /// Reserves all ids up to `last`, so that new users get higher ones. Lasts even if the caller's work is
    /// rolled back.
    ///
    /// SQLite derives the next id from the inserted ones. PostgreSQL has a separate counter. The table is
    /// locked: otherwise the counter could be set back below an id that was just assigned.
    pub async fn reserve_user_ids(&self, last: i64) -> Result<()> {
        if let Self::Sqlite { .. } = self {
            return Ok(());
        }
        let mut db = self.write().await?;
        db.execute("LOCK TABLE auth_users IN SHARE ROW EXCLUSIVE MODE", ()).await?;
        let sql = "SELECT setval(s.id, $1)
                   FROM (SELECT CAST(pg_get_serial_sequence('auth_users', 'id') AS regclass) AS id) s
                   WHERE $1 > COALESCE(pg_sequence_last_value(s.id), 0)";
        db.execute(sql, [last]).await?;
        db.commit().await
    }
}
