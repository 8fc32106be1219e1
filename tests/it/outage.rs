//! The database cannot be reached: tokens keep verifying, everything else says so soon, nothing fails
//! open.
use crate::support::{Database, PASSWORD, Person, Reply, Service, config};
use rocket::http::Method;
use serde_json::json;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(3);

async fn everything_says_so(ann: &Person<'_>) {
    ann.get("/auth/verify").await.expect(200);
    ann.get("/.well-known/jwks.json").await.expect(200);
    ann.get("/health/live").await.expect(200);
    for (method, path, body) in [
        (
            Method::Post,
            "/auth/login",
            Some(json!({ "email": "ann@example.com", "password": PASSWORD })),
        ),
        (Method::Post, "/auth/refresh", None),
        (Method::Post, "/auth/logout", None),
        (
            Method::Post,
            "/auth/register",
            Some(json!({ "email": "bob@example.com", "password": PASSWORD })),
        ),
        (Method::Post, "/auth/password/forgot", Some(json!({ "email": "ann@example.com" }))),
        (
            Method::Post,
            "/api/token",
            Some(json!({ "email": "ann@example.com", "password": PASSWORD })),
        ),
    ] {
        let since = Instant::now();
        let kind = [("Content-Type", "application/json")];
        let kind = if body.is_some() { &kind[..] } else { &[] };
        let reply = ann.send(method, path, body.map(|b| b.to_string()), kind).await;
        reply.refused(503, "unavailable");
        assert!(reply.header("retry-after").is_some());
        assert!(since.elapsed() < SOON, "{path} took {:?}", since.elapsed());
    }
}

async fn wrong_password(ann: &Person<'_>) -> Reply {
    let wrong = json!({ "email": "ann@example.com", "password": "wrong password" });
    ann.post("/auth/login", wrong).await
}

#[cfg(postgres)]
mod postgres {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    use tokio::{
        io::copy_bidirectional,
        net::{TcpListener, TcpStream},
    };

    /// A way to the database that can be cut.
    struct Wire {
        whole: Arc<AtomicBool>,
        cut: tokio::sync::watch::Sender<bool>,
        port: u16,
    }

    impl Wire {
        async fn to(server: String) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let whole = Arc::new(AtomicBool::new(true));
            let (cut, is_cut) = tokio::sync::watch::channel(false);
            let open = Arc::clone(&whole);
            tokio::spawn(async move {
                while let Ok((mut near, _)) = listener.accept().await {
                    if !open.load(Ordering::SeqCst) {
                        continue;
                    }
                    let (server, mut is_cut) = (server.clone(), is_cut.clone());
                    tokio::spawn(async move {
                        let mut far = TcpStream::connect(server).await.unwrap();
                        tokio::select! {
                            _ = copy_bidirectional(&mut near, &mut far) => {}
                            _ = is_cut.wait_for(|cut| *cut) => {}
                        }
                    });
                }
            });
            Self { whole, cut, port }
        }

        fn set(&self, whole: bool) {
            self.whole.store(whole, Ordering::SeqCst);
            self.cut.send_replace(!whole);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tokens_verify_and_the_rest_waits_for_the_database() {
        let database = Database::postgres().await;
        let parsed = url::Url::parse(&database.url).unwrap();
        let wire = Wire::to(format!("127.0.0.1:{}", parsed.port().unwrap())).await;
        let mut through = parsed.clone();
        through.set_port(Some(wire.port)).unwrap();
        let by_wire = Database::at(through.as_str());
        let service = Service::start(&by_wire, config(), None).await;
        let ann = service.user("ann").await;
        wire.set(false);
        everything_says_so(&ann).await;
        wrong_password(&ann).await.refused(503, "unavailable");
        ann.get("/health/ready").await.refused(503, "unavailable");
        ann.get("/auth/me").await.refused(503, "unavailable");
        wire.set(true);
        while ann.get("/health/ready").await.status != 200 {
            tokio::task::yield_now().await;
        }
        ann.get("/auth/me").await.expect(200);
        ann.refresh().await.expect(200);
        service.end().await;
        database.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_verify_and_writes_wait_while_the_file_is_locked() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    let db = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let lock = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    everything_says_so(&ann).await;
    // It is judged by reading, and written down after the answer.
    wrong_password(&ann).await.refused(401, "invalid_credentials");
    lock.rollback().await.unwrap();
    ann.refresh().await.expect(200);
    service.end().await;
}
