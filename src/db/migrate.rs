//! Migrates the tables.
use super::{
    Db, OpenError,
    deadline::REQUEST_TIMEOUT,
    error::code,
    pg_server::{Server, hang_up},
    sqlite_conn,
};
use sqlx::{
    Connection as _, PgConnection,
    migrate::{MigrateError, Migrator},
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const TABLE: &str = "_auth_migrations";
/// Changes no row, but fails if the database is read-only.
const WRITE_NOTHING: &str = "UPDATE _auth_migrations SET success = success WHERE version < 0";

/// A migration waits for a lock no longer than this, because other transactions queue behind it. Then it
/// lets them pass and tries again.
const LIMITS: &str = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = 0;
                      SET LOCAL idle_in_transaction_session_timeout = 0";
/// One process migrates at a time. Released with the transaction: a pooler may give each transaction
/// another session.
const TURN: &str = "SELECT pg_advisory_xact_lock(hashtextextended('_auth_migrations', 0))";
/// The migrator names its statements, which would stay in a pooled session.
const FORGET: &str = "DEALLOCATE ALL";
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
    /// Our migrations, kept apart from those of a host application in the same database.
    pub(super) fn migrator(&self) -> Migrator {
        let mut migrator = match self {
            Db::Sqlite { .. } => sqlx::migrate!("migrations/sqlite"),
            Db::Postgres { .. } => sqlx::migrate!("migrations/postgres"),
        };
        migrator.dangerous_set_table_name(TABLE);
        migrator.set_locking(false);
        migrator
    }

    /// Whether every migration of this version has been applied. Changes nothing, even if the database
    /// belongs to another program.
    pub async fn is_up_to_date(&self) -> super::Result<bool> {
        let sql = "SELECT version FROM _auth_migrations WHERE success";
        let applied: Vec<i64> = match self.read().await?.fetch_values(sql, ()).await {
            Err(e) if e.is_missing_table() => return Ok(false),
            applied => applied?,
        };
        Ok(self.migrator().iter().all(|m| applied.contains(&m.version)))
    }

    /// Applies missing migrations in one transaction, all or none. Several processes may do so at once: with
    /// PostgreSQL the transaction takes an advisory lock, with SQLite the write lock. A damaged SQLite file
    /// is not changed.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        match self {
            Db::Sqlite { read, write, sync, .. } => {
                sqlite_conn::check(read).await?;
                let migrated = async {
                    let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
                    self.migrator().run_direct(None, &mut *tx, false).await?;
                    // A file that cannot be written is reported now, not at the first request.
                    sqlx::raw_sql(WRITE_NOTHING).execute(&mut *tx).await?;
                    tx.commit().await?;
                    Ok(sync.wait().await?)
                };
                migrated.await.map_err(|e: MigrationError| match e {
                    MigrationError::Database(e) => sqlite_conn::at(read, &e).into(),
                    e => e,
                })
            }
            Db::Postgres { server, .. } => migrate(server, &self.migrator()).await,
        }
    }
}

async fn migrate(server: &Server, migrator: &Migrator) -> Result<(), MigrationError> {
    let deadline = Instant::now() + TRIES;
    loop {
        // Not a connection of the pool: those have short time limits. Closing it releases its locks.
        let mut conn = server.connect().await?;
        let done = run(migrator, &mut conn).await;
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

/// Applies missing migrations in one transaction.
async fn run(migrator: &Migrator, conn: &mut PgConnection) -> Result<(), MigrateError> {
    let begun = async {
        let mut tx = conn.begin().await?;
        sqlx::raw_sql(LIMITS).execute(&mut *tx).await?;
        Ok::<_, sqlx::Error>(tx)
    };
    let begun = timeout(REQUEST_TIMEOUT, begun).await;
    let mut tx = begun.map_err(|_| sqlx::Error::PoolTimedOut)??;
    sqlx::raw_sql(TURN).execute(&mut *tx).await?;
    sqlx::raw_sql(FORGET).execute(&mut *tx).await?;
    migrator.run_direct(None, &mut *tx, false).await?;
    sqlx::raw_sql(FORGET).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
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
