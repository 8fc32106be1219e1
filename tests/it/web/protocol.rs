//! What a server answers below the API: unknown methods, HTTP/1.0, HTTP/2.
use crate::support::{Database, config, figment};
use rocket::{Shutdown, fairing::AdHoc, tokio};
use std::sync::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

/// A server on its own port.
struct RunningServer {
    port: u16,
    shutdown: Shutdown,
    done: tokio::task::JoinHandle<()>,
}

impl RunningServer {
    async fn start(database: &Database) -> Self {
        let (sender, lifted) = oneshot::channel();
        let sender = Mutex::new(Some(sender));
        let liftoff = AdHoc::on_liftoff("Port", move |rocket| {
            let sender = sender.lock().unwrap().take().unwrap();
            let _ = sender.send((rocket.config().port, rocket.shutdown()));
            Box::pin(async {})
        });
        let shutdown = rocket::config::Shutdown {
            ctrlc: false,
            signals: [].into(),
            ..rocket::config::Shutdown::default()
        };
        let figment = figment(&database.url).merge(("port", 0)).merge(("shutdown", shutdown));
        let rocket = rocket::custom(figment)
            .attach(portcullis::stage().config(config()))
            .attach(liftoff)
            .register("/", portcullis::catchers());
        let done = tokio::spawn(async { drop(rocket.launch().await.map_err(|e| e.to_string())) });
        let (port, shutdown) = lifted.await.unwrap();
        Self { port, shutdown, done }
    }

    /// Sends a request and returns everything that the server answers until it closes the connection.
    async fn ask(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        String::from_utf8_lossy(&reply).into_owned()
    }

    async fn end(self) {
        self.shutdown.notify();
        self.done.await.unwrap();
    }
}

on_both_databases!(an_unknown_method_is_refused_with_all_headers);
async fn an_unknown_method_is_refused_with_all_headers(database: Database) {
    let server = RunningServer::start(&database).await;
    for method in ["FOO", "QUERY", "PROPFIND", "get"] {
        for accept in ["*/*", "text/html", &"text/html,".repeat(2_000)] {
            let request = format!(
                "{method} /login HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
            );
            let reply = server.ask(request.as_bytes()).await;
            assert!(reply.starts_with("HTTP/1.1 501 "), "{method} {reply}");
            let head = reply.to_ascii_lowercase();
            for header in [
                "x-request-id: ",
                "x-content-type-options: nosniff",
                "content-security-policy: default-src 'none'",
            ] {
                assert_eq!(head.matches(header).count(), 1, "{header} {reply}");
            }
            assert!(
                head.contains(if accept == "text/html" {
                    "<html"
                } else {
                    "\"code\":\"not_implemented\""
                }),
                "{reply}"
            );
        }
    }
    let reply = server.ask(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 501 "), "{reply}");
    // The method is known, but the route does not support it.
    let reply =
        server.ask(b"TRACE /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(
        reply.starts_with("HTTP/1.1 405 ")
            && reply.to_ascii_lowercase().contains("allow: get, head, post"),
        "{reply}"
    );
    server.end().await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_health_check_may_use_http_1_0_without_a_host() {
    let database = Database::sqlite();
    let server = RunningServer::start(&database).await;
    for path in ["/health/ready", "/health/live"] {
        for method in ["GET", "HEAD", "OPTIONS"] {
            let reply = server.ask(format!("{method} {path} HTTP/1.0\r\n\r\n").as_bytes()).await;
            let status = if method == "OPTIONS" { "405" } else { "200" };
            assert!(reply.starts_with(&format!("HTTP/1.0 {status} ")), "{method} {path} {reply}");
        }
    }
    let reply = server.ask(b"GET /auth/me HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 400 "), "{reply}");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_not_supported() {
    let database = Database::sqlite();
    let server = RunningServer::start(&database).await;
    // The preface and an empty SETTINGS frame (RFC 9113, 3.4). HTTP/2 answers with a SETTINGS frame.
    let reply = server.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 "), "{reply:?}");
    server.end().await;
}
