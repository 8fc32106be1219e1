//! Disks that are full or broken, files that are damaged, locks that somebody else holds: it fails
//! soon, is told by `/health/ready`, takes nothing down with it, and goes on when the fault is gone.
use crate::{
    store::rows_at,
    support::{Database, Service, config},
};
use portcullis::{
    db::Db,
    store::{secrets, users},
};
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

const SOON: Duration = Duration::from_secs(3);

fn path(database: &Database) -> PathBuf {
    PathBuf::from(database.url.trim_start_matches("sqlite://"))
}

async fn new(database: &Database) -> Db {
    let db = Db::open(&database.url, 4).await.unwrap();
    db.migrate().await.unwrap();
    db
}

/// The code of the error with which a write of a megabyte fails.
async fn write_much(db: &Db) -> Option<String> {
    let mut tx = db.write().await.unwrap();
    let e = secrets::get_or_insert(&mut tx, "much", &vec![7; 1 << 20]).await.unwrap_err();
    // What comes after would not be part of the transaction.
    assert!(secrets::get_or_insert(&mut tx, "little", b"x").await.is_err());
    assert!(tx.commit().await.is_err());
    e.code().map(Into::into)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_writes_go_on_once_there_is_room() {
    let database = Database::sqlite();
    let db = new(&database).await;
    let Db::Sqlite { write, .. } = &db else { unreachable!() };
    let roomy: SqliteConnectOptions = (*write.connect_options()).clone();
    let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(write).await.unwrap();
    write.set_connect_options(roomy.clone().pragma("max_page_count", pages.to_string()));
    write.acquire().await.unwrap().close().await.unwrap();
    for _ in 0..2 {
        assert_eq!(write_much(&db).await.as_deref(), Some("13"));
        assert!(!db.ready().await.unwrap_or_default());
    }
    assert!(secrets::get_or_insert(&mut db.read().await.unwrap(), "a", b"x").await.is_ok());
    write.set_connect_options(roomy);
    assert!(db.ready().await.unwrap());
    let mut tx = db.write().await.unwrap();
    secrets::get_or_insert(&mut tx, "much", &vec![7; 1 << 20]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        rows_at(&database.url, "SELECT purpose FROM auth_secrets ORDER BY 1").await,
        ["a", "much"]
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_ends_what_can_write_no_more() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    ann.get("/health/ready").await.expect(200);
    let wal = path(&database).with_extension("db-wal");
    fs::remove_file(&wal).unwrap();
    std::os::unix::fs::symlink("/dev/null", &wal).unwrap();
    let shutdown = service.client.rocket().shutdown();
    ann.refresh().await.refused(503, "unavailable");
    assert!(service.auth().is_database_lost());
    ann.get("/health/ready").await.refused(503, "unavailable");
    // The server is told to stop.
    shutdown.await;
}

#[tokio::test]
async fn a_log_that_cannot_be_opened_for_a_moment_stops_nothing_for_good() {
    let database = Database::sqlite();
    let db = new(&database).await;
    let wal = path(&database).with_extension("db-wal");
    let aside = wal.with_extension("aside");
    let write = async || {
        let mut tx = db.write().await.unwrap();
        users::lock(&mut tx, users::UserId(1)).await.unwrap();
        secrets::get_or_insert(&mut tx, "a", b"x").await.unwrap();
        tx.commit().await
    };
    write().await.unwrap();
    fs::rename(&wal, &aside).unwrap();
    write().await.unwrap_err();
    assert!(!db.ready().await.unwrap_or_default() && !db.is_lost());
    fs::rename(&aside, &wal).unwrap();
    assert!(db.ready().await.unwrap());
    write().await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_holds_nobody_for_longer_than_a_request() {
    let database = Database::sqlite();
    let db = new(&database).await;
    let wal = path(&database).with_extension("db-wal");
    fs::rename(&wal, wal.with_extension("aside")).unwrap();
    // Opening it waits until somebody writes.
    assert!(std::process::Command::new("mkfifo").arg(&wal).status().unwrap().success());
    for _ in 0..2 {
        let since = Instant::now();
        let mut tx = db.write().await.unwrap();
        secrets::get_or_insert(&mut tx, "a", b"x").await.unwrap();
        tx.commit().await.unwrap_err();
        assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    }
    drop(File::options().write(true).open(&wal).unwrap());
}

#[tokio::test]
async fn what_was_a_database_is_not_taken_for_a_new_one() {
    let database = Database::sqlite();
    let file = path(&database);
    new(&database).await.close().await;
    let refused = async |why: &str| {
        let e = Db::open(&database.url, 1).await.unwrap_err().to_string();
        assert!(e.contains(why) && e.contains(file.to_str().unwrap()), "{e}");
    };
    File::create(&file).unwrap();
    refused("the file is empty").await;
    assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    fs::remove_file(&file).unwrap();
    fs::write(file.with_extension("db-wal"), "frames").unwrap();
    refused("no database").await;
    assert!(!file.exists());
    fs::remove_file(file.with_extension("db-wal")).unwrap();
    new(&database).await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_damage_while_serving_is_told() {
    let database = Database::sqlite();
    let db = new(&database).await;
    let Db::Sqlite { write, .. } = &db else { unreachable!() };
    let (page, size): (i64, i64) = sqlx::query_as(
        "SELECT rootpage, (SELECT page_size FROM pragma_page_size)
         FROM sqlite_schema WHERE name = 'auth_users'",
    )
    .fetch_one(write)
    .await
    .unwrap();
    db.close().await;
    let mut file = File::options().write(true).open(path(&database)).unwrap();
    file.seek(SeekFrom::Start(u64::try_from((page - 1) * size).unwrap())).unwrap();
    file.write_all(&[0xff; 512]).unwrap();
    let db = Db::open(&database.url, 2).await.unwrap();
    assert!(db.ready().await.unwrap());
    let mut conn = db.read().await.unwrap();
    users::by_id(&mut conn, users::UserId(1)).await.unwrap_err();
    assert!(!db.ready().await.unwrap());
    let e = db.migrate().await.unwrap_err().to_string();
    assert!(e.contains("damaged") && e.contains(path(&database).to_str().unwrap()), "{e}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_does_not_wait_for_what_it_does_not_depend_on() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    ann.forget_access();
    service.advance(Duration::from_mins(10));
    let db = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let lock = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let since = Instant::now();
    // It cannot be written down that the session is in use.
    ann.get("/auth/me").await.expect(200);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    // What depends on a write as well has one patience for both.
    let since = Instant::now();
    let name = serde_json::json!({ "first_name": "Anna" });
    ann.json(rocket::http::Method::Patch, "/auth/me", name).await.refused(503, "unavailable");
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    // A write has failed, so that the service is asked whether it can write.
    ann.get("/health/ready").await.refused(503, "unavailable");
    lock.rollback().await.unwrap();
    ann.get("/health/ready").await.expect(200);
    service.end().await;
}

on_both!(of_several_who_take_one_name_at_once_one_gets_it);
async fn of_several_who_take_one_name_at_once_one_gets_it(service: &Service) {
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(service.user(&format!("person{n}")).await);
    }
    for round in 0..4 {
        let name = serde_json::json!({ "username": format!("wanted {round}") });
        let replies = rocket::futures::future::join_all(
            people
                .iter()
                .map(|person| person.json(rocket::http::Method::Patch, "/auth/me", name.clone())),
        )
        .await;
        let mut got = 0;
        for reply in &replies {
            got += usize::from(reply.status == 200);
            if reply.status != 200 {
                reply.refused(400, "validation");
            }
        }
        assert_eq!(got, 1);
    }
}

#[cfg(postgres)]
mod postgres {
    use super::*;
    use crate::{pooler::Pooler, support::PASSWORD};
    use portcullis::flows;
    use rocket::futures::future::{join, join_all};
    use sqlx::{Connection, PgConnection};

    /// A connection of somebody else's, in a transaction that has done this.
    async fn holder(database: &Database, sql: &'static str) -> PgConnection {
        let mut conn = PgConnection::connect(&database.url).await.unwrap();
        sqlx::raw_sql("BEGIN").execute(&mut conn).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        conn
    }

    async fn say(conn: &mut PgConnection, sql: &'static str) {
        sqlx::raw_sql(sql).execute(conn).await.unwrap();
    }

    /// How many others wait for a lock.
    async fn waiting(conn: &mut PgConnection) -> i64 {
        // Within a transaction the list of backends is read once otherwise.
        say(conn, "SELECT pg_stat_clear_snapshot()").await;
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        sqlx::query_scalar(waiting).fetch_one(conn).await.unwrap()
    }

    async fn until_waiting(conn: &mut PgConnection, anybody: bool) {
        let since = Instant::now();
        while (waiting(conn).await > 0) != anybody {
            assert!(since.elapsed() < 10 * SOON, "somebody waits: {}", !anybody);
        }
    }

    async fn setting(conn: &mut portcullis::db::Conn, name: &str) -> String {
        let (value,): (String,) =
            conn.fetch_one("SELECT current_setting($1)", [name]).await.unwrap();
        value
    }

    #[tokio::test]
    async fn the_server_has_the_limits_of_time_that_we_have() {
        let database = Database::postgres().await;
        let db = new(&database).await;
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
        // What the URL says counts.
        let db = Db::open(&format!("{}?options[lock_timeout]=77", database.url), 2).await.unwrap();
        assert_eq!(setting(&mut db.read().await.unwrap(), "lock_timeout").await, "77ms");
        db.close().await;
        database.end().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_row_that_stays_locked_holds_no_backend_for_longer_than_a_request() {
        let database = Database::postgres().await;
        let service = Service::start(&database, config(), None).await;
        let ann = service.user("ann").await;
        let mut other = holder(&database, "UPDATE auth_users SET is_active = is_active").await;
        let body = serde_json::json!({ "email": "ann@example.com", "password": PASSWORD });
        let since = Instant::now();
        let logins = join_all((0..12).map(|_| ann.post("/auth/login", body.clone()))).await;
        assert!(logins.iter().all(|login| login.status == 503));
        assert!(since.elapsed() < 4 * SOON, "{:?}", since.elapsed());
        until_waiting(&mut other, false).await;
        say(&mut other, "ROLLBACK").await;
        ann.login().await.expect(200);
        service.end().await;
        other.close().await.unwrap();
        database.end().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_backend_that_nobody_waits_for_is_ended_and_keeps_its_place_until_then() {
        let database = Database::postgres().await;
        // As if the server had no limits: a wait for a synchronous standby has none.
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
        // There is room for all again, though the lock is held.
        let all = join_all((0..3).map(|_| db.write())).await;
        assert!(all.iter().all(Result::is_ok));
        drop(all);
        other.close().await.unwrap();
        db.close().await;
        database.end().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_migration_lets_others_pass_while_it_waits_for_a_lock() {
        let database = Database::postgres().await;
        let db = new(&database).await;
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
    async fn a_deadlock_is_no_end_of_a_deletion() {
        let database = Database::postgres().await;
        let service = Service::start(&database, config(), None).await;
        let ann = service.user("ann").await;
        let mut other = holder(&database, "UPDATE auth_sessions SET client = client").await;
        let op = flows::Operator::cli();
        let deleted = service.auth().delete_user(&op, flows::UserId(ann.id));
        let cross = async {
            until_waiting(&mut other, true).await;
            // The deletion began to wait first, so it is the one that is given up.
            say(&mut other, "UPDATE auth_users SET is_active = is_active").await;
            say(&mut other, "COMMIT").await;
        };
        let (deleted, ()) = join(deleted, cross).await;
        deleted.unwrap();
        service.end().await;
        other.close().await.unwrap();
        database.end().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ids_are_not_reserved_while_somebody_is_added() {
        let database = Database::postgres().await;
        let db = new(&database).await;
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
    async fn very_many_users_are_counted_about() {
        let database = Database::postgres().await;
        let db = new(&database).await;
        let mut conn = PgConnection::connect(&database.url).await.unwrap();
        say(&mut conn, "UPDATE pg_class SET reltuples = 2e6 WHERE relname = 'auth_users'").await;
        let mut db_conn = db.read().await.unwrap();
        let counted = portcullis::store::user_search::count(&mut db_conn).await.unwrap();
        assert_eq!(counted, (2_000_000, 2_000_000));
        conn.close().await.unwrap();
        drop(db_conn);
        db.close().await;
        database.end().await;
    }

    #[tokio::test]
    async fn why_there_is_no_connection_is_told_at_the_start() {
        let database = Database::postgres().await;
        let told = async |url: &str| Db::open(url, 2).await.unwrap_err().to_string();
        let refused = told("postgres://u:hunter2@127.0.0.1:1/x").await;
        assert!(refused.starts_with("PostgreSQL at 127.0.0.1:1: "), "{refused}");
        assert!(refused.contains("refused") && !refused.contains("hunter2"), "{refused}");
        let unknown = told(&format!("{}nonsense", database.url)).await;
        assert!(unknown.contains("does not exist"), "{unknown}");
        let tls = told(&format!("{}?sslmode=require", database.url)).await;
        assert!(tls.contains("TLS"), "{tls}");
        database.end().await;
    }

    #[tokio::test]
    async fn a_pooler_that_hands_backends_around_is_named_at_the_start() {
        let database = Database::postgres().await;
        let pooler = Pooler::to(&database).await;
        let e = Db::open(&pooler.url, 2).await.unwrap_err().to_string();
        assert!(e.contains("transaction mode") && e.contains("pool_mode = session"), "{e}");
        drop(pooler);
        database.end().await;
    }
}
