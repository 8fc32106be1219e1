//! Every function of the store, on both engines.
use crate::support::{Database, Service};
use portcullis::{
    db::{Channel, Db},
    secret::Digest,
    store::{
        audit::{self, ActorKind, AuditKind},
        emails, hash_kinds, invitations,
        keys::{self, KeyState},
        legacy_tokens, mail_tokens, oldest,
        outbox::{self, MailKind, OutboxState},
        refresh_tokens, revocations, roles, secrets,
        sessions::{self, Rotation, SessionId},
        settings, setup_tokens, user_search, user_transfer,
        users::{self, Roles, UserId},
    },
    time::Timestamp,
};
use rocket::futures::future::join_all;
use std::time::Duration;
use uuid::Uuid;

/// The kinds of all acts in the audit log, in their order.
pub async fn acts(service: &Service) -> Vec<String> {
    rows(service, "SELECT kind FROM auth_audit ORDER BY id").await
}

/// The first column of a query, as text.
pub async fn rows(service: &Service, sql: &'static str) -> Vec<String> {
    rows_at(service.url(), sql).await
}

/// The same of a database by its URL.
pub async fn rows_at(url: &str, sql: &'static str) -> Vec<String> {
    if url.starts_with("sqlite:") {
        let db = sqlx::SqlitePool::connect(url).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        db.close().await;
        rows.into_iter().map(|(kind,)| kind).collect()
    } else {
        let db = sqlx::PgPool::connect(url).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        db.close().await;
        rows.into_iter().map(|(kind,)| kind).collect()
    }
}

/// Runs `async fn name(db: &Db)` on an empty, migrated database of each engine.
macro_rules! on_db {
    ($name:ident) => {
        mod $name {
            use super::*;

            async fn run(database: Database) {
                let db = Db::open(&database.url, 8).await.unwrap();
                db.migrate().await.unwrap();
                super::$name(&db).await;
                db.close().await;
                database.end().await;
            }

            on_each_engine! { run }
        }
    };
}

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn named<'a>(email: &'a str, username: Option<&'a str>) -> users::NewUser<'a> {
    users::NewUser {
        email,
        email_key: email,
        email_confirmed_at: None,
        username,
        username_key: username,
        first_name: "Ann",
        password_hash: Some("hash"),
        is_superuser: false,
        language: Some("ru"),
        created_at: NOW,
        self_registered: true,
    }
}

/// Does `work` in one transaction.
macro_rules! tx {
    ($db:expr, |$tx:ident| $work:expr) => {{
        let mut conn = $db.write().await.unwrap();
        let $tx = &mut conn;
        let done = $work.await.unwrap();
        conn.commit().await.unwrap();
        done
    }};
}

async fn ann(db: &Db) -> UserId {
    tx!(db, |tx| users::insert(tx, &named("ann@example.com", Some("ann")))).unwrap()
}

async fn bob(db: &Db) -> UserId {
    tx!(db, |tx| users::insert(tx, &named("bob@example.com", None))).unwrap()
}

async fn living(db: &Db, id: SessionId) -> bool {
    let session = sessions::by_id(&mut db.read().await.unwrap(), id).await.unwrap();
    session.is_some_and(|s| s.is_alive(NOW))
}

fn session_of(user: UserId) -> sessions::Session {
    sessions::Session {
        id: SessionId(Uuid::new_v4()),
        user_id: user,
        client: "native".into(),
        rotation: Rotation::Grace,
        family_id: None,
        actor_id: None,
        remember: true,
        ip: Some("127.0.0.1".into()),
        user_agent: None,
        created_at: NOW,
        authenticated_at: NOW,
        last_seen_at: NOW,
        expires_at: after(1000),
        access_expires_at: after(300),
        ended_at: None,
    }
}

async fn open(db: &Db, user: UserId) -> SessionId {
    let session = session_of(user);
    tx!(db, |tx| sessions::insert(tx, &session));
    session.id
}

fn token_of(session: SessionId, n: u8) -> refresh_tokens::RefreshToken {
    refresh_tokens::RefreshToken {
        hash: Digest(vec![n; 32]),
        session_id: session,
        salt: vec![n; 16],
        issued_at: NOW,
        expires_at: after(100),
        access_expires_at: after(10),
        used_at: None,
    }
}

on_db!(a_user_is_found_by_each_of_its_names);
async fn a_user_is_found_by_each_of_its_names(db: &Db) {
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
    assert!(users::by_id(&mut conn, UserId(99)).await.unwrap().is_none());
    assert!(users::by_email(&mut conn, "x").await.unwrap().is_none());
    assert!(users::by_username(&mut conn, "x").await.unwrap().is_none());
    assert_eq!(users::password_hash(&mut conn, id).await.unwrap().as_deref(), Some("hash"));
    assert_eq!(users::password_hash(&mut conn, UserId(99)).await.unwrap(), None);
}

