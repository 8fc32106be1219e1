//! Table `auth_login_challenges`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        fixtures::{NOW, after, ann},
        login_challenges::{self, LoginChallenge},
    },
};

on_db!(a_ticket_works_once_at_its_surface_until_it_expires_or_was_tried_too_often);
async fn a_ticket_works_once_at_its_surface_until_it_expires_or_was_tried_too_often(db: &Db) {
    let id = ann(db).await;
    let hash = |n: u8| Digest(vec![n; 32]);
    for n in 1..=4 {
        let row = LoginChallenge {
            hash: hash(n),
            user_id: id,
            credential_version: 5,
            amr: "pwd".into(),
            client: "native".into(),
            remember: false,
            next: "/account".into(),
            created_at: NOW,
            expires_at: after(100),
        };
        tx!(db, |tx| login_challenges::insert(tx, &row));
    }
    let open = async |n, client: &'static str, at| {
        let mut db = db.read().await.unwrap();
        login_challenges::open(&mut db, &hash(n), client, 2, at).await.unwrap()
    };
    let found = open(1, "native", after(99)).await.unwrap();
    assert_eq!((found.user_id, found.credential_version, found.remember), (id, 5, false));
    assert_eq!((found.client.as_str(), found.next.as_str()), ("native", "/account"));
    assert_eq!((found.created_at, found.expires_at), (NOW, after(100)));
    assert!(open(1, "pages", NOW).await.is_none() && open(9, "native", NOW).await.is_none());
    assert!(open(1, "native", after(100)).await.is_none());

    let count = async |n, at| tx!(db, |tx| login_challenges::count_try(tx, &hash(n), 2, at));
    assert!(!count(1, after(100)).await);
    assert_eq!(
        [count(1, NOW).await, count(1, NOW).await, count(1, NOW).await],
        [true, true, false]
    );
    assert!(open(1, "native", NOW).await.is_none());

    assert!(tx!(db, |tx| login_challenges::consume(tx, &hash(2))));
    assert!(!tx!(db, |tx| login_challenges::consume(tx, &hash(2))));
    assert!(open(2, "native", NOW).await.is_none() && !count(2, NOW).await);

    assert_eq!(tx!(db, |tx| login_challenges::purge(tx, after(100), 9)), 0);
    assert_eq!(tx!(db, |tx| login_challenges::purge(tx, after(101), 1)), 1);
    tx!(db, |tx| login_challenges::remove_all(tx, id));
    assert!(open(3, "native", NOW).await.is_none() && open(4, "native", NOW).await.is_none());
}
