//! Devices that have logged in before.
use super::{LOGINS, WRONG, guess, guess_until_limited, log_in, log_in_at, wait};
use crate::support::{PASSWORD, Person, Service};
use portcullis::config::Limits;
use serde_json::json;
use std::time::Duration;

const COOKIE: &str = "__Host-portcullis-device";

fn device(who: &Person<'_>) -> Option<String> {
    who.cookies.lock().unwrap().get(COOKIE).cloned()
}

/// A stranger's browser with this cookie of a known device.
fn with_device<'s>(service: &'s Service, value: &str) -> Person<'s> {
    let stranger = service.stranger();
    stranger.cookies.lock().unwrap().insert(COOKIE.to_owned(), value.to_owned());
    stranger
}

on_both!(strangers_cannot_lock_out_a_known_device, |c| {
    c.limits = Limits::default();
    c.limits.logins = 40;
});
async fn strangers_cannot_lock_out_a_known_device(service: &Service) {
    let ann = service.user("ann").await;
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    // The strangers also use up the budget of the address, which is that of the owner as well.
    while guess(service, "nobody@example.com").await.status != 429 {}
    for _ in 0..40 {
        guess(service, "bob@example.com").await;
    }
    let address = log_in_at(&service.stranger(), "/auth/login", "eve@example.com", WRONG).await;
    assert!(wait(&address) > 1);
    for path in LOGINS {
        log_in_at(&ann, path, &ann.email(), PASSWORD).await.expect(200);
    }
    ann.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    let by_id = json!({ "id": ann.id, "password": PASSWORD });
    ann.post("/api/tokens", by_id).await.expect(200);
    ann.cookies.lock().unwrap().remove(crate::support::SESSION);
    ann.forget_access();
    ann.follow(&ann.log_in().await, "/account").await;
    // The owner's logins change nothing for the strangers.
    wait(&guess(service, &ann.email()).await);
}

on_both!(a_known_device_has_a_budget_of_its_own, |c| c.limits = Limits::default());
async fn a_known_device_has_a_budget_of_its_own(service: &Service) {
    let ann = service.user("ann").await;
    let wrong = async |who: &Person<'_>| log_in_at(who, "/api/login", &ann.email(), WRONG).await;
    for _ in 0..10 {
        wrong(&ann).await.refused(401, "invalid_credentials");
    }
    assert_eq!(wait(&wrong(&ann).await), 1);
    assert_eq!(wait(&log_in(&ann).await), 1);
    // Strangers have what they had, no more and no less.
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    service.advance(Duration::from_secs(1));
    log_in(&ann).await.expect(200);
    assert_eq!(guess(service, &ann.email()).await.status, 401);
    assert_eq!(wait(&guess(service, &ann.email()).await), 2);
}

on_both!(a_cookie_makes_a_device_known_for_its_own_accounts_only, |c| c.limits = Limits::default());
async fn a_cookie_makes_a_device_known_for_its_own_accounts_only(service: &Service) {
    let ann = service.registered("ann").await;
    let mallory = service.user("mallory").await;
    let own = device(&mallory).unwrap();
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    let (id, marks) = own.split_once('.').unwrap();
    let other = service.user("other").await;
    let (_, others) = device(&other)
        .map(|v| v.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap())
        .unwrap();
    for value in [
        own.clone(),
        id.to_owned(),
        format!("{id}.{others}"),
        format!("{own}.{marks}"),
        "x".repeat(3000),
    ] {
        let thief = with_device(service, &value);
        assert_eq!(
            wait(&log_in_at(&thief, "/auth/login", &ann.email(), WRONG).await),
            1,
            "{value}"
        );
    }
    // A browser that several people use knows the accounts of all of them.
    let shared = with_device(service, &own);
    log_in_at(&shared, "/auth/login", &other.email(), PASSWORD).await.expect(200);
    assert_eq!(device(&shared).unwrap().split('.').next(), Some(id));
    assert_eq!(guess_until_limited(service, &mallory.email()).await, 10);
    log_in_at(&shared, "/auth/login", &mallory.email(), PASSWORD).await.expect(200);
}

