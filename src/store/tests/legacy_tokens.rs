//! Table `auth_legacy_tokens`.
use crate::{
    db::Db,
    secret::Digest,
    store::{fixtures::after, legacy_tokens},
};
use rocket::futures::future::join_all;

on_db!(of_many_concurrent_uses_of_a_legacy_token_one_succeeds);
async fn of_many_concurrent_uses_of_a_legacy_token_one_succeeds(db: &Db) {
    let hash = &Digest(vec![7; 32]);
    let all =
        join_all((0..8).map(|_| async { tx!(db, |tx| legacy_tokens::take(tx, hash, after(10))) }));
    assert_eq!(all.await.into_iter().filter(|taken| *taken).count(), 1);
    assert_eq!(tx!(db, |tx| legacy_tokens::purge(tx, after(10), 9)), 0);
    assert_eq!(tx!(db, |tx| legacy_tokens::purge(tx, after(11), 9)), 1);
    assert!(tx!(db, |tx| legacy_tokens::take(tx, hash, after(10))));
}
