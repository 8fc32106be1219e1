//! Opening a database, and its connections.
use crate::{db::Db, support::Database};

on_db!(connections_are_counted);
async fn connections_are_counted(db: &Db) {
    // A pool connects when it is used first.
    drop(db.read().await.unwrap());
    let before = db.connections();
    assert!(before.open >= 1 && before.idle <= before.open, "{before:?}");
    let held = (db.read().await.unwrap(), db.read().await.unwrap());
    let now = db.connections();
    assert!(now.open - now.idle >= 2, "{now:?}");
    drop(held);
}

on_both_databases!(a_listener_takes_no_connection_from_the_pool);
async fn a_listener_takes_no_connection_from_the_pool(database: Database) {
    let db = Db::open(&database.url, 1).await.unwrap();
    db.migrate().await.unwrap();
    let listener = db.listen().await.unwrap();
    db.read().await.unwrap();
    drop(listener);
    db.close().await;
    database.end().await;
}

#[tokio::test]
async fn an_invalid_database_url_is_refused() {
    for url in ["mysql://x", "sqlite::memory:", "sqlite:///nowhere/at/all/x.db"] {
        assert!(Db::open(url, 1).await.is_err(), "{url}");
    }
}
