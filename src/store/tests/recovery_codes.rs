//! Table `auth_recovery_codes`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        fixtures::{NOW, after, ann, bob},
        recovery_codes,
    },
};

on_db!(a_recovery_code_works_once_for_its_owner);
async fn a_recovery_code_works_once_for_its_owner(db: &Db) {
    let (ann, bob) = (ann(db).await, bob(db).await);
    let hash = |n: u8| Digest(vec![n; 32]);
    for n in 1..=3 {
        tx!(db, |tx| recovery_codes::insert(tx, ann, &hash(n), NOW));
    }
    let left = async |id| recovery_codes::count(&mut db.read().await.unwrap(), id).await.unwrap();
    assert!(!tx!(db, |tx| recovery_codes::consume(tx, bob, &hash(1))));
    assert!(tx!(db, |tx| recovery_codes::consume(tx, ann, &hash(1))));
    assert!(!tx!(db, |tx| recovery_codes::consume(tx, ann, &hash(1))));
    assert_eq!((left(ann).await, left(bob).await), (2, 0));
    tx!(db, |tx| recovery_codes::remove_since(tx, ann, after(1)));
    tx!(db, |tx| recovery_codes::remove_all(tx, bob));
    assert_eq!(left(ann).await, 2);
    tx!(db, |tx| recovery_codes::remove_all(tx, ann));
    assert_eq!(left(ann).await, 0);
}
