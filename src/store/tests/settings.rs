//! Table `auth_settings`.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, ann},
        settings,
        users::UserId,
    },
};

on_db!(each_revision_of_the_settings_has_its_own_number);
async fn each_revision_of_the_settings_has_its_own_number(db: &Db) {
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
