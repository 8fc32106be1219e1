//! Opens the file of an SQLite database. [`SqliteConn`] is a pooled connection, which returns to the pool
//! only if it is usable.
//!
//! After some errors (above all a full disk) SQLite has rolled the transaction back, after others it has
//! not. So the connection is closed after any error in a transaction except a violated constraint. A
//! connection whose user gave up waiting keeps its place in the pool until SQLite returns. Otherwise a
//! disk that hangs would accumulate threads and connections.
use super::{
    OpenError,
    deadline::{Deadline, REQUEST_TIMEOUT},
    error::{code, primary},
    sqlite_file::{prepare, retry_while_locked},
    wal_sync::{WalSync, beside, sync_folder},
};
use sqlx::{
    ConnectOptions as _, Result, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{fmt::Display, fs, path::Path, str::FromStr};
use tokio::time::timeout;

/// Files up to this size (bytes) are checked at the start, which takes half a second.
const CHECKED: u64 = 256 * 1024 * 1024;

/// What belongs to one open file.
pub(crate) struct Opened {
    pub read: SqlitePool,
    pub write: SqlitePool,
    pub sync: WalSync,
}

/// Opens the file that `url` names. Creates a missing one, readable by its owner only.
pub(crate) async fn open(url: &str, connections: u32) -> Result<Opened, OpenError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|e| OpenError::new(&e))?
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(REQUEST_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .disable_statement_logging();
    let file = options.get_filename().to_owned();
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::with_message(
            "an in-memory SQLite database cannot be shared: name a file",
        ));
    }
    let at = |e: &dyn Display| OpenError::with_message(format!("{}: {e}", file.display()));
    prepare(&file).await.map_err(|e| at(&e))?;
    let pool = || {
        // Reconnecting has no benefit, and closing the last connection deletes the write-ahead log.
        let pool = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        pool.acquire_timeout(REQUEST_TIMEOUT).before_acquire(|conn, _| {
            Box::pin(async move { Ok(!sqlx::Connection::is_in_transaction(conn)) })
        })
    };
    let words = |e: sqlx::Error| at(&OpenError::new(&e));
    let write = retry_while_locked(|| pool().max_connections(1).connect_with(options.clone()));
    let write = write.await.map_err(words)?;
    let read =
        retry_while_locked(|| pool().max_connections(connections).connect_with(options.clone()));
    let read = read.await.map_err(words)?;
    sync_folder(&file).map_err(|e| at(&e))?;
    Ok(Opened { read, write, sync: WalSync::new(&file) })
}

/// Refuses a damaged file. Does not check one that is too large for a check at each start.
pub(crate) async fn check(read: &SqlitePool) -> Result<(), OpenError> {
    let options = read.connect_options();
    let file = options.get_filename();
    let size = |path: &Path| fs::metadata(path).map_or(0, |m| m.len());
    if size(file) + size(&beside(file, "-wal")) > CHECKED {
        return Ok(());
    }
    let found: Result<String> = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(read).await;
    let why = match found {
        Ok(found) if found == "ok" => return Ok(()),
        // The details are internal to SQLite.
        Ok(_) => OpenError::with_message(
            "the file is damaged (it does not pass PRAGMA quick_check): restore a backup",
        ),
        Err(e) => OpenError::new(&e),
    };
    Err(at(read, &why))
}

/// What is wrong with an open file, with its path.
pub(crate) fn at(pool: &SqlitePool, why: &impl Display) -> OpenError {
    let options = pool.connect_options();
    OpenError::with_message(format!("{}: {why}", options.get_filename().display()))
}

pub(crate) struct SqliteConn {
    /// `None` only while it is dropped.
    conn: Option<PoolConnection<Sqlite>>,
    in_transaction: bool,
    /// A statement has been sent and its outcome is unknown, or one failed in a transaction.
    spoiled: bool,
}

impl SqliteConn {
    pub(crate) const fn new(conn: PoolConnection<Sqlite>) -> Self {
        Self { conn: Some(conn), in_transaction: false, spoiled: false }
    }

    /// The connection, for one statement. Its outcome must be passed to [`SqliteConn::done`].
    pub(crate) fn busy(&mut self) -> Result<&mut SqliteConnection> {
        if self.spoiled {
            // SQLite may have rolled back. Later statements would not be part of the transaction.
            return Err(sqlx::Error::Protocol("an earlier statement failed".to_owned()));
        }
        self.spoiled = true;
        self.conn.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    pub(crate) fn done<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.spoiled = match &outcome {
            Ok(_) => false,
            Err(sqlx::Error::PoolTimedOut) => true,
            // After a violated constraint (19) only the statement is undone.
            Err(e) => self.in_transaction && code(e).is_none_or(|c| primary(&c) != Some(19)),
        };
        outcome
    }

    /// Takes the write lock at once. A deferred lock would fail without waiting when a reader becomes a
    /// writer.
    pub(crate) async fn begin(&mut self, deadline: &Deadline) -> Result<()> {
        self.in_transaction = true;
        self.say("BEGIN IMMEDIATE", deadline).await
    }

    pub(crate) async fn commit(mut self, deadline: &Deadline) -> Result<()> {
        if self.in_transaction {
            self.say("COMMIT", deadline).await?;
            self.in_transaction = false;
        }
        Ok(())
    }

    async fn say(&mut self, sql: &'static str, deadline: &Deadline) -> Result<()> {
        let outcome = deadline.over(sqlx::query(sql).execute(self.busy()?)).await;
        self.done(outcome).map(|_| ())
    }
}

impl Drop for SqliteConn {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        let (spoiled, in_transaction) = (self.spoiled, self.in_transaction);
        if !spoiled && !in_transaction {
            return;
        }
        tokio::spawn(async move {
            let undone = !spoiled && {
                let rollback = sqlx::query("ROLLBACK").execute(&mut *conn);
                matches!(timeout(REQUEST_TIMEOUT, rollback).await, Ok(Ok(_)))
            };
            if !undone {
                // However long this takes: until then the connection keeps its place in the pool.
                let _ = conn.close().await;
            }
        });
    }
}
