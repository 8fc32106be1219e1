//! Changing a password, and resetting one that was forgotten.
use super::NEW;
use crate::support::{PASSWORD, Service, rows};
use serde_json::json;
use std::time::Duration;

on_both!(changing_the_password_ends_the_other_sessions);
async fn changing_the_password_ends_the_other_sessions(service: &Service) {
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
    // The change of password also revoked the reset link that was mailed before.
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

on_both!(a_mail_goes_to_the_address_as_its_owner_wrote_it);
async fn a_mail_goes_to_the_address_as_its_owner_wrote_it(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "Ann@Example.com", "password": PASSWORD });
    ann.post("/auth/register", new).await.expect(201);
    ann.post("/auth/password/forgot", json!({ "email": " aNN@EXAMPLE.com" })).await.expect(202);
    let recipients = rows(service, "SELECT DISTINCT recipient FROM auth_outbox").await;
    assert_eq!(recipients, ["Ann@example.com"]);
}