on_db!(a_taken_name_is_no_error);
async fn a_taken_name_is_no_error(db: &Db) {
    ann(db).await;
    assert!(tx!(db, |tx| users::insert(tx, &named("ann@example.com", None))).is_none());
    assert!(tx!(db, |tx| users::insert(tx, &named("b@example.com", Some("ann")))).is_none());
    // In the same transaction as something else, which stands.
    let mut tx = db.write().await.unwrap();
    assert!(users::insert(&mut tx, &named("ann@example.com", None)).await.unwrap().is_none());
    let bob = users::insert(&mut tx, &named("b@example.com", None)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert!(users::by_id(&mut db.read().await.unwrap(), bob).await.unwrap().is_some());
}

on_db!(of_many_who_register_one_address_one_gets_it);
async fn of_many_who_register_one_address_one_gets_it(db: &Db) {
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

on_db!(an_account_comes_in_whole_and_under_its_own_id);
async fn an_account_comes_in_whole_and_under_its_own_id(db: &Db) {
    let new = |id: Option<i64>, email, username| user_transfer::NewAccount {
        id: id.map(UserId),
        user: users::NewUser {
            is_superuser: true,
            email_confirmed_at: Some(NOW),
            ..named(email, username)
        },
        is_active: false,
        last_login_at: Some(after(1)),
    };
    // Reserved, or the next to register would get an id that is taken.
    db.reserve_user_ids(70).await.unwrap();
    let first = new(Some(70), "ann@example.com", Some("ann"));
    assert_eq!(tx!(db, |tx| user_transfer::insert(tx, &first)), Some(UserId(70)));
    for taken in [
        new(Some(70), "b@example.com", None),
        new(Some(71), "ann@example.com", None),
        new(None, "b@example.com", Some("ann")),
    ] {
        assert_eq!(tx!(db, |tx| user_transfer::insert(tx, &taken)), None);
    }
    assert_eq!(
        tx!(db, |tx| user_transfer::insert(tx, &new(Some(3), "c@example.com", None))),
        Some(UserId(3))
    );
    // Nothing goes back.
    db.reserve_user_ids(3).await.unwrap();
    let next = tx!(db, |tx| user_transfer::insert(tx, &new(None, "d@example.com", None))).unwrap();
    assert!(next.0 > 70, "{next:?}");
    tx!(db, |tx| roles::grant(tx, UserId(70), "EDITOR", NOW));
    let mut conn = db.read().await.unwrap();
    let by_name = user_search::Filter { pattern: Some("%ann%"), ..user_search::Filter::default() };
    assert_eq!(user_search::count_fitting(&mut conn, &by_name, 9).await.unwrap(), 3);
    let page = user_transfer::page(&mut conn, UserId(3), 1).await.unwrap();
    let [ann] = page.as_slice() else { panic!() };
    assert_eq!(
        (ann.id, ann.username.as_deref(), ann.password_hash.as_deref()),
        (UserId(70), Some("ann"), Some("hash"))
    );
    assert_eq!((ann.is_active, ann.is_superuser, ann.roles.main()), (false, true, "EDITOR"));
    assert_eq!(
        (ann.created_at, ann.email_confirmed_at, ann.last_login_at),
        (NOW, Some(NOW), Some(after(1)))
    );
    assert_eq!(
        (ann.email.as_str(), ann.first_name.as_str(), ann.language.as_deref()),
        ("ann@example.com", "Ann", Some("ru"))
    );
}

on_db!(many_roles_are_granted_in_their_order);
async fn many_roles_are_granted_in_their_order(db: &Db) {
    let id = ann(db).await;
    let names: Vec<_> = "ZETA B A D E C F G H".split(' ').map(str::to_owned).collect();
    tx!(db, |tx| roles::grant_all(tx, id, &names, NOW));
    tx!(db, |tx| roles::grant_all(tx, id, &names[..2], NOW));
    tx!(db, |tx| roles::grant_all(tx, id, &[], NOW));
    let user = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!(user.roles.0, names);
}

on_db!(users_are_found_by_any_part_of_a_name_and_by_what_they_are);
async fn users_are_found_by_any_part_of_a_name_and_by_what_they_are(db: &Db) {
    let mut ids = Vec::new();
    for (email, name) in [
        ("ann@example.com", Some("ann")),
        ("bob_x@example.org", None),
        ("c%d@example.com", Some("anna")),
    ] {
        ids.push(tx!(db, |tx| users::insert(tx, &named(email, name))).unwrap());
    }
    let [ann, bob, cid] = ids[..] else { unreachable!() };
    let profile =
        users::Profile { username: None, username_key: None, first_name: "Боб", language: None };
    tx!(db, |tx| users::set_profile(tx, bob, &profile));
    tx!(db, |tx| users::set_active(tx, bob, false));
    tx!(db, |tx| users::confirm_email(tx, ann, NOW));
    tx!(db, |tx| roles::grant(tx, ann, "EDITOR", NOW));
    tx!(db, |tx| roles::grant(tx, cid, "EDITOR", NOW));
    let mut conn = db.read().await.unwrap();
    let any = user_search::Filter::default();
    let pattern = |pattern| user_search::Filter { pattern: Some(pattern), ..any };
    let role = |role| user_search::Filter { role: Some(role), ..any };
    for (filter, fitting) in [
        (any, vec![cid, bob, ann]),
        (pattern("%ann%"), vec![cid, ann]),
        (pattern("%боб%"), vec![bob]),
        (pattern("%b\\_x%"), vec![bob]),
        (pattern("%\\%%"), vec![cid]),
        (pattern("%nobody%"), vec![]),
        (role("EDITOR"), vec![cid, ann]),
        (
            user_search::Filter {
                pattern: Some("%example.com%"),
                confirmed: Some(true),
                ..role("EDITOR")
            },
            vec![ann],
        ),
        (user_search::Filter { active: Some(false), ..any }, vec![bob]),
        (user_search::Filter { active: Some(true), confirmed: Some(false), ..any }, vec![cid]),
    ] {
        let ids = |users: Vec<users::User>| users.into_iter().map(|u| u.id).collect::<Vec<_>>();
        let down =
            user_search::page(&mut conn, &filter, (UserId(i64::MAX), false), 9).await.unwrap();
        assert_eq!(ids(down), fitting, "{filter:?}");
        let up = user_search::page(&mut conn, &filter, (UserId(0), true), 9).await.unwrap();
        assert_eq!(ids(up).into_iter().rev().collect::<Vec<_>>(), fitting, "{filter:?}");
        let some = user_search::page(&mut conn, &filter, (cid, false), 1).await.unwrap();
        assert!(some.len() <= 1 && some.iter().all(|u| u.id.0 < cid.0));
        let count = user_search::count_fitting(&mut conn, &filter, 9).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), fitting.len());
    }
    assert_eq!(user_search::count_fitting(&mut conn, &any, 2).await.unwrap(), 2);
    assert_eq!(user_search::count(&mut conn).await.unwrap(), (3, 1));
}

on_db!(an_address_comes_back_without_the_password);
async fn an_address_comes_back_without_the_password(db: &Db) {
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

on_db!(codes_are_counted_until_the_address_is_confirmed);
async fn codes_are_counted_until_the_address_is_confirmed(db: &Db) {
    let id = ann(db).await;
    let count = async || tx!(db, |tx| emails::count_code(tx, id, 2));
    assert_eq!([count().await, count().await, count().await], [true, true, false]);
    assert!(tx!(db, |tx| users::confirm_email(tx, id, NOW)));
    assert!(count().await);
}

on_db!(nobody_has_vouched_for_an_account_that_a_stranger_made);
async fn nobody_has_vouched_for_an_account_that_a_stranger_made(db: &Db) {
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
    let op = tx!(db, |tx| users::insert(tx, &new)).unwrap();
    assert!(
        !users::by_id(&mut db.read().await.unwrap(), op).await.unwrap().unwrap().is_unclaimed()
    );
}

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

on_db!(wrong_passwords_of_a_session_are_counted_in_a_row);
async fn wrong_passwords_of_a_session_are_counted_in_a_row(db: &Db) {
    let id = ann(db).await;
    let session = open(db, id).await;
    let clone = sessions::Session { family_id: Some(session), ..session_of(id) };
    tx!(db, |tx| sessions::insert(tx, &clone));
    let count_in = async |id| tx!(db, |tx| sessions::count_password(tx, id, session, 2));
    let count = async || count_in(session).await;
    assert_eq!([count().await, count_in(clone.id).await, count().await], [Some(1), Some(2), None]);
    tx!(db, |tx| sessions::uncount_password(tx, clone.id));
    assert_eq!([count().await, count_in(clone.id).await], [Some(2), None]);
    tx!(db, |tx| sessions::forget_wrong_passwords(tx, session));
    assert_eq!(count().await, Some(1));
    tx!(db, |tx| sessions::end_family(tx, session, NOW));
    assert_eq!(count().await, None);
}

on_db!(credentials_change_only_from_those_that_were_seen);
async fn credentials_change_only_from_those_that_were_seen(db: &Db) {
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

on_db!(a_user_that_is_held_stays_as_it_is);
async fn a_user_that_is_held_stays_as_it_is(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::lock(tx, id));
    tx!(db, |tx| users::lock(tx, UserId(99)));
    assert!(users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap().is_active);
}

on_db!(an_address_is_confirmed_once);
async fn an_address_is_confirmed_once(db: &Db) {
    let id = ann(db).await;
    assert!(tx!(db, |tx| users::confirm_email(tx, id, NOW)));
    assert!(!tx!(db, |tx| users::confirm_email(tx, id, after(1))));
}

on_db!(a_profile_keeps_names_apart);
async fn a_profile_keeps_names_apart(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::insert(tx, &named("b@example.com", Some("bob"))));
    let profile = |name| users::Profile {
        username: name,
        username_key: name,
        first_name: "A",
        language: None,
    };
    assert!(!tx!(db, |tx| users::set_profile(tx, id, &profile(Some("bob")))));
    assert!(tx!(db, |tx| users::set_profile(tx, id, &profile(Some("ann")))));
    assert!(tx!(db, |tx| users::set_profile(tx, id, &profile(None))));
    let user = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!((user.username, user.first_name.as_str(), user.language), (None, "A", None));
}

