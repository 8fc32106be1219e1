//! What Rocket gets of a request, and what the client gets of a response.
use super::{LONG, Running, SHORT, get_head, rest};
use rocket::fairing::AdHoc;
use std::sync::{Arc, Mutex};
use tokio::time::timeout;

fn body(reply: &str) -> &str {
    reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{reply}")).1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_request_is_answered_with_the_length_of_the_body() {
    let front = Running::start(|_| ()).await;
    let license = std::fs::read("LICENSE-MIT").unwrap().len();
    for (path, length) in
        [("/app/bytes/10", 10), ("/app/bytes/100000", 100_000), ("/app/file", license)]
    {
        let get = front.get(path).await;
        let length = format!("\r\ncontent-length: {length}\r\n");
        assert!(get.to_ascii_lowercase().contains(&length), "{path}");
        let head = front.ask(get_head(path).replacen("GET", "HEAD", 1)).await;
        assert!(head.starts_with("HTTP/1.1 200 ") && body(&head).is_empty(), "{path} {head}");
        assert!(head.to_ascii_lowercase().contains(&length), "{path} {head}");
    }
    for refused in ["/login?a=1&a=2", "/nowhere"] {
        let head = front.ask(get_head(refused).replacen("GET", "HEAD", 1)).await;
        assert!(head.starts_with("HTTP/1.1 4") && body(&head).is_empty(), "{head}");
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_without_a_body_has_no_length() {
    let front = Running::start(|_| ()).await;
    let reply = front.ask(get_head("/app/nothing").replacen("GET", "DELETE", 1)).await;
    assert!(reply.starts_with("HTTP/1.1 204 "), "{reply}");
    assert!(!reply.to_ascii_lowercase().contains("content-length"), "{reply}");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_replies_are_sent_in_parts() {
    let front = Running::start(|_| ()).await;
    for count in [0, 1, 16_384, 16_385, 3_000_000] {
        let reply = front.get(&format!("/app/bytes/{count}")).await;
        assert_eq!(body(&reply).len(), count);
        let reply = front.get(&format!("/app/stream/{count}")).await;
        assert!(reply.contains("transfer-encoding: chunked"), "{count}");
        assert_eq!(body(&reply).matches('s').count(), count);
        assert!(reply.ends_with("0\r\n\r\n"));
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_that_rocket_does_not_know_are_not_implemented() {
    let front = Running::start(|_| ()).await;
    let ask = async |line: &str, headers: &str| {
        front
            .ask(format!(
                "{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n"
            ))
            .await
    };
    for line in ["FOO /login", "PROPFIND /", "get /login", "CONNECT localhost"] {
        for (accept, part) in [("*/*", "\"code\":\"not_implemented\""), ("text/html", "<html")] {
            let reply = ask(line, &format!("Accept: {accept}\r\n")).await;
            assert!(reply.starts_with("HTTP/1.1 501 ") && reply.contains(part), "{line} {reply}");
            for header in ["x-request-id: ", "content-security-policy: default-src 'none'"] {
                assert_eq!(reply.to_ascii_lowercase().matches(header).count(), 1, "{reply}");
            }
        }
    }
    let reply = ask("TRACE /login", "").await;
    assert!(reply.starts_with("HTTP/1.1 405 "), "{reply}");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_of_the_target_leads_to_one_path() {
    let front = Running::start(|_| ()).await;
    let ask = async |line: &str, host: &str| {
        front.ask(format!("{line}\r\n{host}Connection: close\r\n\r\n")).await
    };
    let reply =
        ask("GET http://localhost:8000/app/seen HTTP/1.1", "Host: localhost:8000\r\n").await;
    assert!(body(&reply).contains("host Some(\"localhost:8000\")"), "{reply}");
    let reply = ask("GET http://localhost/app/seen HTTP/1.0", "").await;
    assert!(body(&reply).contains("host: localhost"), "{reply}");
    for line in ["GET http://localhost/app/seen HTTP/1.1", "GET * HTTP/1.1", "GET /\"a HTTP/1.1"] {
        let reply = ask(line, "Host: other.example\r\n").await;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{line} {reply}");
    }
    let reply = ask("OPTIONS * HTTP/1.1", "Host: localhost\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 405 ") && reply.contains("allow: "), "{reply}");
    // What the application refuses stays refused.
    for host in ["", "Host: a\r\nHost: b\r\n", "Host: \r\n"] {
        let reply = ask("GET /auth/me HTTP/1.1", host).await;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{host} {reply}");
    }
    let reply = ask("GET /health/live HTTP/1.0", "").await;
    assert!(reply.starts_with("HTTP/1.0 200 "), "{reply}");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_arrive_as_they_were_sent() {
    let front = Running::start(|_| ()).await;
    let mut request = get_head("/app/seen")
        .replace("\r\n\r\n", "\r\nX-Two: 1\r\nX-Two: 2\r\nX-Forwarded-For: ")
        .into_bytes();
    // A byte that is not UTF-8 must not hide what a proxy appended.
    request.extend_from_slice(b"\xff, 192.0.2.1\r\n\r\n");
    let reply = front.ask(request).await;
    for line in ["x-two: 1\nx-two: 2", "x-forwarded-for: \u{fffd}, 192.0.2.1", "from 127.0.0.1:"] {
        assert!(body(&reply).contains(line), "{line} {reply}");
    }
    let accept = "\r\nAccept: text/plain;q=0.1\r\nAccept: text/html\r\n\r\n";
    let reply = front.ask(get_head("/app/seen").replace("\r\n\r\n", accept)).await;
    assert!(body(&reply).contains("accept: text/plain;q=0.1, text/html"), "{reply}");
    let cookies = get_head("/app/cookies")
        .replace("\r\n\r\n", "\r\nCookie: a=1; b=2; a=3\r\nCookie: c=%20; =; d\r\n\r\n");
    let reply = front.ask(cookies).await;
    assert_eq!(body(&reply), "a=3 b=2 c= ");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_on_one_connection_are_answered_in_order() {
    let front = Running::start(|_| ()).await;
    let one = "POST /app/size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
    let reply = front.ask(format!("{one}{one}{}", get_head("/app/bytes/4"))).await;
    assert_eq!(reply.matches("HTTP/1.1 200 ").count(), 3, "{reply}");
    assert!(reply.ends_with("\r\n\r\nxxxx"), "{reply}");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_handler_has_begun_ends_though_the_client_leaves() {
    let mut front = Running::start(|_| ()).await;
    let stream = front.send(get_head("/app/wait")).await;
    front.signs.reached.notified().await;
    drop(stream);
    // The application stops only when the handler has ended.
    front.shutdown.clone().notify();
    assert!(timeout(SHORT, &mut front.done).await.is_err());
    front.signs.go.notify_one();
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fairings_of_start_and_end_run_once() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let [start, end] = ["start", "end"].map(|what| (what, Arc::clone(&told)));
    let front = Running::with(
        |_| (),
        |rocket| {
            rocket
                .attach(AdHoc::on_liftoff("Start", move |_| {
                    Box::pin(async move { start.1.lock().unwrap().push(start.0) })
                }))
                .attach(AdHoc::on_shutdown("End", move |_| {
                    Box::pin(async move { end.1.lock().unwrap().push(end.0) })
                }))
        },
    )
    .await;
    assert!(front.get("/health/live").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(*told.lock().unwrap(), ["start"]);
    let mut idle = front.connect().await;
    front.end().await;
    assert_eq!(*told.lock().unwrap(), ["start", "end"]);
    assert_eq!(timeout(LONG, rest(&mut idle)).await.unwrap(), "");
}
