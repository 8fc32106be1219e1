//! Tables `auth_invitations` and `auth_invitation_tokens`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        fixtures::{NOW, after, ann},
        invitations,
        users::Roles,
    },
};

on_db!(an_invitation_is_consumed_once_or_revoked);
async fn an_invitation_is_consumed_once_or_revoked(db: &Db) {
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
    // The used invitation is left out.
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
