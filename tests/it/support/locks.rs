//! Locks that another connection to PostgreSQL holds.
use super::database::Database;
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(3);

/// Another connection, in an open transaction that has executed `sql`.
pub async fn holder(database: &Database, sql: &'static str) -> PgConnection {
    let mut conn = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut conn).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    conn
}

/// Executes `sql` on a connection.
pub async fn say(conn: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(conn).await.unwrap();
}

/// How many other connections wait for a lock.
pub async fn waiting(conn: &mut PgConnection) -> i64 {
    // Otherwise PostgreSQL reads the list of backends once per transaction.
    say(conn, "SELECT pg_stat_clear_snapshot()").await;
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sqlx::query_scalar(waiting).fetch_one(conn).await.unwrap()
}

/// Returns once other connections wait for a lock, or, if not `anybody`, once none does.
pub async fn until_waiting(conn: &mut PgConnection, anybody: bool) {
    let since = Instant::now();
    while (waiting(conn).await > 0) != anybody {
        assert!(since.elapsed() < 10 * SOON, "somebody waits: {}", !anybody);
    }
}
