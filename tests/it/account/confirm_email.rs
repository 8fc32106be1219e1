//! Confirming an email: the link proves that the mail arrived, and something else proves who opens it.
use super::{ANN, NEW, add_operator};
use crate::support::{PASSWORD, Service, rows, says};
use portcullis::flows::Login;
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;

on_both!(the_owner_of_the_email_takes_over_an_account_that_another_person_registered);
async fn the_owner_of_the_email_takes_over_an_account_that_another_person_registered(
    service: &Service,
) {
    let (eve, ann) = (service.stranger(), service.stranger());
    eve.registers(ANN).await;
    eve.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    let token = service.mailed_token(ANN).await;
    eve.post("/auth/email", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let change = service.mailed_token("eve@example.com").await;

    ann.confirms(json!({ "token": token })).await.refused(403, "proof_required");
    let wrong = ann.confirms(json!({ "token": token, "password": NEW })).await;
    assert!(wrong.refused(400, "validation")["errors"]["password"].is_array());
    assert_eq!(eve.get("/auth/me").await.expect(200)["is_email_confirmed"], false);
    let stranger = service.user("bob").await;
    stranger.confirms(json!({ "token": token })).await.refused(403, "proof_required");

    ann.post("/auth/password/reset", json!({ "token": token, "new_password": NEW }))
        .await
        .expect(204);
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    eve.forget_access().refresh().await.refused(401, "token_not_valid");
    eve.login_with(json!({ "email": ANN, "password": PASSWORD }))
        .await
        .refused(401, "invalid_credentials");
    eve.confirms(json!({ "token": change, "password": PASSWORD }))
        .await
        .refused(400, "token_not_valid");
    let user = ann.login_with(json!({ "email": ANN, "password": NEW })).await;
    assert_eq!(user.expect(200)["user"]["is_email_confirmed"], true);
}

on_both!(browser_session_or_password_confirm_and_no_session_ends);
async fn browser_session_or_password_confirm_and_no_session_ends(service: &Service) {
    for (n, way) in ["browser", "session", "password"].into_iter().enumerate() {
        let (ann, email) = (service.stranger(), format!("ann{n}@example.com"));
        ann.registers(&email).await;
        let phone = service.elsewhere(&email).await;
        let token = service.mailed_token(&email).await;
        let user = match way {
            "browser" => ann.confirms(json!({ "token": token })).await,
            "session" => phone.confirms(json!({ "token": token })).await,
            _ => service.stranger().confirms(json!({ "token": token, "password": PASSWORD })).await,
        };
        assert_eq!(user.expect(200)["is_email_confirmed"], true, "{way}");
        phone.get("/auth/me").await.expect(200);
        ann.confirms(json!({ "token": token, "password": PASSWORD }))
            .await
            .refused(400, "token_not_valid");
    }
}

on_both!(a_mailed_code_confirms_in_a_session);
async fn a_mailed_code_confirms_in_a_session(service: &Service) {
    let ann = service.stranger();
    ann.registers(ANN).await;
    let code = service.mailed_code(ANN).await;
    ann.confirms(json!({ "code": code })).await.refused(401, "unauthenticated");
    ann.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    service.user("bob").await.confirms(json!({ "code": code })).await.refused(400, "validation");
    for wrong in ["", "12345", "abcdef", "0123456"] {
        let reply = ann.confirms(json!({ "code": wrong })).await;
        assert!(reply.refused(400, "validation")["errors"]["code"].is_array(), "{wrong}");
    }
    for neither in [json!({}), json!({ "code": code, "token": "x" })] {
        ann.confirms(neither).await.refused(400, "validation");
    }
    // Only the code in the newest mail works.
    service.advance(Duration::from_secs(1));
    ann.post("/auth/email/resend", json!({})).await.expect(202);
    let newest = service.mailed_code(ANN).await;
    if newest != code {
        ann.confirms(json!({ "code": code })).await.refused(400, "validation");
    }
    let spaced = format!(" {} {}", &newest[..3], &newest[3..]);
    assert_eq!(
        ann.confirms(json!({ "code": spaced })).await.expect(200)["is_email_confirmed"],
        true
    );
    ann.confirms(json!({ "code": newest })).await.refused(400, "validation");
    // A code also confirms a change of email.
    ann.post("/auth/email", json!({ "email": "new@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let code = service.mailed_code("new@example.com").await;
    assert_eq!(ann.confirms(json!({ "code": code })).await.expect(200)["email"], "new@example.com");
    let stored = rows(
        service,
        "SELECT CAST(count(*) AS TEXT) FROM auth_mail_tokens WHERE length(code_hash) <> 32",
    )
    .await;
    assert_eq!(stored, ["0"]);
}

on_both!(the_owner_of_the_email_can_decline_the_account_which_deletes_it);
async fn the_owner_of_the_email_can_decline_the_account_which_deletes_it(service: &Service) {
    let (eve, ann) = (service.stranger(), service.stranger());
    eve.registers(ANN).await;
    eve.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    let token = service.mailed_token(ANN).await;
    let done = ann.press("/confirm-email", &token, "/confirm-email/decline", &[]).await;
    says(&ann.follow(&done, "/login").await, "You can use your email for a new one.");
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    eve.login_with(json!({ "email": ANN, "password": PASSWORD }))
        .await
        .refused(401, "invalid_credentials");
    assert!(rows(service, "SELECT email FROM auth_users").await.is_empty());
    ann.registers(ANN).await;
}

on_both!(declining_deletes_only_an_unconfirmed_self_registered_account);
async fn declining_deletes_only_an_unconfirmed_self_registered_account(service: &Service) {
    add_operator(service, "op@example.com").await;
    let eve = service.stranger();
    for email in ["roles@example.com", "late@example.com"] {
        eve.registers(email).await;
    }
    let user = service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .find_user(Login::Email("roles@example.com"))
        .await
        .unwrap();
    service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .grant(user.id, "EDITOR", false)
        .await
        .unwrap();
    let late = service.mailed_token("late@example.com").await;
    let reader = service.stranger();
    for email in ["op@example.com", "roles@example.com"] {
        let token = service.mailed_token(email).await;
        let link = reader.get(&format!("/confirm-email?token={token}")).await;
        let page = reader.follow(&link, "/confirm-email").await;
        assert!(!page.text.contains("/confirm-email/decline"), "{email}");
        // The form of another link's page with this token is refused as well.
        reader
            .follow(&reader.get(&format!("/confirm-email?token={late}")).await, "/confirm-email")
            .await;
        let forged =
            reader.submit("/confirm-email", "/confirm-email/decline", &[("token", &token)]).await;
        assert_eq!(forged.status, 403, "{email}");
    }
    reader.confirms(json!({ "token": late, "password": PASSWORD })).await.expect(200);
    assert_eq!(rows(service, "SELECT email FROM auth_users").await.len(), 3);
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

on_both!(a_confirmation_link_is_valid_for_three_days_and_can_be_sent_again);
async fn a_confirmation_link_is_valid_for_three_days_and_can_be_sent_again(service: &Service) {
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

on_both!(of_several_links_used_at_once_exactly_one_confirms);
async fn of_several_links_used_at_once_exactly_one_confirms(service: &Service) {
    for n in 0..8 {
        let person = service.stranger();
        let email = format!("p{n}@example.com");
        let account = json!({ "email": email, "password": PASSWORD });
        person.post("/auth/register", account.clone()).await.expect(201);
        person.login_with(account).await.expect(200);
        let mut tokens = vec![service.mailed_token(&email).await];
        for _ in 0..3 {
            person.post("/auth/email/resend", json!({})).await.expect(202);
            tokens.push(service.mailed_token(&email).await);
        }
        let all = tokens
            .iter()
            .map(|token| person.post("/auth/email/confirm", json!({ "token": token })));
        let mut statuses: Vec<_> = join_all(all).await.iter().map(|r| r.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400, 400, 400]);
    }
}
