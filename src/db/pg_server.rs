//! [`Server`]: the PostgreSQL server behind the pool. Connects to it, reports why it cannot be reached, and
//! ends backends whose statement was given up.
//!
//! Every time limit here is also one at the server. Otherwise a statement that was given up would keep its
//! backend and its locks.
//!
//! A [`Pooler`] in transaction mode gives each transaction another session. So nothing may be kept in a
//! session: the time limits are set in each transaction, reads are transactions too, and statements have no
//! name.
use super::{OpenError, Throttle, deadline::REQUEST_TIMEOUT, error::code, open_error::POOLER};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, Result,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Set after connecting: a pooler may refuse them as startup parameters. A value in the URL
/// (`options[statement_timeout]=…`) takes precedence. In milliseconds.
const LIMITS: &str = "
    SELECT set_config(name, CASE name WHEN 'statement_timeout' THEN '2500'
                                      WHEN 'lock_timeout' THEN '2000' ELSE '10000' END, false)
    FROM pg_settings
    WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')
      AND source <> 'client'";

/// The server notices a lost client within a second while its statement runs (PostgreSQL 14 and newer), and
/// within a minute otherwise. Not every system has these settings.
const KEEPALIVE: &str = "
    SELECT set_config(name, CASE name WHEN 'client_connection_check_interval' THEN '1000'
                                      WHEN 'tcp_keepalives_count' THEN '3' ELSE '15' END, false)
    FROM pg_settings
    WHERE name IN ('client_connection_check_interval', 'tcp_keepalives_idle',
                   'tcp_keepalives_interval', 'tcp_keepalives_count')
      AND source <> 'client'";

/// What is between this process and PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler in session mode.
    #[default]
    None,
    /// A pooler in transaction mode, such as pgbouncer with `pool_mode = transaction`.
    Transaction,
}

/// A PostgreSQL server, shared by all connections to it.
#[derive(Clone, Debug)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: PgConnectOptions,
    pooler: Pooler,
    /// When ending a backend last failed. One task at a time tries.
    ending: tokio::sync::Mutex<Option<Instant>>,
    connection_failures: Throttle,
}

