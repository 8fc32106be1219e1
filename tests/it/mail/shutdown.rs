//! Delivering mails while the service stops.
use super::{register, states};
use crate::support::{MailServer, Service, rows};
use std::time::Duration;

with_mail_server!(a_stopping_service_finishes_the_mails_it_is_sending);
async fn a_stopping_service_finishes_the_mails_it_is_sending(
    service: &Service,
    server: &MailServer,
) {
    server.hold("ann@example.com");
    register(service, "ann@example.com").await;
    server.asked_for("ann@example.com").await;
    let end = service.auth().end_mails(Duration::from_mins(5));
    tokio::join!(end, async {
        // This mail is enqueued too late for this process to send it.
        register(service, "bob@example.com").await;
        server.let_go("ann@example.com");
    });
    assert_eq!(states(service).await, ["sent", "waiting"]);
    assert_eq!(service.auth().deliver_due().await.unwrap(), 0);
    let other = service.replica().await;
    while states(service).await != ["sent", "sent"] {
        other.auth().deliver_due().await.unwrap();
    }
    assert_eq!(server.received().len(), 2);
    other.end().await;
}

with_mail_server!(a_mail_given_up_at_shutdown_is_due_at_once);
async fn a_mail_given_up_at_shutdown_is_due_at_once(service: &Service, server: &MailServer) {
    server.hold("ann@example.com");
    register(service, "ann@example.com").await;
    server.asked_for("ann@example.com").await;
    service.auth().end_mails(Duration::ZERO).await;
    let due = "SELECT CAST(due_at AS TEXT) FROM auth_outbox WHERE state = 'waiting'";
    let now = service.clock.now().micros().to_string();
    assert_eq!(rows(service, due).await, [now]);
    // The lease would keep it from other servers for two minutes if it were not released.
    server.let_go("ann@example.com");
    let other = service.replica().await;
    while states(service).await != ["sent"] {
        other.auth().deliver_due().await.unwrap();
    }
    other.end().await;
}
