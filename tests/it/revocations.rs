//! How ended sessions are heard of: only what is new is read, whatever else there is, in whatever order it
//! was committed, and whatever the clock does.
use crate::support::{Database, Service};
use portcullis::{
    db::Db,
    flows::EndedSessions,
    store::{
        revocations::{self, Revocation},
        sessions::SessionId,
    },
    time::{Clock, Timestamp},
};
use rocket::http::Method;
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const MINUTE: Duration = Duration::from_mins(1);
const MINUTES: i64 = 60_000_000;

fn revocation() -> Revocation {
    let session_id = SessionId(Uuid::new_v4());
    Revocation { session_id, ended_at: NOW, expires_at: NOW.plus(5 * MINUTE) }
}

async fn end(db: &Db) -> Uuid {
    let (r, mut tx) = (revocation(), db.write().await.unwrap());
    revocations::insert(&mut tx, &r).await.unwrap();
    tx.commit().await.unwrap();
    r.session_id.0
}

/// Many sessions that ended just now.
async fn end_many(url: &str) {
    if url.starts_with("sqlite:") {
        let db = sqlx::SqlitePool::connect(url).await.unwrap();
        let sql = "INSERT INTO auth_revocations (session_id, ended_at, expires_at)
                   WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                   SELECT randomblob(16), 1800000000000000, 1800000300000000 FROM n";
        sqlx::query(sql).execute(&db).await.unwrap();
        db.close().await;
    } else {
        let db = sqlx::PgPool::connect(url).await.unwrap();
        let sql = "INSERT INTO auth_revocations (session_id, ended_at, expires_at)
                   SELECT gen_random_uuid(), 1800000000000000, 1800000300000000
                   FROM generate_series(1, 100000)";
        sqlx::query(sql).execute(&db).await.unwrap();
        db.close().await;
    }
}

async fn of_many_revocations_only_the_new_ones_are_read(database: Database) {
    let db = Db::open(&database.url, 4).await.unwrap();
    db.migrate().await.unwrap();
    let first = end(&db).await;
    end_many(&database.url).await;
    let (ended, clock) = (EndedSessions::default(), Clock::manual(NOW));
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 100_001);
    assert!(ended.contains(first));
    let last = end(&db).await;
    assert!(!ended.contains(last));
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 1);
    assert!(ended.contains(last) && !ended.contains(Uuid::new_v4()));
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 0);
    // Time goes by, and everything is read again only when the clock is set.
    clock.advance(MINUTE);
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 0);
    clock.step(-MINUTES);
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 100_002);
    db.close().await;
    database.end().await;
}

mod many {
    on_each_engine! { super::of_many_revocations_only_the_new_ones_are_read }
}

/// A transaction that took its number first commits last.
#[cfg(postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_out_of_order_is_heard_of() {
    let database = Database::postgres().await;
    let db = Db::open(&database.url, 6).await.unwrap();
    db.migrate().await.unwrap();
    let (ended, clock) = (EndedSessions::default(), Clock::manual(NOW));
    let (slow, mut held) = (revocation(), db.write().await.unwrap());
    revocations::insert(&mut held, &slow).await.unwrap();
    let mut given_up = db.write().await.unwrap();
    revocations::insert(&mut given_up, &revocation()).await.unwrap();
    let fast = end(&db).await;
    // One that starts meanwhile, and one that runs.
    let started = EndedSessions::default();
    for reader in [&ended, &started] {
        assert_eq!(reader.catch_up(&db, &clock).await.unwrap(), 1);
        assert!(reader.contains(fast) && !reader.contains(slow.session_id.0));
        assert_eq!(reader.catch_up(&db, &clock).await.unwrap(), 0);
    }
    drop(given_up);
    held.commit().await.unwrap();
    for reader in [&ended, &started] {
        assert_eq!(reader.catch_up(&db, &clock).await.unwrap(), 1);
        assert!(reader.contains(slow.session_id.0));
        assert_eq!(reader.catch_up(&db, &clock).await.unwrap(), 0);
    }
    db.close().await;
    database.end().await;
}

#[cfg(postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_tells_its_time_and_which_transactions_have_ended() {
    let database = Database::postgres().await;
    let db = Db::open(&database.url, 4).await.unwrap();
    db.migrate().await.unwrap();
    let machine = Clock::system();
    let before = machine.now();
    let time = db.read().await.unwrap().time().await.unwrap().unwrap();
    assert!((before..=machine.now()).contains(&time), "{before} {time}");
    let horizon = async || db.read().await.unwrap().horizon().await.unwrap();
    let mut open = db.write().await.unwrap();
    revocations::insert(&mut open, &revocation()).await.unwrap();
    let during = horizon().await;
    end(&db).await;
    assert!(horizon().await.ended < during.next);
    open.commit().await.unwrap();
    while horizon().await.ended < during.next {
        // Other tests have transactions in the same server.
        tokio::task::yield_now().await;
    }
    db.close().await;
    database.end().await;
}

#[tokio::test]
async fn a_file_has_the_time_of_its_machine_and_one_writer() {
    let database = Database::sqlite();
    let db = Db::open(&database.url, 2).await.unwrap();
    let mut conn = db.read().await.unwrap();
    assert_eq!(conn.time().await.unwrap(), None);
    assert_eq!(conn.horizon().await.unwrap(), portcullis::db::Horizon::default());
}

on_both!(a_clock_that_jumps_forth_and_back_forgets_no_logout);
async fn a_clock_that_jumps_forth_and_back_forgets_no_logout(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let there = ann.at(&other);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    other.auth().catch_up().await.unwrap();
    for (jump, restart) in [(50 * MINUTES, true), (50 * MINUTES, true), (72 * 60 * MINUTES, false)]
    {
        service.clock.step(jump);
        for server in [service, &other] {
            server.auth().catch_up().await.unwrap();
        }
        service.auth().sweep().await.unwrap();
        service.clock.step(-jump);
        for who in [&there, &ann.at(service)] {
            who.get("/auth/verify").await.refused(401, "token_not_valid");
            who.service.auth().catch_up().await.unwrap();
            who.get("/auth/verify").await.refused(401, "token_not_valid");
        }
        if restart {
            let third = service.replica().await;
            ann.at(&third).get("/auth/verify").await.refused(401, "token_not_valid");
            third.end().await;
        }
    }
    other.end().await;
}

on_both!(a_logout_during_a_jump_counts_after_it);
async fn a_logout_during_a_jump_counts_after_it(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let (here, there) = (ann.at(service), ann.at(&other));
    service.clock.step(50 * MINUTES);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    service.clock.step(-50 * MINUTES);
    other.auth().catch_up().await.unwrap();
    for who in [&here, &there] {
        who.get("/auth/verify").await.refused(401, "token_not_valid");
    }
    let third = service.replica().await;
    ann.at(&third).get("/auth/verify").await.refused(401, "token_not_valid");
    third.end().await;
    other.end().await;
}
