//! What was under way when the database went away may have been done: whoever asks again, as soon as
//! they can, is no thief.
use crate::support::Database;
use portcullis::{
    db::Db,
    time::{Clock, Timestamp},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[cfg(postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_whose_answer_was_lost_in_an_outage_is_asked_for_again() {
    use crate::{
        refresh::{cookie, present},
        silence::Wire,
        support::{Service, config},
    };
    let database = Database::postgres().await;
    let wire = Wire::to(&database).await;
    let service = Service::start(&Database::at(&wire.url), config(), None).await;
    let ann = service.user("ann").await;
    let token = ann.refresh_cookie().unwrap();
    // The server commits, and its answer does not come.
    wire.fall_silent_after(&["SET used_at = $2", "COMMIT"]);
    present(&ann, &token).await.refused(503, "unavailable");
    let sql = "SELECT 'used' FROM auth_refresh_tokens WHERE used_at IS NOT NULL";
    while crate::store::rows_at(&database.url, sql).await.is_empty() {
        tokio::task::yield_now().await;
    }
    service.advance(25 * SECOND);
    assert!(wire.speak_again());
    let next = loop {
        let reply = present(&ann, &token).await;
        if reply.status != 503 {
            break cookie(&reply);
        }
    };
    service.advance(9 * SECOND);
    assert_eq!(cookie(&present(&ann, &token).await), next);
    // The time without a database is made up for, and no more.
    service.advance(2 * SECOND);
    present(&ann, &token).await.refused(401, "token_not_valid");
    present(&ann, &next).await.refused(401, "token_not_valid");
    service.end().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_lasts_until_something_is_committed() {
    let database = Database::sqlite();
    let db = Db::open(&database.url, 2).await.unwrap();
    db.migrate().await.unwrap();
    let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
    db.outages().tell_time_by(&clock);
    db.write().await.unwrap().commit().await.unwrap();
    assert!(!db.outages().is_open());
    let start = clock.now();
    let other = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert!(db.write().await.is_err());
    assert!(db.outages().is_open());
    clock.advance(25 * SECOND);
    lock.rollback().await.unwrap();
    // To read is not to commit.
    drop(db.read().await.unwrap());
    let tx = db.write().await.unwrap();
    assert!(db.outages().is_open());
    tx.commit().await.unwrap();
    assert!(!db.outages().is_open());
    clock.advance(60 * SECOND);
    assert_eq!(db.outages().between(start, clock.now()), 25 * SECOND);
    db.close().await;
}
