//! What the engines do differently when several processes work on the same rows. SQLite has one
//! writer at a time, so there is nothing to be done there.
use super::{Conn, Db, Result, pool::Link};

/// How many connections a pool has open, and how many of them nobody uses.
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

    /// Waits until no other transaction holds the turn called `name`, and holds it until this one
    /// ends. Take it after the locks on rows.
    pub async fn take_turn(&mut self, name: &str) -> Result<()> {
        if self.locks_rows() {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            self.execute(sql, [name]).await?;
        }
        Ok(())
    }

    /// Takes the turn called `name` until this transaction ends; `false` if another one holds it.
    pub async fn try_turn(&mut self, name: &str) -> Result<bool> {
        if !self.locks_rows() {
            return Ok(true);
        }
        let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
        let (taken,): (bool,) = self.fetch_one(sql, [name]).await?;
        Ok(taken)
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
}
