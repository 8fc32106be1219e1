//! What replicas can read from their shared database: its time, and which transactions have ended.
use crate::{
    db::{Db, Horizon},
    store::{
        fixtures::{NOW, revoke},
        revocations::Revocation,
        sessions::SessionId,
    },
    support::Database,
    time::Clock,
};
use std::time::Duration;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_reports_its_time_and_which_transactions_have_ended() {
    let database = Database::postgres().await;
    let db = Db::open(&database.url, 4).await.unwrap();
    db.migrate().await.unwrap();
    let machine = Clock::system();
    let before = machine.now();
    let time = db.read().await.unwrap().time().await.unwrap().unwrap();
    assert!((before..=machine.now()).contains(&time), "{before} {time}");
    let horizon = async || db.read().await.unwrap().horizon().await.unwrap();
    let mut open = db.write().await.unwrap();
    revoke(&mut open, &revocation()).await.unwrap();
    let during = horizon().await;
    end(&db).await;
    assert!(horizon().await.ended < during.next);
    open.commit().await.unwrap();
    while horizon().await.ended < during.next {
        // Other tests run transactions on the same server.
        tokio::task::yield_now().await;
    }
    db.close().await;
    database.end().await;
}

#[tokio::test]
async fn sqlite_reports_neither_a_time_nor_open_transactions() {
    let database = Database::sqlite();
    let db = Db::open(&database.url, 2).await.unwrap();
    let mut conn = db.read().await.unwrap();
    assert_eq!(conn.time().await.unwrap(), None);
    assert_eq!(conn.horizon().await.unwrap(), Horizon::default());
}

fn revocation() -> Revocation {
    let session_id = SessionId(Uuid::new_v4());
    Revocation { session_id, ended_at: NOW, expires_at: NOW.plus(5 * MINUTE) }
}

async fn end(db: &Db) -> Uuid {
    let (r, mut tx) = (revocation(), db.write().await.unwrap());
    revoke(&mut tx, &r).await.unwrap();
    tx.commit().await.unwrap();
    r.session_id.0
}
