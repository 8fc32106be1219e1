//! Table `auth_audit`.
use crate::{
    db::Db,
    store::{
        audit::{self, ActorKind, AuditKind},
        fixtures::{NOW, after, ann},
        users::UserId,
    },
    time::Timestamp,
};

on_db!(audit_events_are_purged_by_age);
async fn audit_events_are_purged_by_age(db: &Db) {
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
    let events = audit::of_user(&mut db.read().await.unwrap(), UserId(1), 9).await.unwrap();
    assert_eq!(events.iter().map(|e| e.at).collect::<Vec<_>>(), [after(10), NOW]);
    assert_eq!((events[0].kind.as_str(), events[0].ip.as_deref()), ("login", Some("::1")));
    assert_eq!(audit::of_user(&mut db.read().await.unwrap(), UserId(1), 1).await.unwrap().len(), 1);
    assert!(audit::of_user(&mut db.read().await.unwrap(), UserId(2), 9).await.unwrap().is_empty());
    assert_eq!(tx!(db, |tx| audit::purge(tx, after(5), 9)), 1);
}

on_db!(the_events_of_a_series_are_one_row);
async fn the_events_of_a_series_are_one_row(db: &Db) {
    let entry = |at| audit::Entry {
        at,
        kind: AuditKind::LoginFailed,
        actor: ActorKind::Anonymous,
        actor_id: None,
        target_id: Some(UserId(1)),
        session_id: None,
        ip: Some("::1"),
        user_agent: None,
        detail: "x",
    };
    assert!(!tx!(db, |tx| audit::count(tx, "one", NOW)));
    tx!(db, |tx| audit::begin(tx, "one", &entry(NOW), 1));
    assert!(tx!(db, |tx| audit::count(tx, "one", after(1))));
    // Another server has just begun the series.
    tx!(db, |tx| audit::begin(tx, "one", &entry(after(2)), 5));
    tx!(db, |tx| audit::begin(tx, "two", &entry(after(3)), 1));
    tx!(db, |tx| audit::insert(tx, &entry(after(4))));
    tx!(db, |tx| audit::insert(tx, &entry(after(4))));
    let events = audit::of_user(&mut db.read().await.unwrap(), UserId(1), 9).await.unwrap();
    let told: Vec<_> = events.iter().map(|e| (e.at, e.times, e.last_at)).collect();
    let single = |seconds| (after(seconds), 1, None);
    assert_eq!(told, [single(4), single(4), single(3), (NOW, 7, Some(after(2)))]);
    let days = tx!(db, |tx| audit::by_day(tx, AuditKind::LoginFailed, NOW));
    assert_eq!(days, [(NOW.unix() / 86_400, 10)]);
}

on_db!(audit_events_are_filtered_and_counted_by_day);
async fn audit_events_are_filtered_and_counted_by_day(db: &Db) {
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
    // The account's owner must not learn the operator's IP address and user agent.
    let own = audit::of_user(&mut db.read().await.unwrap(), id, 9).await.unwrap();
    assert_eq!(own.iter().map(|e| e.ip.is_some()).collect::<Vec<_>>(), [false, true]);
}
