//! Table `auth_hash_kinds`.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after, ann},
        hash_kinds,
        users::UserId,
    },
};

on_db!(kinds_of_hashes_are_noted_and_forgotten_unless_seen_again);
async fn kinds_of_hashes_are_noted_and_forgotten_unless_seen_again(db: &Db) {
    for (kind, at) in [("bcrypt 12", NOW), ("argon2 64 1 1", NOW), ("bcrypt 12", after(5))] {
        tx!(db, |tx| hash_kinds::note(tx, kind, at));
    }
    tx!(db, |tx| hash_kinds::forget(tx, "bcrypt 12", after(5)));
    assert_eq!(
        hash_kinds::all(&mut db.read().await.unwrap()).await.unwrap(),
        ["argon2 64 1 1", "bcrypt 12"]
    );
    tx!(db, |tx| hash_kinds::forget(tx, "argon2 64 1 1", after(1)));
    assert_eq!(hash_kinds::all(&mut db.read().await.unwrap()).await.unwrap(), ["bcrypt 12"]);
    let id = ann(db).await;
    let mut conn = db.read().await.unwrap();
    let hashes = hash_kinds::hashes(&mut conn, UserId(i64::MIN), 9).await.unwrap();
    assert_eq!(hashes, [(id, Some("hash".to_owned()))]);
    assert!(hash_kinds::hashes(&mut conn, id, 9).await.unwrap().is_empty());
}
