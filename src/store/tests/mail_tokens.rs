//! Table `auth_mail_tokens`.
use crate::{
    db::Db,
    secret::Digest,
    store::{
        fixtures::{NOW, after, ann},
        mail_tokens,
        outbox::MailKind,
    },
};
use uuid::Uuid;

on_db!(a_mailed_token_is_consumed_once_or_revoked);
async fn a_mailed_token_is_consumed_once_or_revoked(db: &Db) {
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
        ticket: None,
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

    let ticket = Uuid::from_u128(7);
    let login =
        mail_tokens::MailToken { kind: MailKind::Login.into(), ticket: Some(ticket), ..token(7) };
    tx!(db, |tx| mail_tokens::insert(tx, &login));
    let found = async |ticket| {
        let found = mail_tokens::by_ticket(&mut db.read().await.unwrap(), ticket).await.unwrap();
        found.map(|t| (t.hash.0[0], t.ticket))
    };
    assert_eq!(found(ticket).await, Some((7, Some(ticket))));
    assert_eq!(found(Uuid::from_u128(8)).await, None);
}
