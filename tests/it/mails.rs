//! The outbox, with a real SMTP conversation.
use crate::support::{Database, PASSWORD, Service, config};
use portcullis::{config::Secret, flows::NewUser};
use rocket::futures::future::join_all;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A mail server that refuses whom it is told to, with the code it is told.
#[derive(Clone, Default)]
pub struct MailServer {
    refused: Arc<Mutex<HashMap<String, u16>>>,
    /// The recipients so far.
    asked: Arc<Mutex<HashSet<String>>>,
    /// Who is not answered about until they are taken out.
    held: watch::Sender<HashSet<String>>,
    /// Recipient and text of each mail.
    received: Arc<Mutex<Vec<(String, String)>>>,
}

impl MailServer {
    pub async fn start() -> (Self, String) {
        let (server, listener) = (Self::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move { this.talk(stream).await });
            }
        });
        (server, url)
    }

    fn refuse(&self, address: &str, code: u16) {
        self.refused.lock().unwrap().insert(address.to_owned(), code);
    }

    pub fn hold(&self, address: &str) {
        self.held.send_modify(|held| {
            held.insert(address.to_owned());
        });
    }

    pub fn let_go(&self, address: &str) {
        self.held.send_modify(|held| {
            held.remove(address);
        });
    }

    /// Returns once a mail to `address` is being sent.
    pub async fn asked_for(&self, address: &str) {
        while !self.asked.lock().unwrap().contains(address) {
            tokio::task::yield_now().await;
        }
    }

    pub fn received(&self) -> Vec<(String, String)> {
        self.received.lock().unwrap().clone()
    }

    async fn talk(&self, stream: TcpStream) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let mut to = String::new();
        writer.write_all(b"220 test\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => "250-test\r\n250 8BITMIME".to_owned(),
                "RCPT" => {
                    line.split(['<', '>']).nth(1)?.clone_into(&mut to);
                    self.asked.lock().unwrap().insert(to.clone());
                    self.held.subscribe().wait_for(|held| !held.contains(&to)).await.ok()?;
                    let code = self.refused.lock().unwrap().get(&to).copied().unwrap_or(250);
                    format!("{code} <{to}>")
                }
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await.ok()?;
                    let mut text = String::new();
                    while let Some(line) = lines.next_line().await.ok()?.filter(|l| l != ".") {
                        text.push_str(&line);
                        text.push('\n');
                    }
                    self.received.lock().unwrap().push((to.clone(), text));
                    "250 taken".to_owned()
                }
                "QUIT" => "221 bye".to_owned(),
                _ => "250 fine".to_owned(),
            };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
        Some(())
    }
}

async fn register(service: &Service, email: &str) {
    let body = json!({ "email": email, "password": PASSWORD });
    service.stranger().post("/auth/register", body).await.expect(201);
}

async fn states(service: &Service) -> Vec<String> {
    crate::store::rows(service, "SELECT state FROM auth_outbox ORDER BY id").await
}

fn header(text: &str, name: &str) -> String {
    text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap().to_owned()
}

/// Runs `async fn name(service: &Service, server: &MailServer)` on each engine.
macro_rules! with_mail_server {
    ($name:ident) => {
        mod $name {
            use super::*;

            async fn run(database: Database) {
                let (server, url) = MailServer::start().await;
                let mut config = config();
                config.mail.url = Secret(url);
                let service = Service::start(&database, config, None).await;
                super::$name(&service, &server).await;
                service.end().await;
                database.end().await;
            }

            on_each_engine! { run }
        }
    };
}

