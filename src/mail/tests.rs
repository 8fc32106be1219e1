mod server;

use super::*;
use crate::config::{self, Secret};
use server::{Does, Server};
use std::{fs, path::Path};

const LINK: &str = "https://auth.example.com/confirm-email?token=7b1e&a=1";

fn config(url: &str) -> Config {
    let from = "Пример <no-reply@example.com>".to_owned();
    Config {
        public_url: "https://auth.example.com".parse().unwrap(),
        mail: config::Mail { url: Secret(url.to_owned()), from },
        ..Config::default()
    }
}

fn mailer(url: &str) -> Mailer {
    let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
    Mailer::new(&config(url), &clock).unwrap()
}

fn letter(to: &str) -> Letter {
    Letter {
        to: to.to_owned(),
        message_id: Uuid::from_u128(7),
        subject: "Подтвердите адрес".to_owned(),
        text: format!("Hello,\n.a line that starts with a dot\n{LINK}\n"),
        html: format!("<p>Привет</p><a href=\"{LINK}\">x</a>"),
    }
}

async fn send_to(does: Does) -> (Result<(), Error>, Server) {
    let server = Server::start(does).await;
    let mailer = mailer(&format!("smtp://127.0.0.1:{}", server.port));
    (mailer.send(letter("ann@example.org")).await, server)
}

#[tokio::test]
async fn an_smtp_mail_has_text_html_and_all_headers() {
    let (sent, server) = send_to(Does::Takes).await;
    sent.unwrap();
    assert_eq!(
        server.commands(),
        [
            "EHLO auth.example.com",
            "MAIL FROM:<no-reply@example.com>",
            "RCPT TO:<ann@example.org>",
            "DATA"
        ]
    );
    let mail = server.mail();
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    for line in [
        "From: =?utf-8?b?0J/RgNC40LzQtdGA?= <no-reply@example.com>",
        "To: ann@example.org",
        "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ] {
        assert!(head.lines().any(|l| l == line), "{line}: {head}");
    }
    assert!(head.contains("Subject: =?utf-8?b?"), "{head}");
    assert!(head.contains("Content-Type: multipart/alternative;"), "{head}");
    // Clients prefer the last part (RFC 2046, 5.1.4).
    let text = body.find("Content-Type: text/plain; charset=utf-8").unwrap();
    let html = body.find("Content-Type: text/html; charset=utf-8").unwrap();
    assert!(text < html, "{body}");
    assert!(body.contains("\r\n..a line that starts with a dot\r\n"), "{body}");
    assert!(body.contains(LINK), "{body}");
    assert!(mail.is_ascii() && mail.lines().all(|l| l.len() <= 998));
}

#[tokio::test]
async fn permanent_and_temporary_rejections_are_distinguished() {
    for (does, code, permanent) in [
        (Does::Refuses("550 5.1.1 no ann@example.org here"), 550, true),
        (Does::Refuses("451 4.7.1 ann@example.org, later"), 451, false),
        (Does::Refuses("554 5.7.1 blocked"), 554, false),
    ] {
        let (sent, _) = send_to(does).await;
        let error = sent.unwrap_err();
        assert!(matches!(error, Error::Answer(c) if c == code), "{error}");
        assert_eq!(error.is_permanent(), permanent, "{error}");
        assert_eq!(error.to_string(), format!("the mail server answered {code}"));
    }
}

#[tokio::test]
async fn connection_failures_are_distinguished() {
    let (sent, _) = send_to(Does::HangsUp).await;
    let error = sent.unwrap_err();
    assert!(matches!(error, Error::Unreachable) && !error.is_permanent(), "{error}");

    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let sent = mailer(&format!("smtp://127.0.0.1:{port}")).send(letter("ann@example.org")).await;
    assert!(matches!(sent, Err(Error::Refused)), "{sent:?}");

    // Names below `.invalid` do not exist (RFC 6761, 6.4).
    let sent = mailer("smtp://mail.invalid?tls=none").send(letter("ann@example.org")).await;
    assert!(matches!(sent, Err(Error::UnknownHost)), "{sent:?}");
}

#[tokio::test]
async fn a_silent_server_times_out() {
    let server = Server::start(Does::Hangs).await;
    let mailer = mailer(&format!("smtp://127.0.0.1:{}", server.port));
    let mailer = Mailer { timeout: Duration::from_millis(50), ..mailer };
    assert!(matches!(mailer.send(letter("ann@example.org")).await, Err(Error::Silent)));
}

