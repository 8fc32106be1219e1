//! How many mails one address gets, and in which language.
use crate::support::{PASSWORD, Service, rows};
use rocket::futures::future::join_all;
use serde_json::json;
use std::time::Duration;

on_both!(few_mails_are_sent_to_one_address_in_an_hour);
async fn few_mails_are_sent_to_one_address_in_an_hour(service: &Service) {
    let ann = service.registered("ann").await;
    for _ in 0..20 {
        ann.post("/auth/password/forgot", json!({ "email": "ANN@example.com" })).await.expect(202);
    }
    let sql = "SELECT kind FROM auth_outbox WHERE kind = 'reset_password'";
    assert_eq!(rows(service, sql).await.len(), 5);
    service.advance(Duration::from_hours(1));
    ann.post("/auth/password/forgot", json!({ "email": "ann@example.com" })).await.expect(202);
    assert_eq!(rows(service, sql).await.len(), 6);
}

on_both!(concurrent_requests_do_not_exceed_the_limit_of_mails);
async fn concurrent_requests_do_not_exceed_the_limit_of_mails(service: &Service) {
    let ann = service.registered("ann").await;
    let other = service.replica().await;
    let forgot = json!({ "email": "ann@example.com" });
    join_all((0..40).map(|n| {
        let server = if n % 2 == 0 { service } else { &other };
        let (ann, forgot) = (ann.at(server), forgot.clone());
        async move {
            ann.post("/auth/password/forgot", forgot).await.expect(202);
        }
    }))
    .await;
    let sql = "SELECT kind FROM auth_outbox WHERE kind = 'reset_password'";
    assert_eq!(rows(service, sql).await.len(), 5);
    other.end().await;
}

on_both!(mails_are_in_the_language_of_their_reader);
async fn mails_are_in_the_language_of_their_reader(service: &Service) {
    let ivan = service.stranger();
    let body = json!({ "email": "ivan@example.com", "password": PASSWORD, "first_name": "Иван" })
        .to_string();
    let headers = [("Content-Type", "application/json"), ("Accept-Language", "ru-RU,ru;q=0.9")];
    ivan.send(rocket::http::Method::Post, "/auth/register", Some(body), &headers).await.expect(201);
    let mail = service.mail("ivan@example.com").await;
    assert!(mail["subject"].as_str().unwrap().starts_with("Подтвердите адрес"));
    // A mail to an unconfirmed address contains no text that the person who registered chose.
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Здравствуйте!") && !text.contains("Иван"), "{text}");
    let token = service.mailed_token("ivan@example.com").await;
    ivan.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    ivan.post("/auth/password/forgot", json!({ "email": "ivan@example.com" })).await.expect(202);
    let mail = service.mail("ivan@example.com").await;
    assert!(mail["text"].as_str().unwrap().contains("Здравствуйте, Иван!"), "{mail}");
}

on_both!(an_address_in_another_case_shares_the_limit_of_mails);
async fn an_address_in_another_case_shares_the_limit_of_mails(service: &Service) {
    let mallory = service.user("mallory").await;
    for n in 0..12_u32 {
        let email: String = "victim@example.org"
            .chars()
            .enumerate()
            .map(|(i, c)| if n >> i & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let change = json!({ "email": email, "password": PASSWORD });
        mallory.post("/auth/email", change).await.expect(202);
        service.mail("nobody@example.com").await;
    }
    let mails = service.auth().mailer().kept().unwrap();
    let to_victim = mails.iter().filter(|m| m.to.eq_ignore_ascii_case("victim@example.org"));
    assert_eq!(to_victim.count(), 5);
}
