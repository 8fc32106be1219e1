//! Sending mails, and retrying.
use super::{header, register, states};
use crate::support::{Database, MailServer, PASSWORD, Service, config, figment, rows};
use portcullis::{config::Secret, flows::NewUser};
use serde_json::json;
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

with_mail_server!(a_mail_is_sent_once_with_text_and_html);
async fn a_mail_is_sent_once_with_text_and_html(service: &Service, server: &MailServer) {
    register(service, "ann@example.com").await;
    let other = service.replica().await;
    for _ in 0..3 {
        let (a, b) = tokio::join!(service.auth().deliver_due(), other.auth().deliver_due());
        a.unwrap();
        b.unwrap();
    }
    // The server that leased the mail either has sent it by now or is the only one that sends it.
    while states(service).await != ["sent"] {
        tokio::task::yield_now().await;
    }
    let received = server.received();
    assert_eq!(received.len(), 1);
    let (to, text) = &received[0];
    assert_eq!(to, "ann@example.com");
    assert!(text.contains("Content-Type: text/plain") && text.contains("Content-Type: text/html"));
    assert_eq!(header(text, "Auto-Submitted"), "auto-generated");
    assert!(header(text, "From").contains("no-reply@localhost"));
    other.end().await;
}

with_mail_server!(a_refused_mail_is_retried_and_delays_no_other);
async fn a_refused_mail_is_retried_and_delays_no_other(service: &Service, server: &MailServer) {
    server.refuse("slow@example.com", 451);
    server.refuse("bad@example.com", 550);
    for email in ["slow@example.com", "bad@example.com", "ann@example.com"] {
        register(service, email).await;
    }
    while states(service).await != ["waiting", "failed", "sent"] {
        service.auth().deliver_due().await.unwrap();
    }
    let first = server.received().len();
    server.refuse("slow@example.com", 250);
    // It is not retried before it is due.
    service.auth().deliver_due().await.unwrap();
    assert_eq!(server.received().len(), first);
    service.advance(Duration::from_secs(31));
    while states(service).await[0] != "sent" {
        service.auth().deliver_due().await.unwrap();
    }
    let errors =
        rows(service, "SELECT coalesce(last_error, '') FROM auth_outbox ORDER BY id").await;
    assert!(errors[1].contains("550") && !errors[1].contains('@'), "{errors:?}");
}

with_mail_server!(an_operator_sees_why_a_mail_failed_and_retries_it);
async fn an_operator_sees_why_a_mail_failed_and_retries_it(service: &Service, server: &MailServer) {
    let new = NewUser {
        email: "root@example.com",
        password: PASSWORD,
        superuser: true,
        confirmed: true,
        ..NewUser::default()
    };
    service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
    let root = service.stranger();
    root.login_with(json!({ "login": "root@example.com", "password": PASSWORD })).await.expect(200);
    server.refuse("bad@example.com", 550);
    register(service, "bad@example.com").await;
    while states(service).await != ["failed"] {
        service.auth().deliver_due().await.unwrap();
    }
    let failed = root.get("/auth/admin/mail?state=failed&cursor=").await;
    let mail = &failed.expect(200)["results"][0];
    assert!(mail["last_error"].as_str().unwrap().contains("550"), "{mail}");
    assert_eq!(
        (&mail["kind"], &mail["recipient"]),
        (&json!("confirm_email"), &json!("bad@example.com"))
    );
    assert_eq!(root.get("/auth/admin/overview").await.expect(200)["mails_failed"], 1);
    server.refuse("bad@example.com", 250);
    let retry = format!("/auth/admin/mail/{}/retry", mail["id"]);
    root.post(&retry, json!({})).await.expect(204);
    while states(service).await != ["sent"] {
        service.auth().deliver_due().await.unwrap();
    }
    assert_eq!(root.get("/auth/admin/mail?state=failed").await.expect(200)["results"], json!([]));
    let log = root.get("/auth/admin/audit?kind=mail_retried").await;
    let act = &log.expect(200)["results"][0];
    assert_eq!(
        (&act["detail"], &act["user_email"]),
        (&mail["id"].to_string().into(), &json!("bad@example.com"))
    );
}

