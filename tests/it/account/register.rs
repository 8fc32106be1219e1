//! Registration.
use super::{ANN, NEW, add_operator, confirmation_required};
use crate::support::{PASSWORD, Service, rows};
use rocket::http::Method;
use serde_json::json;

on_both!(a_registration_reports_every_invalid_field);
async fn a_registration_reports_every_invalid_field(service: &Service) {
    let eve = service.stranger();
    let reply = eve
        .post(
            "/auth/register",
            json!({
                "email": "no address", "password": "short", "username": "<b>", "first_name": "a\nb",
            }),
        )
        .await;
    let errors = reply.refused(400, "validation")["errors"].as_object().unwrap().clone();
    let names: Vec<_> = errors.keys().collect();
    assert_eq!(names, ["email", "first_name", "password", "username"]);
    assert_eq!(errors["password"], json!(["At least 8 characters."]));
    let russian =
        [("Content-Type", "application/json"), ("Accept-Language", "de, ru;q=0.9, en;q=0.8")];
    let reply = eve.send(Method::Post, "/auth/register", Some("{}".into()), &russian).await;
    assert_eq!(reply.refused(400, "validation")["errors"]["email"], json!(["Заполните это поле."]));
    for own in ["eve@example.com", "eve.long", "EVE.LONG"] {
        let new = json!({ "email": "eve@example.com", "password": own, "username": "Eve.Long" });
        let reply = eve.post("/auth/register", new).await;
        let status = if own.len() < 8 { continue } else { 400 };
        assert!(reply.expect(status)["errors"]["password"].is_array());
    }
}

on_both!(an_email_and_a_username_each_belong_to_one_account);
async fn an_email_and_a_username_each_belong_to_one_account(service: &Service) {
    let ann = service.registered("Ann").await;
    let with =
        |email: &str, name: &str| json!({ "email": email, "password": PASSWORD, "username": name });
    for email in ["ann@example.com", " ANN@EXAMPLE.COM", "ann@ｅxample.com"] {
        ann.post("/auth/register", with(email, "x")).await.refused(409, "email_taken");
    }
    for name in ["ann", "ＡNN", " Ann "] {
        let reply = ann.post("/auth/register", with("b@example.com", name)).await;
        assert_eq!(
            reply.refused(400, "validation")["errors"]["username"],
            json!(["This is taken already."])
        );
    }
    ann.post("/auth/register", with("ａnn@example.com", "y")).await.refused(400, "validation");
}

on_both!(confirming_an_email_ends_the_sessions_of_others_who_registered_it);
async fn confirming_an_email_ends_the_sessions_of_others_who_registered_it(service: &Service) {
    let eve = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    eve.post("/auth/register", new.clone()).await.expect(201);
    eve.login_with(new).await.expect(200);
    eve.post("/auth/email", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let change = service.mailed_token("eve@example.com").await;
    let owner = service.stranger();
    owner.post("/auth/password/forgot", json!({ "email": "ann@example.com" })).await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    owner
        .post("/auth/password/reset", json!({ "token": token, "new_password": NEW }))
        .await
        .expect(204);
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    eve.forget_access().refresh().await.refused(401, "token_not_valid");
    eve.post("/auth/email/confirm", json!({ "token": change }))
        .await
        .refused(400, "token_not_valid");
    let user = owner.login_with(json!({ "email": "ann@example.com", "password": NEW })).await;
    assert_eq!(user.expect(200)["user"]["is_email_confirmed"], true);
}

on_both!(registering_a_known_email_never_changes_the_existing_account, confirmation_required);
async fn registering_a_known_email_never_changes_the_existing_account(service: &Service) {
    add_operator(service, "op@example.com").await;
    service.stranger().registers(ANN).await;
    let hashes = async || {
        rows(service, "SELECT coalesce(password_hash, 'none') FROM auth_users ORDER BY id").await
    };
    let before = hashes().await;
    let eve = service.stranger();
    for email in ["op@example.com", ANN] {
        let reply = eve
            .post("/auth/register", json!({ "email": email, "password": NEW, "username": "eve" }))
            .await;
        reply.expect(202);
    }
    assert_eq!(hashes().await, before);
    for email in ["op@example.com", ANN] {
        let (reader, token) = (service.stranger(), service.mailed_token(email).await);
        eve.confirms(json!({ "token": token, "password": NEW })).await.refused(400, "validation");
        reader.confirms(json!({ "token": token, "password": PASSWORD })).await.expect(200);
        reader.login_with(json!({ "email": email, "password": PASSWORD })).await.expect(200);
    }
}

on_both!(an_email_change_requested_before_confirmation_cannot_take_the_account);
async fn an_email_change_requested_before_confirmation_cannot_take_the_account(service: &Service) {
    let mallory = service.stranger();
    let ann = json!({ "email": "ann@example.com", "password": PASSWORD });
    mallory.post("/auth/register", ann.clone()).await.expect(201);
    mallory.login_with(ann).await.expect(200);
    let confirm = service.mailed_token("ann@example.com").await;
    let change = json!({ "email": "mallory@example.com", "password": PASSWORD });
    mallory.post("/auth/email", change).await.expect(202);
    let change = service.mailed_token("mallory@example.com").await;

    let owner = service.stranger();
    owner
        .post("/auth/email/confirm", json!({ "token": confirm }))
        .await
        .refused(403, "proof_required");
    let reset = json!({ "token": confirm, "new_password": "seven green herons" });
    owner.post("/auth/password/reset", reset).await.expect(204);
    let moved = mallory.post("/auth/email/confirm", json!({ "token": change })).await;
    moved.refused(400, "token_not_valid");
}

on_both!(a_taken_username_does_not_reveal_that_the_email_is_known, |c| c.email_confirmation =
    portcullis::config::EmailConfirmation::Required);
async fn a_taken_username_does_not_reveal_that_the_email_is_known(service: &Service) {
    let ann = service.registered("ann").await;
    for email in [ann.email(), "unknown@example.com".into()] {
        let new = json!({ "email": email, "password": PASSWORD, "username": "ann" });
        let reply = ann.post("/auth/register", new).await;
        let errors = reply.refused(400, "validation")["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["username"]);
    }
}

on_both!(requests_for_unknown_users_leave_no_rows);
async fn requests_for_unknown_users_leave_no_rows(service: &Service) {
    let guest = service.user("ann").await;
    let count = async || {
        let sql = "SELECT 'audit' FROM auth_audit UNION ALL SELECT 'outbox' FROM auth_outbox";
        rows(service, sql).await.len()
    };
    let before = count().await;
    for n in 0..5 {
        let email = format!("nobody{n}@example.com");
        guest.post("/auth/password/forgot", json!({ "email": email })).await.expect(202);
        guest
            .post("/auth/login", json!({ "email": email, "password": NEW }))
            .await
            .refused(401, "invalid_credentials");
        let sent =
            guest.submit("/confirm-email", "/confirm-email/again", &[("email", &email)]).await;
        assert_eq!(sent.status, 303);
    }
    assert_eq!(count().await, before);
    let figures = guest.get("/metrics").await.text;
    for asked in ["login_failed", "password_reset_requested", "confirmation_resent"] {
        assert!(
            figures.contains(&format!("portcullis_unknown_total{{asked=\"{asked}\"}}")),
            "{asked}: {figures}"
        );
    }
    // Requests about an address that has an account do write to these tables.
    guest.post("/auth/password/forgot", json!({ "email": ANN })).await.expect(202);
    guest
        .post("/auth/login", json!({ "email": ANN, "password": NEW }))
        .await
        .refused(401, "invalid_credentials");
    assert_eq!(count().await, before + 3);
}
