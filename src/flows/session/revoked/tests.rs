//! How a process reads ended sessions: only new rows, however many others there are and in whatever
//! order they were committed.
use crate::{
    db::Db,
    flows::RevokedSessions,
    store::{fixtures::revoke, revocations::Revocation, sessions::SessionId},
    support::{Database, rows_at},
    time::{Clock, Timestamp},
};
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
    revoke(&mut tx, &r).await.unwrap();
    tx.commit().await.unwrap();
    r.session_id.0
}

/// Many sessions that ended just now.
async fn end_many(url: &str) {
    let id = if url.starts_with("sqlite:") { "randomblob(16)" } else { "gen_random_uuid()" };
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO auth_revocations (session_id, ended_at, expires_at)
         SELECT {id}, 1800000000000000, 1800000300000000 FROM n RETURNING 'ended'"
    );
    assert_eq!(rows_at(url, &sql).await.len(), 100_000);
}

on_both_databases!(only_new_revocations_are_read);
async fn only_new_revocations_are_read(database: Database) {
    let db = Db::open(&database.url, 4).await.unwrap();
    db.migrate().await.unwrap();
    let first = end(&db).await;
    end_many(&database.url).await;
    let (ended, clock) = (RevokedSessions::default(), Clock::manual(NOW));
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 100_001);
    assert!(ended.contains(first));
    let last = end(&db).await;
    assert!(!ended.contains(last));
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 1);
    assert!(ended.contains(last) && !ended.contains(Uuid::new_v4()));
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 0);
    // Passing time changes nothing. Everything is read again when the clock is set.
    clock.advance(MINUTE);
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 0);
    clock.step(-MINUTES);
    assert_eq!(ended.catch_up(&db, &clock).await.unwrap(), 100_002);
    db.close().await;
    database.end().await;
}

/// A transaction that took its number first commits last.
#[cfg(postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revocations_committed_out_of_order_are_read() {
    let database = Database::postgres().await;
    let db = Db::open(&database.url, 6).await.unwrap();
    db.migrate().await.unwrap();
    let (ended, clock) = (RevokedSessions::default(), Clock::manual(NOW));
    let (slow, mut held) = (revocation(), db.write().await.unwrap());
    revoke(&mut held, &slow).await.unwrap();
    let mut given_up = db.write().await.unwrap();
    revoke(&mut given_up, &revocation()).await.unwrap();
    let fast = end(&db).await;
    // A reader that is running, and one that starts now.
    let started = RevokedSessions::default();
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
