//! Logging in with an email or username and a password.
use crate::support::{PASSWORD, Service, config};
use portcullis::config::EmailConfirmation;
use rocket::http::Method;
use serde_json::json;
use std::time::Duration;

on_both!(a_user_logs_in_with_email_or_username);
async fn a_user_logs_in_with_email_or_username(service: &Service) {
    let ann = service.registered("Ann").await;
    for name in [
        json!({ "email": " ANN@Example.com " }),
        json!({ "username": "aNN" }),
        json!({ "login": "ann" }),
        json!({ "login": "ann@example.com" }),
        json!({ "login": "ann", "email": "", "username": "" }),
    ] {
        let mut body = name;
        body["password"] = json!(PASSWORD);
        let reply = ann.login_with(body).await;
        let token = reply.expect(200);
        assert_eq!(token["token_type"], "Bearer");
        assert_eq!(token["expires_in"], 300);
        assert_eq!(token["user"]["username"], "Ann");
        let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
        assert_eq!(reply.header("authorization"), Some(bearer.as_str()));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let cookie = reply.header("set-cookie").unwrap();
        for part in
            ["__Host-portcullis=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age="]
        {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!reply.text.contains(&ann.refresh_cookie().unwrap()));
    }
    ann.get("/auth/me").await.expect(200);
}

on_both!(an_unknown_user_and_a_wrong_password_get_the_same_reply);
async fn an_unknown_user_and_a_wrong_password_get_the_same_reply(service: &Service) {
    let ann = service.registered("ann").await;
    let mut replies = Vec::new();
    for (login, password) in [
        ("ann@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
        ("not an address@", PASSWORD),
        ("ann", ""),
        ("ann", "x\u{0301}"),
    ] {
        let reply = ann.post("/auth/login", json!({ "login": login, "password": password })).await;
        reply.refused(401, "invalid_credentials");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"portcullis\""));
        replies.push(reply.text);
    }
    replies.dedup();
    assert_eq!(replies.len(), 1);
    ann.post("/auth/login", json!({ "login": "ann", "password": "x".repeat(2000) }))
        .await
        .refused(401, "invalid_credentials");
}

on_both!(the_state_of_an_account_is_shown_only_after_the_right_password, |c| {
    c.email_confirmation = EmailConfirmation::Required;
});
async fn the_state_of_an_account_is_shown_only_after_the_right_password(service: &Service) {
    let eve = service.stranger();
    let new = json!({ "email": "eve@example.com", "password": PASSWORD, "username": "eve" });
    eve.post("/auth/register", new.clone()).await.expect(202);
    let right = json!({ "login": "eve", "password": PASSWORD });
    let wrong = json!({ "login": "eve", "password": "not the password" });
    eve.post("/auth/login", right.clone()).await.refused(403, "email_not_confirmed");
    eve.post("/auth/login", wrong.clone()).await.refused(401, "invalid_credentials");

    // A known email gets the same answer as an unknown one, and only its mailbox learns the difference.
    let token = service.mailed_token("eve@example.com").await;
    eve.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    let mut again = new;
    again["username"] = json!("eve2");
    let known = eve.post("/auth/register", again).await;
    let other = json!({ "email": "other@example.com", "password": PASSWORD });
    let unknown = eve.post("/auth/register", other).await;
    assert_eq!(known.expect(202), unknown.expect(202));
    assert!(service.mail("eve@example.com").await["subject"].as_str().unwrap().contains("already"));

    eve.post("/auth/login", right.clone()).await.expect(200);
    let id = service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .find_user(portcullis::flows::Login::Username("eve"))
        .await
        .unwrap()
        .id;
    service.set_active(id, false).await;
    eve.post("/auth/login", right).await.refused(403, "account_disabled");
    eve.post("/auth/login", wrong).await.refused(401, "invalid_credentials");
}

