//! [`PgConn`]: a pooled connection to PostgreSQL. It returns to the pool only if it is usable.
//!
//! sqlx returns a connection even after its user gave up waiting, and first waits without limit for the
//! server's answer. If the server stays silent (after a failover, or behind a firewall that dropped its
//! state), each such connection would keep its place until TCP gives up, a quarter of an hour later. And a
//! `BEGIN` that was given up would leave the next user in a transaction that is never committed.
//!
//! A connection that was given up keeps its place in the pool until its backend has ended. Otherwise the
//! next request would add another backend to those that wait for the same lock.
use super::{
    deadline::{Deadline, REQUEST_TIMEOUT},
    pg_server::{Pooler, Server},
};
use sqlx::{Connection as _, PgConnection, Postgres, Result, Row as _, pool::PoolConnection};
use tokio::time::timeout;

/// Also returns the backend's process id, in the same round trip.
const BEGIN: &str = "BEGIN; SELECT pg_backend_pid()";
/// The time limit is [`crate::db::deadline::LONG_TIMEOUT`].
const BEGIN_LONG: &str = "BEGIN; SET LOCAL statement_timeout = 10000; SELECT pg_backend_pid()";

/// The same with the time limits of [`crate::db::pg_server`], which a pooled session does not have.
macro_rules! begin_pooled {
    ($begin:literal, $statement_timeout:literal) => {
        concat!(
            $begin,
            "; SET LOCAL statement_timeout = ",
            $statement_timeout,
            "; SET LOCAL lock_timeout = 2000; SET LOCAL idle_in_transaction_session_timeout = 10000; \
             SELECT pg_backend_pid()"
        )
    };
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    /// Reads or writes, and may take longer.
    Long,
}

pub(crate) struct PgConn {
    /// `None` only while it is dropped.
    conn: Option<PoolConnection<Postgres>>,
    server: Server,
    backend: Option<i32>,
    in_transaction: bool,
    /// A statement failed in the transaction, which can only be rolled back.
    failed: bool,
    /// A statement has been sent, and its outcome is unknown.
    busy: bool,
}

impl PgConn {
    pub(crate) const fn new(conn: PoolConnection<Postgres>, server: Server) -> Self {
        let conn = Some(conn);
        Self { conn, server, backend: None, in_transaction: false, failed: false, busy: false }
    }

    /// The connection, for one statement. Its outcome must be passed to [`PgConn::done`].
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

    /// Whether the server may keep prepared statements under a name.
    pub(crate) fn names_statements(&self) -> bool {
        self.server.pooler() == Pooler::None
    }

    pub(crate) async fn begin(&mut self, access: Access, deadline: &Deadline) -> Result<()> {
        let pooler = self.server.pooler();
        let sql = match (pooler, access) {
            (Pooler::None, Access::Long) => BEGIN_LONG,
            (Pooler::None, _) => BEGIN,
            (Pooler::Transaction, Access::Read) => begin_pooled!("BEGIN READ ONLY", "2500"),
            (Pooler::Transaction, Access::Write) => begin_pooled!("BEGIN", "2500"),
            (Pooler::Transaction, Access::Long) => begin_pooled!("BEGIN", "10000"),
        };
        let outcome = deadline.over(sqlx::raw_sql(sql).fetch_one(self.busy()?)).await;
        let pid = self.done(outcome)?.try_get(0)?;
        // A pooler may have given the backend to somebody else when it is to be ended.
        self.backend = (pooler == Pooler::None).then_some(pid);
        self.in_transaction = true;
        Ok(())
    }

    pub(crate) async fn commit(mut self, deadline: &Deadline) -> Result<()> {
        if self.failed {
            // PostgreSQL would roll back and report success.
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
                    // The server's own time limit ends the statement.
                    None => drop(timeout(REQUEST_TIMEOUT, conn.ping()).await),
                }
                conn.close_on_drop();
                return;
            }
            if in_transaction {
                let rollback = sqlx::raw_sql("ROLLBACK").execute(&mut *conn);
                if !matches!(timeout(REQUEST_TIMEOUT, rollback).await, Ok(Ok(_))) {
                    conn.close_on_drop();
                    return;
                }
            }
            // After a timeout the connection is closed and its place is free.
            let _ = timeout(REQUEST_TIMEOUT, conn.return_to_pool()).await;
        });
    }
}
