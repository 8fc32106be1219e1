//! [`Lent`]: a connection of the pool to PostgreSQL, which goes back only if it can be used again.
//!
//! sqlx puts a connection back even when its user gave up waiting, and waits without limit for the
//! server to answer first. A server that fell silent without hanging up (a failover, a firewall that
//! forgot) would keep every such connection's place until TCP gives up, a quarter of an hour later;
//! and a `BEGIN` that was given up would leave the next user in a transaction that nobody commits.
use super::{
    Conn, Result,
    pool::{Deadline, Link, PATIENCE},
};
use sqlx::{PgConnection, Postgres, pool::PoolConnection};
use tokio::time::timeout;

pub(super) struct Lent {
    /// There until it is dropped.
    conn: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
    /// A statement has been sent and its outcome not been seen.
    busy: bool,
}

impl Lent {
    pub(super) const fn new(conn: PoolConnection<Postgres>) -> Self {
        Self { conn: Some(conn), in_transaction: false, busy: false }
    }

    /// The connection, for one statement, whose outcome must be shown to [`Lent::done`].
    pub(super) fn busy(&mut self) -> Result<&mut PgConnection> {
        self.busy = true;
        self.conn.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    pub(super) fn done<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.busy = matches!(outcome, Err(sqlx::Error::PoolTimedOut));
        outcome
    }

    pub(super) async fn begin(&mut self, deadline: Deadline) -> Result<()> {
        self.say("BEGIN", deadline).await?;
        self.in_transaction = true;
        Ok(())
    }

    pub(super) async fn commit(mut self, deadline: Deadline) -> Result<()> {
        if self.in_transaction {
            self.say("COMMIT", deadline).await?;
            self.in_transaction = false;
        }
        Ok(())
    }

    async fn say(&mut self, sql: &'static str, deadline: Deadline) -> Result<()> {
        let outcome = deadline.over(sqlx::raw_sql(sql).execute(self.busy()?)).await;
        self.done(outcome).map(|_| ())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        if self.busy {
            conn.close_on_drop();
            return;
        }
        let in_transaction = self.in_transaction;
        tokio::spawn(async move {
            if in_transaction {
                let rollback = sqlx::raw_sql("ROLLBACK").execute(&mut *conn);
                if !matches!(timeout(PATIENCE, rollback).await, Ok(Ok(_))) {
                    conn.close_on_drop();
                    return;
                }
            }
            // Given up, it is closed and its place is free.
            let _ = timeout(PATIENCE, conn.return_to_pool()).await;
        });
    }
}

impl Conn {
    /// Keeps ids up to `last` from being given to new rows of `table`. Not undone by a rollback.
    ///
    /// SQLite sees by itself which ids were inserted; PostgreSQL would go on counting where it was.
    pub async fn reserve_ids(&mut self, table: &'static str, last: i64) -> Result<()> {
        if let Link::Postgres(_) = self.link {
            self.execute(
                "SELECT setval(s.id, $2)
                 FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS id) s
                 WHERE $2 > COALESCE(pg_sequence_last_value(s.id), 0)",
                (table, last),
            )
            .await?;
        }
        Ok(())
    }
}
