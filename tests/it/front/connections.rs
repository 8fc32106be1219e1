//! How many connections may be open.
use super::{LONG, Running, SHORT, get_head, read_until, rest};
use crate::support::Server;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
const OK: &str = "{\"status\":\"ok\"}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_holds_a_limited_number_of_connections() {
    let front = Running::start(|c| c.server.max_connections_per_address = 2).await;
    let mut held = [front.send(LIVE).await, front.send(LIVE).await];
    for stream in &mut held {
        read_until(stream, OK).await;
    }
    for _ in 0..3 {
        assert_eq!(front.get("/health/live").await, "");
    }
    let [one, mut other] = held;
    drop(one);
    let again = async {
        while front.get("/health/live").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, again).await.expect("the place of a closed connection is free");
    other.write_all(LIVE.as_bytes()).await.unwrap();
    read_until(&mut other, OK).await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_holds_its_place_until_its_handler_ends() {
    let front = Running::start(|c| c.server.max_connections_per_address = 1).await;
    let stream = front.send(get_head("/app/wait")).await;
    timeout(LONG, front.signs.reached.notified()).await.expect("the handler begins");
    drop(stream);
    let served = async || {
        while front.get("/health/live").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(SHORT, served()).await.is_err());
    front.signs.go.notify_one();
    timeout(LONG, served()).await.expect("the place is free");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_holds_as_many_connections_as_it_needs() {
    let front = Running::start(|c| {
        c.server.max_connections_per_address = 1;
        c.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = front.send(LIVE).await;
        read_until(&mut stream, OK).await;
        held.push(stream);
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_wait() {
    let front = Running::start(|c| c.server.max_connections = 1).await;
    let mut first = front.send(LIVE).await;
    read_until(&mut first, OK).await;
    let mut second = front.send(get_head("/health/live")).await;
    assert!(timeout(SHORT, rest(&mut second)).await.is_err());
    first.write_all(LIVE.as_bytes()).await.unwrap();
    read_until(&mut first, OK).await;
    drop(first);
    assert!(rest(&mut second).await.ends_with(OK));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_recovers_after_it_had_no_file_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), None);
    let pid = Pid::from_raw(server.child.id().try_into().unwrap());
    let few = Rlimit { current: Some(60), maximum: Some(60) };
    prlimit(pid, Resource::Nofile, few).unwrap();
    let mut held = Vec::new();
    let log = || fs::read_to_string(&server.log).unwrap();
    let logged = async |line| {
        while !log().contains(line) {
            tokio::task::yield_now().await;
        }
    };
    // The next connection comes after the last one was answered, so that only one is left waiting.
    let fill = async {
        loop {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
            stream.write_all(LIVE.as_bytes()).await.unwrap();
            let full = tokio::select! {
                _ = read_until(&mut stream, OK) => false,
                () = logged("no connection can be accepted") => true,
            };
            held.push(stream);
            if full {
                break;
            }
        }
    };
    timeout(LONG, fill).await.expect("descriptors run out");
    drop(held);
    let (status, ..) = timeout(LONG, server.ask("GET", "/health/live", "", "")).await.unwrap();
    assert_eq!(status, 200);
    timeout(LONG, logged("connections are accepted again")).await.unwrap();
    assert_eq!(log().matches("no connection can be accepted").count(), 1, "{}", log());
}
