//! Clients that leave before their password is hashed, which then gives its place to others.
use super::{LONG, Running};
use crate::support::{Database, PASSWORD, rows_at};
use bytes::Bytes;
use h2::{Reason, client};
use hyper::Request;
use portcullis::{
    config::{Config, Limits},
    flows::Jobs,
};
use std::time::Duration;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

/// How many clients leave.
const LEAVING: u64 = 16;

/// One hash at a time, which takes longer than a busy machine needs to notice that clients left.
fn slow_hashes(config: &mut Config) {
    config.limits = Limits::default();
    config.password.threads = 1;
    config.password.memory = 64 * 1024;
    config.password.passes = 16;
}

async fn jobs(front: &Running) -> Jobs {
    front.auth.figures().await.unwrap().passwords
}

/// Waits until the jobs are as `wanted`.
async fn until(front: &Running, wanted: impl Fn(Jobs) -> bool) -> Jobs {
    let start = Instant::now();
    loop {
        let now = jobs(front).await;
        if wanted(now) {
            return now;
        }
        assert!(start.elapsed() < LONG, "{now:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

fn body(email: &str) -> String {
    format!("{{\"email\":\"{email}\",\"password\":\"{PASSWORD}\"}}")
}

fn post(path: &str, email: &str) -> String {
    let body = body(email);
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The logins that are counted as failures.
async fn counted(front: &Running) -> u64 {
    let sum = "SELECT CAST(sum(failures) AS TEXT) FROM auth_attempts";
    rows_at(&front.database.url, sum).await[0].parse().unwrap()
}

/// Checks that the passwords of clients that have left are not hashed, apart from those whose turn came
/// meanwhile, and that the next client need not wait for them.
async fn check_given_up(front: &Running, before: Jobs, at_departure: Jobs) {
    let after = until(front, |jobs| jobs.waiting == 0).await;
    assert!(after.begun - at_departure.begun <= 4, "{at_departure:?} {after:?}");
    let (begun, discarded) = (after.begun - before.begun, after.discarded - before.discarded);
    assert_eq!(begun + discarded, LEAVING, "{before:?} {after:?}");
    let reply = front.ask(post("/auth/login", "ann@example.com")).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    assert_eq!(jobs(front).await.begun, after.begun + 1);
}

on_both_databases!(the_password_of_a_client_that_has_left_is_not_hashed);
async fn the_password_of_a_client_that_has_left_is_not_hashed(database: Database) {
    let front = Running::on(database, slow_hashes).await;
    let reply = front.ask(post("/auth/register", "ann@example.com")).await;
    assert!(reply.starts_with("HTTP/1.1 201 "), "{reply}");
    let (before, failures) = (jobs(&front).await, counted(&front).await);
    let mut clients = Vec::new();
    for n in 0..LEAVING {
        clients.push(front.send(post("/auth/login", &format!("user{}@example.com", n / 2))).await);
    }
    let all = before.begun + LEAVING;
    let at_departure = until(&front, |jobs| jobs.begun + jobs.waiting as u64 == all).await;
    drop(clients);
    check_given_up(&front, before, at_departure).await;
    // Whoever leaves saves no attempt.
    assert_eq!(counted(&front).await, failures + LEAVING);
    front.end().await;
}

on_both_databases!(the_password_of_a_stream_that_was_reset_is_not_hashed);
async fn the_password_of_a_stream_that_was_reset_is_not_hashed(database: Database) {
    let front = Running::on(database, slow_hashes).await;
    let reply = front.ask(post("/auth/register", "ann@example.com")).await;
    assert!(reply.starts_with("HTTP/1.1 201 "), "{reply}");
    let before = jobs(&front).await;
    let (mut sender, connection) =
        client::handshake::<TcpStream>(front.connect().await).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut streams = Vec::new();
    for n in 0..LEAVING {
        sender = sender.ready().await.unwrap();
        let body = Bytes::from(body(&format!("user{n}@example.com")));
        let request = Request::post("http://localhost/auth/login")
            .header("content-type", "application/json")
            // Without it, a request takes the memory of the longest body.
            .header("content-length", body.len())
            .body(())
            .unwrap();
        let (reply, mut stream) = sender.send_request(request, false).unwrap();
        stream.send_data(body, true).unwrap();
        streams.push((reply, stream));
    }
    let all = before.begun + LEAVING;
    let at_departure = until(&front, |jobs| jobs.begun + jobs.waiting as u64 == all).await;
    for (_, stream) in &mut streams {
        stream.send_reset(Reason::CANCEL);
    }
    check_given_up(&front, before, at_departure).await;
    connection.abort();
    front.end().await;
}
