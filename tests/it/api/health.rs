//! Health checks and metrics.
use crate::support::{PASSWORD, Server, Service, rows};
use rocket::http::Method;
use serde_json::json;
use std::time::Duration;

on_both!(a_draining_service_is_not_ready_but_answers);
async fn a_draining_service_is_not_ready_but_answers(service: &Service) {
    let ann = service.user("ann").await;
    assert_eq!(ann.get("/health/ready").await.expect(200)["status"], "ok");
    service.auth().drain();
    let ready = ann.get("/health/ready").await;
    ready.refused(503, "unavailable");
    // The reply closes the connection, because the next request on it would reach a server that has stopped.
    assert_eq!(ready.header("connection"), Some("close"));
    ann.get("/health/live").await.expect(200);
    ann.get("/auth/me").await.expect(200);
    ann.refresh().await.expect(200);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
}

on_both!(a_service_that_cannot_read_revocations_is_not_ready);
async fn a_service_that_cannot_read_revocations_is_not_ready(service: &Service) {
    let ann = service.user("ann").await;
    let rename = "ALTER TABLE auth_revocations RENAME TO gone";
    rows(service, rename).await;
    while ann.get("/health/ready").await.status == 200 {
        tokio::task::yield_now().await;
    }
    ann.get("/health/ready").await.refused(503, "unavailable");
    rows(service, "ALTER TABLE gone RENAME TO auth_revocations").await;
    while ann.get("/health/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

on_both!(metrics_report_waiting_mails_and_overdue_purges, |c| c.audit_lifetime =
    Duration::from_hours(24));
async fn metrics_report_waiting_mails_and_overdue_purges(service: &Service) {
    service.user("ann").await;
    let later =
        "UPDATE auth_outbox SET state = 'waiting', due_at = 9000000000000000 RETURNING state";
    assert_eq!(rows(service, later).await, ["waiting"]);
    service.advance(Duration::from_hours(25));
    let figures = service.auth().figures().await.unwrap();
    assert_eq!((figures.mails_waiting, figures.mails_failed), (1, 0));
    assert_eq!(figures.oldest_mail, Duration::from_hours(25));
    assert_eq!(figures.passwords.waiting, 0);
    assert!(figures.connections.open >= 1, "{figures:?}");
    let overdue = |figures: &portcullis::flows::Figures, table| {
        figures.overdue.iter().find(|(name, _)| *name == table).unwrap().1
    };
    assert_eq!(overdue(&figures, "auth_audit"), Duration::from_hours(1));
    assert_eq!(overdue(&figures, "auth_sessions"), Duration::ZERO);
    service.auth().purge().await.unwrap();
    let figures = service.auth().figures().await.unwrap();
    assert!(figures.overdue.iter().all(|(_, overdue)| overdue.is_zero()), "{figures:?}");
    rows(service, "UPDATE auth_outbox SET state = 'failed' RETURNING state").await;
    let figures = service.auth().figures().await.unwrap();
    assert_eq!(
        (figures.mails_waiting, figures.mails_failed, figures.oldest_mail),
        (0, 1, Duration::ZERO)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_metrics_does_not_depend_on_requests() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), None);
    for n in 0..20 {
        assert_eq!(server.ask("GET", &format!("/auth/strange{n}"), "", "").await.0, 404);
    }
    let new = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    assert_eq!(server.ask("POST", "/auth/register", "", &new).await.0, 201);
    let figures = loop {
        let figures = server.text("/metrics").await;
        if figures.contains("portcullis_purge_overdue_seconds") {
            break figures;
        }
        tokio::task::yield_now().await;
    };
    for line in [
        "portcullis_mails{state=\"waiting\"}",
        "portcullis_mails{state=\"failed\"} 0",
        "portcullis_oldest_mail_seconds",
        "portcullis_passwords_waiting 0",
        "portcullis_passwords_total{state=\"discarded\"} 0",
        "portcullis_database_connections{state=\"open\"}",
        "portcullis_purge_overdue_seconds{table=\"auth_sessions\"} 0",
        "portcullis_requests_total{method=\"GET\",route=\"-\",status=\"404\"} 20",
    ] {
        assert!(figures.contains(line), "{line}: {figures}");
    }
    assert!(!figures.contains("strange") && !figures.contains("example"), "{figures}");
}
