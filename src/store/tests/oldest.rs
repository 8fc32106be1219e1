//! The oldest row of each kind.
use crate::{
    db::Db,
    store::{
        fixtures::{after, ann, open, token_of},
        oldest, refresh_tokens,
    },
};

on_db!(the_oldest_rows_are_found);
async fn the_oldest_rows_are_found(db: &Db) {
    let read = async || oldest::read(&mut db.read().await.unwrap()).await.unwrap();
    let none = read().await;
    assert_eq!((none.session_expired_at, none.mail_failed_at, none.act_at), (None, None, None));
    let session = open(db, ann(db).await).await;
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 1)));
    let found = read().await;
    assert_eq!((found.session_expired_at, found.session_ended_at), (Some(after(1000)), None));
    assert_eq!(found.refresh_token_expired_at, Some(after(100)));
}
