use crate::support::{PASSWORD, Service};
use rocket::http::Method;
use serde_json::json;
use std::time::Duration;

const NEW: &str = "another good password";

on_both!(a_registration_names_everything_that_is_wrong);
async fn a_registration_names_everything_that_is_wrong(service: &Service) {
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

on_both!(one_address_is_one_account_and_one_name_one_user);
async fn one_address_is_one_account_and_one_name_one_user(service: &Service) {
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

on_both!(people_change_their_profile);
async fn people_change_their_profile(service: &Service) {
    let ann = service.user("ann").await;
    service.user("bob").await;
    let patch = async |body| ann.json(Method::Patch, "/auth/me", body).await;
    let user = patch(json!({ "first_name": "Анна", "language": "ru" })).await;
    assert_eq!(
        (&user.expect(200)["first_name"], &user.body["username"]),
        (&json!("Анна"), &json!("ann"))
    );
    assert_eq!(
        patch(json!({ "username": "Ann Smith" })).await.expect(200)["username"],
        "Ann Smith"
    );
    assert_eq!(patch(json!({ "username": null })).await.expect(200)["username"], json!(null));
    assert_eq!(patch(json!({})).await.expect(200)["first_name"], "Анна");
    assert!(patch(json!({ "username": "BOB" })).await.expect(400)["errors"]["username"].is_array());
    assert!(patch(json!({ "language": "xx" })).await.expect(400)["errors"]["language"].is_array());
    assert!(patch(json!({ "username": 1 })).await.expect(400)["errors"]["username"].is_array());
}

on_both!(a_change_of_password_ends_the_other_sessions);
async fn a_change_of_password_ends_the_other_sessions(service: &Service) {
    let ann = service.user("ann").await;
    let phone = service.stranger();
    phone.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    let change = async |current: &str, new: &str| {
        ann.post("/auth/password", json!({ "current_password": current, "new_password": new }))
            .await
    };
    assert!(
        change("wrong", NEW).await.refused(400, "validation")["errors"]["current_password"]
            .is_array()
    );
    assert!(
        change(PASSWORD, "short").await.refused(400, "validation")["errors"]["new_password"]
            .is_array()
    );
    phone.get("/auth/me").await.expect(200);
    change(PASSWORD, NEW).await.expect(204);
    phone.get("/auth/me").await.refused(401, "token_not_valid");
    phone.forget_access().refresh().await.refused(401, "token_not_valid");
    ann.get("/auth/me").await.expect(200);
    ann.refresh().await.expect(200);
    ann.login().await.refused(401, "invalid_credentials");
    ann.login_with(json!({ "login": "ann", "password": NEW })).await.expect(200);
    let mail = service.mail("ann@example.com").await;
    assert!(mail["subject"].as_str().unwrap().contains("changed"));
    assert_eq!(mail["links"][0], "http://localhost:8000/forgot-password");
}

on_both!(a_forgotten_password_is_reset_once_by_mail);
async fn a_forgotten_password_is_reset_once_by_mail(service: &Service) {
    let ann = service.user("ann").await;
    let forgot =
        async |email: &str| ann.post("/auth/password/forgot", json!({ "email": email })).await;
    let reset = async |token: &str, new: &str| {
        ann.post("/auth/password/reset", json!({ "token": token, "new_password": new })).await
    };
    let (known, unknown) = (forgot("ANN@example.com").await, forgot("nobody@example.com").await);
    assert_eq!(known.expect(202), unknown.expect(202));
    let first = service.mailed_token("ann@example.com").await;
    forgot("ann@example.com").await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    reset(&token, "short").await.refused(400, "validation");
    reset(&token, NEW).await.expect(204);
    reset(&token, NEW).await.refused(400, "token_not_valid");
    // A link that was asked for before the change has died with it.
    reset(&first, NEW).await.refused(400, "token_not_valid");
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.login_with(json!({ "login": "ann", "password": NEW })).await.expect(200);

    forgot("ann@example.com").await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    service.advance(Duration::from_hours(1));
    reset(&token, PASSWORD).await.refused(400, "token_not_valid");
    for other in ["", "x", &ann.refresh_cookie().unwrap()] {
        reset(other, PASSWORD).await.refused(400, "token_not_valid");
    }
}

on_both!(whoever_registers_somebody_elses_address_is_out_once_the_owner_proves_it);
async fn whoever_registers_somebody_elses_address_is_out_once_the_owner_proves_it(
    service: &Service,
) {
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

on_both!(confirming_ends_no_session);
async fn confirming_ends_no_session(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new.clone()).await.expect(201);
    ann.login_with(new.clone()).await.expect(200);
    let other = service.stranger();
    other.login_with(new).await.expect(200);
    let token = service.mailed_token("ann@example.com").await;
    let user = ann.post("/auth/email/confirm", json!({ "token": token })).await;
    assert_eq!(user.expect(200)["is_email_confirmed"], true);
    ann.get("/auth/me").await.expect(200);
    other.get("/auth/me").await.expect(200);
    ann.post("/auth/email/confirm", json!({ "token": token }))
        .await
        .refused(400, "token_not_valid");
}

on_both!(a_confirmation_is_good_for_three_days_and_can_be_sent_again);
async fn a_confirmation_is_good_for_three_days_and_can_be_sent_again(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new.clone()).await.expect(201);
    let old = service.mailed_token("ann@example.com").await;
    service.advance(Duration::from_hours(72));
    ann.post("/auth/email/confirm", json!({ "token": old })).await.refused(400, "token_not_valid");
    ann.login_with(new).await.expect(200);
    ann.send(Method::Post, "/auth/email/resend", None, &[]).await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    ann.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
}

on_both!(an_address_changes_once_the_new_one_is_proven);
async fn an_address_changes_once_the_new_one_is_proven(service: &Service) {
    let ann = service.user("ann").await;
    service.registered("bob").await;
    let change = async |email: &str, password: &str| {
        ann.post("/auth/email", json!({ "email": email, "password": password })).await
    };
    assert!(
        change("new@example.com", "wrong").await.refused(400, "validation")["errors"]["password"]
            .is_array()
    );
    change("first@example.com", PASSWORD).await.expect(202);
    let first = service.mailed_token("first@example.com").await;
    change("new@example.com", PASSWORD).await.expect(202);
    assert!(
        service.mail("ann@example.com").await["text"].as_str().unwrap().contains("new@example.com")
    );
    let token = service.mailed_token("new@example.com").await;
    // Asking for another change withdraws the first.
    ann.post("/auth/email/confirm", json!({ "token": first }))
        .await
        .refused(400, "token_not_valid");
    ann.get("/auth/me").await.expect(200);
    let user = ann.post("/auth/email/confirm", json!({ "token": token })).await;
    assert_eq!(user.expect(200)["email"], "new@example.com");
    ann.login().await.refused(401, "invalid_credentials");
    ann.login_with(json!({ "email": "new@example.com", "password": PASSWORD })).await.expect(200);
    // Somebody else's address: the same answer, and its owner is told.
    assert_eq!(
        change("bob@example.com", PASSWORD).await.expect(202)["detail"],
        change("c@example.com", PASSWORD).await.body["detail"]
    );
    assert!(service.mail("bob@example.com").await["subject"].as_str().unwrap().contains("already"));
}

on_both!(an_account_is_deleted_with_everything_of_it);
async fn an_account_is_deleted_with_everything_of_it(service: &Service) {
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
        assert_eq!(crate::store::rows(service, sql).await.len(), 0, "{sql}");
    }
    service.user("ann").await.get("/auth/me").await.expect(200);
}

on_both!(nothing_secret_is_stored_in_clear);
async fn nothing_secret_is_stored_in_clear(service: &Service) {
    let ann = service.user("ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let sql = "SELECT args FROM auth_outbox UNION ALL SELECT detail FROM auth_audit
                   UNION ALL SELECT password_hash FROM auth_users";
    let all = crate::store::rows(service, sql).await.join("\n");
    for secret in [PASSWORD, &token, &ann.refresh_cookie().unwrap()] {
        assert!(!all.contains(secret), "{all}");
    }
}
