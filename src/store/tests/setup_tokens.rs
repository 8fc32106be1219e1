//! Table `auth_setup_tokens`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        fixtures::{after, ann},
        setup_tokens, users,
    },
};
use rocket::futures::future::join_all;

on_db!(all_setup_links_are_consumed_at_once);
async fn all_setup_links_are_consumed_at_once(db: &Db) {
    let token =
        |n: u8| setup_tokens::SetupToken { hash: Digest(vec![n; 32]), expires_at: after(n.into()) };
    for n in 1..=3 {
        tx!(db, |tx| setup_tokens::insert(tx, &token(n)));
    }
    assert_eq!(tx!(db, |tx| setup_tokens::purge(tx, after(2))), 1);
    let hash = Digest(vec![2; 32]);
    assert_eq!(tx!(db, |tx| setup_tokens::by_hash(tx, &hash)).unwrap().expires_at, after(2));
    let links =
        join_all((0..4).map(|_| async { tx!(db, |tx| setup_tokens::take_all(tx)).len() })).await;
    assert_eq!(links.iter().sum::<usize>(), 2);
    assert!(tx!(db, |tx| setup_tokens::by_hash(tx, &hash)).is_none());
    assert!(!tx!(db, |tx| users::any(tx)) && !tx!(db, |tx| users::any_superuser(tx)));
    let id = ann(db).await;
    assert!(tx!(db, |tx| users::any(tx)) && !tx!(db, |tx| users::any_superuser(tx)));
    tx!(db, |tx| users::set_superuser(tx, id, true));
    assert!(tx!(db, |tx| users::any_superuser(tx)));
}
