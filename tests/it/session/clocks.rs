//! Servers whose clocks differ: only the clock of the database counts.
use crate::support::{Database, Service, config, cookie, present, raw};
use portcullis::time::Clock;
use rocket::http::Method;
use serde_json::json;
use std::time::{Duration, Instant};

const SECOND: i64 = 1_000_000;

/// A server whose clock is `ahead` of the others, in microseconds.
async fn server(database: &Database, ahead: i64) -> Service {
    let clock = Clock::system();
    clock.step(ahead);
    Service::start(database, config(), Some(clock)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_at_servers_with_different_clocks_keep_the_session() {
    let database = Database::postgres().await;
    let here = server(&database, 0).await;
    let ann = here.user("ann").await;
    for ahead in [30 * SECOND, -30 * SECOND, 400 * SECOND] {
        let there = server(&database, ahead).await;
        for (one, two) in [(&here, &there), (&there, &here)] {
            let token = ann.refresh_cookie().unwrap();
            let reply = ann.at(one).refresh().await;
            let next = cookie(&reply);
            assert_eq!(cookie(&present(&two.stranger(), &token).await), next);
            // The other server accepts its access token at once.
            let bearer = [("Authorization", reply.body["token"].as_str().unwrap().to_owned())];
            raw(two, Method::Get, "/auth/verify", None, &bearer).await.expect(200);
            ann.cookies.lock().unwrap().insert("__Host-portcullis".into(), next);
        }
        there.end().await;
    }
    here.end().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_reaches_servers_with_different_clocks() {
    let database = Database::postgres().await;
    let here = server(&database, 0).await;
    let ann = here.user("ann").await;
    for ahead in [90 * SECOND, -90 * SECOND] {
        ann.login().await.expect(200);
        let there = server(&database, ahead).await;
        let elsewhere = ann.at(&there);
        elsewhere.get("/auth/verify").await.expect(200);
        ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
        let since = Instant::now();
        while elsewhere.get("/auth/verify").await.status == 200 {
            assert!(since.elapsed() < Duration::from_secs(1), "still valid");
            tokio::task::yield_now().await;
        }
        // Changing the machine's clock makes no difference.
        there.clock.step(-3600 * SECOND);
        there.auth().catch_up().await.unwrap();
        elsewhere.get("/auth/verify").await.expect(401);
        there.end().await;
    }
    here.end().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_health_check_warns_of_a_wrong_clock() {
    let database = Database::postgres().await;
    let right = server(&database, SECOND).await;
    let wrong = server(&database, 5 * SECOND).await;
    let health =
        async |service: &Service| service.stranger().get("/health/ready").await.expect(200).clone();
    assert_eq!(health(&right).await, json!({ "status": "ok" }));
    assert_eq!(health(&wrong).await, json!({ "status": "ok", "warnings": ["clock_skew"] }));
    wrong.clock.step(-5 * SECOND);
    wrong.auth().catch_up().await.unwrap();
    assert_eq!(health(&wrong).await, json!({ "status": "ok" }));
    right.end().await;
    wrong.end().await;
    database.end().await;
}