impl Server {
    /// Connects to what `url` names, and makes a pool of at most `connections` connections to it.
    pub(crate) async fn open(
        pooler: Pooler,
        url: &str,
        connections: u32,
    ) -> Result<(Self, PgPool), OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(|e| OpenError::new(&e))?;
        // We have no floating-point numbers, and poolers refuse unknown parameters.
        let options = options.extra_float_digits(None).disable_statement_logging();
        let pool =
            PgPoolOptions::new().max_connections(connections).acquire_timeout(REQUEST_TIMEOUT);
        let pool = match pooler {
            Pooler::None => pool.after_connect(|conn, _| Box::pin(limit(conn))),
            Pooler::Transaction => pool,
        };
        let pool = pool.connect_lazy_with(options.clone());
        let server = Self(Arc::new(Inner {
            options,
            pooler,
            ending: tokio::sync::Mutex::default(),
            connection_failures: Throttle::new(),
        }));
        let first = server.reach().await?;
        if pooler == Pooler::None {
            // Not a connection of the pool: it would set time limits in a session that may belong to others.
            let shared = async { shares_sessions(first, server.connect().await?).await };
            if shared.await.map_err(|e| server.describe(&e))? {
                return Err(server.error(POOLER));
            }
        }
        Ok((server, pool))
    }

    pub(crate) fn pooler(&self) -> Pooler {
        self.0.pooler
    }

    /// A connection outside the pool, without time limits.
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        let connected = timeout(REQUEST_TIMEOUT, self.0.options.connect()).await;
        connected.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// Connects. Waits for a server that is starting.
    async fn reach(&self) -> Result<PgConnection, OpenError> {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        let mut last = sqlx::Error::PoolTimedOut;
        loop {
            match timeout_at(deadline, self.0.options.connect()).await {
                Ok(Ok(conn)) => return Ok(conn),
                Ok(Err(e)) if is_starting(&e) => last = e,
                Ok(Err(e)) => return Err(self.describe(&e)),
                Err(_) => return Err(self.describe(&last)),
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn describe(&self, e: &sqlx::Error) -> OpenError {
        self.error(&OpenError::new(e).to_string())
    }

    fn error(&self, why: &str) -> OpenError {
        let (host, port) = (self.0.options.get_host(), self.0.options.get_port());
        OpenError::with_message(match self.0.options.get_socket() {
            Some(socket) => format!("PostgreSQL at {}: {why}", socket.display()),
            None => format!("PostgreSQL at {host}:{port}: {why}"),
        })
    }

    /// Logs why the pool has no connection. The pool itself does not say.
    pub(crate) fn log_connection_failure(&self) {
        if !self.0.connection_failures.admits() {
            return;
        }
        let server = self.clone();
        tokio::spawn(async move {
            match server.connect().await {
                Ok(conn) => {
                    hang_up(conn).await;
                    tracing::warn!("all connections of the pool to PostgreSQL are in use");
                }
                Err(e) => {
                    tracing::error!(reason = %server.describe(&e), "cannot connect to the database");
                }
            }
        });
    }

    /// Ends a backend whose statement was given up. Returns once it has ended, or if it cannot be ended. This
    /// is the only way to end a wait for a synchronous standby.
    pub(crate) async fn end(&self, pid: i32) {
        let asked = Instant::now();
        let mut failed = self.0.ending.lock().await;
        if failed.is_some_and(|at| at > asked) {
            return;
        }
        let ended = async {
            let mut conn = self.connect().await?;
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE pid = $1 AND usename = current_user AND state <> 'idle'";
            sqlx::query(end).bind(pid).execute(&mut conn).await?;
            let left = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
                                       WHERE pid = $1 AND state <> 'idle')";
            while sqlx::query_scalar(left).bind(pid).fetch_one(&mut conn).await? {
                sleep(Duration::from_millis(20)).await;
            }
            hang_up(conn).await;
            Ok::<_, sqlx::Error>(())
        };
        if !matches!(timeout(REQUEST_TIMEOUT, ended).await, Ok(Ok(()))) {
            *failed = Some(Instant::now());
            tracing::warn!("a statement timed out, and its backend cannot be terminated");
        }
    }
}

/// Sets the time limits of a session.
async fn limit(conn: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(LIMITS).execute(&mut *conn).await?;
    if let Err(e) = sqlx::raw_sql(KEEPALIVE).execute(conn).await {
        tracing::debug!(error = %e, "PostgreSQL cannot check whether its clients are still connected");
    }
    Ok(())
}

/// Whether the sessions of the connections are shared: after a transaction, somebody else may get them. A pooler
/// that is not busy gives the session that was used last.
async fn shares_sessions(mut first: PgConnection, mut second: PgConnection) -> Result<bool> {
    let own = backend(&mut second).await?;
    sqlx::raw_sql("BEGIN").execute(&mut first).await?;
    let mut shared = backend(&mut first).await? == own;
    // Otherwise the pooler has another session for `second`, perhaps a different one each time.
    shared = shared || backend(&mut second).await? != own;
    sqlx::raw_sql("ROLLBACK").execute(&mut first).await?;
    shared = shared || backend(&mut second).await? != own;
    hang_up(first).await;
    hang_up(second).await;
    Ok(shared)
}

/// The process that serves a connection.
async fn backend(conn: &mut PgConnection) -> Result<i32> {
    use sqlx::Row as _;
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(conn).await?.try_get(0)
}

/// Closes a connection. Does not wait for a silent server.
pub(crate) async fn hang_up(conn: PgConnection) {
    drop(timeout(Duration::from_secs(1), conn.close()).await);
}

/// Whether the connection was refused, there are too many, or the server is starting.
fn is_starting(e: &sqlx::Error) -> bool {
    match e {
        sqlx::Error::Io(e) => e.kind() == std::io::ErrorKind::ConnectionRefused,
        e => code(e).is_some_and(|c| ["53300", "57P03"].contains(&&*c)),
    }
}
