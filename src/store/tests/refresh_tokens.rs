//! Table `auth_refresh_tokens`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        fixtures::{NOW, after, ann, open, session_of, token_of},
        refresh_tokens, sessions,
        users::UserId,
    },
};
use futures_util::future::join_all;

on_db!(of_many_concurrent_uses_of_a_refresh_token_one_succeeds);
async fn of_many_concurrent_uses_of_a_refresh_token_one_succeeds(db: &Db) {
    let session = open(db, ann(db).await).await;
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 1)));
    let hash = Digest(vec![1; 32]);
    let spent = join_all((0..8).map(|_| async {
        let mut tx = db.write().await.unwrap();
        let spent = refresh_tokens::consume(&mut tx, &hash, NOW).await.unwrap();
        tx.commit().await.unwrap();
        spent
    }))
    .await;
    assert_eq!(spent.iter().filter(|s| **s).count(), 1);
    let row = refresh_tokens::by_hash(&mut db.read().await.unwrap(), &hash).await.unwrap().unwrap();
    assert_eq!((row.used_at, row.salt.len(), row.session_id), (Some(NOW), 16, session));
    let found = tx!(db, |tx| refresh_tokens::presented(tx, &hash)).unwrap();
    let lives = (found.token.expires_at, found.session.expires_at);
    assert_eq!(lives, (row.expires_at, session_of(found.user.id).expires_at));
    assert!(found.token.hash == hash);
    assert_eq!((found.session.id, found.user.email.as_str()), (session, "ann@example.com"));
    assert!(tx!(db, |tx| refresh_tokens::presented(tx, &Digest(vec![9; 32]))).is_none());
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 2)));
    assert!(!tx!(db, |tx| refresh_tokens::consume(tx, &Digest(vec![2; 32]), after(100))));
    tx!(db, |tx| refresh_tokens::consume_all(tx, session, after(1)));
    assert!(!tx!(db, |tx| refresh_tokens::consume(tx, &Digest(vec![2; 32]), after(2))));
    assert_eq!(tx!(db, |tx| refresh_tokens::purge(tx, after(101), 9)), 2);
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 3)));
    let user =
        sessions::by_id(&mut db.read().await.unwrap(), session).await.unwrap().unwrap().user_id;
    tx!(db, |tx| refresh_tokens::expire_all(tx, UserId(99), NOW));
    tx!(db, |tx| refresh_tokens::expire_all(tx, user, after(3)));
    let row = refresh_tokens::by_hash(&mut db.read().await.unwrap(), &Digest(vec![3; 32]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.expires_at, row.used_at), (after(3), None));
}

on_db!(tokens_and_sessions_are_purged_in_batches);
async fn tokens_and_sessions_are_purged_in_batches(db: &Db) {
    let id = ann(db).await;
    for n in 0..4_u8 {
        let session = open(db, id).await;
        tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 2 * n)));
        tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 2 * n + 1)));
    }
    let ended = tx!(db, |tx| sessions::end_others(tx, id, None, after(3)));
    assert_eq!(tx!(db, |tx| refresh_tokens::purge_ended(tx, after(3), 9)), 0);
    // Only tokens of the first three sessions that ended.
    assert_eq!(tx!(db, |tx| refresh_tokens::purge_ended(tx, after(4), 3)), 3);
    assert_eq!(tx!(db, |tx| refresh_tokens::purge_ended(tx, after(4), 9)), 5);
    assert_eq!(tx!(db, |tx| sessions::purge(tx, after(4), 3)), 3);
    assert_eq!(tx!(db, |tx| sessions::purge(tx, after(4), 3)), 1);
    assert_eq!(ended, 4);
}

on_db!(the_last_expiry_of_all_refresh_tokens_is_found);
async fn the_last_expiry_of_all_refresh_tokens_is_found(db: &Db) {
    assert_eq!(tx!(db, |tx| refresh_tokens::last_expiry(tx)), None);
    let session = open(db, ann(db).await).await;
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 1)));
    assert_eq!(tx!(db, |tx| refresh_tokens::last_expiry(tx)), Some(after(100)));
}