on_db!(superusers_and_roles);
async fn superusers_and_roles(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::set_superuser(tx, id, true));
    assert_eq!(tx!(db, |tx| users::superusers(tx)), [id]);
    assert!(!tx!(db, |tx| user_transfer::has_other_superuser(tx, id, false)));
    let nobody = UserId(0);
    assert!(tx!(db, |tx| user_transfer::has_other_superuser(tx, nobody, false)));
    assert!(!tx!(db, |tx| user_transfer::has_other_superuser(tx, nobody, true)));
    tx!(db, |tx| users::confirm_email(tx, id, NOW));
    assert!(tx!(db, |tx| user_transfer::has_other_superuser(tx, nobody, true)));
    tx!(db, |tx| users::set_active(tx, id, false));
    assert!(!tx!(db, |tx| user_transfer::has_other_superuser(tx, nobody, false)));
    tx!(db, |tx| users::set_active(tx, id, true));
    assert!(tx!(db, |tx| roles::grant(tx, id, "EDITOR", NOW)));
    assert!(!tx!(db, |tx| roles::grant(tx, id, "EDITOR", NOW)));
    assert!(tx!(db, |tx| roles::grant(tx, id, "AUTHOR", after(1))));
    let user = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!(user.roles.0, ["EDITOR", "AUTHOR"]);
    assert_eq!(tx!(db, |tx| roles::all(tx)), [("AUTHOR".into(), 1), ("EDITOR".into(), 1)]);
    assert_eq!((user.roles.main(), user.has_role("ADMIN")), ("EDITOR", true));
    assert!(tx!(db, |tx| roles::revoke(tx, id, "EDITOR")));
    assert!(!tx!(db, |tx| roles::revoke(tx, id, "EDITOR")));
}