on_both!(a_session_that_is_not_remembered_ends_with_the_browser_and_after_a_day);
async fn a_session_that_is_not_remembered_ends_with_the_browser_and_after_a_day(service: &Service) {
    let ann = service.registered("ann").await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "remember": false });
    let reply = ann.login_with(body).await;
    reply.expect(200);
    assert!(!reply.header("set-cookie").unwrap().contains("Max-Age"));
    service.advance(Duration::from_hours(23));
    ann.forget_access().refresh().await.expect(200);
    service.advance(Duration::from_hours(1));
    ann.forget_access().refresh().await.refused(401, "token_not_valid");
}

on_both!(disabling_a_user_ends_their_sessions_at_once);
async fn disabling_a_user_ends_their_sessions_at_once(service: &Service) {
    let ann = service.user("ann").await;
    let id = portcullis::flows::UserId(ann.id);
    service.set_active(id, false).await;
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    ann.forget_access().refresh().await.refused(401, "token_not_valid");
    service.set_active(id, true).await;
    ann.refresh().await.refused(401, "token_not_valid");
    ann.login().await.expect(200);
}

on_both!(a_request_body_cannot_set_protected_fields);
async fn a_request_body_cannot_set_protected_fields(service: &Service) {
    let eve = service.stranger();
    let user = eve
        .post(
            "/auth/register",
            json!({
                "email": "eve@example.com", "password": PASSWORD, "id": 1000, "role": "ADMIN",
                "roles": ["ADMIN"], "is_superuser": true, "is_staff": true, "is_active": false,
                "is_email_confirmed": true, "email_confirmed_at": 1,
            }),
        )
        .await;
    let user = user.expect(201);
    assert_eq!((&user["role"], &user["roles"]), (&json!("USER"), &json!([])));
    assert_eq!(
        (&user["is_superuser"], &user["is_email_confirmed"]),
        (&json!(false), &json!(false))
    );
    assert_eq!((&user["is_active"], &user["id"]), (&json!(true), &json!(1)));
    eve.login_with(json!({ "email": "eve@example.com", "password": PASSWORD })).await.expect(200);
    let changed = eve
        .json(Method::Patch, "/auth/me", json!({ "roles": ["ADMIN"], "is_superuser": true }))
        .await;
    assert_eq!(changed.expect(200)["is_superuser"], false);
}

on_both!(a_login_replaces_the_cookie_that_the_browser_had);
async fn a_login_replaces_the_cookie_that_the_browser_had(service: &Service) {
    let eve = service.user("eve").await;
    service.registered("ann").await;
    // Eve planted her own cookie in Ann's browser.
    let planted = eve.refresh_cookie().unwrap();
    let browser = service.stranger();
    browser.cookies.lock().unwrap().insert("__Host-portcullis".into(), planted.clone());
    browser.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    assert_ne!(browser.refresh_cookie().unwrap(), planted);
    assert_eq!(browser.forget_access().get("/auth/me").await.expect(200)["username"], "ann");
}

on_both!(no_reply_with_tokens_is_cached);
async fn no_reply_with_tokens_is_cached(service: &Service) {
    let ann = service.user("ann").await;
    let body = json!({ "email": ann.email(), "password": PASSWORD });
    for path in ["/auth/login", "/token", "/api/login", "/api/tokens", "/api/token", "/u/api/login"]
    {
        let reply = service.stranger().post(path, body.clone()).await;
        reply.expect(200);
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
    let reply = ann.refresh().await;
    reply.expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn login_replaces_an_outdated_hash() {
    let database = crate::support::Database::sqlite();
    let mut config = config();
    let service = Service::start(&database, config.clone(), None).await;
    service.registered("ann").await;
    let hash = async || {
        let db = sqlx::SqlitePool::connect(&database.url).await.unwrap();
        let (hash,): (String,) =
            sqlx::query_as("SELECT password_hash FROM auth_users").fetch_one(&db).await.unwrap();
        hash
    };
    assert!(hash().await.contains("m=64,"));
    config.password.memory = 128;
    let service = Service::start(&database, config, None).await;
    let mut ann = service.stranger();
    ann.name = "ann".into();
    ann.login().await.expect(200);
    assert!(hash().await.contains("m=128,"));
    ann.login().await.expect(200);
    ann.get("/auth/me").await.expect(200);
}
