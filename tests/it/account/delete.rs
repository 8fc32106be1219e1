//! Deleting an account, and what is left of it.
use super::ANN;
use crate::support::{PASSWORD, Service, eventually, rows, set_superuser};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;

on_both!(deleting_an_account_deletes_all_its_rows);
async fn deleting_an_account_deletes_all_its_rows(service: &Service) {
    let ann = service.user("ann").await;
    let access = ann.access();
    let delete = async |password: &str| {
        ann.json(Method::Delete, "/auth/me", json!({ "password": password })).await
    };
    delete("wrong").await.refused(400, "validation");
    delete(PASSWORD).await.expect(204);
    *ann.access.lock().unwrap() = access;
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.login().await.refused(401, "invalid_credentials");
    for sql in [
        "SELECT 'x' FROM auth_users",
        "SELECT 'x' FROM auth_sessions",
        "SELECT 'x' FROM auth_refresh_tokens",
        "SELECT 'x' FROM auth_mail_tokens",
    ] {
        assert_eq!(rows(service, sql).await.len(), 0, "{sql}");
    }
    service.user("ann").await.get("/auth/me").await.expect(200);
}

on_both!(a_deleted_account_leaves_no_email_in_the_database);
async fn a_deleted_account_leaves_no_email_in_the_database(service: &Service) {
    let ann = service.user("ann").await;
    ann.post("/auth/email", json!({ "email": "later@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    ann.post("/auth/password/forgot", json!({ "email": ANN })).await.expect(202);
    let is_mailed = async |word: &'static str| {
        let newest = async || service.mail(ANN).await["subject"].as_str().unwrap().contains(word);
        eventually(word, newest).await;
    };
    // Mails to one address may overtake each other.
    is_mailed("password").await;
    ann.json(Method::Delete, "/auth/me", json!({ "password": PASSWORD })).await.expect(204);
    is_mailed("deleted").await;
    let dump = async || {
        let sql = "SELECT recipient || args FROM auth_outbox UNION ALL SELECT detail FROM auth_audit
                       UNION ALL SELECT email FROM auth_users UNION ALL SELECT email FROM auth_invitations
                       UNION ALL SELECT email FROM auth_mail_tokens";
        rows(service, sql).await.join("\n")
    };
    // The limit on mails to one address needs these rows for an hour.
    service.advance(Duration::from_mins(61));
    service.auth().purge().await.unwrap();
    let left = dump().await;
    assert!(!left.contains('@'), "{left}");
}

on_both!(of_two_superusers_who_delete_their_accounts_at_once_one_stays);
async fn of_two_superusers_who_delete_their_accounts_at_once_one_stays(service: &Service) {
    for n in 0..6 {
        let mut people = Vec::new();
        for name in [format!("a{n}"), format!("b{n}")] {
            let person = service.user(&name).await;
            set_superuser(service, person.id, true).await;
            people.push(person);
        }
        let leave = people
            .iter()
            .map(|p| p.json(Method::Delete, "/auth/me", json!({ "password": PASSWORD })));
        let left = join_all(leave).await.iter().filter(|r| r.status == 204).count();
        let stay = "SELECT email FROM auth_users WHERE is_superuser AND is_active";
        let stay = rows(service, stay).await;
        assert!(!stay.is_empty(), "{left} left");
        // Demote those who stayed, so that the next round has only its own superusers.
        for person in &people {
            set_superuser(service, person.id, false).await;
        }
    }
}
