//! [`Db`]: a pool whose engine is chosen by the URL at run time.
use super::{
    Channel, Listener, OpenError, Result,
    deadline::{Deadline, REQUEST_TIMEOUT, SHORT_TIMEOUT},
    health::Health,
    outages::{Attempt, Outages},
    pg_conn::{Access, PgConn},
    pg_server::{Pooler, Server},
    sqlite_conn::{self, Opened, SqliteConn},
    wal_sync::WalSync,
};
use sqlx::{PgPool, SqlitePool, postgres::PgListener};
use std::ops::{Deref, DerefMut};
use strum::IntoEnumIterator as _;

/// A database: its pools, and what is known about its state. Clones share both.
#[derive(Clone, Debug)]
pub enum Db {
    /// Many readers and one writer: SQLite has one write lock. The pool's queue for it is fair, SQLite's busy
    /// handler is not.
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

/// A connection for reading. Each statement is a transaction of its own, unless the connection belongs to a
/// [`Tx`] or goes through a [`Pooler`].
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
    /// `connections` connections. Creates a missing SQLite file, readable by its owner only.
    pub async fn open(url: &str, connections: u32) -> Result<Self, OpenError> {
        Self::open_through(Pooler::None, url, connections).await
    }

    /// Like [`Db::open`]. `pooler` says what is between this process and PostgreSQL.
    pub async fn open_through(
        pooler: Pooler,
        url: &str,
        connections: u32,
    ) -> Result<Self, OpenError> {
        let health = Health::default();
        if url.starts_with("sqlite:") {
            let Opened { read, write, sync } = sqlite_conn::open(url, connections).await?;
            Ok(Db::Sqlite { read, write, sync, health })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            // The listener keeps one connection permanently.
            let (server, pool) = Server::open(pooler, url, connections.max(2)).await?;
            Ok(Db::Postgres { pool, server, health })
        } else {
            Err(OpenError::with_message("the database URL must start with sqlite: or postgres:"))
        }
    }

    pub(crate) const fn health(&self) -> &Health {
        match self {
            Db::Sqlite { health, .. } | Db::Postgres { health, .. } => health,
        }
    }

    /// A connection for reading, without a transaction.
    pub async fn read(&self) -> Result<Conn> {
        self.plain(Deadline::within(REQUEST_TIMEOUT)).await
    }

    /// A connection for an operator's list or count, which may take longer.
    pub async fn read_long(&self) -> Result<Conn> {
        match self {
            Db::Sqlite { .. } => self.plain(Deadline::long()).await,
            // The server's own time limit can be raised for a transaction only.
            Db::Postgres { .. } => Ok(self.begin(Deadline::long(), true).await?.0),
        }
    }

    /// A transaction, rolled back unless [`Tx::commit`] is called.
    pub async fn write(&self) -> Result<Tx> {
        self.begin(Deadline::within(REQUEST_TIMEOUT), false).await
    }

    /// A transaction that may take longer, such as a purge.
    pub async fn write_long(&self) -> Result<Tx> {
        self.begin(Deadline::long(), true).await
    }

    /// A transaction that the reply does not depend on. The wait for it is short.
    pub async fn write_short(&self) -> Result<Tx> {
        self.begin(Deadline::within(SHORT_TIMEOUT), false).await
    }

    async fn plain(&self, deadline: Deadline) -> Result<Conn> {
        let link = match self {
            Db::Sqlite { read, .. } => {
                Link::Sqlite(SqliteConn::new(deadline.over(read.acquire()).await?))
            }
            Db::Postgres { pool, server, .. } => {
                let mut conn = acquire(pool, server, &deadline).await?;
                if server.pooler() == Pooler::Transaction {
                    conn.begin(Access::Read, &deadline).await?;
                }
                Link::Postgres(conn)
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
                    let mut conn = acquire(pool, server, &deadline).await?;
                    let access = if long { Access::Long } else { Access::Write };
                    conn.begin(access, &deadline).await?;
                    Ok(Link::Postgres(conn))
                }
            }
        };
        let link = match begun.await {
            Ok(link) => link,
            Err(e) => {
                if deadline.proves_outage(&e) {
                    self.health().begin_failed(&e);
                    attempt.failed();
                }
                return Err(e.into());
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

    /// Returns once the process can never write again: a sync of SQLite's write-ahead log failed, and
    /// only a restart shows what is on the disk.
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

    /// Listens on every [`Channel`]; `None` with SQLite, which has no notifications, and through a pooler,
    /// which would give the listening session to others.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        let Db::Postgres { pool, server, .. } = self else { return Ok(None) };
        if server.pooler() == Pooler::Transaction {
            return Ok(None);
        }
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(Channel::iter().map(<&str>::from)).await?;
        Ok(Some(Listener(listener)))
    }

    /// Closes all connections.
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
    /// Commits. Once this returns, neither a crash nor a loss of power undoes the transaction. After a
    /// timeout it is unknown whether it was committed.
    pub async fn commit(self) -> Result<()> {
        let Conn { link, deadline, health, sync, attempt } = self.0;
        let committed = async {
            match link {
                Link::Sqlite(held) => held.commit(&deadline).await?,
                Link::Postgres(conn) => conn.commit(&deadline).await?,
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
        Ok(committed?)
    }

    /// Notifies the other processes on `channel` when the transaction commits.
    pub async fn notify(&mut self, channel: Channel) -> Result<()> {
        if let Link::Postgres(_) = self.0.link {
            self.execute("SELECT pg_notify($1, '')", [<&str>::from(channel)]).await?;
        }
        Ok(())
    }
}

async fn acquire(pool: &PgPool, server: &Server, deadline: &Deadline) -> sqlx::Result<PgConn> {
    let conn = deadline.over(pool.acquire()).await;
    if let Err(sqlx::Error::PoolTimedOut) = conn {
        server.log_connection_failure();
    }
    Ok(PgConn::new(conn?, server.clone()))
}
