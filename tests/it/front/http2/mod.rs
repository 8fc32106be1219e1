//! HTTP/2, over a connection without TLS; the limits are the same with TLS.
mod floods;
mod raw;
mod rules;

use super::{LONG, Running, SHORT};
use bytes::Bytes;
use h2::{Reason, client};
use hyper::{Method, Request, Response};
use std::{future::poll_fn, sync::atomic::Ordering, time::Duration};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

type Sender = client::SendRequest<Bytes>;

async fn connect(front: &Running) -> (Sender, JoinHandle<Result<(), h2::Error>>) {
    connect_with(front, &client::Builder::new()).await
}

async fn connect_with(
    front: &Running,
    builder: &client::Builder,
) -> (Sender, JoinHandle<Result<(), h2::Error>>) {
    let (sender, connection) =
        builder.handshake::<TcpStream, Bytes>(front.connect().await).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("http://localhost{path}")).body(()).unwrap()
}

/// Sends a request and returns its reply.
async fn ask(sender: &Sender, request: Request<()>, body: &'static str) -> (Response<()>, String) {
    let mut sender = sender.clone().ready().await.unwrap();
    let (reply, mut send) = sender.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        send.send_data(Bytes::from_static(body.as_bytes()), true).unwrap();
    }
    let (head, mut stream) = timeout(LONG, reply).await.unwrap().unwrap().into_parts();
    let mut text = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        text.extend_from_slice(&data);
    }
    (Response::from_parts(head, ()), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_is_that_of_the_target() {
    let front = Running::start(|_| ()).await;
    let (sender, _) = connect(&front).await;
    let mut request = get("/app/seen");
    *request.uri_mut() = "http://auth.example:81/app/seen".parse().unwrap();
    let (reply, seen) = ask(&sender, request, "").await;
    assert_eq!(reply.status(), 200);
    assert!(seen.contains("host: auth.example:81"), "{seen}");
    assert!(seen.contains("host Some(\"auth.example:81\")"), "{seen}");
    // Portcullis demands a host, and has one.
    assert_eq!(ask(&sender, get("/auth/me"), "").await.0.status(), 401);
    let mut two = get("/app/seen");
    two.headers_mut().insert("host", "other.example".parse().unwrap());
    assert_eq!(ask(&sender, two, "").await.0.status(), 400);
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_replies_pass_as_with_http_1() {
    let front = Running::start(|_| ()).await;
    let (sender, _) = connect(&front).await;
    let post = Request::post("http://localhost/app/size").body(()).unwrap();
    assert_eq!(ask(&sender, post, "12345").await.1, "5");
    let (reply, body) = ask(&sender, get("/app/bytes/100000"), "").await;
    assert_eq!(
        (body.len(), &reply.headers()["content-length"]),
        (100_000, &"100000".parse().unwrap())
    );
    assert_eq!(ask(&sender, get("/app/stream/100000"), "").await.1.len(), 100_000);
    let mut head = get("/app/bytes/70000");
    *head.method_mut() = Method::HEAD;
    let (reply, body) = ask(&sender, head, "").await;
    assert_eq!(
        (body.as_str(), &reply.headers()["content-length"]),
        ("", &"70000".parse().unwrap())
    );
    let delete = Request::delete("http://localhost/app/nothing").body(()).unwrap();
    assert_eq!(ask(&sender, delete, "").await.0.status(), 204);
    // Each cookie may have a header of its own.
    let mut cookies = get("/app/cookies");
    cookies.headers_mut().append("cookie", "a=1".parse().unwrap());
    cookies.headers_mut().append("cookie", "b=2".parse().unwrap());
    assert_eq!(ask(&sender, cookies, "").await.1, "a=1 b=2");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_may_open_64_requests() {
    let front = Running::start(|_| ()).await;
    let (sender, _) = connect(&front).await;
    ask(&sender, get("/health/live"), "").await;
    assert_eq!(sender.current_max_send_streams(), 64);
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_resets_its_requests_is_cut_off() {
    let front = Running::start(|_| ()).await;
    let (mut sender, connection) = connect(&front).await;
    let resets = async {
        for _ in 0..100_000 {
            if poll_fn(|cx| sender.poll_ready(cx)).await.is_err() {
                return;
            }
            let Ok((_, mut send)) = sender.send_request(get("/health/live"), false) else { return };
            send.send_reset(Reason::CANCEL);
        }
        panic!("100,000 requests were reset");
    };
    timeout(LONG, resets).await.expect("the connection ends");
    let e = timeout(LONG, connection).await.unwrap().unwrap().unwrap_err();
    assert!(e.reason() == Some(Reason::ENHANCE_YOUR_CALM) || e.is_io(), "{e}");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_through_a_proxy_delay_no_other_client() {
    let front = Running::start(|c| {
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        c.server.body_timeout = Duration::from_mins(5);
    })
    .await;
    let (sender, _) = connect(&front).await;
    let post = || Request::post("http://localhost/app/size").body(()).unwrap();
    let mut slow = Vec::new();
    for _ in 0..4 {
        // Without a length, so that each might become as long as a body may be.
        let mut ready = sender.clone().ready().await.unwrap();
        slow.push(ready.send_request(post(), false).unwrap());
    }
    for _ in 0..3 {
        ask(&sender, get("/health/live"), "").await;
    }
    let other = timeout(LONG, ask(&sender, post(), "12345")).await;
    assert_eq!(other.expect("the others are not waited for").1, "5");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_headers_is_limited() {
    let front = Running::start(|_| ()).await;
    let (sender, _) = connect(&front).await;
    let with = |count: usize, length: usize| {
        let mut request = get("/health/live");
        for i in 0..count {
            let name = hyper::header::HeaderName::try_from(format!("x-{i}")).unwrap();
            request.headers_mut().insert(name, "a".repeat(length).parse().unwrap());
        }
        request
    };
    assert_eq!(ask(&sender, with(80, 10), "").await.0.status(), 200);
    for (count, length) in [(1, 17_000), (120, 10), (30, 1_000)] {
        assert_eq!(ask(&sender, with(count, length), "").await.0.status(), 431, "{count}");
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_no_reply_is_cut_off() {
    let front = Running::start(|c| c.server.write_timeout = SHORT).await;
    for path in ["/app/bytes/10000", "/app/bytes/60000", "/app/stream/10000", "/app/endless"] {
        // A client may also take all bytes but one.
        let most = if path == "/app/endless" { 2_000 } else { 9_999 };
        for window in [0, 1, most] {
            let mut builder = client::Builder::new();
            let (sender, connection) =
                connect_with(&front, builder.initial_window_size(window)).await;
            let mut sender = sender.ready().await.unwrap();
            let (reply, _) = sender.send_request(get(path), true).unwrap();
            let mut body = timeout(LONG, reply).await.unwrap().unwrap().into_body();
            let mut taken = 0;
            while let Some(Ok(data)) = timeout(LONG, body.data()).await.expect("the reply ends") {
                taken += data.len();
            }
            assert_eq!(taken, window as usize, "{path}");
            drop(body);
            let ended = timeout(LONG, connection).await.expect("the connection ends");
            drop(ended);
        }
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_read_only_as_the_client_takes_it() {
    let front = Running::start(|c| c.server.write_timeout = SHORT).await;
    let mut builder = client::Builder::new();
    let (sender, connection) = connect_with(&front, builder.initial_window_size(0)).await;
    let (reply, _) = sender.ready().await.unwrap().send_request(get("/app/endless"), true).unwrap();
    let body = timeout(LONG, reply).await.unwrap().unwrap().into_body();
    timeout(LONG, front.signs.given_up.notified()).await.expect("the reply is given up");
    assert_eq!(front.signs.read.load(Ordering::Relaxed), 16 << 10);
    drop(body);
    connection.abort();
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed() {
    let front = Running::start(|c| c.server.idle_timeout = SHORT).await;
    let (sender, connection) = connect(&front).await;
    ask(&sender, get("/health/live"), "").await;
    timeout(LONG, connection).await.expect("the connection ends").unwrap().unwrap();
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_stalls_is_answered_and_others_go_on() {
    let front = Running::start(|c| c.server.body_timeout = SHORT).await;
    let (sender, _) = connect(&front).await;
    let post = Request::post("http://localhost/app/size").body(()).unwrap();
    let (reply, _send) = sender.clone().ready().await.unwrap().send_request(post, false).unwrap();
    assert_eq!(timeout(LONG, reply).await.unwrap().unwrap().status(), 408);
    assert_eq!(ask(&sender, get("/health/live"), "").await.0.status(), 200);
    front.end().await;
}
