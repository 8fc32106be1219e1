//! Table `auth_revocations`, and the order in which transactions commit.
use super::fixtures::{NOW, after};
use crate::{
    store::{
        Db, Horizon,
        revocations::{self, Revocation},
        sessions::SessionId,
    },
    support::Database,
    time::Clock,
};
use std::time::Duration;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);

on_db!(revocations_are_read_in_the_order_of_their_ids);
async fn revocations_are_read_in_the_order_of_their_ids(db: &Db) {
    let revoked = |ended: u64| revocations::Revocation {
        session_id: SessionId(Uuid::new_v4()),
        ended_at: after(ended),
        expires_at: after(300),
    };
    for ended in [0, 10, 20] {
        let r = revoked(ended);
        tx!(db, |tx| revocations::insert(tx, &r));
        tx!(db, |tx| revocations::insert(tx, &r));
    }
    let all = tx!(db, |tx| revocations::after(tx, 0, 9));
    let ended: Vec<_> = all.iter().map(|r| (r.ended_at, r.expires_at)).collect();
    assert_eq!(ended, [0, 10, 20].map(|ended| (after(ended), after(300))));
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    let next = tx!(db, |tx| revocations::after(tx, all[0].id, 1));
    assert_eq!(next.iter().map(|r| r.session_id).collect::<Vec<_>>(), [all[1].session_id]);
    let ranges = [(all[0].id, all[0].id), (all[2].id, all[2].id + 9)];
    let mut some = tx!(db, |tx| revocations::within(tx, &ranges, 9));
    some.sort_by_key(|r| r.id);
    assert_eq!(some.iter().map(|r| r.id).collect::<Vec<_>>(), [all[0].id, all[2].id]);
    assert_eq!(tx!(db, |tx| revocations::within(tx, &ranges, 1)).len(), 1);
    assert!(tx!(db, |tx| revocations::within(tx, &[], 9)).is_empty());
    assert_eq!(tx!(db, |tx| revocations::sweep(tx, after(301), 9)), 0);
    assert_eq!(tx!(db, |tx| revocations::sweep(tx, after(301).plus(revocations::KEPT), 9)), 3);
}

#[cfg(postgres)]
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
    revocations::insert(&mut open, &revocation()).await.unwrap();
    let during = horizon().await;
    end(&db).await;
    assert!(horizon().await.ended < during.next);
    open.commit().await.unwrap();
    while horizon().await.ended < during.next {
        // Other tests have transactions in the same server.
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
    revocations::insert(&mut tx, &r).await.unwrap();
    tx.commit().await.unwrap();
    r.session_id.0
}
