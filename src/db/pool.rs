//! [`Db`]: a pool whose engine is chosen by the URL at run time, as a `rocket_db_pools` driver.
use super::{
    Channel, Listener, OpenError, Result,
    deadline::{Deadline, PATIENCE, SHORT_PATIENCE},
    health::Health,
    outages::{Attempt, Outages},
    pg_conn::PgConn,
    pg_server::Server,
    sqlite_conn::{self, Opened, SqliteConn},
    wal_sync::WalSync,
};
use rocket::figment::Figment;
use rocket_db_pools::{Config, Database, Error, Pool};
use sqlx::{PgPool, SqlitePool, postgres::PgListener};
use std::ops::{Deref, DerefMut};

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
        health: Health,
    },
    Postgres {
        pool: PgPool,
        server: Server,
        health: Health,
    },
}

/// A connection that reads. Each statement stands alone, unless it is that of a [`Tx`].
pub struct Conn {
    pub(crate) link: Link,
    pub(crate) deadline: Deadline,
    pub(crate) health: Health,
    sync: Option<WalSync>,
    attempt: Option<Attempt>,
}

pub(crate) enum Link {
    Sqlite(SqliteConn),
    Postgres(PgConn),
}

impl Db {
    /// Opens the database that `url` names (`sqlite://PATH` or `postgres://…`) with at most
    /// `connections` connections; an SQLite file that is missing is made, readable by its owner only.
    pub async fn open(url: &str, connections: u32) -> Result<Self, OpenError> {
        let health = Health::default();
        if url.starts_with("sqlite:") {
            let Opened { read, write, sync } = sqlite_conn::open(url, connections).await?;
            Ok(Db::Sqlite { read, write, sync, health })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            // One listens, and never comes back.
            let (server, pool) = Server::open(url, connections.max(2)).await?;
            Ok(Db::Postgres { pool, server, health })
        } else {
            Err(OpenError::told("the database URL must start with sqlite: or postgres:"))
        }
    }

    pub(crate) const fn health(&self) -> &Health {
        match self {
            Db::Sqlite { health, .. } | Db::Postgres { health, .. } => health,
        }
    }

    /// A connection for reading; each statement stands alone.
    pub async fn read(&self) -> Result<Conn> {
        self.plain(Deadline::within(PATIENCE)).await
    }

    /// A connection for an operator's list or count, which may take longer.
    pub async fn read_long(&self) -> Result<Conn> {
        match self {
            Db::Sqlite { .. } => self.plain(Deadline::long()).await,
            // The server's own limit is lifted for a transaction only.
            Db::Postgres { .. } => Ok(self.begin(Deadline::long(), true).await?.0),
        }
    }

    /// A transaction, rolled back unless [`Tx::commit`] is called.
    pub async fn write(&self) -> Result<Tx> {
        self.begin(Deadline::within(PATIENCE), false).await
    }

    /// A transaction that may take longer, such as a purge.
    pub async fn write_long(&self) -> Result<Tx> {
        self.begin(Deadline::long(), true).await
    }

    /// A transaction that the reply does not depend on, so that it is hardly waited for.
    pub async fn write_short(&self) -> Result<Tx> {
        self.begin(Deadline::within(SHORT_PATIENCE), false).await
    }

    async fn plain(&self, deadline: Deadline) -> Result<Conn> {
        let link = match self {
            Db::Sqlite { read, .. } => {
                Link::Sqlite(SqliteConn::new(deadline.over(read.acquire()).await?))
            }
            Db::Postgres { pool, server, .. } => {
                Link::Postgres(lend(pool, server, &deadline).await?)
            }
        };
        Ok(Conn { link, deadline, health: self.health().clone(), sync: None, attempt: None })
    }

    async fn begin(&self, deadline: Deadline, long: bool) -> Result<Tx> {
        let attempt = self.outages().attempt();
        let begun = async {
            match self {
                Db::Sqlite { write, .. } => {
                    let mut held = SqliteConn::new(deadline.over(write.acquire()).await?);
                    held.begin(&deadline).await?;
                    Ok::<_, sqlx::Error>(Link::Sqlite(held))
                }
                Db::Postgres { pool, server, .. } => {
                    let mut lent = lend(pool, server, &deadline).await?;
                    lent.begin(long, &deadline).await?;
                    Ok(Link::Postgres(lent))
                }
            }
        };
        let link = match begun.await {
            Ok(link) => link,
            Err(e) => {
                if deadline.proves_outage(&e) {
                    self.health().not_begun(&e);
                    attempt.failed();
                }
                return Err(e);
            }
        };
        let sync = match self {
            Db::Sqlite { sync, .. } => Some(sync.clone()),
            Db::Postgres { .. } => None,
        };
        let health = self.health().clone();
        Ok(Tx(Conn { link, deadline, health, sync, attempt: Some(attempt) }))
    }

    /// When this process could not commit.
    pub fn outages(&self) -> &Outages {
        self.health().outages()
    }

    /// Returns once nothing can be written any more, whatever is done: the log of SQLite could not be
    /// synced, and only a restart tells what is on the disk.
    pub async fn lost(&self) {
        match self {
            Db::Sqlite { sync, .. } => sync.failed().await,
            Db::Postgres { .. } => std::future::pending().await,
        }
    }

    /// Whether [`Db::lost`] would return at once.
    pub fn is_lost(&self) -> bool {
        matches!(self, Db::Sqlite { sync, .. } if sync.has_failed())
    }

    /// Listens on every [`Channel`]; `None` with SQLite, which has no such thing.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        let Db::Postgres { pool, .. } = self else { return Ok(None) };
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
            Db::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// A transaction, which reads and writes. It is rolled back unless [`Tx::commit`] is called.
pub struct Tx(Conn);

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Tx {
    /// Makes the transaction durable: once this returns, neither a crash nor a loss of power undoes it. After
    /// a timeout it is not known whether it lasts.
    pub async fn commit(self) -> Result<()> {
        let Conn { link, deadline, health, sync, attempt } = self.0;
        let committed = async {
            match link {
                Link::Sqlite(held) => held.commit(&deadline).await?,
                Link::Postgres(lent) => lent.commit(&deadline).await?,
            }
            match sync {
                Some(sync) => deadline.over(sync.wait()).await,
                None => Ok(()),
            }
        };
        let committed = committed.await;
        health.committed(&committed);
        match (attempt, &committed) {
            (Some(attempt), Ok(())) => attempt.committed(),
            (Some(attempt), Err(_)) => attempt.failed(),
            (None, _) => {}
        }
        committed
    }

    /// Tells the other processes, when the transaction commits, that there is news on `channel`.
    pub async fn notify(&mut self, channel: Channel) -> Result<()> {
        if let Link::Postgres(_) = self.0.link {
            self.execute("SELECT pg_notify($1, '')", [channel.name()]).await?;
        }
        Ok(())
    }
}

async fn lend(pool: &PgPool, server: &Server, deadline: &Deadline) -> Result<PgConn> {
    let lent = deadline.over(pool.acquire()).await;
    if let Err(sqlx::Error::PoolTimedOut) = lent {
        server.tell_why();
    }
    Ok(PgConn::new(lent?, server.clone()))
}

#[rocket::async_trait]
impl Pool for Db {
    type Connection = Conn;
    type Error = Error<OpenError, sqlx::Error>;

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