#[tokio::test]
async fn a_timed_out_mail_does_not_affect_the_next_one() {
    let server = Server::start(Does::AnswersLate).await;
    let mailer = mailer(&format!("smtp://127.0.0.1:{}", server.port));
    let hasty = Mailer { timeout: Duration::from_millis(200), ..mailer.clone() };
    assert!(matches!(hasty.send(letter("slow@example.org")).await, Err(Error::Silent)));
    server.answer();
    // On the same connection its refusal would be the answer to a later command.
    let sent = mailer.send(letter("full@example.org")).await;
    assert!(matches!(sent, Err(Error::Answer(552))), "{sent:?}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn mails_are_sent_after_the_server_closed_the_previous_connection() {
    let server = Server::start(Does::Takes).await;
    let mailer = mailer(&format!("smtp://127.0.0.1:{}", server.port));
    for _ in 0..3 {
        mailer.send(letter("ann@example.org")).await.unwrap();
        server.hang_up();
    }
    let mails = server.commands().iter().filter(|c| *c == "DATA").count();
    assert_eq!(mails, 3);
}

#[tokio::test]
async fn the_smtp_password_is_sent_only_to_the_server() {
    let server = Server::start(Does::RefusesPassword).await;
    let url = format!("smtp://ann%40example.com:p%3Ass%2Fword@127.0.0.1:{}", server.port);
    let mailer = mailer(&url);
    let error = mailer.send(letter("ann@example.org")).await.unwrap_err();
    assert!(matches!(error, Error::Answer(535)) && !error.is_permanent(), "{error:?}");
    // RFC 4616: NUL, user, NUL, password.
    let auth = "AUTH PLAIN AGFubkBleGFtcGxlLmNvbQBwOnNzL3dvcmQ=";
    assert!(server.commands().iter().any(|c| c == auth), "{:?}", server.commands());
    assert!(!format!("{error} {error:?}").contains("word"));
}

#[tokio::test]
async fn nothing_is_sent_in_plain_text_if_tls_is_required() {
    let server = Server::start(Does::Takes).await;
    let url = format!("smtp://ann:secret@127.0.0.1:{}?tls=required", server.port);
    let error = mailer(&url).send(letter("ann@example.org")).await.unwrap_err();
    assert!(matches!(error, Error::Unfit) && !error.is_permanent(), "{error}");
    assert!(server.commands().iter().all(|c| c.starts_with("EHLO") || c == "QUIT"));
}

#[tokio::test]
async fn headers_cannot_be_injected() {
    let mailer = mailer("dev:");
    for to in ["a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", "a", ""] {
        let error = mailer.send(letter(to)).await.unwrap_err();
        assert!(matches!(error, Error::Recipient) && error.is_permanent(), "{to}");
        assert!(!error.to_string().contains("example"));
    }
    assert_eq!(mailer.kept().unwrap().len(), 0);
    let subject = "a\r\nBcc: b@example.org\r\n\r\nbody".to_owned();
    let message = mailer.message(&Letter { subject, ..letter("a@example.org") }).unwrap();
    let message = String::from_utf8(message.formatted()).unwrap();
    assert!(!message.contains("\nBcc:"), "{message}");
}

#[tokio::test]
async fn the_dev_transport_keeps_the_newest_mails_with_their_links() {
    let mailer = mailer("dev:");
    for n in 0..=KEPT {
        let subject = n.to_string();
        mailer.send(Letter { subject, ..letter("ann@example.org") }).await.unwrap();
    }
    let kept = mailer.clone().kept().unwrap();
    assert_eq!(kept.len(), KEPT);
    assert_eq!((kept[0].subject.as_str(), kept[KEPT - 1].subject.as_str()), ("1", "200"));
    assert_eq!(kept[0].links, [LINK]);
    assert_eq!(kept[0].at.unix(), 1_800_000_000);
}

#[tokio::test]
async fn the_file_transport_writes_a_private_file_per_mail() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("mails");
    fs::create_dir(&made).unwrap();
    let mailer = mailer(&format!("file:{}", made.display()));
    mailer.send(letter("ann@example.org")).await.unwrap();
    mailer.send(letter("ann@example.org")).await.unwrap();
    assert!(mailer.kept().is_none());
    let files: Vec<_> = fs::read_dir(&made).unwrap().map(|f| f.unwrap().path()).collect();
    let file = made.join("00000000-0000-0000-0000-000000000007.eml");
    assert_eq!(files, [file.as_path()]);
    assert!(fs::read_to_string(&file).unwrap().contains("To: ann@example.org\r\n"));
    assert!(is_private(&file));
    let nowhere = folder.path().join("gone");
    let lost = Mailer { transport: Transport::Folder(nowhere.clone()), ..mailer };
    assert!(matches!(lost.send(letter("ann@example.org")).await, Err(Error::Folder)));
    assert!(!nowhere.exists());
}

#[cfg(unix)]
fn is_private(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).unwrap().permissions().mode() & 0o777 == 0o600
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}

#[tokio::test]
async fn only_unambiguous_mail_urls_are_accepted() {
    let read = |url: &str| Mailer::new(&config(url), &Clock::system()).map(drop);
    for url in [
        "dev:",
        "file:/tmp/mails",
        "smtp://mail.example.com",
        "smtp://user:pass@mail.example.com:2525?tls=required",
        "smtp://mail.example.com?tls=opportunistic",
        "smtp://mail.example.com?tls=none",
        "smtps://user:pass@mail.example.com",
        "smtp://[::1]:2525",
    ] {
        assert!(read(url).is_ok(), "{url}");
    }
    for url in [
        "",
        "dev",
        "file:",
        "http://mail.example.com",
        "smtp:mail.example.com",
        "smtp://",
        "smtp://mail.example.com?tls=maybe",
        "smtp://mail.example.com?TLS=required",
        "smtp://mail.example.com?tls=none&tls=required",
        "smtp://mail.example.com/path",
        "smtps://mail.example.com?tls=none",
        "smtp://user@mail.example.com",
        "smtp://:pass@mail.example.com",
    ] {
        let error = read(url).unwrap_err();
        assert!(matches!(error, Error::Url) && !error.to_string().contains("example"), "{url}");
    }
    let mut no_sender = config("dev:");
    no_sender.mail.from = "nobody".to_owned();
    assert!(matches!(Mailer::new(&no_sender, &Clock::system()), Err(Error::From)));
}
