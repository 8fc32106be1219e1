//! There is always a superuser who can log in.
use super::{patch, path, send};
use crate::support::{Service, rows};
use portcullis::flows::{Operator, UserChange, UserId};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;

on_both!(the_last_superuser_cannot_be_removed);
async fn the_last_superuser_cannot_be_removed(service: &Service) {
    let root = service.superuser("root").await;
    for change in [json!({ "is_superuser": false }), json!({ "is_active": false })] {
        patch(&root, &root, change).await.refused(409, "last_superuser");
    }
    send(&root, Method::Delete, &path(&root, "")).await.refused(409, "last_superuser");
    // A superuser who cannot log in does not count.
    let other = service.superuser("other").await;
    patch(&root, &other, json!({ "is_active": false })).await.expect(200);
    patch(&root, &root, json!({ "is_superuser": false })).await.refused(409, "last_superuser");
    patch(&root, &other, json!({ "is_active": true })).await.expect(200);
    patch(&root, &root, json!({ "is_superuser": false })).await.expect(200);
    patch(&root, &other, json!({ "is_superuser": false })).await.refused(403, "forbidden");
}

on_both!(a_superuser_who_cannot_log_in_does_not_count);
async fn a_superuser_who_cannot_log_in_does_not_count(service: &Service) {
    let (root, other) = (service.superuser("root").await, service.superuser("other").await);
    rows(
        service,
        "UPDATE auth_users SET password_hash = NULL WHERE username = 'other' RETURNING email",
    )
    .await;
    patch(&root, &root, json!({ "is_superuser": false })).await.refused(409, "last_superuser");
    send(&root, Method::Delete, &path(&root, "")).await.refused(409, "last_superuser");
    // A superuser who can log in may demote one who cannot.
    patch(&root, &other, json!({ "is_superuser": false })).await.expect(200);
}

on_both!(of_superusers_who_delete_each_other_at_once_one_stays);
async fn of_superusers_who_delete_each_other_at_once_one_stays(service: &Service) {
    for n in 0..6 {
        let mut all = Vec::new();
        for i in 0..4 {
            all.push(service.superuser(&format!("s{n}-{i}")).await);
        }
        // Each superuser removes the next one, in one of three ways.
        let acts = all.iter().enumerate().map(|(i, by)| {
            let whom = &all[(i + 1) % all.len()];
            async move {
                match (n + i) % 3 {
                    0 => patch(by, whom, json!({ "is_superuser": false })).await,
                    1 => patch(by, whom, json!({ "is_active": false })).await,
                    _ => send(by, Method::Delete, &path(whom, "")).await,
                }
            }
        });
        let statuses: Vec<u16> = join_all(acts).await.iter().map(|r| r.status).collect();
        assert!(statuses.iter().all(|s| matches!(s, 200 | 204 | 401 | 403 | 409)), "{statuses:?}");
        let left =
            rows(service, "SELECT email FROM auth_users WHERE is_superuser AND is_active").await;
        assert!(!left.is_empty(), "{statuses:?}");
        for email in left.iter().skip(1) {
            let id = service
                .auth()
                .admin(&portcullis::flows::Operator::cli())
                .find_user(portcullis::flows::Login::Email(email))
                .await
                .unwrap()
                .id;
            let change = UserChange { superuser: Some(false), ..UserChange::default() };
            service.auth().admin(&Operator::cli()).change_user(id, &change).await.unwrap();
        }
    }
}

on_both!(of_two_superusers_who_demote_each_other_at_once_one_stays);
async fn of_two_superusers_who_demote_each_other_at_once_one_stays(service: &Service) {
    for n in 0..8 {
        let (a, b) =
            (service.superuser(&format!("a{n}")).await, service.superuser(&format!("b{n}")).await);
        // Demote the superusers of the previous round.
        for old in rows(service, "SELECT CAST(id AS TEXT) FROM auth_users WHERE is_superuser").await
        {
            let id: i64 = old.parse().unwrap();
            if ![a.id, b.id].contains(&id) {
                let change = UserChange { superuser: Some(false), ..UserChange::default() };
                service
                    .auth()
                    .admin(&Operator::cli())
                    .change_user(UserId(id), &change)
                    .await
                    .unwrap();
            }
        }
        let no_more = || json!({ "is_superuser": false });
        let (one, two) = rocket::tokio::join!(patch(&a, &b, no_more()), patch(&b, &a, no_more()));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert!(statuses == [200, 403], "{statuses:?}");
    }
}
