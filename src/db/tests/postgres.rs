//! PostgreSQL: time limits, locks and errors of the server.
use crate::{
    db::{self, Db, readiness::PROBE},
    store::{
        fixtures::{migrated, named},
        users,
    },
    support::{Database, Pooler, holder, rows_at, say, until_waiting},
};
use futures_util::future::{join, join_all};
use sqlx::{Connection, PgConnection, Row};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(3);

async fn setting(conn: &mut crate::db::Conn, name: &str) -> String {
    let (value,): (String,) = conn.fetch_one("SELECT current_setting($1)", [name]).await.unwrap();
    value
}

#[tokio::test]
async fn the_server_enforces_our_time_limits() {
    let database = Database::postgres().await;
    let db = migrated(&database).await;
    for (name, value) in [
        ("statement_timeout", "2500ms"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("client_connection_check_interval", "1s"),
        ("tcp_keepalives_idle", "15"),
    ] {
        assert_eq!(setting(&mut db.read().await.unwrap(), name).await, value, "{name}");
    }
    let limit = "statement_timeout";
    assert_eq!(setting(&mut db.read_long().await.unwrap(), limit).await, "10s");
    assert_eq!(setting(&mut db.write_long().await.unwrap(), limit).await, "10s");
    assert_eq!(setting(&mut db.write_short().await.unwrap(), limit).await, "2500ms");
    db.close().await;
    // A value in the URL takes precedence.
    let db = Db::open(&format!("{}?options[lock_timeout]=77", database.url), 2).await.unwrap();
    assert_eq!(setting(&mut db.read().await.unwrap(), "lock_timeout").await, "77ms");
    db.close().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_backend_is_ended_and_counts_until_then() {
    let database = Database::postgres().await;
    // Without time limits at the server, as in a wait for a synchronous standby.
    let url = format!("{}?options[lock_timeout]=0&options[statement_timeout]=0", database.url);
    let db = Db::open(&url, 3).await.unwrap();
    db.migrate().await.unwrap();
    let mut other = holder(&database, "LOCK TABLE auth_users").await;
    let since = Instant::now();
    let most = join_all((0..3).map(|_| async {
        let mut tx = db.write().await.unwrap();
        users::lock(&mut tx, users::UserId(1)).await.unwrap_err();
    }));
    let (_, ()) = join(most, until_waiting(&mut other, true)).await;
    assert!(since.elapsed() < 3 * SOON, "{:?}", since.elapsed());
    until_waiting(&mut other, false).await;
    // The pool has room for all again, although the other transaction still has its lock.
    let all = join_all((0..3).map(|_| db.write())).await;
    assert!(all.iter().all(Result::is_ok));
    drop(all);
    other.close().await.unwrap();
    db.close().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_a_lock_blocks_nobody() {
    let database = Database::postgres().await;
    let db = migrated(&database).await;
    let mut other = holder(&database, "LOCK TABLE _auth_migrations").await;
    let release = async {
        until_waiting(&mut other, true).await;
        until_waiting(&mut other, false).await;
        say(&mut other, "ROLLBACK").await;
    };
    let (migrated, ()) = join(db.migrate(), release).await;
    migrated.unwrap();
    other.close().await.unwrap();
    db.close().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reserving_ids_waits_for_concurrent_inserts() {
    let database = Database::postgres().await;
    let db = migrated(&database).await;
    let mut other = holder(&database, "LOCK TABLE auth_users IN ROW EXCLUSIVE MODE").await;
    let added = async {
        until_waiting(&mut other, true).await;
        say(&mut other, "SELECT setval(pg_get_serial_sequence('auth_users', 'id'), 90)").await;
        say(&mut other, "COMMIT").await;
    };
    let (reserved, ()) = join(db.reserve_user_ids(80), added).await;
    reserved.unwrap();
    let last = "SELECT CAST(nextval(pg_get_serial_sequence('auth_users', 'id')) AS TEXT)";
    assert_eq!(rows_at(&database.url, last).await, ["91"]);
    other.close().await.unwrap();
    db.close().await;
    database.end().await;
}

#[tokio::test]
async fn a_large_number_of_users_is_estimated() {
    let database = Database::postgres().await;
    let db = migrated(&database).await;
    let mut conn = PgConnection::connect(&database.url).await.unwrap();
    say(&mut conn, "UPDATE pg_class SET reltuples = 2e6 WHERE relname = 'auth_users'").await;
    let mut db_conn = db.read().await.unwrap();
    let counted = crate::store::user_search::count(&mut db_conn).await.unwrap();
    assert_eq!(counted, (2_000_000, 2_000_000));
    conn.close().await.unwrap();
    drop(db_conn);
    db.close().await;
    database.end().await;
}

#[tokio::test]
async fn the_probe_for_a_full_disk_is_not_compressed() {
    let database = Database::postgres().await;
    let db = migrated(&database).await;
    let mut tx = db.write().await.unwrap();
    let sql = "INSERT INTO auth_secrets (purpose, secret) VALUES ('probe', $1)";
    tx.execute(sql, [&PROBE[..]]).await.unwrap();
    let sql = "SELECT pg_column_size(secret) FROM auth_secrets WHERE purpose = 'probe'";
    let (stored,): (i32,) = tx.fetch_one(sql, ()).await.unwrap();
    assert!(usize::try_from(stored).unwrap() >= PROBE.len(), "{stored}");
    drop(tx);
    db.close().await;
    database.end().await;
}

#[tokio::test]
async fn a_failed_connection_says_why() {
    let database = Database::postgres().await;
    let failure = async |url: &str| Db::open(url, 2).await.unwrap_err().to_string();
    let refused = failure("postgres://u:hunter2@127.0.0.1:1/x").await;
    assert!(refused.starts_with("PostgreSQL at 127.0.0.1:1: "), "{refused}");
    assert!(refused.contains("refused") && !refused.contains("hunter2"), "{refused}");
    let unknown = failure(&format!("{}nonsense", database.url)).await;
    assert!(unknown.contains("does not exist"), "{unknown}");
    let tls = failure(&format!("{}?sslmode=require", database.url)).await;
    assert!(tls.contains("TLS"), "{tls}");
    database.end().await;
}

#[tokio::test]
async fn an_unannounced_pooler_in_transaction_mode_is_refused() {
    let database = Database::postgres().await;
    let pooler = Pooler::to(&database).await;
    let e = Db::open(&pooler.url, 2).await.unwrap_err().to_string();
    for what in ["transaction mode", "database.pooler = true", "pool_mode = session"] {
        assert!(e.contains(what), "{e}");
    }
    // The session belongs to others as well, and its time limits are theirs.
    let mut conn = PgConnection::connect(&pooler.url).await.unwrap();
    let limit = sqlx::raw_sql("SHOW statement_timeout").fetch_one(&mut conn).await.unwrap();
    assert_eq!(limit.get::<String, _>(0), "0");
    drop(conn);
    drop(pooler);
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announced_pooler_may_give_each_transaction_another_session() {
    let database = Database::postgres().await;
    let pooler = Pooler::to(&database).await;
    let open = async || Db::open_through(db::Pooler::Transaction, &pooler.url, 4).await.unwrap();
    // Two processes share one session of the database.
    let (one, other) = (open().await, open().await);
    for db in [&one, &other] {
        db.migrate().await.unwrap();
        assert!(db.listen().await.unwrap().is_none());
    }
    let add = async |db: &Db, n: usize| {
        let email = format!("{n}@example.com");
        tx!(db, |tx| users::insert(tx, &named(&email, None)));
        let found = users::page(&mut db.read().await.unwrap(), users::UserId(0), 99).await.unwrap();
        assert!(found.iter().any(|user| user.email == email));
    };
    join_all((0..16).map(|n| add(if n % 2 == 0 { &one } else { &other }, n))).await;
    let limit = "statement_timeout";
    assert_eq!(setting(&mut one.read().await.unwrap(), limit).await, "2500ms");
    assert_eq!(setting(&mut one.read_long().await.unwrap(), limit).await, "10s");
    let mut other_tx = other.write().await.unwrap();
    assert_eq!(setting(&mut other_tx, "lock_timeout").await, "2s");
    drop(other_tx);
    // Nothing stays in the session.
    one.close().await;
    other.close().await;
    let db = open().await;
    let mut read = db.read().await.unwrap();
    let (named,): (i64,) = read
        .fetch_one("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''", ())
        .await
        .unwrap();
    assert_eq!(named, 0);
    drop(read);
    db.close().await;
    database.end().await;
}
