//! Table `auth_outbox`.
use crate::{
    db::Db,
    store::{
        fixtures::{NOW, after, ann},
        outbox::{self, MailKind, OutboxState},
        users,
    },
};
use futures_util::future::join_all;
use std::time::Duration;

on_db!(mails_to_a_deleted_user_are_purged);
async fn mails_to_a_deleted_user_are_purged(db: &Db) {
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
    for new in [mail(a, 0), mail(b, 1), mail(b, 2), mail(b, 3)] {
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

on_db!(a_mail_is_claimed_once_and_again_after_its_lease);
async fn a_mail_is_claimed_once_and_again_after_its_lease(db: &Db) {
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
    // A later claim may have found only mails that another one was claiming.
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

on_db!(a_claim_skips_mails_that_another_transaction_claims);
async fn a_claim_skips_mails_that_another_transaction_claims(db: &Db) {
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
    // SQLite has one writer at a time, so nothing can be claimed concurrently.
    if !one.locks_rows() {
        one.commit().await.unwrap();
        return;
    }
    let second = tx!(db, |tx| outbox::claim(tx, 9, after(60), NOW));
    one.commit().await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 2));
}

on_db!(a_mail_revoked_while_it_is_sent_stays_revoked);
async fn a_mail_revoked_while_it_is_sent_stays_revoked(db: &Db) {
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

on_db!(only_the_last_claim_can_release_a_mail);
async fn only_the_last_claim_can_release_a_mail(db: &Db) {
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

on_db!(a_waiting_mail_can_be_revoked);
async fn a_waiting_mail_can_be_revoked(db: &Db) {
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

on_db!(mails_are_listed_by_state_and_retried);
async fn mails_are_listed_by_state_and_retried(db: &Db) {
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
