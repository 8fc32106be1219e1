//! The end of the service. `tests/it/cli/shutdown.rs` tests signals, with the program.
use super::{LONG, Running, get_head, rest};
use tokio::{net::TcpStream, time::timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_in_progress_is_finished_and_no_connection_is_accepted() {
    let front = Running::start(|_| ()).await;
    let mut stream = front.send(get_head("/app/wait")).await;
    front.signs.reached.notified().await;
    front.shutdown.clone().notify();
    while TcpStream::connect(front.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!front.done.is_finished());
    front.signs.go.notify_one();
    assert!(rest(&mut stream).await.ends_with("waited"));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_take_too_long_are_cut_off() {
    // The tests give requests 2 s to end.
    let front = Running::start(|_| ()).await;
    let mut stream = front.send(get_head("/app/wait")).await;
    front.signs.reached.notified().await;
    let mut endless = front.send(get_head("/app/endless")).await;
    front.end().await;
    let reply = rest(&mut stream).await;
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 503 "), "{reply}");
    // The reply has no end, so the client notices that it is not complete.
    assert!(!rest(&mut endless).await.ends_with("0\r\n\r\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_client_with_http_2_does_not_delay_the_end() {
    let front = Running::start(|_| ()).await;
    let stream = front.connect().await;
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = hyper::Request::get("http://localhost/health/live").body(()).unwrap();
    let (reply, _) = client.send_request(request, true).unwrap();
    assert_eq!(reply.await.unwrap().status(), 200);
    timeout(LONG, front.end()).await.unwrap();
    let _ = timeout(LONG, connection).await.unwrap();
}