on_both!(a_mailed_link_makes_the_device_known, |c| c.limits = Limits::default());
async fn a_mailed_link_makes_the_device_known(service: &Service) {
    let ann = service.registered("ann").await;
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    let forgot = json!({ "email": ann.email() });
    ann.post("/auth/password/forgot", forgot).await.expect(202);
    let reset = json!({
        "token": service.mailed_token(&ann.email()).await, "new_password": "another good password",
    });
    ann.post("/auth/password/reset", reset).await.expect(204);
    assert!(device(&ann).is_some());
    // What failed before no longer counts, for a program that keeps no cookies either.
    let login = json!({ "email": ann.email(), "password": "another good password" });
    service.stranger().post("/api/token", login.clone()).await.expect(200);
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    ann.post("/auth/login", login).await.expect(200);
}

on_both!(only_surfaces_with_cookies_set_the_cookie, |c| c.limits = Limits::default());
async fn only_surfaces_with_cookies_set_the_cookie(service: &Service) {
    let ann = service.registered("ann").await;
    for path in LOGINS {
        let person = service.stranger();
        let reply = log_in_at(&person, path, &ann.email(), PASSWORD).await;
        reply.expect(200);
        let sets = ["/auth/login", "/api/tokens"].contains(&path);
        assert_eq!(device(&person).is_some(), sets, "{path}");
        let header = reply.headers.iter().find(|(n, v)| n == "set-cookie" && v.starts_with(COOKIE));
        if let Some((_, header)) = header {
            for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
                assert!(header.contains(attribute), "{header}");
            }
        }
    }
    // A refresh leaves the cookie as it is.
    log_in(&ann).await.expect(200);
    let reply = ann.refresh().await;
    reply.expect(200);
    assert!(!reply.headers.iter().any(|(_, value)| value.starts_with(COOKIE)));
}

on_both!(one_device_cannot_use_up_the_budget_of_another, |c| {
    c.limits = Limits::default();
    c.limits.logins = 20;
});
async fn one_device_cannot_use_up_the_budget_of_another(service: &Service) {
    let ann = service.user("ann").await;
    let lost = service.stranger();
    log_in_at(&lost, "/auth/login", &ann.email(), PASSWORD).await.expect(200);
    for _ in 0..30 {
        log_in_at(&lost, "/auth/login", &ann.email(), WRONG).await;
    }
    wait(&log_in_at(&lost, "/auth/login", &ann.email(), PASSWORD).await);
    log_in(&ann).await.expect(200);
}

on_both!(any_number_of_right_passwords_is_accepted_from_a_device_of_the_time_before, |c| {
    c.limits = Limits::default();
});
async fn any_number_of_right_passwords_is_accepted_from_a_device_of_the_time_before(
    service: &Service,
) {
    let ann = Person { name: "ann".into(), ..service.stranger() };
    let new = json!({ "email": ann.email(), "username": "ann", "password": PASSWORD });
    ann.post("/auth/register", new).await.expect(201);
    log_in(&ann).await.expect(200);
    let before = device(&ann).unwrap();
    let token = service.mailed_token(&ann.email()).await;
    ann.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    for _ in 0..40 {
        let app = with_device(service, &before);
        log_in_at(&app, "/api/token", &ann.email(), PASSWORD).await.expect(200);
    }
}

on_both!(who_registered_the_address_of_another_keeps_no_known_device, |c| {
    c.limits = Limits::default();
    c.limits.logins = 1_000;
});
async fn who_registered_the_address_of_another_keeps_no_known_device(service: &Service) {
    let ann = Person { name: "ann".into(), ..service.stranger() };
    let new = json!({ "email": ann.email(), "username": "ann", "password": PASSWORD });
    service.stranger().post("/auth/register", new).await.expect(201);
    let mut devices = Vec::new();
    for _ in 0..3 {
        let mallory = service.stranger();
        log_in_at(&mallory, "/auth/login", &ann.email(), PASSWORD).await.expect(200);
        devices.push(mallory);
    }
    // The owner of the address takes the account over.
    let forgot = json!({ "email": ann.email() });
    ann.post("/auth/password/forgot", forgot).await.expect(202);
    let reset = json!({
        "token": service.mailed_token(&ann.email()).await, "new_password": "another good password",
    });
    ann.post("/auth/password/reset", reset).await.expect(204);
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    for mallory in &devices {
        wait(&log_in_at(mallory, "/auth/login", &ann.email(), WRONG).await);
    }
    let login = json!({ "email": ann.email(), "password": "another good password" });
    ann.post("/auth/login", login).await.expect(200);
}
