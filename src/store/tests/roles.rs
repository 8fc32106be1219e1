//! Table `auth_user_roles`, and superusers.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after, ann},
        roles,
        users::{self, UserId},
    },
};

on_db!(roles_are_granted_in_the_given_order);
async fn roles_are_granted_in_the_given_order(db: &Db) {
    let id = ann(db).await;
    let names: Vec<_> = "ZETA B A D E C F G H".split(' ').map(str::to_owned).collect();
    tx!(db, |tx| roles::grant_all(tx, id, &names, NOW));
    tx!(db, |tx| roles::grant_all(tx, id, &names[..2], NOW));
    tx!(db, |tx| roles::grant_all(tx, id, &[], NOW));
    let user = users::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!(user.roles.0, names);
}

on_db!(superusers_and_roles_are_granted_and_revoked);
async fn superusers_and_roles_are_granted_and_revoked(db: &Db) {
    let id = ann(db).await;
    tx!(db, |tx| users::set_superuser(tx, id, true));
    assert_eq!(tx!(db, |tx| users::superusers(tx)), [id]);
    assert!(!tx!(db, |tx| users::has_other_superuser(tx, id, false)));
    let nobody = UserId(0);
    assert!(tx!(db, |tx| users::has_other_superuser(tx, nobody, false)));
    assert!(!tx!(db, |tx| users::has_other_superuser(tx, nobody, true)));
    tx!(db, |tx| users::confirm_email(tx, id, NOW));
    assert!(tx!(db, |tx| users::has_other_superuser(tx, nobody, true)));
    tx!(db, |tx| users::set_active(tx, id, false));
    assert!(!tx!(db, |tx| users::has_other_superuser(tx, nobody, false)));
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
