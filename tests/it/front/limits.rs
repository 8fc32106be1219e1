//! The limits of time and size of a request and its reply.
use super::{LONG, Running, SHORT, get_head, read_until, rest};
use tokio::{io::AsyncWriteExt, time::timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_stalls_ends_the_connection() {
    let front = Running::start(|c| c.server.head_timeout = SHORT).await;
    for begun in ["", "G", "GET / HTTP/1.1\r\nHost: local", "PRI * HTTP/2.0\r\n\r\nSM"] {
        assert_eq!(rest(&mut front.send(begun).await).await, "", "{begun:?}");
    }
    // The second request on a connection.
    let mut stream = front.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    read_until(&mut stream, "{\"status\":\"ok\"}").await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_comes_byte_by_byte_ends_the_connection() {
    let front = Running::start(|c| c.server.head_timeout = SHORT).await;
    let mut stream = front.send("GET / HTTP/1.1\r\n").await;
    let drip = async {
        while stream.write_all(b"A: b\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    timeout(LONG, drip).await.expect("the connection ends");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed() {
    let front = Running::start(|c| c.server.idle_timeout = SHORT).await;
    let mut stream = front.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    read_until(&mut stream, "{\"status\":\"ok\"}").await;
    assert_eq!(rest(&mut stream).await, "");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_answered_slowly_is_not_idle() {
    let front = Running::start(|c| {
        c.server.idle_timeout = SHORT;
        c.server.head_timeout = SHORT;
        c.server.write_timeout = SHORT;
    })
    .await;
    let mut stream = front.send(get_head("/app/wait")).await;
    front.signs.reached.notified().await;
    assert!(timeout(SHORT * 4, rest(&mut stream)).await.is_err());
    front.signs.go.notify_one();
    assert!(rest(&mut stream).await.ends_with("waited"));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_stalls_is_answered_with_408() {
    let front = Running::start(|c| c.server.body_timeout = SHORT).await;
    for framing in ["Content-Length: 9", "Transfer-Encoding: chunked"] {
        let head = format!("POST /auth/login HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n1");
        let reply = front.ask(head).await.to_ascii_lowercase();
        assert!(reply.starts_with("http/1.1 408 "), "{reply}");
        for part in ["\"code\":\"request_timeout\"", "connection: close", "x-request-id: "] {
            assert!(reply.contains(part), "{part} {reply}");
        }
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_long_is_answered_with_413() {
    let front = Running::start(|c| c.server.max_body = 70_000).await;
    let post = "POST /app/size HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let whole = |n: usize| format!("{post}Content-Length: {n}\r\n\r\n{}", "x".repeat(n));
    assert!(front.ask(whole(70_000)).await.ends_with("\r\n\r\n70000"));
    let chunked = |n: usize| {
        let chunk = format!("{n:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(n));
        format!("{post}Transfer-Encoding: chunked\r\n\r\n{chunk}")
    };
    assert!(front.ask(chunked(70_000)).await.ends_with("\r\n\r\n70000"));
    // The client reads the reply although the front does not read the whole body.
    let unread = format!("{post}Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n");
    for request in [whole(70_001), whole(200_000), chunked(70_001), unread] {
        let reply = front.ask(request).await;
        assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
        assert!(reply.contains("\"code\":\"body_too_large\""), "{reply}");
    }
    // Portcullis' own endpoints read less, and answer themselves.
    let login = format!(
        "POST /api/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 65600\r\n\r\n{}",
        " ".repeat(65_600)
    );
    assert!(front.ask(login).await.starts_with("HTTP/1.1 4"));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_share_a_bounded_memory() {
    let front =
        Running::start(|c| (c.server.max_body, c.server.max_bodies) = (65_536, 65_536)).await;
    let post = |n: usize| {
        format!(
            "POST /app/size HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {n}\r\n\r\n"
        )
    };
    let mut first = front.send(post(60_000) + &"x".repeat(59_999)).await;
    let second = async {
        loop {
            let reply = front.ask(post(60_000) + &"x".repeat(60_000)).await;
            if reply.starts_with("HTTP/1.1 503 ") {
                return reply;
            }
        }
    };
    let refused = timeout(LONG, second).await.expect("there is no memory for a second body");
    assert!(refused.contains("\"code\":\"unavailable\""), "{refused}");
    first.write_all(b"x").await.unwrap();
    assert!(rest(&mut first).await.ends_with("60000"));
    assert!(front.ask(post(60_000) + &"x".repeat(60_000)).await.ends_with("60000"));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_too_long_is_answered_with_431() {
    let front = Running::start(|_| ()).await;
    let head =
        |more: &str| get_head("/health/live").replace("\r\n\r\n", &format!("\r\n{more}\r\n\r\n"));
    let long = |n: usize| head(&format!("A: {}", "a".repeat(n)));
    assert!(front.ask(long(15_000)).await.starts_with("HTTP/1.1 200 "));
    let many = |n: usize| head(vec!["A: b"; n].join("\r\n").as_str());
    assert!(front.ask(many(90)).await.starts_with("HTTP/1.1 200 "));
    // Parsing them would cost more than the square of their number.
    let accepts = head(&vec!["Accept: text/html;q=0.1,a/b,c/d,e/f"; 40].join("\r\n"));
    for request in [long(17_000), long(500_000), many(101), accepts] {
        let reply = front.ask(request).await;
        assert!(reply.starts_with("HTTP/1.1 431 "), "{reply}");
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_cut() {
    let front = Running::start(|c| c.server.write_timeout = SHORT).await;
    let stream = front.send(get_head("/app/endless")).await;
    timeout(LONG, front.signs.given_up.notified()).await.expect("the reply is given up");
    drop(stream);
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_ends_an_endless_reply() {
    let front = Running::start(|_| ()).await;
    let mut stream = front.send(get_head("/app/endless")).await;
    read_until(&mut stream, "ssss").await;
    drop(stream);
    timeout(LONG, front.signs.given_up.notified()).await.expect("the reply is given up");
    front.end().await;
}
