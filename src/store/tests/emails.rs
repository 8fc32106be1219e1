//! Table `auth_users`: changes of emails.
use crate::{
    db::Db,
    store::{
        emails,
        fixtures::{NOW, after, ann, named},
        users,
    },
};

on_db!(restoring_an_email_removes_the_password);
async fn restoring_an_email_removes_the_password(db: &Db) {
    let id = ann(db).await;
    assert!(tx!(db, |tx| emails::set(tx, id, 0, ("b@example.com", "b@example.com"), NOW)));
    assert!(tx!(db, |tx| emails::restore(
        tx,
        id,
        ("ann@example.com", "ann@example.com"),
        after(1)
    )));
    let mut conn = db.read().await.unwrap();
    let user = users::by_id(&mut conn, id).await.unwrap().unwrap();
    assert_eq!(
        (user.email.as_str(), user.email_confirmed_at, user.credential_version),
        ("ann@example.com", Some(after(1)), 2)
    );
    assert_eq!(users::password_hash(&mut conn, id).await.unwrap(), None);
    drop(conn);
    tx!(db, |tx| users::insert(tx, &named("taken@example.com", None)));
    assert!(!tx!(db, |tx| emails::restore(
        tx,
        id,
        ("taken@example.com", "taken@example.com"),
        NOW
    )));
}

on_db!(codes_are_counted_until_the_email_is_confirmed);
async fn codes_are_counted_until_the_email_is_confirmed(db: &Db) {
    let id = ann(db).await;
    let count = async || tx!(db, |tx| emails::count_code(tx, id, 2));
    assert_eq!([count().await, count().await, count().await], [true, true, false]);
    assert!(tx!(db, |tx| users::confirm_email(tx, id, NOW)));
    assert!(count().await);
}
