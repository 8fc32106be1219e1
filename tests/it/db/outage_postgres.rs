//! PostgreSQL is unreachable.
use super::{everything_else_is_unavailable, wrong_password};
use crate::support::{Database, DatabaseProxy, Service, config, cookie, present, rows_at};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

const SECOND: Duration = Duration::from_secs(1);

/// A connection to the database that the test can cut.
struct CutCable {
    whole: Arc<AtomicBool>,
    cut: tokio::sync::watch::Sender<bool>,
    port: u16,
}

impl CutCable {
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
async fn tokens_verify_while_postgresql_is_away() {
    let database = Database::postgres().await;
    let parsed = url::Url::parse(&database.url).unwrap();
    let wire = CutCable::to(format!("127.0.0.1:{}", parsed.port().unwrap())).await;
    let mut through = parsed.clone();
    through.set_port(Some(wire.port)).unwrap();
    let by_wire = Database::at(through.as_str());
    let service = Service::start(&by_wire, config(), None).await;
    let ann = service.user("ann").await;
    wire.set(false);
    everything_else_is_unavailable(&ann).await;
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

#[cfg(postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_whose_reply_was_lost_in_an_outage_can_be_repeated() {
    let database = Database::postgres().await;
    let wire = DatabaseProxy::to(&database).await;
    let service = Service::start(&Database::at(&wire.url), config(), None).await;
    let ann = service.user("ann").await;
    let token = ann.refresh_cookie().unwrap();
    // PostgreSQL commits, but its answer does not arrive.
    wire.fall_silent_after(&["SET used_at = $2", "COMMIT"]);
    present(&ann, &token).await.refused(503, "unavailable");
    let sql = "SELECT 'used' FROM auth_refresh_tokens WHERE used_at IS NOT NULL";
    while rows_at(&database.url, sql).await.is_empty() {
        tokio::task::yield_now().await;
    }
    service.advance(25 * SECOND);
    assert!(wire.speak_again());
    let next = loop {
        let reply = present(&ann, &token).await;
        if reply.status != 503 {
            break cookie(&reply);
        }
    };
    service.advance(9 * SECOND);
    assert_eq!(cookie(&present(&ann, &token).await), next);
    // The outage extends the grace period by its own length, and no more.
    service.advance(2 * SECOND);
    present(&ann, &token).await.refused(401, "token_not_valid");
    present(&ann, &next).await.refused(401, "token_not_valid");
    service.end().await;
    database.end().await;
}
