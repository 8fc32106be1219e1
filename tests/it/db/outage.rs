//! The database is unreachable: tokens still verify, everything else fails soon, and nothing fails open.
use super::{everything_else_is_unavailable, wrong_password};
use crate::support::{Database, Service, config};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_verify_while_the_file_is_locked() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    let db = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let lock = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    everything_else_is_unavailable(&ann).await;
    // Checking a password only reads; the failure is recorded after the answer.
    wrong_password(&ann).await.refused(401, "invalid_credentials");
    lock.rollback().await.unwrap();
    ann.refresh().await.expect(200);
    service.end().await;
}