on_db!(a_deleted_user_takes_everything_along_and_its_id);
async fn a_deleted_user_takes_everything_along_and_its_id(db: &Db) {
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

on_db!(sessions_are_touched_listed_and_ended);
async fn sessions_are_touched_listed_and_ended(db: &Db) {
    let id = ann(db).await;
    let (one, two) = (open(db, id).await, open(db, id).await);
    assert!(tx!(db, |tx| sessions::touch(tx, two, (Some("::1"), Some("x")), after(400), after(5))));
    let list = sessions::of_user(&mut db.read().await.unwrap(), id, 9, after(5)).await.unwrap();
    assert_eq!(list.iter().map(|s| s.id).collect::<Vec<_>>(), [two, one]);
    assert_eq!(
        (list[0].ip.as_deref(), list[0].last_seen_at, list[0].access_expires_at),
        (Some("::1"), after(5), after(400))
    );
    assert!(tx!(db, |tx| sessions::touch(tx, two, (None, None), after(1), after(6))));
    let seen = sessions::by_id(&mut db.read().await.unwrap(), two).await.unwrap().unwrap();
    assert_eq!(
        (seen.access_expires_at, seen.is_alive(after(999)), seen.is_alive(after(1000))),
        (after(400), true, false)
    );
    assert!(!tx!(db, |tx| sessions::touch(tx, two, (None, None), after(1), after(1000))));
    assert_eq!(
        sessions::of_user(&mut db.read().await.unwrap(), id, 1, after(5)).await.unwrap().len(),
        1
    );
    assert_eq!(tx!(db, |tx| sessions::count(tx, id, after(5))), 2);
    assert_eq!(
        (
            tx!(db, |tx| sessions::count(tx, id, after(1000))),
            tx!(db, |tx| sessions::count(tx, UserId(99), NOW))
        ),
        (0, 0)
    );
    assert_eq!(tx!(db, |tx| sessions::end_family(tx, one, NOW)), 1);
    assert_eq!(tx!(db, |tx| sessions::end_family(tx, one, NOW)), 0);
    assert!(!tx!(db, |tx| sessions::touch(tx, one, (None, None), after(1), NOW)));
    let three = open(db, id).await;
    tx!(db, |tx| sessions::authenticate(tx, three, after(7)));
    let proven = sessions::by_id(&mut db.read().await.unwrap(), three).await.unwrap().unwrap();
    assert_eq!((proven.authenticated_at, proven.created_at), (after(7), NOW));
    tx!(db, |tx| sessions::lock_all(tx, id));
    assert_eq!(tx!(db, |tx| sessions::end_others(tx, id, Some(three), NOW)), 1);
    assert!(living(db, three).await && !living(db, two).await);
    assert_eq!(tx!(db, |tx| sessions::end_others(tx, id, None, after(9))), 1);
    assert_eq!(tx!(db, |tx| sessions::purge(tx, after(5), 9)), 2);
    assert_eq!(tx!(db, |tx| sessions::purge(tx, after(2000), 9)), 1);
}

on_db!(a_session_remembers_its_rule_its_family_and_who_acts);
async fn a_session_remembers_its_rule_its_family_and_who_acts(db: &Db) {
    let (id, bob) = (ann(db).await, bob(db).await);
    let first = session_of(id);
    tx!(db, |tx| sessions::insert(tx, &first));
    for rotation in [Rotation::Keep, Rotation::Grace, Rotation::Strict] {
        let session = sessions::Session {
            rotation,
            family_id: Some(first.id),
            actor_id: Some(bob),
            ..session_of(id)
        };
        tx!(db, |tx| sessions::insert(tx, &session));
        let found =
            sessions::by_id(&mut db.read().await.unwrap(), session.id).await.unwrap().unwrap();
        assert_eq!(
            (found.rotation, found.family_id, found.actor_id, found.family()),
            (rotation, Some(first.id), Some(bob), first.id)
        );
    }
    assert!(Rotation::Strict > Rotation::Grace && Rotation::Grace > Rotation::Keep);
    // What somebody opened for others goes when they do.
    assert!(tx!(db, |tx| users::delete(tx, bob)));
    assert_eq!(tx!(db, |tx| sessions::count(tx, id, NOW)), 1);
}

on_db!(a_family_ends_as_one_and_so_does_what_was_opened_for_others);
async fn a_family_ends_as_one_and_so_does_what_was_opened_for_others(db: &Db) {
    let (id, bob) = (ann(db).await, bob(db).await);
    let first = open(db, id).await;
    let of =
        |user, actor_id| sessions::Session { family_id: Some(first), actor_id, ..session_of(user) };
    let family = [of(id, None), of(id, None), of(bob, Some(id))];
    for session in &family {
        tx!(db, |tx| sessions::insert(tx, session));
    }
    let (alone, bobs) = (open(db, id).await, open(db, bob).await);
    assert_eq!(tx!(db, |tx| sessions::end_family(tx, first, NOW)), 4);
    assert!(living(db, alone).await && living(db, bobs).await);
    let revoked = tx!(db, |tx| revocations::insert_ended(tx, id, NOW));
    assert_eq!(
        revoked.iter().map(|r| (r.ended_at, r.expires_at)).collect::<Vec<_>>(),
        [(NOW, after(300)); 4]
    );
    assert!(tx!(db, |tx| revocations::insert_ended(tx, id, NOW)).is_empty());
    let acting =
        sessions::Session { family_id: Some(alone), actor_id: Some(id), ..session_of(bob) };
    tx!(db, |tx| sessions::insert(tx, &acting));
    assert_eq!(tx!(db, |tx| sessions::end_acting(tx, id, NOW)), 1);
    assert!(!living(db, acting.id).await && living(db, alone).await);
    // With all of a user's, too.
    let other = sessions::Session { family_id: Some(alone), actor_id: Some(id), ..session_of(bob) };
    tx!(db, |tx| sessions::insert(tx, &other));
    assert_eq!(tx!(db, |tx| sessions::end_others(tx, id, Some(alone), after(1))), 1);
    assert!(!living(db, other.id).await && living(db, bobs).await);
    // Of which no access token is out, none is revoked.
    assert_eq!(tx!(db, |tx| sessions::end_others(tx, id, None, after(3_900))), 1);
    assert!(tx!(db, |tx| revocations::insert_ended(tx, id, after(3_900))).is_empty());
}

on_db!(the_least_used_sessions_end_first);
async fn the_least_used_sessions_end_first(db: &Db) {
    let (id, bob) = (ann(db).await, bob(db).await);
    let mut all = Vec::new();
    for seen in 0..5 {
        let session = sessions::Session { last_seen_at: after(seen), ..session_of(id) };
        tx!(db, |tx| sessions::insert(tx, &session));
        all.push(session.id);
    }
    let acting =
        sessions::Session { last_seen_at: after(9), actor_id: Some(bob), ..session_of(id) };
    let opened =
        sessions::Session { family_id: Some(all[0]), actor_id: Some(id), ..session_of(bob) };
    for session in [&acting, &opened] {
        tx!(db, |tx| sessions::insert(tx, session));
    }
    assert_eq!(tx!(db, |tx| sessions::end_least_used(tx, id, 6, after(9))), 0);
    assert_eq!(tx!(db, |tx| sessions::end_least_used(tx, id, 5, after(9))), 1);
    assert!(!living(db, acting.id).await && living(db, opened.id).await);
    assert_eq!(tx!(db, |tx| sessions::end_least_used(tx, id, 2, after(9))), 4);
    assert!(!living(db, opened.id).await);
    let left = sessions::of_user(&mut db.read().await.unwrap(), id, 9, after(9)).await.unwrap();
    assert_eq!(left.iter().map(|s| s.id).collect::<Vec<_>>(), [all[4], all[3]]);
    // Those that have expired take nobody's place.
    assert_eq!(tx!(db, |tx| sessions::end_least_used(tx, id, 0, after(1000))), 0);
}

on_db!(of_many_who_spend_a_token_one_does);
async fn of_many_who_spend_a_token_one_does(db: &Db) {
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

on_db!(revocations_are_read_in_the_order_of_their_numbers);
async fn revocations_are_read_in_the_order_of_their_numbers(db: &Db) {
    let revoked = |ended: u64| revocations::Revocation {
        session_id: SessionId(Uuid::new_v4()),
        ended_at: after(ended),
        expires_at: after(300),
    };
    for ended in [0, 10, 20] {
        let r = revoked(ended);
        tx!(db, |tx| revocations::insert(tx, &r));
        tx!(db, |tx| revocations::insert(tx, &r));
    }
    let all = tx!(db, |tx| revocations::after(tx, 0, 9));
    let ended: Vec<_> = all.iter().map(|r| (r.ended_at, r.expires_at)).collect();
    assert_eq!(ended, [0, 10, 20].map(|ended| (after(ended), after(300))));
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    let next = tx!(db, |tx| revocations::after(tx, all[0].id, 1));
    assert_eq!(next.iter().map(|r| r.session_id).collect::<Vec<_>>(), [all[1].session_id]);
    let ranges = [(all[0].id, all[0].id), (all[2].id, all[2].id + 9)];
    let mut some = tx!(db, |tx| revocations::within(tx, &ranges, 9));
    some.sort_by_key(|r| r.id);
    assert_eq!(some.iter().map(|r| r.id).collect::<Vec<_>>(), [all[0].id, all[2].id]);
    assert_eq!(tx!(db, |tx| revocations::within(tx, &ranges, 1)).len(), 1);
    assert!(tx!(db, |tx| revocations::within(tx, &[], 9)).is_empty());
    assert_eq!(tx!(db, |tx| revocations::purge(tx, after(301), 9)), 0);
    assert_eq!(tx!(db, |tx| revocations::purge(tx, after(301).plus(revocations::KEPT), 9)), 3);
}

on_db!(a_mailed_token_is_spent_once_or_withdrawn);
async fn a_mailed_token_is_spent_once_or_withdrawn(db: &Db) {
    let id = ann(db).await;
    let token = |n: u8| mail_tokens::MailToken {
        hash: Digest(vec![n; 32]),
        kind: MailKind::ResetPassword.into(),
        user_id: id,
        email: "ann@example.com".into(),
        credential_version: 0,
        created_at: NOW,
        expires_at: after(100),
        used_at: None,
        code_hash: None,
    };
    for n in 1..=3 {
        tx!(db, |tx| mail_tokens::insert(tx, &token(n)));
    }
    let hash = |n: u8| Digest(vec![n; 32]);
    assert!(tx!(db, |tx| mail_tokens::consume(tx, &hash(1), NOW)));
    assert!(!tx!(db, |tx| mail_tokens::consume(tx, &hash(1), NOW)));
    assert!(!tx!(db, |tx| mail_tokens::consume(tx, &hash(2), after(100))));
    tx!(db, |tx| mail_tokens::revoke(tx, id, MailKind::ConfirmEmail));
    let found =
        mail_tokens::by_hash(&mut db.read().await.unwrap(), &hash(2)).await.unwrap().unwrap();
    assert_eq!((found.kind.as_str(), found.user_id, found.used_at), ("reset_password", id, None));
    tx!(db, |tx| mail_tokens::revoke(tx, id, MailKind::ResetPassword));
    assert!(mail_tokens::by_hash(&mut db.read().await.unwrap(), &hash(2)).await.unwrap().is_none());
    assert_eq!(tx!(db, |tx| mail_tokens::purge(tx, after(101), 9)), 1);

    let coded = |n: u8, at: u64, code: Option<u8>| mail_tokens::MailToken {
        kind: MailKind::ConfirmEmail.into(),
        created_at: after(at),
        credential_version: i64::from(n),
        code_hash: code.map(|c| Digest(vec![c; 32])),
        ..token(n)
    };
    for new in [coded(4, 1, Some(40)), coded(5, 2, Some(50)), coded(6, 3, None)] {
        tx!(db, |tx| mail_tokens::insert(tx, &new));
    }
    let newest = async |at| {
        let found =
            mail_tokens::newest_with_code(&mut db.read().await.unwrap(), id, at).await.unwrap();
        found.and_then(|t| t.code_hash).map(|hash| hash.0[0])
    };
    assert_eq!((newest(NOW).await, newest(after(100)).await), (Some(50), None));
    tx!(db, |tx| mail_tokens::revoke_since(tx, id, MailKind::ResetPassword, 0));
    tx!(db, |tx| mail_tokens::revoke_since(tx, id, MailKind::ConfirmEmail, 5));
    assert_eq!(newest(NOW).await, Some(40));
    assert!(mail_tokens::by_hash(&mut db.read().await.unwrap(), &hash(6)).await.unwrap().is_none());
    let count = async || tx!(db, |tx| mail_tokens::count_try(tx, &hash(4), 2));
    assert_eq!([count().await, count().await, count().await], [true, true, false]);
    tx!(db, |tx| mail_tokens::consume(tx, &hash(4), NOW));
    assert_eq!(newest(NOW).await, None);
}

on_db!(mails_to_a_user_who_is_gone_are_forgotten);
async fn mails_to_a_user_who_is_gone_are_forgotten(db: &Db) {
    let id = ann(db).await;
    let (a, b) = (MailKind::ResetPassword, MailKind::RestoreEmail);
    let mail = |kind, credential_version| outbox::NewMail {
        kind,
        user_id: Some(id),
        recipient: "ann@example.com",
        language: "en",
        args: "{}",
        credential_version,
    };
    for new in [(a, 0), (b, 1), (b, 2), (b, 3)].map(|(kind, version)| mail(kind, version)) {
        tx!(db, |tx| outbox::insert(tx, &new, NOW));
    }
    tx!(db, |tx| outbox::cancel_since(tx, id, b, 2));
    let count = async |state| outbox::count(&mut db.read().await.unwrap(), state).await.unwrap();
    assert_eq!((count(OutboxState::Waiting).await, count(OutboxState::Dropped).await), (2, 2));
    tx!(db, |tx| outbox::cancel_all(tx, id));
    assert_eq!((count(OutboxState::Waiting).await, count(OutboxState::Dropped).await), (0, 4));
    let invitation = outbox::NewMail { user_id: None, ..mail(MailKind::Invitation, 0) };
    let farewell = outbox::NewMail { user_id: None, ..mail(MailKind::AccountDeleted, 0) };
    for new in [invitation, farewell] {
        tx!(db, |tx| outbox::insert(tx, &new, NOW));
    }
    assert_eq!(tx!(db, |tx| outbox::purge_orphans(tx, after(1), 9)), 0);
    tx!(db, |tx| users::delete(tx, id));
    assert_eq!(tx!(db, |tx| outbox::purge_orphans(tx, NOW, 9)), 0);
    assert_eq!(tx!(db, |tx| outbox::purge_orphans(tx, after(1), 9)), 4);
    assert_eq!(count(OutboxState::Waiting).await, 2);
}

on_db!(a_mail_is_claimed_by_one_and_again_after_the_lease);
async fn a_mail_is_claimed_by_one_and_again_after_the_lease(db: &Db) {
    for n in 0..6 {
        let recipient = format!("{n}@example.com");
        let new = outbox::NewMail {
            kind: MailKind::PasswordChanged,
            user_id: None,
            recipient: &recipient,
            language: "en",
            args: "{}",
            credential_version: 0,
        };
        tx!(db, |tx| outbox::insert(tx, &new, NOW));
    }
    let claims = join_all((0..4).map(|_| async {
        let mut tx = db.write().await.unwrap();
        let mails = outbox::claim(&mut tx, 3, after(60), NOW).await.unwrap();
        tx.commit().await.unwrap();
        mails.into_iter().map(|m| m.id).collect::<Vec<_>>()
    }))
    .await
    .concat();
    let distinct: std::collections::HashSet<_> = claims.iter().collect();
    assert_eq!(claims.len(), distinct.len());
    // Who came second may have found those taken that it looked at.
    let rest = tx!(db, |tx| outbox::claim(tx, 9, after(60), NOW)).len();
    assert_eq!(claims.len() + rest, 6);
    assert_eq!(tx!(db, |tx| outbox::claim(tx, 9, after(60), after(59))).len(), 0);
    let again = tx!(db, |tx| outbox::claim(tx, 9, after(120), after(60)));
    assert_eq!((again.len(), again[0].attempts), (6, 2));
    let ids: Vec<_> = again.iter().map(|m| m.id).collect();
    assert!(tx!(db, |tx| outbox::lock(tx, ids[0])));
    tx!(db, |tx| outbox::mark_sent(tx, ids[0], NOW));
    assert!(!tx!(db, |tx| outbox::lock(tx, ids[0])));
    tx!(db, |tx| outbox::fail(tx, ids[1], "550"));
    tx!(db, |tx| outbox::drop(tx, ids[2]));
    tx!(db, |tx| outbox::reschedule(tx, ids[3], after(70), "451"));
    assert_eq!(tx!(db, |tx| outbox::claim(tx, 9, after(200), after(70))).len(), 1);
    assert_eq!(
        tx!(db, |tx| outbox::count_since(
            tx,
            "1@example.com",
            MailKind::PasswordChanged,
            NOW.minus(Duration::from_secs(1))
        )),
        1
    );
    assert_eq!(
        tx!(db, |tx| outbox::count_since(tx, "1@example.com", MailKind::PasswordChanged, NOW)),
        0
    );
    for (state, rows) in [
        (OutboxState::Sent, 1),
        (OutboxState::Dropped, 1),
        (OutboxState::Failed, 1),
        (OutboxState::Waiting, 3),
    ] {
        assert_eq!(tx!(db, |tx| outbox::purge(tx, state, NOW, 9)), 0);
        assert_eq!(tx!(db, |tx| outbox::purge(tx, state, after(1), 2)), rows.min(2), "{state}");
    }
}

on_db!(who_claims_passes_over_what_another_is_claiming);
async fn who_claims_passes_over_what_another_is_claiming(db: &Db) {
    for n in 0..4 {
        let recipient = format!("{n}@example.com");
        let new = outbox::NewMail {
            kind: MailKind::PasswordChanged,
            user_id: None,
            recipient: &recipient,
            language: "en",
            args: "{}",
            credential_version: 0,
        };
        tx!(db, |tx| outbox::insert(tx, &new, NOW));
    }
    let mut one = db.write().await.unwrap();
    let first = outbox::claim(&mut one, 2, after(60), NOW).await.unwrap();
    // SQLite has one writer at a time.
    if matches!(db, Db::Sqlite { .. }) {
        one.commit().await.unwrap();
        return;
    }
    let second = tx!(db, |tx| outbox::claim(tx, 9, after(60), NOW));
    one.commit().await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 2));
}