with_mail_server!(a_mail_is_sent_once_with_text_and_html);
async fn a_mail_is_sent_once_with_text_and_html(service: &Service, server: &MailServer) {
    register(service, "ann@example.com").await;
    let other = service.replica().await;
    for _ in 0..3 {
        let (a, b) = tokio::join!(service.auth().deliver_due(), other.auth().deliver_due());
        a.unwrap();
        b.unwrap();
    }
    // Whichever server took it, it has finished by now or holds the lease alone.
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

with_mail_server!(a_refused_mail_is_tried_again_and_holds_nothing_up);
async fn a_refused_mail_is_tried_again_and_holds_nothing_up(
    service: &Service,
    server: &MailServer,
) {
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
    // Not before its time.
    service.auth().deliver_due().await.unwrap();
    assert_eq!(server.received().len(), first);
    service.advance(Duration::from_secs(31));
    while states(service).await[0] != "sent" {
        service.auth().deliver_due().await.unwrap();
    }
    let errors =
        crate::store::rows(service, "SELECT coalesce(last_error, '') FROM auth_outbox ORDER BY id")
            .await;
    assert!(errors[1].contains("550") && !errors[1].contains('@'), "{errors:?}");
}

with_mail_server!(an_operator_sees_why_a_mail_failed_and_tries_again);
async fn an_operator_sees_why_a_mail_failed_and_tries_again(
    service: &Service,
    server: &MailServer,
) {
    let new = NewUser {
        email: "root@example.com",
        password: PASSWORD,
        username: None,
        first_name: None,
        roles: &[],
        superuser: true,
        confirmed: true,
    };
    service.auth().add_user(new).await.unwrap();
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

with_mail_server!(a_mailbox_that_hangs_holds_up_no_mail_that_comes_later);
async fn a_mailbox_that_hangs_holds_up_no_mail_that_comes_later(
    service: &Service,
    server: &MailServer,
) {
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

with_mail_server!(a_change_that_is_withdrawn_while_its_mail_is_refused_does_not_come_back);
async fn a_change_that_is_withdrawn_while_its_mail_is_refused_does_not_come_back(
    service: &Service,
    server: &MailServer,
) {
    let new = NewUser {
        email: "ann@example.com",
        password: PASSWORD,
        username: None,
        first_name: None,
        roles: &[],
        superuser: false,
        confirmed: true,
    };
    service.auth().add_user(new).await.unwrap();
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
    assert_eq!(crate::store::rows(service, sql).await, ["dropped"]);
}

with_mail_server!(a_service_that_stops_finishes_its_mails);
async fn a_service_that_stops_finishes_its_mails(service: &Service, server: &MailServer) {
    server.hold("ann@example.com");
    register(service, "ann@example.com").await;
    server.asked_for("ann@example.com").await;
    let end = service.auth().end_mails(Duration::from_mins(5));
    tokio::join!(end, async {
        // Registered too late for this process.
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

with_mail_server!(a_mail_that_keeps_a_service_from_stopping_is_due_at_once);
async fn a_mail_that_keeps_a_service_from_stopping_is_due_at_once(
    service: &Service,
    server: &MailServer,
) {
    server.hold("ann@example.com");
    register(service, "ann@example.com").await;
    server.asked_for("ann@example.com").await;
    service.auth().end_mails(Duration::ZERO).await;
    let due = "SELECT CAST(due_at AS TEXT) FROM auth_outbox WHERE state = 'waiting'";
    let now = service.clock.now().micros().to_string();
    assert_eq!(crate::store::rows(service, due).await, [now]);
    // It is nobody else's for two minutes, were it not given back.
    server.let_go("ann@example.com");
    let other = service.replica().await;
    while states(service).await != ["sent"] {
        other.auth().deliver_due().await.unwrap();
    }
    other.end().await;
}

with_mail_server!(after_a_day_a_mail_is_given_up);
async fn after_a_day_a_mail_is_given_up(service: &Service, server: &MailServer) {
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

with_mail_server!(a_change_that_is_superseded_before_its_mail_was_sent_never_gets_one);
async fn a_change_that_is_superseded_before_its_mail_was_sent_never_gets_one(
    service: &Service,
    server: &MailServer,
) {
    let new = NewUser {
        email: "ann@example.com",
        password: PASSWORD,
        username: None,
        first_name: None,
        roles: &[],
        superuser: false,
        confirmed: true,
    };
    service.auth().add_user(new).await.unwrap();
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

with_mail_server!(every_attempt_has_the_same_message_id);
async fn every_attempt_has_the_same_message_id(service: &Service, server: &MailServer) {
    register(service, "ann@example.com").await;
    while states(service).await != ["sent"] {
        service.auth().deliver_due().await.unwrap();
    }
    let again = "UPDATE auth_outbox SET state = 'waiting', due_at = 0 RETURNING state";
    crate::store::rows(service, again).await;
    while states(service).await != ["sent"] {
        service.auth().deliver_due().await.unwrap();
    }
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(header(&received[0].1, "Message-ID"), header(&received[1].1, "Message-ID"));
}

on_both!(mails_are_in_the_language_of_their_reader);
async fn mails_are_in_the_language_of_their_reader(service: &Service) {
    let ivan = service.stranger();
    let body = json!({ "email": "ivan@example.com", "password": PASSWORD, "first_name": "Иван" })
        .to_string();
    let headers = [("Content-Type", "application/json"), ("Accept-Language", "ru-RU,ru;q=0.9")];
    ivan.send(rocket::http::Method::Post, "/auth/register", Some(body), &headers).await.expect(201);
    let mail = service.mail("ivan@example.com").await;
    assert!(mail["subject"].as_str().unwrap().starts_with("Подтвердите адрес"));
    // No text of a stranger's in a mail to an address that nobody has proven.
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Здравствуйте!") && !text.contains("Иван"), "{text}");
    let token = service.mailed_token("ivan@example.com").await;
    ivan.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    ivan.post("/auth/password/forgot", json!({ "email": "ivan@example.com" })).await.expect(202);
    let mail = service.mail("ivan@example.com").await;
    assert!(mail["text"].as_str().unwrap().contains("Здравствуйте, Иван!"), "{mail}");
}

on_both!(few_mails_are_sent_to_one_address_in_an_hour);
async fn few_mails_are_sent_to_one_address_in_an_hour(service: &Service) {
    let ann = service.registered("ann").await;
    for _ in 0..20 {
        ann.post("/auth/password/forgot", json!({ "email": "ANN@example.com" })).await.expect(202);
    }
    let sql = "SELECT kind FROM auth_outbox WHERE kind = 'reset_password'";
    assert_eq!(crate::store::rows(service, sql).await.len(), 5);
    service.advance(Duration::from_hours(1));
    ann.post("/auth/password/forgot", json!({ "email": "ann@example.com" })).await.expect(202);
    assert_eq!(crate::store::rows(service, sql).await.len(), 6);
}

on_both!(forty_who_ask_at_once_get_no_more_mails_than_one_after_the_other);
async fn forty_who_ask_at_once_get_no_more_mails_than_one_after_the_other(service: &Service) {
    let ann = service.registered("ann").await;
    let other = service.replica().await;
    let forgot = json!({ "email": "ann@example.com" });
    join_all((0..40).map(|n| {
        let server = if n % 2 == 0 { service } else { &other };
        let (ann, forgot) = (ann.at(server), forgot.clone());
        async move {
            ann.post("/auth/password/forgot", forgot).await.expect(202);
        }
    }))
    .await;
    let sql = "SELECT kind FROM auth_outbox WHERE kind = 'reset_password'";
    assert_eq!(crate::store::rows(service, sql).await.len(), 5);
    other.end().await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_whose_certificate_nobody_vouches_for_is_told_from_one_that_is_gone() {
    let (tell, port) = tokio::sync::oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/");
    let figment = crate::support::figment("sqlite://none")
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