with_mail_server!(a_mailbox_that_hangs_delays_no_later_mail);
async fn a_mailbox_that_hangs_delays_no_later_mail(service: &Service, server: &MailServer) {
    server.hold("slow@example.com");
    register(service, "slow@example.com").await;
    server.asked_for("slow@example.com").await;
    register(service, "ann@example.com").await;
    let since = Instant::now();
    while states(service).await != ["waiting", "sent"] {
        assert!(since.elapsed() < Duration::from_secs(20), "it is held up");
        tokio::task::yield_now().await;
    }
    server.let_go("slow@example.com");
    service.auth().deliver_due().await.unwrap();
    assert_eq!(states(service).await, ["sent", "sent"]);
}

with_mail_server!(a_mail_fails_after_a_day_of_retries);
async fn a_mail_fails_after_a_day_of_retries(service: &Service, server: &MailServer) {
    server.refuse("ann@example.com", 451);
    register(service, "ann@example.com").await;
    let mut attempts = 0;
    while states(service).await == ["waiting"] {
        service.auth().deliver_due().await.unwrap();
        service.advance(Duration::from_hours(1));
        attempts += 1;
        assert!(attempts < 40);
    }
    assert_eq!(states(service).await, ["failed"]);
    assert!(attempts >= 20, "{attempts}");
    assert_eq!(server.received().len(), 0);
}

with_mail_server!(every_attempt_has_the_same_message_id);
async fn every_attempt_has_the_same_message_id(service: &Service, server: &MailServer) {
    register(service, "ann@example.com").await;
    while states(service).await != ["sent"] {
        service.auth().deliver_due().await.unwrap();
    }
    let again = "UPDATE auth_outbox SET state = 'waiting', due_at = 0 RETURNING state";
    rows(service, again).await;
    while states(service).await != ["sent"] {
        service.auth().deliver_due().await.unwrap();
    }
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(header(&received[0].1, "Message-ID"), header(&received[1].1, "Message-ID"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_untrusted_certificate_is_reported_apart_from_an_unreachable_server() {
    let (tell, port) = tokio::sync::oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/");
    let figment = figment("sqlite://none")
        .merge(("port", 0))
        .merge(("tls.certs", format!("{tls}cert.pem")))
        .merge(("tls.key", format!("{tls}key.pem")));
    let liftoff = rocket::fairing::AdHoc::on_liftoff("Port", move |rocket| {
        if let Some(tell) = tell.lock().unwrap().take() {
            tell.send(rocket.config().port).unwrap();
        }
        Box::pin(async {})
    });
    let server = tokio::spawn(rocket::custom(figment).attach(liftoff).launch());
    let port = port.await.unwrap();
    let database = Database::sqlite();
    let mut config = config();
    config.mail.url = Secret(format!("smtps://localhost:{port}"));
    let service = Service::start(&database, config, None).await;
    let error = service.auth().test_mail("ann@example.com").await.unwrap_err();
    let portcullis::flows::Error::Internal(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains("certificate"), "{error}");
    service.end().await;
    server.abort();
}

on_both!(a_mail_that_cannot_be_rendered_delays_no_other);
async fn a_mail_that_cannot_be_rendered_delays_no_other(service: &Service) {
    let id =
        if service.url().starts_with("sqlite:") { "randomblob(16)" } else { "gen_random_uuid()" };
    let at = 1_700_000_000_000_000_i64;
    let bad = format!(
        "INSERT INTO auth_outbox (message_id, kind, recipient, language, args, credential_version,
                                  created_at, due_at)
         VALUES ({id}, 'password_changed', 'bad@example.com', 'en', '{{', 0, {at}, {at})
         RETURNING kind"
    );
    rows(service, &bad).await;
    service.registered("ann").await;
}