on_db!(what_was_withdrawn_while_it_was_sent_stays_withdrawn);
async fn what_was_withdrawn_while_it_was_sent_stays_withdrawn(db: &Db) {
    let id = ann(db).await;
    let new = outbox::NewMail {
        kind: MailKind::ChangeEmail,
        user_id: Some(id),
        recipient: "a@example.com",
        language: "en",
        args: "{}",
        credential_version: 0,
    };
    tx!(db, |tx| outbox::insert(tx, &new, NOW));
    let mail = tx!(db, |tx| outbox::claim(tx, 1, after(60), NOW)).remove(0);
    tx!(db, |tx| outbox::cancel(tx, id, MailKind::ChangeEmail));
    tx!(db, |tx| outbox::reschedule(tx, mail.id, after(1), "451"));
    tx!(db, |tx| outbox::fail(tx, mail.id, "550"));
    tx!(db, |tx| outbox::mark_sent(tx, mail.id, after(1)));
    tx!(db, |tx| outbox::release(tx, mail.id, 1, after(1)));
    let left = outbox::of_user(&mut db.read().await.unwrap(), id, 9).await.unwrap();
    assert_eq!(
        (left[0].state.as_str(), left[0].due_at, &left[0].last_error),
        ("dropped", after(60), &None)
    );
    assert_eq!(tx!(db, |tx| outbox::retry(tx, mail.id, after(2))), None);
}

on_db!(a_mail_is_given_back_by_who_claimed_it_last);
async fn a_mail_is_given_back_by_who_claimed_it_last(db: &Db) {
    let new = outbox::NewMail {
        kind: MailKind::PasswordChanged,
        user_id: None,
        recipient: "a@example.com",
        language: "en",
        args: "{}",
        credential_version: 0,
    };
    assert_eq!(tx!(db, |tx| outbox::oldest_waiting(tx)), None);
    tx!(db, |tx| outbox::insert(tx, &new, NOW));
    assert_eq!(tx!(db, |tx| outbox::oldest_waiting(tx)), Some(NOW));
    let mail = tx!(db, |tx| outbox::claim(tx, 1, after(60), NOW)).remove(0);
    tx!(db, |tx| outbox::claim(tx, 1, after(120), after(60)));
    tx!(db, |tx| outbox::release(tx, mail.id, 1, after(61)));
    assert!(tx!(db, |tx| outbox::claim(tx, 1, after(200), after(62))).is_empty());
    tx!(db, |tx| outbox::release(tx, mail.id, 2, after(63)));
    assert_eq!(tx!(db, |tx| outbox::claim(tx, 1, after(200), after(63))).len(), 1);
}

on_db!(a_turn_is_one_transactions_at_a_time);
async fn a_turn_is_one_transactions_at_a_time(db: &Db) {
    let mut one = db.write().await.unwrap();
    assert!(one.try_turn("x").await.unwrap());
    one.take_turn("x").await.unwrap();
    if matches!(db, Db::Sqlite { .. }) {
        return;
    }
    assert!(!tx!(db, |tx| tx.try_turn("x")));
    assert!(tx!(db, |tx| tx.try_turn("y")));
    drop(one);
    tx!(db, |tx| tx.take_turn("x"));
}

on_db!(the_connections_are_counted);
async fn the_connections_are_counted(db: &Db) {
    let before = db.connections();
    assert!(before.open >= 1 && before.idle <= before.open, "{before:?}");
    let held = (db.read().await.unwrap(), db.read().await.unwrap());
    let now = db.connections();
    assert!(now.open - now.idle >= 2, "{now:?}");
    drop(held);
}

on_db!(the_oldest_rows_are_known);
async fn the_oldest_rows_are_known(db: &Db) {
    let read = async || oldest::read(&mut db.read().await.unwrap()).await.unwrap();
    let none = read().await;
    assert_eq!((none.session_expired_at, none.mail_failed_at, none.act_at), (None, None, None));
    let session = open(db, ann(db).await).await;
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 1)));
    let found = read().await;
    assert_eq!((found.session_expired_at, found.session_ended_at), (Some(after(1000)), None));
    assert_eq!(found.refresh_token_expired_at, Some(after(100)));
}

