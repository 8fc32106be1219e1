//! Purging any number of old rows while other requests write.
use crate::support::{Database, PASSWORD, Service, config, rows};
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

const DAY: Duration = Duration::from_hours(24);

macro_rules! numbers {
    ($insert:literal) => {
        concat!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000) ",
            $insert
        )
    };
}

async fn count(service: &Service, sql: &'static str) -> usize {
    rows(service, sql).await[0].parse().unwrap()
}

on_both!(a_purge_works_in_batches_and_others_write_meanwhile);
async fn a_purge_works_in_batches_and_others_write_meanwhile(service: &Service) {
    let ann = service.user("ann").await;
    let fill = numbers!(
        "INSERT INTO auth_audit (at, kind, actor) SELECT n, 'login', 'user' FROM numbers RETURNING kind"
    );
    assert_eq!(rows(service, fill).await.len(), 50_000);
    let tokens = if service.url().starts_with("sqlite:") {
        numbers!("INSERT INTO auth_refresh_tokens (hash, session_id, salt, issued_at, expires_at, access_expires_at)
                      SELECT CAST(n AS BLOB), s.id, CAST('' AS BLOB), 1, n, 1 FROM numbers, auth_sessions s RETURNING 'x'")
    } else {
        numbers!("INSERT INTO auth_refresh_tokens (hash, session_id, salt, issued_at, expires_at, access_expires_at)
                      SELECT CAST(CAST(n AS TEXT) AS BYTEA), s.id, '', 1, n, 1 FROM numbers, auth_sessions s RETURNING 'x'")
    };
    assert_eq!(rows(service, tokens).await.len(), 50_000);
    let left = "SELECT CAST(count(*) AS TEXT) FROM auth_audit WHERE at <= 50000";
    let (done, mut between) = (AtomicBool::new(false), 0);
    let purge = async {
        service.auth().purge().await.unwrap();
        done.store(true, Ordering::SeqCst);
    };
    let writes = async {
        while !done.load(Ordering::SeqCst) {
            ann.refresh().await.expect(200);
            let left = count(service, left).await;
            between += usize::from(0 < left && left < 50_000);
        }
    };
    tokio::join!(purge, writes);
    assert!(between >= 1, "it was one transaction");
    assert_eq!(count(service, left).await, 0);
    let tokens = "SELECT CAST(count(*) AS TEXT) FROM auth_refresh_tokens WHERE expires_at <= 50000";
    assert_eq!(count(service, tokens).await, 0);
    ann.refresh().await.expect(200);
}

on_both!(a_session_is_purged_with_its_tokens_a_week_after_its_end);
async fn a_session_is_purged_with_its_tokens_a_week_after_its_end(service: &Service) {
    let ann = service.user("ann").await;
    ann.refresh().await.expect(200);
    ann.send(rocket::http::Method::Post, "/auth/logout", None, &[]).await.expect(204);
    let rows = "SELECT CAST((SELECT count(*) FROM auth_sessions) + (SELECT count(*) FROM auth_refresh_tokens) AS TEXT)";
    service.advance(6 * DAY);
    service.auth().purge().await.unwrap();
    assert_eq!(count(service, rows).await, 3);
    service.advance(2 * DAY);
    service.auth().purge().await.unwrap();
    assert_eq!(count(service, rows).await, 0);
}

on_both!(a_mail_is_purged_a_week_after_it_was_sent_or_a_month_after_it_failed);
async fn a_mail_is_purged_a_week_after_it_was_sent_or_a_month_after_it_failed(service: &Service) {
    for name in ["ann", "bob"] {
        let new = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        service.stranger().post("/auth/register", new).await.expect(201);
    }
    service.auth().deliver_due().await.unwrap();
    let fail = "UPDATE auth_outbox SET state = 'failed' WHERE recipient = 'bob@example.com' RETURNING state";
    assert_eq!(rows(service, fail).await.len(), 1);
    let mails = "SELECT CAST(count(*) AS TEXT) FROM auth_outbox";
    for (days, left) in [(6, 2), (2, 1), (21, 1), (2, 0)] {
        service.advance(days * DAY);
        service.auth().purge().await.unwrap();
        assert_eq!(count(service, mails).await, left);
    }
}

on_both_databases!(one_server_purges_at_a_time);
/// When two processes purge, only one does the work.
async fn one_server_purges_at_a_time(database: Database) {
    let service = Service::start(&database, config(), None).await;
    let act = "INSERT INTO auth_audit (at, kind, actor) VALUES (1, 'login', 'user') RETURNING kind";
    rows(&service, act).await;
    let old = "SELECT CAST(count(*) AS TEXT) FROM auth_audit WHERE at = 1";
    #[cfg(postgres)]
    if !database.url.starts_with("sqlite:") {
        use sqlx::Connection;
        let mut other = sqlx::PgConnection::connect(&database.url).await.unwrap();
        let mut purge = other.begin().await.unwrap();
        let taken = "SELECT pg_try_advisory_xact_lock(hashtextextended('purge', 0))";
        let taken: bool = sqlx::query_scalar(taken).fetch_one(&mut *purge).await.unwrap();
        assert!(taken);
        service.auth().purge().await.unwrap();
        assert_eq!(count(&service, old).await, 1);
        purge.commit().await.unwrap();
        other.close().await.unwrap();
    }
    service.auth().purge().await.unwrap();
    assert_eq!(count(&service, old).await, 0);
    service.end().await;
    database.end().await;
}
