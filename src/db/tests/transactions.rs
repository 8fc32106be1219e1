//! Transactions.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, ann, named},
        roles, users,
    },
    support::Database,
    time::{Clock, Timestamp},
};
use futures_util::future::join_all;
use std::time::Duration;

on_db!(a_turn_belongs_to_one_transaction_at_a_time);
async fn a_turn_belongs_to_one_transaction_at_a_time(db: &Db) {
    let mut one = db.write().await.unwrap();
    assert!(one.try_turn("x").await.unwrap());
    one.take_turn("x").await.unwrap();
    if matches!(db, Db::Sqlite { .. }) {
        return;
    }
    assert!(!tx!(db, |tx| tx.try_turn("x")));
    assert!(tx!(db, |tx| tx.try_turn("y")));
    drop(one);
    tx!(db, |tx| tx.take_turn("x"));
}

on_db!(a_conflicting_insert_leaves_the_transaction_usable);
async fn a_conflicting_insert_leaves_the_transaction_usable(db: &Db) {
    let ann = ann(db).await;
    let sql = "INSERT INTO auth_user_roles (user_id, role, granted_at) VALUES ($1, 'EDITOR', 0)";
    let mut tx = db.write().await.unwrap();
    assert!(tx.execute_one_unless_taken(sql, [ann]).await.unwrap());
    assert!(!tx.execute_one_unless_taken(sql, [ann]).await.unwrap());
    roles::grant(&mut tx, ann, "AUTHOR", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let user = users::by_id(&mut db.read().await.unwrap(), ann).await.unwrap().unwrap();
    assert_eq!(user.roles.0, ["EDITOR", "AUTHOR"]);
}

on_db!(a_transaction_with_a_failed_statement_cannot_be_committed);
async fn a_transaction_with_a_failed_statement_cannot_be_committed(db: &Db) {
    let ann = ann(db).await;
    let mut tx = db.write().await.unwrap();
    roles::grant(&mut tx, ann, "AUTHOR", NOW).await.unwrap();
    tx.execute("UPDATE nothing SET x = 1", ()).await.unwrap_err();
    tx.commit().await.unwrap_err();
    let user = users::by_id(&mut db.read().await.unwrap(), ann).await.unwrap().unwrap();
    assert!(user.roles.0.is_empty());
    tx!(db, |tx| roles::grant(tx, ann, "EDITOR", NOW));
}

on_db!(a_dropped_transaction_is_rolled_back);
async fn a_dropped_transaction_is_rolled_back(db: &Db) {
    let mut tx = db.write().await.unwrap();
    users::insert(&mut tx, &named("ann@example.com", None)).await.unwrap().unwrap();
    drop(tx);
    assert!(
        users::by_email(&mut db.read().await.unwrap(), "ann@example.com").await.unwrap().is_none()
    );
    ann(db).await;
}

on_db!(many_writers_that_read_first_all_succeed);
async fn many_writers_that_read_first_all_succeed(db: &Db) {
    let id = ann(db).await;
    join_all((0..64).map(|n| async move {
        let mut tx = db.write().await.unwrap();
        let user = users::by_id(&mut tx, id).await.unwrap().unwrap();
        let name = format!("{} {n}", user.email);
        let profile = users::Profile {
            username: None,
            username_key: None,
            first_name: &name,
            language: None,
            notify_new_devices: true,
        };
        assert!(users::set_profile(&mut tx, id, &profile).await.unwrap());
        tx.commit().await.unwrap();
    }))
    .await;
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_lasts_until_a_commit_succeeds() {
    let database = Database::sqlite();
    let db = Db::open(&database.url, 2).await.unwrap();
    db.migrate().await.unwrap();
    let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
    db.outages().set_clock(&clock);
    db.write().await.unwrap().commit().await.unwrap();
    assert!(!db.outages().is_open());
    let start = clock.now();
    let other = sqlx::SqlitePool::connect(&database.url).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert!(db.write().await.is_err());
    assert!(db.outages().is_open());
    clock.advance(25 * SECOND);
    lock.rollback().await.unwrap();
    // Reading does not end the outage.
    drop(db.read().await.unwrap());
    let tx = db.write().await.unwrap();
    assert!(db.outages().is_open());
    tx.commit().await.unwrap();
    assert!(!db.outages().is_open());
    clock.advance(60 * SECOND);
    assert_eq!(db.outages().between(start, clock.now()), 25 * SECOND);
    db.close().await;
}
