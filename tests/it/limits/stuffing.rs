//! Credential stuffing: many accounts, few attempts each, from many addresses.
use super::{WRONG, post_from, wait};
use crate::support::{PASSWORD, Person, Reply, Service, acts, says, visitor};
use portcullis::config::Limits;
use serde_json::json;
use std::time::Duration;

/// A wrong login for a new name from a new address.
async fn stuff(service: &Service, n: usize) -> Reply {
    let body = json!({ "email": format!("leaked{n}@example.com"), "password": WRONG });
    post_from(&service.stranger(), &format!("198.51.100.{n}"), "/api/token", body).await
}

async fn log_in_from(who: &Person<'_>, ip: &str) -> Reply {
    let body = json!({ "email": who.email(), "password": PASSWORD });
    post_from(who, ip, "/auth/login", body).await
}

on_both!(an_attack_on_many_accounts_is_noticed_and_slowed, |c| {
    c.limits = Limits::default();
    c.limits.logins = 20;
    c.limits.stuffing = 30;
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn an_attack_on_many_accounts_is_noticed_and_slowed(service: &Service) {
    let root = visitor(service, "root").await;
    service.grant(&root, "ADMIN").await;
    let ann = service.registered("ann").await;
    log_in_from(&ann, "192.0.2.1").await.expect(200);
    root.login().await.expect(200);
    for n in 0..29 {
        stuff(service, n).await.refused(401, "invalid_credentials");
    }
    let overview = root.get("/auth/admin/overview").await;
    let before = &overview.expect(200)["stuffing"];
    assert_eq!((&before["noticed"], &before["failed"]), (&json!(false), &json!(29)));
    stuff(service, 29).await.refused(401, "invalid_credentials");
    stuff(service, 30).await.refused(401, "invalid_credentials");
    // Operators see it.
    let overview = root.get("/auth/admin/overview").await;
    let now = overview.expect(200);
    assert_eq!((&now["stuffing"]["noticed"], &now["attacks"]), (&json!(true), &json!(1)));
    assert_eq!(now["stuffing"]["failed"], 31);
    for (page, text) in [
        ("/admin/", "somebody is trying leaked passwords"),
        ("/admin/?lang=ru", "кто-то подбирает пароли по утечкам"),
    ] {
        says(&root.get(page).await, text);
    }
    let noticed = acts(service).await.iter().filter(|act| *act == "stuffing_noticed").count();
    assert_eq!(noticed, 1);
    service.auth().figures().await.unwrap();
    let metrics = root.get("/metrics").await.text;
    assert!(metrics.contains("portcullis_stuffing_total"), "{metrics}");
    // An unknown device has a tenth of the budget of its address.
    let again = async |n: usize| {
        let body = json!({ "email": format!("more{n}@example.com"), "password": WRONG });
        post_from(&service.stranger(), "203.0.113.1", "/api/token", body).await
    };
    for n in 0..2 {
        again(n).await.refused(401, "invalid_credentials");
    }
    assert_eq!(wait(&again(2).await), 300);
    // An honest login from elsewhere passes, and known devices are not affected.
    log_in_from(&Person { name: "ann".into(), ..service.stranger() }, "203.0.113.2")
        .await
        .expect(200);
    for _ in 0..10 {
        log_in_from(&ann, "203.0.113.1").await.expect(200);
    }
    service.advance(Duration::from_mins(10));
    for n in 0..20 {
        again(n).await;
    }
    root.login().await.expect(200);
    assert_eq!(root.get("/auth/admin/overview").await.body["stuffing"]["noticed"], false);
}
