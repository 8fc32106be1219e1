//! Table `auth_sessions`.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after, ann, bob, living, open, session_of},
        revocations,
        sessions::{self, Rotation},
        users::{self, UserId},
    },
};

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
    let found = tx!(db, |tx| sessions::with_user(tx, two)).unwrap();
    assert_eq!((found.session.id, found.user.id), (two, id));
    assert_eq!(
        (found.session.created_at, found.session.expires_at),
        (seen.created_at, seen.expires_at)
    );
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

on_db!(a_session_stores_its_proof_and_its_device);
async fn a_session_stores_its_proof_and_its_device(db: &Db) {
    let id = ann(db).await;
    let (agent, ip) = (Some("one".to_owned()), Some("192.0.2.1".to_owned()));
    let session = sessions::Session { amr: "otp".into(), user_agent: agent, ip, ..session_of(id) };
    tx!(db, |tx| sessions::insert(tx, &session));
    open(db, id).await;
    let addresses = async |agent| {
        let mut db = db.read().await.unwrap();
        sessions::addresses(&mut db, id, agent, 9).await.unwrap()
    };
    assert_eq!(addresses(Some("one")).await, [Some("192.0.2.1".to_owned())]);
    assert_eq!(addresses(None).await, [Some("127.0.0.1".to_owned())]);
    assert!(addresses(Some("two")).await.is_empty());
    // A session that has ended counts if that was after the address was confirmed.
    tx!(db, |tx| sessions::end_family(tx, session.id, after(2)));
    assert!(addresses(Some("one")).await.is_empty());
    tx!(db, |tx| users::confirm_email(tx, id, after(2)));
    assert!(addresses(Some("one")).await.is_empty());
    let later = sessions::Session { id: session_of(id).id, ..session.clone() };
    tx!(db, |tx| sessions::insert(tx, &later));
    assert_eq!(addresses(Some("one")).await.len(), 1);
    tx!(db, |tx| sessions::end_family(tx, later.id, after(3)));
    assert_eq!(addresses(Some("one")).await.len(), 1);
    // It does not if all sessions were ended since.
    tx!(db, |tx| users::note_sessions_ended(tx, id, after(3)));
    assert!(addresses(Some("one")).await.is_empty());
    let amr = async || {
        let found = sessions::by_id(&mut db.read().await.unwrap(), session.id).await.unwrap();
        found.unwrap().amr
    };
    assert_eq!(amr().await, "otp");
    tx!(db, |tx| sessions::authenticate(tx, session.id, after(7)));
    assert_eq!(amr().await, "pwd");
}

on_db!(a_session_stores_its_rotation_rule_family_and_actor);
async fn a_session_stores_its_rotation_rule_family_and_actor(db: &Db) {
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
    // Sessions that a user opened for others are deleted with that user.
    assert!(tx!(db, |tx| users::delete(tx, bob)));
    assert_eq!(tx!(db, |tx| sessions::count(tx, id, NOW)), 1);
}

on_db!(a_family_of_sessions_ends_together);
async fn a_family_of_sessions_ends_together(db: &Db) {
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
    // Ending all sessions of a user also ends those that they opened for others.
    let other = sessions::Session { family_id: Some(alone), actor_id: Some(id), ..session_of(bob) };
    tx!(db, |tx| sessions::insert(tx, &other));
    assert_eq!(tx!(db, |tx| sessions::end_others(tx, id, Some(alone), after(1))), 1);
    assert!(!living(db, other.id).await && living(db, bobs).await);
    // A session without a valid access token needs no revocation.
    assert_eq!(tx!(db, |tx| sessions::end_others(tx, id, None, after(3_900))), 1);
    assert!(tx!(db, |tx| revocations::insert_ended(tx, id, after(3_900))).is_empty());
}

on_db!(the_least_recently_used_sessions_end_first);
async fn the_least_recently_used_sessions_end_first(db: &Db) {
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
    // Expired sessions do not count.
    assert_eq!(tx!(db, |tx| sessions::end_least_used(tx, id, 0, after(1000))), 0);
}
