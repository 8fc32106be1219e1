//! Importing users.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after, named},
        roles, user_search,
        users::{self, UserId},
    },
};

on_db!(an_imported_user_keeps_all_fields_and_their_id);
async fn an_imported_user_keeps_all_fields_and_their_id(db: &Db) {
    let new = |id: Option<i64>, email, username| users::NewUser {
        id: id.map(UserId),
        is_superuser: true,
        email_confirmed_at: Some(NOW),
        is_active: false,
        last_login_at: Some(after(1)),
        self_registered: false,
        notify_new_devices: false,
        ..named(email, username)
    };
    let insert =
        async |new: &users::NewUser<'_>| tx!(db, |tx| users::insert(tx, new)).map(|u| u.id);
    // Without the reservation the next user to register would get an id that is taken.
    db.reserve_user_ids(70).await.unwrap();
    let first = new(Some(70), "ann@example.com", Some("ann"));
    assert_eq!(insert(&first).await, Some(UserId(70)));
    for taken in [
        new(Some(70), "b@example.com", None),
        new(Some(71), "ann@example.com", None),
        new(None, "b@example.com", Some("ann")),
    ] {
        assert_eq!(insert(&taken).await, None);
    }
    assert_eq!(insert(&new(Some(3), "c@example.com", None)).await, Some(UserId(3)));
    // A lower number does not move the counter back.
    db.reserve_user_ids(3).await.unwrap();
    let next = insert(&new(None, "d@example.com", None)).await.unwrap();
    assert!(next.0 > 70, "{next:?}");
    tx!(db, |tx| roles::grant(tx, UserId(70), "EDITOR", NOW));
    let mut conn = db.read().await.unwrap();
    let by_name = user_search::Filter { pattern: Some("%ann%"), ..user_search::Filter::default() };
    assert_eq!(user_search::count_fitting(&mut conn, &by_name, 9).await.unwrap(), 3);
    let page = users::credentials_page(&mut conn, UserId(3), 1).await.unwrap();
    let [users::Credentials { user: ann, password_hash }] = page.as_slice() else { panic!() };
    assert_eq!(
        (ann.id, ann.username.as_deref(), password_hash.as_deref()),
        (UserId(70), Some("ann"), Some("hash"))
    );
    assert_eq!((ann.is_active, ann.is_superuser, ann.roles.main()), (false, true, "EDITOR"));
    assert!(!ann.notify_new_devices);
    assert_eq!(
        (ann.created_at, ann.email_confirmed_at, ann.last_login_at),
        (NOW, Some(NOW), Some(after(1)))
    );
    assert_eq!(
        (ann.email.as_str(), ann.first_name.as_str(), ann.language.as_deref()),
        ("ann@example.com", "Ann", Some("ru"))
    );
}
