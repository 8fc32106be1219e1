//! Table `auth_users`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        emails,
        fixtures::{NOW, after, ann, bob, named, open, token_of},
        refresh_tokens, roles, sessions,
        users::{self, UserId},
    },
};
use futures_util::future::join_all;

on_db!(a_user_is_found_by_id_email_and_username);
async fn a_user_is_found_by_id_email_and_username(db: &Db) {
    let id = ann(db).await;
    let mut conn = db.read().await.unwrap();
    for found in [
        users::by_id(&mut conn, id).await,
        users::by_email(&mut conn, "ann@example.com").await,
        users::by_username(&mut conn, "ann").await,
    ] {
        let user = found.unwrap().unwrap();
        assert_eq!(
            (user.id, user.email.as_str(), user.username.as_deref()),
            (id, "ann@example.com", Some("ann"))
        );
        assert_eq!(
            (user.language.as_deref(), user.is_active, user.credential_version),
            (Some("ru"), true, 0)
        );
    }
    for found in [
        users::credentials_by_id(&mut conn, id).await,
        users::credentials_by_email(&mut conn, "ann@example.com").await,
        users::credentials_by_username(&mut conn, "ann").await,
    ] {
        let found = found.unwrap().unwrap();
        assert_eq!((found.user.id, found.password_hash.as_deref()), (id, Some("hash")));
    }
    assert!(users::by_id(&mut conn, UserId(99)).await.unwrap().is_none());
    assert!(users::by_email(&mut conn, "x").await.unwrap().is_none());
    assert!(users::by_username(&mut conn, "x").await.unwrap().is_none());
    assert_eq!(users::password_hash(&mut conn, id).await.unwrap().as_deref(), Some("hash"));
    assert_eq!(users::password_hash(&mut conn, UserId(99)).await.unwrap(), None);
}

on_db!(a_taken_email_or_username_is_not_an_error);
async fn a_taken_email_or_username_is_not_an_error(db: &Db) {
    ann(db).await;
    assert!(tx!(db, |tx| users::insert(tx, &named("ann@example.com", None))).is_none());
    assert!(tx!(db, |tx| users::insert(tx, &named("b@example.com", Some("ann")))).is_none());
    // The transaction stays usable after it.
    let mut tx = db.write().await.unwrap();
    assert!(users::insert(&mut tx, &named("ann@example.com", None)).await.unwrap().is_none());
    let bob = users::insert(&mut tx, &named("b@example.com", None)).await.unwrap().unwrap().id;
    tx.commit().await.unwrap();
    assert!(users::by_id(&mut db.read().await.unwrap(), bob).await.unwrap().is_some());
}

on_db!(of_many_concurrent_inserts_of_one_email_one_succeeds);
async fn of_many_concurrent_inserts_of_one_email_one_succeeds(db: &Db) {
    let all = join_all((0..16).map(|_| async {
        let mut tx = db.write().await.unwrap();
        let id = users::insert(&mut tx, &named("ann@example.com", None)).await.unwrap();
        tx.commit().await.unwrap();
        id
    }))
    .await;
    assert_eq!(all.iter().flatten().count(), 1);
}

on_db!(users_are_paged_by_id);
async fn users_are_paged_by_id(db: &Db) {
    for n in 0..5 {
        let email = format!("{n}@example.com");
        tx!(db, |tx| users::insert(tx, &named(&email, None)));
    }
    let mut conn = db.read().await.unwrap();
    let first = users::page(&mut conn, UserId(0), 3).await.unwrap();
    let rest = users::page(&mut conn, first[2].id, 3).await.unwrap();
    assert_eq!((first.len(), rest.len()), (3, 2));
    assert!(first[2].id.0 < rest[0].id.0);
}

on_db!(an_account_is_unclaimed_until_confirmed_or_given_rights);
async fn an_account_is_unclaimed_until_confirmed_or_given_rights(db: &Db) {
    let id = ann(db).await;
    let unclaimed = async || {
        users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap().is_unclaimed()
    };
    assert!(unclaimed().await);
    tx!(db, |tx| roles::grant(tx, id, "EDITOR", NOW));
    assert!(!unclaimed().await);
    assert!(tx!(db, |tx| roles::revoke(tx, id, "EDITOR")));
    tx!(db, |tx| users::set_superuser(tx, id, true));
    assert!(!unclaimed().await);
    tx!(db, |tx| users::set_superuser(tx, id, false));
    assert!(unclaimed().await);
    tx!(db, |tx| users::confirm_email(tx, id, NOW));
    assert!(!unclaimed().await);
    let new = users::NewUser { self_registered: false, ..named("op@example.com", None) };
    let op = tx!(db, |tx| users::insert(tx, &new)).unwrap().id;
    assert!(
        !users::by_id(&mut db.read().await.unwrap(), op).await.unwrap().unwrap().is_unclaimed()
    );
}

