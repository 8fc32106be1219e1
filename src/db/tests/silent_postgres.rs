//! A PostgreSQL server that stops answering without closing connections: no caller waits longer than the
//! deadline, and a connection that did not answer in time is not used again.
use crate::{
    db::{Conn, Db},
    store::secrets,
    support::{Database, DatabaseProxy},
};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(3);

/// Asserts that `work` fails within [`SOON`].
async fn fails_soon<T>(work: impl Future<Output = Result<T, crate::db::Error>>) {
    let since = Instant::now();
    assert!(work.await.is_err(), "it worked");
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
}

/// Stores a secret outside a transaction.
async fn insert(conn: &mut Conn, purpose: &str, secret: &[u8]) -> Result<u64, crate::db::Error> {
    let sql = "INSERT INTO auth_secrets (purpose, secret) VALUES ($1, $2)";
    conn.execute(sql, (purpose, secret)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fell_silent_are_replaced() {
    let database = Database::postgres().await;
    let wire = DatabaseProxy::to(&database).await;
    let db = Db::open(&wire.url, 6).await.unwrap();
    db.migrate().await.unwrap();
    // Two in a transaction, two outside of one, and one of each that is about to return to the pool.
    let (mut one, mut two) = (db.write().await.unwrap(), db.write().await.unwrap());
    let (mut three, mut four) = (db.read().await.unwrap(), db.read().await.unwrap());
    let (five, six) = (db.write().await.unwrap(), db.read().await.unwrap());
    wire.fall_silent();
    drop((five, six));
    tokio::join!(
        fails_soon(secrets::get_or_insert(&mut one, "a", b"x")),
        fails_soon(secrets::get_or_insert(&mut two, "b", b"x")),
        fails_soon(insert(&mut three, "c", b"x")),
        fails_soon(insert(&mut four, "d", b"x")),
    );
    drop((one, two, three, four));
    // The six old connections stay silent; new ones are answered.
    wire.answer_new_connections(6);
    let since = Instant::now();
    let all = loop {
        match futures_util::future::try_join_all((0..6).map(|_| db.write())).await {
            Ok(all) => break all,
            Err(e) => assert!(since.elapsed() < 3 * SOON, "{e}"),
        }
    };
    join_all(all.into_iter().map(|tx| async { tx.commit().await.unwrap() })).await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_begin_timed_out_is_not_reused() {
    let database = Database::postgres().await;
    let wire = DatabaseProxy::to(&database).await;
    let db = Db::open(&wire.url, 1).await.unwrap();
    db.migrate().await.unwrap();
    // The server begins the transaction after the client gave up on it.
    wire.fall_silent_after(&["BEGIN"]);
    fails_soon(Box::pin(db.write())).await;
    assert!(wire.speak_again(), "it did not come to a transaction");
    let since = Instant::now();
    let mut conn = loop {
        match db.read().await {
            Ok(conn) => break conn,
            Err(e) => assert!(since.elapsed() < 3 * SOON, "{e}"),
        }
    };
    insert(&mut conn, "a", b"first").await.unwrap();
    let direct = Db::open(&database.url, 1).await.unwrap();
    let mut tx = direct.write().await.unwrap();
    let seen = secrets::get_or_insert(&mut tx, "a", b"second").await;
    assert_eq!(seen.expect("nobody holds it"), b"first");
    database.end().await;
}
