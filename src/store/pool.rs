//! [`Db`]: a pool whose engine is chosen by the URL at run time, as a `rocket_db_pools` driver.
use super::{
    Channel, Listener, Result,
    file::{create_private, once_free},
    outages::{Attempt, Outages},
    postgres::Lent,
    sync::{WalSync, sync_folder},
};
use rocket::figment::Figment;
use rocket_db_pools::{Config, Database, Error, Pool};
use sqlx::{
    ConnectOptions as _, PgPool, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{future::Future, str::FromStr, time::Duration};
use tokio::time::{Instant, timeout_at};

/// The longest that a request waits for the database, from asking for a connection on, before it
/// is told that the database cannot be reached.
pub const PATIENCE: Duration = Duration::from_millis(2_500);

/// `[default.databases.portcullis] url = "sqlite://portcullis.db"` or `"postgres://…"`.
#[derive(Database)]
#[database("portcullis")]
pub struct AuthDb(pub Db);

#[derive(Clone, Debug)]
pub enum Db {
    /// Many readers and one writer: SQLite has one write lock, and a queue before it is fair where
    /// its busy handler is not.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        sync: WalSync,
        outages: Outages,
    },
    Postgres(PgPool, Outages),
}

/// One connection, in a transaction or not.
pub struct Conn {
    pub(super) link: Link,
    pub(super) deadline: Deadline,
    sync: Option<WalSync>,
    attempt: Option<Attempt>,
}

pub(super) enum Link {
    Sqlite(Hold),
    Postgres(Lent),
}

pub(super) enum Hold {
    Plain(PoolConnection<Sqlite>),
    Tx(Transaction<'static, Sqlite>),
}

/// When to stop waiting.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    fn start() -> Self {
        Self(Instant::now() + PATIENCE)
    }

    /// The outcome of `work`, or a timeout of the pool's kind.
    pub(super) async fn over<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        timeout_at(self.0, work).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }
}

impl Hold {
    pub(super) fn raw(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Plain(c) => c,
            Self::Tx(t) => t,
        }
    }

    async fn commit(self) -> Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tx(t) => t.commit().await,
        }
    }
}