on_db!(a_change_of_credentials_needs_the_version_that_was_read);
async fn a_change_of_credentials_needs_the_version_that_was_read(db: &Db) {
    let id = ann(db).await;
    assert!(tx!(db, |tx| users::note_login(tx, id, 0, NOW)));
    tx!(db, |tx| users::rehash(tx, id, "other", "never"));
    tx!(db, |tx| users::rehash(tx, id, "hash", "better"));
    assert_eq!(
        users::password_hash(&mut db.read().await.unwrap(), id).await.unwrap().as_deref(),
        Some("better")
    );
    assert!(tx!(db, |tx| users::set_password(tx, id, 0, "new")));
    assert!(!tx!(db, |tx| users::set_password(tx, id, 0, "late")));
    assert!(!tx!(db, |tx| users::note_login(tx, id, 0, NOW)));
    assert!(!tx!(db, |tx| emails::set(tx, id, 0, ("n@example.com", "n@example.com"), NOW)));
    assert!(tx!(db, |tx| emails::set(tx, id, 1, ("n@example.com", "n@example.com"), NOW)));
    let user = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!(
        (user.email.as_str(), user.email_confirmed_at, user.credential_version),
        ("n@example.com", Some(NOW), 2)
    );
    tx!(db, |tx| users::insert(tx, &named("taken@example.com", None)));
    assert!(!tx!(db, |tx| emails::set(tx, id, 2, ("taken@example.com", "taken@example.com"), NOW)));
    tx!(db, |tx| users::set_active(tx, id, false));
    assert!(!tx!(db, |tx| users::note_login(tx, id, 2, NOW)));
}

on_db!(locking_a_user_changes_nothing);
async fn locking_a_user_changes_nothing(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::lock(tx, id));
    tx!(db, |tx| users::lock(tx, UserId(99)));
    assert!(users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap().is_active);
}

on_db!(an_email_is_confirmed_once);
async fn an_email_is_confirmed_once(db: &Db) {
    let id = ann(db).await;
    assert!(tx!(db, |tx| users::confirm_email(tx, id, NOW)));
    assert!(!tx!(db, |tx| users::confirm_email(tx, id, after(1))));
}

on_db!(a_removed_password_invalidates_what_was_checked_before);
async fn a_removed_password_invalidates_what_was_checked_before(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::remove_password(tx, id));
    let stored = users::password_hash(&mut db.read().await.unwrap(), id).await.unwrap();
    assert_eq!(stored, None);
    assert!(!tx!(db, |tx| users::note_login(tx, id, 0, NOW)));
    assert!(tx!(db, |tx| users::set_password(tx, id, 1, "new")));
}

on_db!(a_profile_cannot_take_a_username_in_use);
async fn a_profile_cannot_take_a_username_in_use(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::insert(tx, &named("b@example.com", Some("bob"))));
    let profile = |name| users::Profile {
        username: name,
        username_key: name,
        first_name: "A",
        language: None,
        notify_new_devices: false,
    };
    assert!(!tx!(db, |tx| users::set_profile(tx, id, &profile(Some("bob")))));
    assert!(tx!(db, |tx| users::set_profile(tx, id, &profile(Some("ann")))));
    assert!(tx!(db, |tx| users::set_profile(tx, id, &profile(None))));
    let user = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!((user.username, user.first_name.as_str(), user.language), (None, "A", None));
    assert!(!user.notify_new_devices);
}

on_db!(deleting_a_user_deletes_their_rows_and_retires_the_id);
async fn deleting_a_user_deletes_their_rows_and_retires_the_id(db: &Db) {
    let id = ann(db).await;
    let session = open(db, id).await;
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 1)));
    tx!(db, |tx| roles::grant(tx, id, "ADMIN", NOW));
    assert!(tx!(db, |tx| users::delete(tx, id)));
    assert!(!tx!(db, |tx| users::delete(tx, id)));
    let mut conn = db.read().await.unwrap();
    assert!(sessions::by_id(&mut conn, session).await.unwrap().is_none());
    assert!(refresh_tokens::by_hash(&mut conn, &Digest(vec![1; 32])).await.unwrap().is_none());
    drop(conn);
    assert_ne!(ann(db).await, id);
}

on_db!(devices_are_forgotten_by_another_version);
async fn devices_are_forgotten_by_another_version(db: &Db) {
    let (id, bob) = (ann(db).await, bob(db).await);
    let version = async |id| {
        let found = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap();
        found.unwrap().device_version
    };
    tx!(db, |tx| users::forget_devices(tx, id));
    tx!(db, |tx| users::forget_devices(tx, id));
    assert_eq!((version(id).await, version(bob).await), (2, 0));
}

on_db!(the_time_when_all_sessions_ended_is_kept);
async fn the_time_when_all_sessions_ended_is_kept(db: &Db) {
    let id = ann(db).await;
    let at = async || users::sessions_ended_at(&mut db.read().await.unwrap(), id).await.unwrap();
    assert_eq!(at().await, None);
    tx!(db, |tx| users::note_sessions_ended(tx, id, after(3)));
    assert_eq!(at().await, Some(after(3)));
}
