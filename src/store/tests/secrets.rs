//! Table `auth_secrets`.
use crate::{db::Db, store::secrets};

on_db!(a_secret_is_created_once);
async fn a_secret_is_created_once(db: &Db) {
    assert_eq!(tx!(db, |tx| secrets::get_or_insert(tx, "x", b"first")), b"first");
    assert_eq!(tx!(db, |tx| secrets::get_or_insert(tx, "x", b"second")), b"first");
    assert_eq!(tx!(db, |tx| secrets::get_or_insert(tx, "y", b"second")), b"second");
    tx!(db, |tx| secrets::rewrite(tx, "x"));
    assert_eq!(tx!(db, |tx| secrets::get_or_insert(tx, "x", b"third")), b"first");
    assert!(!tx!(db, |tx| secrets::replace(tx, "y", b"first", b"third")));
    assert!(tx!(db, |tx| secrets::replace(tx, "y", b"second", b"third")));
    let all = [("x".to_owned(), b"first".to_vec()), ("y".to_owned(), b"third".to_vec())];
    assert_eq!(tx!(db, |tx| secrets::all(tx)), all);
}
