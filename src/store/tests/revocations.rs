//! Table `auth_revocations`.
use crate::{
    db::Db,
    store::{
        fixtures::{after, revoke},
        revocations,
        sessions::SessionId,
    },
};
use uuid::Uuid;

on_db!(revocations_are_read_in_the_order_of_their_ids);
async fn revocations_are_read_in_the_order_of_their_ids(db: &Db) {
    let revoked = |ended: u64| revocations::Revocation {
        session_id: SessionId(Uuid::new_v4()),
        ended_at: after(ended),
        expires_at: after(300),
    };
    for ended in [0, 10, 20] {
        let r = revoked(ended);
        tx!(db, |tx| revoke(tx, &r));
        tx!(db, |tx| revoke(tx, &r));
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
