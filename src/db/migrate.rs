//! Migrates the tables.
use super::{
    Db, OpenError, Result,
    deadline::REQUEST_TIMEOUT,
    error::code,
    pg_server::{Server, hang_up},
    sqlite_conn,
};
use sqlx::migrate::{MigrateError, Migrator};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const TABLE: &str = "_auth_migrations";

/// A migration waits for a lock no longer than this, because other transactions queue behind it. Then it
/// lets them pass and tries again.
const LOCK: &str = "SET lock_timeout = '2s'; SET statement_timeout = 0;
                    SET idle_in_transaction_session_timeout = 0";
/// How long a migration is retried.
const TRIES: Duration = Duration::from_mins(10);
const PAUSE: Duration = Duration::from_secs(1);

/// Why the tables are not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(
        "migration {0} was interrupted: complete or undo its changes, then delete its row from the \
         table {TABLE}"
    )]
    Interrupted(i64),
    #[error(
        "the database was migrated by a newer version (it has migration {0}): use that version"
    )]
    Newer(i64),
    #[error("migration {0} waited for a lock for ten minutes: end the transaction that holds it")]
    Locked(i64),
    #[error("{0}")]
    Database(#[from] OpenError),
    #[error("migration {0}: {1}")]
    Failed(i64, OpenError),
    #[error(transparent)]
    Other(MigrateError),
}

impl From<MigrateError> for MigrationError {
    fn from(e: MigrateError) -> Self {
        match e {
            MigrateError::Dirty(version) => Self::Interrupted(version),
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::Execute(e) => Self::Database(OpenError::new(&e)),
            MigrateError::ExecuteMigration(e, version) => Self::Failed(version, OpenError::new(&e)),
            e => Self::Other(e),
        }
    }
}

impl From<sqlx::Error> for MigrationError {
    fn from(e: sqlx::Error) -> Self {
        MigrateError::Execute(e).into()
    }
}

impl Db {
    /// Applies missing migrations. Several processes may do so at once: PostgreSQL's migrator takes an
    /// advisory lock, and SQLite's runs inside one transaction that holds the write lock. A damaged SQLite
    /// file is not changed.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        match self {
            Db::Sqlite { read, write, sync, .. } => {
                sqlite_conn::check(read).await?;
                let migrated = async {
                    let migrator = ours(sqlx::migrate!("migrations/sqlite"));
                    let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
                    migrator.run_direct(None, &mut *tx, false).await?;
                    tx.commit().await?;
                    Ok(sync.wait().await?)
                };
                migrated.await.map_err(|e: MigrationError| match e {
                    MigrationError::Database(e) => sqlite_conn::at(read, &e).into(),
                    e => e,
                })
            }
            Db::Postgres { server, .. } => migrate(server).await,
        }
    }
}

/// Keeps our migrations apart from those of a host application in the same database.
fn ours(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

async fn migrate(server: &Server) -> Result<(), MigrationError> {
    let migrator = ours(sqlx::migrate!("migrations/postgres"));
    let deadline = Instant::now() + TRIES;
    loop {
        // Not a connection of the pool: those have short time limits. Closing it releases its locks.
        let mut conn = server.connect().await?;
        let prepared = timeout(REQUEST_TIMEOUT, sqlx::raw_sql(LOCK).execute(&mut conn)).await;
        prepared.map_err(|_| sqlx::Error::PoolTimedOut)??;
        let done = migrator.run_direct(None, &mut conn, false).await;
        hang_up(conn).await;
        match done {
            Err(e) if is_contended(&e) && Instant::now() < deadline => {
                tracing::warn!(
                    "a migration did not get a lock that another transaction holds; retrying"
                );
                sleep(PAUSE).await;
            }
            Err(MigrateError::ExecuteMigration(e, version)) if is_locked(&e) => {
                return Err(MigrationError::Locked(version));
            }
            done => return Ok(done?),
        }
    }
}

fn is_contended(e: &MigrateError) -> bool {
    match e {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => is_locked(e),
        _ => false,
    }
}

/// Lock timeout, deadlock, serialization failure.
fn is_locked(e: &sqlx::Error) -> bool {
    code(e).is_some_and(|code| ["55P03", "40P01", "40001"].contains(&&*code))
}
