//! A server that receives a signal to stop, and one that cannot write its log.
use crate::support::{Database, MailServer, PASSWORD, Server, rows_at};
use rocket::futures::future::join_all;
use serde_json::json;
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn drain(time: &'static str) -> impl FnOnce(&mut Command) {
    move |command| {
        command.env("PORTCULLIS_SHUTDOWN__DRAIN", time);
    }
}

fn ann() -> String {
    json!({ "email": "ann@example.com", "password": PASSWORD }).to_string()
}

async fn register(server: &Server) {
    assert_eq!(server.ask("POST", "/auth/register", "", &ann()).await.0, 201);
}

/// Returns once the server accepts no more connections.
async fn refuses_connections(server: &Server) {
    while TcpStream::connect(("127.0.0.1", server.port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

async fn read(mut stream: TcpStream) -> String {
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

fn cookie(head: &str) -> String {
    let value = head.split("__Host-portcullis=").nth(1).unwrap();
    value.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_while_nobody_reads_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), None, |command| {
        command.stderr(Stdio::piped());
    });
    drop(server.child.stderr.take());
    for _ in 0..3 {
        assert_eq!(server.ask("GET", "/health/live", "", "").await.0, 200);
    }
    register(&server).await;
    assert_eq!(server.ask("POST", "/auth/login", "", &ann()).await.0, 200);
}

on_both_databases!(a_rolling_restart_fails_no_request);
/// SIGTERM during many logins, with a load balancer that polls `/health/ready`.
async fn a_rolling_restart_fails_no_request(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), Some(&database.url), drain("3s"));
    register(&server).await;
    let body = ann();
    let login = format!(
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let logins = join_all((0..60).map(|_| server.send(&login))).await;
    server.signal("-TERM");
    let replies = tokio::spawn(join_all(logins.into_iter().map(read)));
    while server.ask("GET", "/health/ready", "", "").await.0 != 503 {
        tokio::task::yield_now().await;
    }
    // A load balancer that has not polled yet still gets answers.
    assert_eq!(server.ask("GET", "/health/live", "", "").await.0, 200);
    for reply in replies.await.unwrap() {
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    }
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    database.end().await;
}

on_both_databases!(requests_under_way_are_finished);
/// Requests whose bodies the server still reads after it stops accepting connections.
async fn requests_under_way_are_finished(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), Some(&database.url), drain("0s"));
    register(&server).await;
    let body = ann();
    let head = format!(
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut logins = Vec::new();
    for _ in 0..10 {
        let mut stream = server.send(&head).await;
        // The server sends 100 Continue once it reads the body.
        let mut received = [0; 25];
        stream.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"HTTP/1.1 100 Continue\r\n\r\n");
        logins.push(stream);
    }
    server.signal("-TERM");
    refuses_connections(&server).await;
    let replies = join_all(logins.into_iter().map(async |mut stream| {
        stream.write_all(body.as_bytes()).await.unwrap();
        read(stream).await
    }));
    for reply in replies.await {
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    }
    let since = Instant::now();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(since.elapsed() < Duration::from_secs(5), "it waited for nobody");
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_being_sent_is_finished_and_sent_once() {
    let (mails, url) = MailServer::start().await;
    mails.hold("ann@example.com");
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::sqlite());
    let mut server = Server::start_with(folder.path(), Some(&database.url), |command| {
        drain("0s")(command);
        command.env("PORTCULLIS_MAIL__URL", url);
    });
    register(&server).await;
    mails.asked_for("ann@example.com").await;
    server.signal("-TERM");
    refuses_connections(&server).await;
    mails.let_go("ann@example.com");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let state = "SELECT state FROM auth_outbox";
    assert_eq!(rows_at(&database.url, state).await, ["sent"]);
    assert_eq!(mails.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_the_program_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), None, drain("5m"));
    server.signal("-TERM");
    while server.ask("GET", "/health/ready", "", "").await.0 != 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.end("-TERM").code(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_waits_for_neither_load_balancer_nor_idle_connections() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), None, drain("5m"));
    let mut idle = server.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut reply = [0; 15];
    idle.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"HTTP/1.1 200 OK");
    let since = Instant::now();
    assert_eq!(server.end("-INT").code(), Some(0));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    drop(idle);
}

on_both_databases!(a_killed_server_logs_nobody_out);
/// The server is killed after it commits a refresh and before the client reads the answer.
async fn a_killed_server_logs_nobody_out(database: Database) {
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url.as_str());
    let folder = folder.path();
    let server = Server::start(folder, Some(url));
    let new = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    assert_eq!(server.ask("POST", "/auth/register", "", &new).await.0, 201);
    let (status, head, _) = server.ask("POST", "/auth/login", "", &new).await;
    assert_eq!(status, 200);
    let token = cookie(&head);
    let with_cookie =
        |server: &Server| format!("Cookie: __Host-portcullis={token}\r\n{}", server.origin());
    let request = format!(
        "POST /auth/refresh HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: 0\r\n\r\n",
        with_cookie(&server)
    );
    let _unread = server.send(&request).await;
    let sql = "SELECT 'used' FROM auth_refresh_tokens WHERE used_at IS NOT NULL";
    while rows_at(url, sql).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let mut server = server;
    server.end("-KILL");
    let again = Server::start(folder, Some(url));
    let (status, head, _) = again.ask("POST", "/auth/refresh", &with_cookie(&again), "").await;
    assert_eq!(status, 200, "{head}");
    let next = format!("Cookie: __Host-portcullis={}\r\n{}", cookie(&head), again.origin());
    assert_eq!(again.ask("POST", "/auth/refresh", &next, "").await.0, 200);
    drop(again);
    database.end().await;
}