on_db!(sessions_go_after_their_tokens_a_batch_at_a_time);
async fn sessions_go_after_their_tokens_a_batch_at_a_time(db: &Db) {
    let id = ann(db).await;
    for n in 0..4_u8 {
        let session = open(db, id).await;
        tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 2 * n)));
        tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 2 * n + 1)));
    }
    let ended = tx!(db, |tx| sessions::end_others(tx, id, None, after(3)));
    assert_eq!(tx!(db, |tx| refresh_tokens::purge_ended(tx, after(3), 9)), 0);
    // Of the first three that ended.
    assert_eq!(tx!(db, |tx| refresh_tokens::purge_ended(tx, after(4), 3)), 3);
    assert_eq!(tx!(db, |tx| refresh_tokens::purge_ended(tx, after(4), 9)), 5);
    assert_eq!(tx!(db, |tx| sessions::purge(tx, after(4), 3)), 3);
    assert_eq!(tx!(db, |tx| sessions::purge(tx, after(4), 3)), 1);
    assert_eq!(ended, 4);
}

on_db!(a_mail_is_withdrawn_until_it_is_sent);
async fn a_mail_is_withdrawn_until_it_is_sent(db: &Db) {
    let id = ann(db).await;
    for kind in [MailKind::ChangeEmail, MailKind::ResetPassword] {
        let new = outbox::NewMail {
            kind,
            user_id: Some(id),
            recipient: "a@example.com",
            language: "en",
            args: "{}",
            credential_version: 0,
        };
        tx!(db, |tx| outbox::insert(tx, &new, NOW));
    }
    tx!(db, |tx| outbox::cancel(tx, id, MailKind::ChangeEmail));
    let left = tx!(db, |tx| outbox::claim(tx, 9, after(60), NOW));
    assert_eq!(left.iter().map(|m| m.kind.as_str()).collect::<Vec<_>>(), ["reset_password"]);
}

