//! Mails that become obsolete before they are sent.
use super::states;
use crate::support::{MailServer, PASSWORD, Service, rows};
use portcullis::flows::NewUser;
use serde_json::json;
use std::time::Duration;

with_mail_server!(a_mail_revoked_while_it_is_refused_stays_revoked);
async fn a_mail_revoked_while_it_is_refused_stays_revoked(service: &Service, server: &MailServer) {
    let new = NewUser {
        email: "ann@example.com",
        password: PASSWORD,
        confirmed: true,
        ..NewUser::default()
    };
    service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
    let ann = service.stranger();
    ann.login_with(json!({ "email": "ann@example.com", "password": PASSWORD })).await.expect(200);
    server.hold("first@example.com");
    server.refuse("first@example.com", 550);
    let change = |email| json!({ "email": email, "password": PASSWORD });
    ann.post("/auth/email", change("first@example.com")).await.expect(202);
    server.asked_for("first@example.com").await;
    ann.post("/auth/email", change("second@example.com")).await.expect(202);
    server.let_go("first@example.com");
    service.auth().deliver_due().await.unwrap();
    let sql = "SELECT state FROM auth_outbox WHERE recipient = 'first@example.com'";
    assert_eq!(rows(service, sql).await, ["dropped"]);
}

with_mail_server!(a_superseded_change_of_email_sends_no_mail);
async fn a_superseded_change_of_email_sends_no_mail(service: &Service, server: &MailServer) {
    let new = NewUser {
        email: "ann@example.com",
        password: PASSWORD,
        confirmed: true,
        ..NewUser::default()
    };
    service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
    let ann = service.stranger();
    ann.login_with(json!({ "email": "ann@example.com", "password": PASSWORD })).await.expect(200);
    server.refuse("first@example.com", 451);
    for email in ["first@example.com", "second@example.com"] {
        ann.post("/auth/email", json!({ "email": email, "password": PASSWORD })).await.expect(202);
        service.auth().deliver_due().await.unwrap();
    }
    server.refuse("first@example.com", 250);
    service.advance(Duration::from_mins(5));
    service.auth().deliver_due().await.unwrap();
    let to: Vec<_> = server.received().into_iter().map(|(to, _)| to).collect();
    assert!(to.contains(&"second@example.com".to_owned()), "{to:?}");
    assert!(!to.contains(&"first@example.com".to_owned()), "{to:?}");
}

on_both!(a_mail_whose_reason_has_passed_is_not_sent);
async fn a_mail_whose_reason_has_passed_is_not_sent(service: &Service) {
    let ann = service.stranger();
    ann.get("/dev/mail").await;
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new.clone()).await.expect(201);
    ann.login_with(new).await.expect(200);
    let token = service.mailed_token("ann@example.com").await;
    ann.send(rocket::http::Method::Post, "/auth/email/resend", None, &[]).await.expect(202);
    ann.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    service.auth().deliver_due().await.unwrap();
    let states = states(service).await;
    assert!(states == ["sent", "sent"] || states == ["sent", "dropped"], "{states:?}");
}
