//! The PROXY protocol, version 2.
use super::{Running, SHORT, get_head};

/// A header that names this IPv4 client.
fn header(client: [u8; 4]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    header.extend_from_slice(&client);
    header.extend_from_slice(&[127, 0, 0, 1, 0x12, 0x34, 0x1f, 0x90]);
    header
}

/// A header of a proxy that speaks for itself.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn seen() -> Vec<u8> {
    get_head("/app/seen").into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_tells_the_address_of_the_client() {
    let front = Running::start(|c| {
        c.server.proxy_protocol = true;
        c.server.head_timeout = SHORT;
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let reply = front.ask([header([192, 0, 2, 7]), seen()].concat()).await;
    assert!(reply.contains("from 192.0.2.7:4660"), "{reply}");
    let reply = front.ask([LOCAL.to_vec(), seen()].concat()).await;
    assert!(reply.contains("from 127.0.0.1:"), "{reply}");
    // A client that the proxy let through without a header could name any address.
    for bytes in [seen(), b"PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n".to_vec(), LOCAL[..9].to_vec()] {
        assert_eq!(front.ask(bytes).await, "");
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_of_connections_is_that_of_the_client() {
    let front = Running::start(|c| {
        c.server.proxy_protocol = true;
        c.server.max_connections_per_address = 1;
        c.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let wait = [header([192, 0, 2, 7]), get_head("/app/wait").into_bytes()].concat();
    let held = front.send(wait).await;
    front.signs.reached.notified().await;
    assert_eq!(front.ask([header([192, 0, 2, 7]), seen()].concat()).await, "");
    let other = front.ask([header([192, 0, 2, 8]), seen()].concat()).await;
    assert!(other.contains("from 192.0.2.8:"), "{other}");
    front.signs.go.notify_one();
    drop(held);
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_may_name_an_address() {
    for proxy_protocol in [true, false] {
        let front = Running::start(|c| {
            c.server.proxy_protocol = proxy_protocol;
            c.trusted_proxies = vec!["192.0.2.0/24".parse().unwrap()];
        })
        .await;
        let reply = front.ask([header([192, 0, 2, 7]), seen()].concat()).await;
        assert!(!reply.contains("200 OK") && !reply.contains("192.0.2.7"), "{reply}");
        assert!(front.ask(seen()).await.contains("from 127.0.0.1:"));
        front.end().await;
    }
}
