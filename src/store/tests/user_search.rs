//! Searching users.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, named},
        roles, user_search,
        users::{self, UserId},
    },
};

on_db!(users_are_found_by_part_of_a_name_and_by_state);
async fn users_are_found_by_part_of_a_name_and_by_state(db: &Db) {
    let mut ids = Vec::new();
    for (email, name) in [
        ("ann@example.com", Some("ann")),
        ("bob_x@example.org", None),
        ("c%d@example.com", Some("anna")),
    ] {
        ids.push(tx!(db, |tx| users::insert(tx, &named(email, name))).unwrap().id);
    }
    let [ann, bob, cid] = ids[..] else { unreachable!() };
    let profile = users::Profile {
        username: None,
        username_key: None,
        first_name: "Боб",
        language: None,
        notify_new_devices: true,
    };
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