impl Db {
    /// Opens the database that `url` names (`sqlite://PATH` or `postgres://…`) with at most
    /// `connections` connections; an SQLite file that is missing is made, readable by its owner only.
    pub async fn open(url: &str, connections: u32) -> Result<Self> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(false)
                .foreign_keys(true)
                .busy_timeout(PATIENCE)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .disable_statement_logging();
            let file = options.get_filename().to_owned();
            if url.contains(":memory:") || url.contains("mode=memory") {
                return Err(sqlx::Error::Configuration(
                    "an SQLite database in memory cannot be shared: name a file".into(),
                ));
            }
            create_private(&file)?;
            let pool = || SqlitePoolOptions::new().acquire_timeout(PATIENCE).idle_timeout(None);
            let write =
                once_free(|| pool().max_connections(1).connect_with(options.clone())).await?;
            let many = || pool().max_connections(connections);
            let read = once_free(|| many().connect_with(options.clone())).await?;
            sync_folder(&file)?;
            Ok(Db::Sqlite { read, write, sync: WalSync::new(&file), outages: Outages::default() })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
            // One listens, and never comes back.
            let most = connections.max(2);
            let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE);
            Ok(Db::Postgres(pool.connect_with(options).await?, Outages::default()))
        } else {
            Err(sqlx::Error::Configuration(
                "the database URL must start with sqlite: or postgres:".into(),
            ))
        }
    }

    /// A connection for reading; each statement stands alone.
    pub async fn read(&self) -> Result<Conn> {
        let deadline = Deadline::start();
        let link = match self {
            Db::Sqlite { read, .. } => {
                Link::Sqlite(Hold::Plain(deadline.over(read.acquire()).await?))
            }
            Db::Postgres(p, _) => Link::Postgres(Lent::new(deadline.over(p.acquire()).await?)),
        };
        Ok(Conn { link, deadline, sync: None, attempt: None })
    }

    /// A transaction, rolled back unless [`Conn::commit`] is called. SQLite takes its write lock at
    /// once: a deferred lock would fail without waiting when a reader turns into a writer.
    pub async fn write(&self) -> Result<Conn> {
        let attempt = self.outages().attempt();
        match self.begin().await {
            Ok(begun) => Ok(Conn { attempt: Some(attempt), ..begun }),
            failed => {
                attempt.ended(&failed);
                failed
            }
        }
    }

    async fn begin(&self) -> Result<Conn> {
        let deadline = Deadline::start();
        let (link, sync) = match self {
            Db::Sqlite { write, sync, .. } => {
                let tx = deadline.over(write.begin_with("BEGIN IMMEDIATE")).await?;
                (Link::Sqlite(Hold::Tx(tx)), Some(sync.clone()))
            }
            Db::Postgres(p, _) => {
                let mut lent = Lent::new(deadline.over(p.acquire()).await?);
                lent.begin(deadline).await?;
                (Link::Postgres(lent), None)
            }
        };
        Ok(Conn { link, deadline, sync, attempt: None })
    }

    /// When this process could not commit.
    pub fn outages(&self) -> &Outages {
        match self {
            Db::Sqlite { outages, .. } | Db::Postgres(_, outages) => outages,
        }
    }

    /// Brings the tables up to date. Many processes may do so at once: PostgreSQL's migrator takes an
    /// advisory lock; SQLite's takes none, so it runs inside one transaction that does.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match self {
            Db::Sqlite { write, sync, .. } => {
                let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
                ours(sqlx::migrate!("migrations/sqlite")).run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
                Ok(sync.wait().await.map_err(sqlx::Error::Io)?)
            }
            Db::Postgres(p, _) => ours(sqlx::migrate!("migrations/postgres")).run(p).await,
        }
    }

    /// Whether the database answers and has every migration of this version.
    pub async fn ready(&self) -> Result<bool> {
        let known = match self {
            Db::Sqlite { .. } => sqlx::migrate!("migrations/sqlite").iter().count(),
            Db::Postgres(..) => sqlx::migrate!("migrations/postgres").iter().count(),
        };
        let (applied,): (i64,) = self
            .read()
            .await?
            .fetch_one("SELECT count(*) FROM _auth_migrations WHERE success", ())
            .await?;
        Ok(usize::try_from(applied).is_ok_and(|n| n >= known))
    }

    /// Listens on every [`Channel`]; `None` with SQLite, which has no such thing.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        let Db::Postgres(pool, _) = self else { return Ok(None) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(Channel::ALL.map(Channel::name)).await?;
        Ok(Some(Listener(listener)))
    }

    pub async fn close(&self) {
        match self {
            Db::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(p, _) => p.close().await,
        }
    }
}

impl Conn {
    /// Makes a transaction last: once this returns, neither a crash nor a loss of power undoes it.
    pub async fn commit(mut self) -> Result<()> {
        let attempt = self.attempt.take();
        let done = self.finish().await;
        if let Some(attempt) = attempt {
            attempt.ended(&done);
        }
        done
    }

    async fn finish(self) -> Result<()> {
        let deadline = self.deadline;
        match self.link {
            Link::Sqlite(c) => deadline.over(c.commit()).await?,
            Link::Postgres(c) => c.commit(deadline).await?,
        }
        match self.sync {
            Some(sync) => Ok(sync.wait().await?),
            None => Ok(()),
        }
    }

    /// Tells the other processes, when the transaction commits, that there is news on `channel`.
    pub async fn notify(&mut self, channel: Channel) -> Result<()> {
        if let Link::Postgres(_) = self.link {
            self.execute("SELECT pg_notify($1, '')", [channel.name()]).await?;
        }
        Ok(())
    }
}

/// Keeps our migrations apart from those of a host application in the same database.
fn ours(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name("_auth_migrations");
    migrator
}

#[rocket::async_trait]
impl Pool for Db {
    type Connection = Conn;
    type Error = Error<sqlx::Error>;

    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let config: Config = figment.extract()?;
        let connections = u32::try_from(config.max_connections).unwrap_or(u32::MAX);
        Self::open(&config.url, connections).await.map_err(Error::Init)
    }

    async fn get(&self) -> Result<Conn, Self::Error> {
        self.read().await.map_err(Error::Get)
    }

    /// Rocket calls it as soon as it is told to stop, when requests are still under way. So the
    /// program closes the pool itself once they have ended, and a host application drops it.
    async fn close(&self) {}
}
