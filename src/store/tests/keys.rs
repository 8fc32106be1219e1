//! Table `auth_keys`.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after},
        keys,
    },
};
use std::time::Duration;

on_db!(keys_are_promoted_and_retired_in_turn);
async fn keys_are_promoted_and_retired_in_turn(db: &Db) {
    let key = |kid: &str, state: &str| keys::Key {
        kid: kid.into(),
        algorithm: "ES256".into(),
        state: state.into(),
        private_key: vec![1],
        created_at: NOW,
        expires_at: None,
        retired_at: None,
    };
    assert!(tx!(db, |tx| keys::insert(tx, &key("a", "current"))));
    assert!(!tx!(db, |tx| keys::insert(tx, &key("b", "current"))));
    assert!(tx!(db, |tx| keys::insert(tx, &key("b", "next"))));
    assert!(!tx!(db, |tx| keys::retire(tx, "b", after(2), after(9))));
    assert!(tx!(db, |tx| keys::retire(tx, "a", after(2), after(9))));
    assert!(tx!(db, |tx| keys::promote(tx, "b")));
    assert!(!tx!(db, |tx| keys::promote(tx, "b")));
    assert_eq!(tx!(db, |tx| keys::all(tx, after(8))).len(), 2);
    assert_eq!(tx!(db, |tx| keys::all(tx, after(9)))[0].kid, "b");
    let retired = tx!(db, |tx| keys::all(tx, after(8))).into_iter().find(|k| k.kid == "a").unwrap();
    assert_eq!((retired.retired_at, retired.expires_at), (Some(after(2)), Some(after(9))));
    assert_eq!(tx!(db, |tx| keys::purge(tx, after(10))), 1);
}

on_db!(keys_are_listed_encrypted_and_dropped);
async fn keys_are_listed_encrypted_and_dropped(db: &Db) {
    let key = |kid: &str, algorithm: &str, state: &str| keys::Key {
        kid: kid.into(),
        algorithm: algorithm.into(),
        state: state.into(),
        private_key: vec![1],
        created_at: NOW,
        expires_at: None,
        retired_at: None,
    };
    for (kid, algorithm, state) in
        [("a", "ES256", "current"), ("b", "ES256", "next"), ("c", "EdDSA", "next")]
    {
        assert!(tx!(db, |tx| keys::insert(tx, &key(kid, algorithm, state))));
    }
    assert!(tx!(db, |tx| keys::seal(tx, "a", &[1], &[2])));
    assert!(!tx!(db, |tx| keys::seal(tx, "a", &[1], &[3])));
    assert_eq!(
        tx!(db, |tx| keys::drop_next_of_others(tx, "EdDSA", NOW.minus(Duration::from_secs(1)))),
        0
    );
    assert_eq!(tx!(db, |tx| keys::drop_next_of_others(tx, "EdDSA", NOW)), 1);
    let left = tx!(db, |tx| keys::outline(tx, NOW));
    let left: Vec<_> =
        left.iter().map(|k| (k.kid.as_str(), k.state.as_str(), k.expires_at)).collect();
    assert_eq!(left, [("a", "current", None), ("c", "next", None)]);
    assert!(tx!(db, |tx| keys::remove(tx, "a")));
    assert!(!tx!(db, |tx| keys::remove(tx, "a")));
    assert_eq!(tx!(db, |tx| keys::outline(tx, NOW)).len(), 1);
}
