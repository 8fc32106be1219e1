//! [`PgConn`]: a connection of the pool to PostgreSQL, which goes back only if it can be used again.
//!
//! sqlx puts a connection back even when its user gave up waiting, and waits without limit for the
//! server to answer first. A server that fell silent without hanging up (a failover, a firewall that
//! forgot) would keep every such connection's place until TCP gives up, a quarter of an hour later;
//! and a `BEGIN` that was given up would leave the next user in a transaction that nobody commits.
//!
//! A connection that was given up keeps its place in the pool until its backend is gone: whoever comes
//! next would add another backend to those that wait for the same lock.
use super::{
    deadline::{Deadline, PATIENCE},
    pg_server::Server,
};
use sqlx::{Connection as _, PgConnection, Postgres, Result, Row as _, pool::PoolConnection};
use tokio::time::timeout;

/// The backend is known from the beginning of a transaction on, at no further round trip.
const BEGIN: &str = "BEGIN; SELECT pg_backend_pid()";
/// [`crate::db::deadline::LONG_PATIENCE`].
const BEGIN_LONG: &str = "BEGIN; SET LOCAL statement_timeout = 10000; SELECT pg_backend_pid()";

pub(crate) struct PgConn {
    /// There until it is dropped.
    conn: Option<PoolConnection<Postgres>>,
    server: Server,
    backend: Option<i32>,
    in_transaction: bool,
    /// A statement failed in the transaction, which can only be rolled back.
    failed: bool,
    /// A statement has been sent and its outcome not been seen.
    busy: bool,
}

impl PgConn {
    pub(crate) const fn new(conn: PoolConnection<Postgres>, server: Server) -> Self {
        let conn = Some(conn);
        Self { conn, server, backend: None, in_transaction: false, failed: false, busy: false }
    }

    /// The connection, for one statement, whose outcome must be shown to [`PgConn::done`].
    pub(crate) fn busy(&mut self) -> Result<&mut PgConnection> {
        self.busy = true;
        self.conn.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    pub(crate) fn done<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.busy = matches!(outcome, Err(sqlx::Error::PoolTimedOut));
        self.failed |= matches!(outcome, Err(sqlx::Error::Database(_)));
        outcome
    }

    /// The transaction went back to a savepoint before the statement that failed.
    pub(crate) const fn restored(&mut self) {
        self.failed = false;
    }

    pub(crate) async fn begin(&mut self, long: bool, deadline: &Deadline) -> Result<()> {
        let sql = if long { BEGIN_LONG } else { BEGIN };
        let outcome = deadline.over(sqlx::raw_sql(sql).fetch_one(self.busy()?)).await;
        self.backend = self.done(outcome)?.try_get(0)?;
        self.in_transaction = true;
        Ok(())
    }

    pub(crate) async fn commit(mut self, deadline: &Deadline) -> Result<()> {
        if self.failed {
            // PostgreSQL would roll back and call that a success.
            return Err(sqlx::Error::Protocol("an earlier statement failed".to_owned()));
        }
        if self.in_transaction {
            let outcome = deadline.over(sqlx::raw_sql("COMMIT").execute(self.busy()?)).await;
            self.done(outcome)?;
            self.in_transaction = false;
        }
        Ok(())
    }
}

impl Drop for PgConn {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        let (busy, in_transaction) = (self.busy, self.in_transaction);
        let (backend, server) = (self.backend, self.server.clone());
        tokio::spawn(async move {
            if busy {
                match backend {
                    Some(pid) => server.end(pid).await,
                    // The server has a limit of its own.
                    None => drop(timeout(PATIENCE, conn.ping()).await),
                }
                conn.close_on_drop();
                return;
            }
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
