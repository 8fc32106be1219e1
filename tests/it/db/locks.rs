//! Locks that another connection to PostgreSQL holds.
use super::SOON;
use crate::support::{Database, PASSWORD, Service, config, holder, say, until_waiting};
use portcullis::flows;
use rocket::futures::future::{join, join_all};
use sqlx::Connection;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_row_holds_a_backend_no_longer_than_a_request() {
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
async fn a_deletion_survives_a_deadlock() {
    let database = Database::postgres().await;
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    let mut other = holder(&database, "UPDATE auth_sessions SET client = client").await;
    let op = flows::Operator::cli();
    let admin = service.auth().admin(&op);
    let deleted = admin.delete_user(flows::UserId(ann.id));
    let cross = async {
        until_waiting(&mut other, true).await;
        // The deletion began to wait first, so PostgreSQL aborts the deletion to end the deadlock.
        say(&mut other, "UPDATE auth_users SET is_active = is_active").await;
        say(&mut other, "COMMIT").await;
    };
    let (deleted, ()) = join(deleted, cross).await;
    deleted.unwrap();
    service.end().await;
    other.close().await.unwrap();
    database.end().await;
}
