//! Faults of an SQLite file, and locks that another connection holds.
use super::SOON;
use crate::support::{Database, Service, config};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

fn path(database: &Database) -> PathBuf {
    PathBuf::from(database.url.trim_start_matches("sqlite://"))
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_stops_the_server() {
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
    // The server is asked to shut down.
    shutdown.await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_does_not_wait_for_a_write_it_does_not_need() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    ann.forget_access();
    service.advance(Duration::from_mins(10));
    let db = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let lock = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let since = Instant::now();
    // The lock prevents the write that records when the session was last seen. The reply does not need it.
    ann.get("/auth/me").await.expect(200);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    // A request that also needs a write waits for both within one limit.
    let since = Instant::now();
    let name = serde_json::json!({ "first_name": "Anna" });
    ann.json(rocket::http::Method::Patch, "/auth/me", name).await.refused(503, "unavailable");
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    // A write has failed, so the health check tests whether the service can write.
    ann.get("/health/ready").await.refused(503, "unavailable");
    lock.rollback().await.unwrap();
    ann.get("/health/ready").await.expect(200);
    service.end().await;
}