on_db!(mails_are_looked_through_and_tried_again);
async fn mails_are_looked_through_and_tried_again(db: &Db) {
    let id = ann(db).await;
    for user in [Some(id), None, Some(id)] {
        let new = outbox::NewMail {
            kind: MailKind::PasswordChanged,
            user_id: user,
            recipient: "a@example.com",
            language: "en",
            args: "{}",
            credential_version: 0,
        };
        tx!(db, |tx| outbox::insert(tx, &new, NOW));
    }
    let all = tx!(db, |tx| outbox::page(tx, None, (i64::MAX, false), 9));
    let ids: Vec<_> = all.iter().map(|m| m.id).collect();
    tx!(db, |tx| outbox::fail(tx, ids[0], "550"));
    tx!(db, |tx| outbox::mark_sent(tx, ids[1], NOW));
    let seen = async |state, from, back| {
        let mails =
            outbox::page(&mut db.read().await.unwrap(), state, (from, back), 9).await.unwrap();
        mails.into_iter().map(|m| m.id).collect::<Vec<_>>()
    };
    assert_eq!(seen(None, ids[0], false).await, ids[1..]);
    assert_eq!(seen(None, ids[2], true).await, [ids[1], ids[0]]);
    assert_eq!(seen(Some(OutboxState::Failed), i64::MAX, false).await, [ids[0]]);
    assert_eq!(seen(Some(OutboxState::Failed), ids[0], true).await, [0; 0]);
    let of_ann = outbox::of_user(&mut db.read().await.unwrap(), id, 9).await.unwrap();
    assert_eq!(of_ann.iter().map(|m| m.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
    assert_eq!(
        (of_ann[0].state.as_str(), of_ann[0].last_error.as_deref()),
        ("failed", Some("550"))
    );
    assert_eq!(tx!(db, |tx| outbox::count(tx, OutboxState::Failed)), 1);
    assert_eq!(tx!(db, |tx| outbox::retry(tx, ids[0], after(9))), Some(Some(id)));
    assert_eq!(tx!(db, |tx| outbox::retry(tx, ids[1], after(9))), None);
    assert_eq!(tx!(db, |tx| outbox::count(tx, OutboxState::Failed)), 0);
}

on_db!(keys_take_their_turns);
async fn keys_take_their_turns(db: &Db) {
    let key = |kid: &str, state: KeyState| keys::Key {
        kid: kid.into(),
        algorithm: "ES256".into(),
        state: state.into(),
        private_key: vec![1],
        created_at: NOW,
        expires_at: None,
        retired_at: None,
    };
    assert!(tx!(db, |tx| keys::insert(tx, &key("a", KeyState::Current))));
    assert!(!tx!(db, |tx| keys::insert(tx, &key("b", KeyState::Current))));
    assert!(tx!(db, |tx| keys::insert(tx, &key("b", KeyState::Next))));
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

on_db!(keys_are_outlined_sealed_and_dropped);
async fn keys_are_outlined_sealed_and_dropped(db: &Db) {
    let key = |kid: &str, algorithm: &str, state: KeyState| keys::Key {
        kid: kid.into(),
        algorithm: algorithm.into(),
        state: state.into(),
        private_key: vec![1],
        created_at: NOW,
        expires_at: None,
        retired_at: None,
    };
    for (kid, algorithm, state) in [
        ("a", "ES256", KeyState::Current),
        ("b", "ES256", KeyState::Next),
        ("c", "EdDSA", KeyState::Next),
    ] {
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

on_db!(the_last_refresh_token_to_expire_is_known);
async fn the_last_refresh_token_to_expire_is_known(db: &Db) {
    assert_eq!(tx!(db, |tx| refresh_tokens::last_expiry(tx)), None);
    let session = open(db, ann(db).await).await;
    tx!(db, |tx| refresh_tokens::insert(tx, &token_of(session, 1)));
    assert_eq!(tx!(db, |tx| refresh_tokens::last_expiry(tx)), Some(after(100)));
}

on_db!(a_secret_is_made_once);
async fn a_secret_is_made_once(db: &Db) {
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

on_db!(of_many_who_take_a_legacy_token_one_does);
async fn of_many_who_take_a_legacy_token_one_does(db: &Db) {
    let hash = &Digest(vec![7; 32]);
    let all =
        join_all((0..8).map(|_| async { tx!(db, |tx| legacy_tokens::take(tx, hash, after(10))) }));
    assert_eq!(all.await.into_iter().filter(|taken| *taken).count(), 1);
    assert_eq!(tx!(db, |tx| legacy_tokens::purge(tx, after(10), 9)), 0);
    assert_eq!(tx!(db, |tx| legacy_tokens::purge(tx, after(11), 9)), 1);
    assert!(tx!(db, |tx| legacy_tokens::take(tx, hash, after(10))));
}

on_db!(when_all_sessions_ended_is_known);
async fn when_all_sessions_ended_is_known(db: &Db) {
    let id = ann(db).await;
    let at = async || users::sessions_ended_at(&mut db.read().await.unwrap(), id).await.unwrap();
    assert_eq!(at().await, None);
    tx!(db, |tx| users::note_sessions_ended(tx, id, after(3)));
    assert_eq!(at().await, Some(after(3)));
}

on_db!(acts_are_swept_by_age);
async fn acts_are_swept_by_age(db: &Db) {
    let entry = |at| audit::Entry {
        at,
        kind: AuditKind::Login,
        actor: ActorKind::User,
        actor_id: None,
        target_id: Some(UserId(1)),
        session_id: None,
        ip: Some("::1"),
        user_agent: None,
        detail: "",
    };
    tx!(db, |tx| audit::insert(tx, &entry(NOW)));
    tx!(db, |tx| audit::insert(tx, &entry(after(10))));
    let told = audit::of_user(&mut db.read().await.unwrap(), UserId(1), 9).await.unwrap();
    assert_eq!(told.iter().map(|e| e.at).collect::<Vec<_>>(), [after(10), NOW]);
    assert_eq!((told[0].kind.as_str(), told[0].ip.as_deref()), ("login", Some("::1")));
    assert_eq!(audit::of_user(&mut db.read().await.unwrap(), UserId(1), 1).await.unwrap().len(), 1);
    assert!(audit::of_user(&mut db.read().await.unwrap(), UserId(2), 9).await.unwrap().is_empty());
    assert_eq!(tx!(db, |tx| audit::purge(tx, after(5), 9)), 1);
}

on_db!(an_invitation_is_spent_once_or_withdrawn);
async fn an_invitation_is_spent_once_or_withdrawn(db: &Db) {
    let id = ann(db).await;
    let (roles, none) = (Roles(vec!["EDITOR".into(), "AUTHOR".into()]), Roles::default());
    let new = |email, roles| invitations::NewInvitation {
        email,
        email_key: email,
        roles,
        invited_by: id,
        created_at: NOW,
        expires_at: after(100),
    };
    let one = tx!(db, |tx| invitations::insert(tx, &new("b@example.com", &roles)));
    let two = tx!(db, |tx| invitations::insert(tx, &new("c@example.com", &none)));
    let found = tx!(db, |tx| invitations::by_id(tx, one)).unwrap();
    assert_eq!(
        (found.email.as_str(), &found.roles, found.inviter.as_str()),
        ("b@example.com", &roles, "ann@example.com")
    );
    assert_eq!(tx!(db, |tx| invitations::by_id(tx, two)).unwrap().roles, none);
    let hash = Digest(vec![1; 32]);
    assert!(tx!(db, |tx| invitations::by_token(tx, &hash)).is_none());
    tx!(db, |tx| invitations::add_token(tx, one, &hash));
    assert_eq!(tx!(db, |tx| invitations::by_token(tx, &hash)).unwrap().id, one);
    let pending = |before, now| async move {
        let all = tx!(db, |tx| invitations::pending(tx, before, 9, now));
        all.iter().map(|i| i.id).collect::<Vec<_>>()
    };
    assert_eq!(
        (
            pending(i64::MAX, NOW).await,
            pending(two, NOW).await,
            pending(i64::MAX, after(100)).await
        ),
        (vec![two, one], vec![one], vec![])
    );
    assert!(!tx!(db, |tx| invitations::extend(tx, one, after(200), after(100))));
    assert!(tx!(db, |tx| invitations::extend(tx, one, after(200), after(99))));
    assert!(!tx!(db, |tx| invitations::consume(tx, two, after(100))));
    assert!(tx!(db, |tx| invitations::consume(tx, one, after(100))));
    assert!(!tx!(db, |tx| invitations::consume(tx, one, after(100))));
    assert!(!tx!(db, |tx| invitations::extend(tx, one, after(200), NOW)));
    assert!(!tx!(db, |tx| invitations::revoke(tx, one)));
    assert!(tx!(db, |tx| invitations::revoke(tx, two)));
    let three = tx!(db, |tx| invitations::insert(tx, &new("c@example.com", &none)));
    let to = async |email: &str| {
        let all = tx!(db, |tx| invitations::to_address(tx, email));
        all.iter().map(|i| i.id).collect::<Vec<_>>()
    };
    // Not the one that was used.
    assert_eq!((to("b@example.com").await, to("c@example.com").await), (vec![], vec![three]));
    assert_eq!(tx!(db, |tx| invitations::revoke_from(tx, "b@example.com")), 0);
    assert_eq!(tx!(db, |tx| invitations::revoke_from(tx, "c@example.com")), 1);
    assert!(three > two && tx!(db, |tx| invitations::by_id(tx, three)).is_none());
    assert_eq!(tx!(db, |tx| invitations::purge(tx, after(200), 9)), 0);
    assert_eq!(tx!(db, |tx| invitations::purge(tx, after(201), 9)), 1);
    assert!(tx!(db, |tx| invitations::by_token(tx, &hash)).is_none());
    let four = tx!(db, |tx| invitations::insert(tx, &new("d@example.com", &none)));
    assert!(tx!(db, |tx| invitations::consume(tx, four, NOW)));
    tx!(db, |tx| invitations::forget(tx, "d@example.com"));
    assert!(tx!(db, |tx| invitations::by_id(tx, four)).is_none());
}

on_db!(links_of_the_setup_are_taken_all_at_once);
async fn links_of_the_setup_are_taken_all_at_once(db: &Db) {
    let token =
        |n: u8| setup_tokens::SetupToken { hash: Digest(vec![n; 32]), expires_at: after(n.into()) };
    for n in 1..=3 {
        tx!(db, |tx| setup_tokens::insert(tx, &token(n)));
    }
    assert_eq!(tx!(db, |tx| setup_tokens::purge(tx, after(2))), 1);
    let hash = Digest(vec![2; 32]);
    assert_eq!(tx!(db, |tx| setup_tokens::by_hash(tx, &hash)).unwrap().expires_at, after(2));
    let links =
        join_all((0..4).map(|_| async { tx!(db, |tx| setup_tokens::take_all(tx)).len() })).await;
    assert_eq!(links.iter().sum::<usize>(), 2);
    assert!(tx!(db, |tx| setup_tokens::by_hash(tx, &hash)).is_none());
    assert!(!tx!(db, |tx| users::any(tx)) && !tx!(db, |tx| users::any_superuser(tx)));
    let id = ann(db).await;
    assert!(tx!(db, |tx| users::any(tx)) && !tx!(db, |tx| users::any_superuser(tx)));
    tx!(db, |tx| users::set_superuser(tx, id, true));
    assert!(tx!(db, |tx| users::any_superuser(tx)));
}

on_db!(settings_are_revised_one_after_the_other);
async fn settings_are_revised_one_after_the_other(db: &Db) {
    let id = ann(db).await;
    let revision = |revision, by| settings::Revision {
        revision,
        registration: Some("closed".into()),
        changed_at: NOW,
        changed_by: Some(by),
        ..Default::default()
    };
    assert!(tx!(db, |tx| settings::after(tx, 0)).is_none());
    assert!(tx!(db, |tx| settings::insert(tx, &revision(1, id))));
    assert!(!tx!(db, |tx| settings::insert(tx, &revision(1, id))));
    assert!(tx!(db, |tx| settings::insert(tx, &revision(2, UserId(99)))));
    let all = tx!(db, |tx| settings::last(tx, 9));
    assert_eq!(
        all.iter().map(|r| (r.revision, r.email.as_deref())).collect::<Vec<_>>(),
        [(2, None), (1, Some("ann@example.com"))]
    );
    assert_eq!(
        (all[0].registration.as_deref(), &all[0].email_confirmation, all[0].changed_by),
        (Some("closed"), &None, Some(UserId(99)))
    );
    assert_eq!(tx!(db, |tx| settings::last(tx, 1)).len(), 1);
    assert_eq!(tx!(db, |tx| settings::after(tx, 1)).unwrap().revision, 2);
    assert!(tx!(db, |tx| settings::after(tx, 2)).is_none());
}

on_db!(acts_are_looked_through_and_counted_by_day);
async fn acts_are_looked_through_and_counted_by_day(db: &Db) {
    assert!(tx!(db, |tx| audit::kinds(tx)).is_empty());
    let id = ann(db).await;
    let entry = |at, kind, actor, target| audit::Entry {
        at,
        kind,
        actor: ActorKind::User,
        actor_id: actor,
        target_id: target,
        session_id: None,
        ip: Some("::1"),
        user_agent: None,
        detail: "x",
    };
    let day = 86_400;
    for entry in [
        entry(NOW, AuditKind::Login, Some(id), Some(id)),
        entry(NOW, AuditKind::Login, None, None),
        entry(after(day), AuditKind::RoleGranted, Some(UserId(7)), Some(id)),
        entry(after(2 * day), AuditKind::Login, Some(UserId(7)), Some(UserId(7))),
    ] {
        tx!(db, |tx| audit::insert(tx, &entry));
    }
    let any =
        audit::Filter { target: None, actor: None, kind: None, since: NOW, until: after(3 * day) };
    let top = ((Timestamp::from_micros(i64::MAX), i64::MAX), false);
    for (filter, fitting) in [
        (any, &[4, 3, 2, 1][..]),
        (audit::Filter { target: Some(id), ..any }, &[3, 1]),
        (audit::Filter { actor: Some(UserId(7)), ..any }, &[4, 3]),
        (audit::Filter { kind: Some("login"), ..any }, &[4, 2, 1]),
        (audit::Filter { kind: Some("login"), actor: Some(id), target: Some(id), ..any }, &[1]),
        (audit::Filter { since: after(1), until: after(2 * day), ..any }, &[3]),
    ] {
        let down = tx!(db, |tx| audit::page(tx, &filter, top, 9));
        assert_eq!(down.iter().map(|e| e.id).collect::<Vec<_>>(), fitting, "{filter:?}");
        let up = tx!(db, |tx| audit::page(tx, &filter, ((NOW, 0), true), 9));
        assert_eq!(up.iter().rev().map(|e| e.id).collect::<Vec<_>>(), fitting, "{filter:?}");
    }
    let first = tx!(db, |tx| audit::page(tx, &any, ((NOW, 2), false), 9));
    assert_eq!(
        (first.len(), first[0].actor_email.as_deref(), first[0].target_email.as_deref()),
        (1, Some("ann@example.com"), Some("ann@example.com"))
    );
    assert_eq!(tx!(db, |tx| audit::kinds(tx)), ["login", "role_granted"]);
    let days = tx!(db, |tx| audit::by_day(tx, AuditKind::Login, NOW));
    let today = NOW.unix() / 86_400;
    assert_eq!(days, [(today, 2), (today + 2, 1)]);
    // Where an operator was is not for the account's owner to know.
    let own = audit::of_user(&mut db.read().await.unwrap(), id, 9).await.unwrap();
    assert_eq!(own.iter().map(|e| e.ip.is_some()).collect::<Vec<_>>(), [false, true]);
}

on_db!(a_name_taken_meanwhile_leaves_the_transaction_as_it_was);
async fn a_name_taken_meanwhile_leaves_the_transaction_as_it_was(db: &Db) {
    let ann = ann(db).await;
    let sql = "INSERT INTO auth_user_roles (user_id, role, granted_at) VALUES ($1, 'EDITOR', 0)";
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.execute_unless_taken(sql, [ann]).await.unwrap(), Some(1));
    assert_eq!(tx.execute_unless_taken(sql, [ann]).await.unwrap(), None);
    roles::grant(&mut tx, ann, "AUTHOR", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let user = users::by_id(&mut db.read().await.unwrap(), ann).await.unwrap().unwrap();
    assert_eq!(user.roles.0, ["EDITOR", "AUTHOR"]);
}

on_db!(a_transaction_in_which_something_failed_is_not_committed);
async fn a_transaction_in_which_something_failed_is_not_committed(db: &Db) {
    let ann = ann(db).await;
    let mut tx = db.write().await.unwrap();
    roles::grant(&mut tx, ann, "AUTHOR", NOW).await.unwrap();
    tx.execute("UPDATE nothing SET x = 1", ()).await.unwrap_err();
    tx.commit().await.unwrap_err();
    let user = users::by_id(&mut db.read().await.unwrap(), ann).await.unwrap().unwrap();
    assert!(user.roles.0.is_empty());
    tx!(db, |tx| roles::grant(tx, ann, "EDITOR", NOW));
}

on_db!(why_the_tables_cannot_be_brought_up_to_date_is_told);
async fn why_the_tables_cannot_be_brought_up_to_date_is_told(db: &Db) {
    let told = async |sql: &'static str| {
        let mut tx = db.write().await.unwrap();
        tx.execute(sql, ()).await.unwrap();
        tx.commit().await.unwrap();
        db.migrate().await.unwrap_err().to_string()
    };
    let interrupted =
        told("UPDATE _auth_migrations SET success = NOT success WHERE version = 2").await;
    assert!(
        interrupted.contains("migration 2") && interrupted.contains("_auth_migrations"),
        "{interrupted}"
    );
    let newer =
        told("UPDATE _auth_migrations SET success = (1 = 1), version = 9999 WHERE version = 2")
            .await;
    assert!(newer.contains("newer") && newer.contains("9999"), "{newer}");
    assert!(!newer.contains("sqlx"), "{newer}");
}

on_db!(what_is_not_committed_never_was);
async fn what_is_not_committed_never_was(db: &Db) {
    let mut tx = db.write().await.unwrap();
    users::insert(&mut tx, &named("ann@example.com", None)).await.unwrap().unwrap();
    drop(tx);
    assert!(
        users::by_email(&mut db.read().await.unwrap(), "ann@example.com").await.unwrap().is_none()
    );
    ann(db).await;
}

on_db!(many_writers_that_read_first_all_succeed);
async fn many_writers_that_read_first_all_succeed(db: &Db) {
    let id = ann(db).await;
    join_all((0..64).map(|n| async move {
        let mut tx = db.write().await.unwrap();
        let user = users::by_id(&mut tx, id).await.unwrap().unwrap();
        let name = format!("{} {n}", user.email);
        let profile = users::Profile {
            username: None,
            username_key: None,
            first_name: &name,
            language: None,
        };
        assert!(users::set_profile(&mut tx, id, &profile).await.unwrap());
        tx.commit().await.unwrap();
    }))
    .await;
}

on_db!(a_database_is_ready_once_it_is_migrated);
async fn a_database_is_ready_once_it_is_migrated(db: &Db) {
    assert!(db.ready().await.unwrap());
    db.migrate().await.unwrap();
    let listens = db.listen().await.unwrap();
    if let Some(mut listener) = listens {
        let mut tx = db.write().await.unwrap();
        tx.notify(Channel::Keys).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(listener.next().await.unwrap(), Some(Channel::Keys));
    }
}

async fn eight_migrate_at_once(database: Database) {
    let all = join_all((0..8).map(|_| async {
        let db = Db::open(&database.url, 2).await.unwrap();
        db.migrate().await.unwrap();
        assert!(db.ready().await.unwrap());
        db.close().await;
    }));
    all.await;
    database.end().await;
}

mod several_processes_may_migrate_at_once {
    on_each_engine! { super::eight_migrate_at_once }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_commit_is_on_the_disk_and_commits_share_the_way_there() {
    let database = Database::sqlite();
    let db = &Db::open(&database.url, 8).await.unwrap();
    db.migrate().await.unwrap();
    let Db::Sqlite { sync, .. } = db else { unreachable!() };
    let commit = async |n: usize| {
        let email = format!("{n}@example.com");
        tx!(db, |tx| users::insert(tx, &named(&email, None)));
    };
    let before = sync.syncs();
    for n in 0..16 {
        commit(n).await;
        assert_eq!(sync.syncs(), before + n as u64 + 1);
    }
    let before = sync.syncs();
    join_all((100..164).map(commit)).await;
    assert!((1..=64).contains(&(sync.syncs() - before)));
    // Reading needs no disk.
    let before = sync.syncs();
    users::page(&mut db.read().await.unwrap(), UserId(0), 9).await.unwrap();
    assert_eq!(sync.syncs(), before);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    let db = Db::open(&database.url, 2).await.unwrap();
    db.migrate().await.unwrap();
    let path = database.url.trim_start_matches("sqlite://");
    for file in [path.to_owned(), format!("{path}-wal"), format!("{path}-shm")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    for url in ["mysql://x", "sqlite::memory:", "sqlite:///nowhere/at/all/x.db"] {
        assert!(Db::open(url, 1).await.is_err(), "{url}");
    }
}

#[test]
fn every_function_of_a_table_is_tested_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let here = include_str!("store.rs");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let table = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let others = ["mod", "pool", "args", "engine", "sync", "backup", "copy", "deadline"];
        if others.contains(&table.as_str()) {
            continue;
        }
        for part in std::fs::read_to_string(&path).unwrap().split("\npub async fn ").skip(1) {
            let call = format!("{table}::{}(", part.split(['(', '<']).next().unwrap());
            assert!(here.contains(&call), "{call}) has no test");
            seen += 1;
        }
    }
    assert!(seen > 45);
}
