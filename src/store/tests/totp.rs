//! Table `auth_totp`.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after, ann, bob},
        totp, users,
    },
};

on_db!(an_app_is_confirmed_once_and_each_step_used_once);
async fn an_app_is_confirmed_once_and_each_step_used_once(db: &Db) {
    let id = ann(db).await;
    let found = async || totp::of_user(&mut db.read().await.unwrap(), id).await.unwrap();
    let confirmed = async || totp::is_confirmed(&mut db.read().await.unwrap(), id).await.unwrap();
    assert!(found().await.is_none() && !confirmed().await);
    // A set-up that was not confirmed is replaced by another.
    assert!(tx!(db, |tx| totp::begin(tx, id, &[1], NOW)));
    assert!(tx!(db, |tx| totp::begin(tx, id, &[2], after(1))));
    let begun = found().await.unwrap();
    assert_eq!((begun.secret, begun.created_at, begun.confirmed_at), (vec![2], after(1), None));
    assert!(!confirmed().await && !tx!(db, |tx| totp::use_step(tx, id, 7, NOW)));
    assert!(!tx!(db, |tx| totp::confirm(tx, id, &[1], 7, after(2))));
    assert!(tx!(db, |tx| totp::confirm(tx, id, &[2], 7, after(2))));
    assert!(!tx!(db, |tx| totp::confirm(tx, id, &[2], 8, after(2))));
    assert!(!tx!(db, |tx| totp::begin(tx, id, &[3], after(3))) && confirmed().await);
    for (step, fresh) in [(7, false), (6, false), (8, true), (8, false), (7, false), (10, true)] {
        assert_eq!(tx!(db, |tx| totp::use_step(tx, id, step, after(4))), fresh, "{step}");
    }
    let used = found().await.unwrap();
    assert_eq!((used.last_step, used.confirmed_at), (10, Some(after(2))));
    assert_eq!(used.last_used_at, Some(after(4)));
    assert!(!tx!(db, |tx| totp::remove_since(tx, id, after(3))) && confirmed().await);
    assert!(tx!(db, |tx| totp::remove_since(tx, id, after(2))) && !confirmed().await);
    assert!(!tx!(db, |tx| totp::remove_since(tx, id, NOW)));
    // A set-up that was not confirmed is removed too, but was no factor.
    assert!(tx!(db, |tx| totp::begin(tx, id, &[1], NOW)));
    assert!(!tx!(db, |tx| totp::remove_since(tx, id, after(9))) && found().await.is_none());
}

on_db!(set_ups_that_were_not_confirmed_are_purged);
async fn set_ups_that_were_not_confirmed_are_purged(db: &Db) {
    let (ann, bob) = (ann(db).await, bob(db).await);
    for id in [ann, bob] {
        assert!(tx!(db, |tx| totp::begin(tx, id, &[1], NOW)));
    }
    assert!(tx!(db, |tx| totp::confirm(tx, bob, &[1], 7, NOW)));
    assert_eq!(tx!(db, |tx| totp::purge(tx, NOW, 9)), 0);
    assert_eq!(tx!(db, |tx| totp::purge(tx, after(1), 9)), 1);
    let mut db = db.read().await.unwrap();
    assert!(totp::of_user(&mut db, ann).await.unwrap().is_none());
    assert!(totp::is_confirmed(&mut db, bob).await.unwrap());
}

on_db!(secrets_are_resealed_in_pages_and_deleted_with_their_users);
async fn secrets_are_resealed_in_pages_and_deleted_with_their_users(db: &Db) {
    let (ann, bob) = (ann(db).await, bob(db).await);
    for id in [ann, bob] {
        assert!(tx!(db, |tx| totp::begin(tx, id, &[1], NOW)));
    }
    let page = async |after| {
        totp::secrets(&mut db.read().await.unwrap(), users::UserId(after), 1).await.unwrap()
    };
    assert_eq!(page(0).await, [(ann, vec![1])]);
    tx!(db, |tx| totp::reseal(tx, bob, &[9], &[2]));
    assert_eq!(page(ann.0).await, [(bob, vec![1])]);
    tx!(db, |tx| totp::reseal(tx, bob, &[1], &[2]));
    assert_eq!(page(ann.0).await, [(bob, vec![2])]);
    let in_clear = async |length| {
        totp::in_clear(&mut db.read().await.unwrap(), length, 9).await.unwrap().len()
    };
    assert_eq!((in_clear(1).await, in_clear(2).await), (2, 0));
    tx!(db, |tx| users::delete(tx, bob));
    assert_eq!(page(ann.0).await, []);
}
