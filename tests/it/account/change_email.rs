//! Changing the email of an account, and undoing the change.
use super::{ANN, NEW};
use crate::support::{PASSWORD, Person, Service, rows, says};
use serde_json::json;
use std::time::Duration;

on_both!(the_email_changes_once_the_new_one_is_confirmed);
async fn the_email_changes_once_the_new_one_is_confirmed(service: &Service) {
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
    // An email that another user has gets the same answer, and that user gets a mail.
    assert_eq!(
        change("bob@example.com", PASSWORD).await.expect(202)["detail"],
        change("c@example.com", PASSWORD).await.body["detail"]
    );
    assert!(service.mail("bob@example.com").await["subject"].as_str().unwrap().contains("already"));
}

on_both!(a_change_of_email_needs_more_than_the_link_and_can_be_declined);
async fn a_change_of_email_needs_more_than_the_link_and_can_be_declined(service: &Service) {
    let mallory = service.user("mallory").await;
    let asks = async || {
        mallory
            .post("/auth/email", json!({ "email": ANN, "password": PASSWORD }))
            .await
            .expect(202);
        service.mailed_token(ANN).await
    };
    let (ann, token) = (service.stranger(), asks().await);
    ann.confirms(json!({ "token": token })).await.refused(403, "proof_required");
    // The link does not reset a password: that would open another person's account.
    let reset =
        ann.post("/auth/password/reset", json!({ "token": token, "new_password": NEW })).await;
    reset.refused(400, "token_not_valid");
    let done = ann.press("/confirm-email", &token, "/confirm-email/decline", &[]).await;
    says(&ann.follow(&done, "/login").await, "Change cancelled.");
    mallory.confirms(json!({ "token": token })).await.refused(400, "token_not_valid");
    assert_eq!(mallory.get("/auth/me").await.expect(200)["email"], "mallory@example.com");

    let token = asks().await;
    let user = ann.confirms(json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(user.expect(200)["email"], ANN);
    mallory.get("/auth/me").await.expect(200);
}

on_both!(an_unconfirmed_account_does_not_block_its_email);
async fn an_unconfirmed_account_does_not_block_its_email(service: &Service) {
    let ann = service.user("ann").await;
    let eve = service.stranger();
    eve.registers("new@example.com").await;
    eve.login_with(json!({ "email": "new@example.com", "password": PASSWORD })).await.expect(200);
    service.registered("bob").await;
    for to in ["new@example.com", "bob@example.com"] {
        ann.post("/auth/email", json!({ "email": to, "password": PASSWORD })).await.expect(202);
    }
    assert!(service.mail("bob@example.com").await["subject"].as_str().unwrap().contains("already"));
    ann.post("/auth/email", json!({ "email": "new@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let token = service.mailed_token("new@example.com").await;
    assert_eq!(
        ann.confirms(json!({ "token": token })).await.expect(200)["email"],
        "new@example.com"
    );
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    assert_eq!(
        rows(service, "SELECT email FROM auth_users ORDER BY id").await,
        ["new@example.com", "bob@example.com"]
    );
}

on_both!(the_old_address_can_undo_a_change_of_email);
async fn the_old_address_can_undo_a_change_of_email(service: &Service) {
    let ann = service.user("ann").await;
    let thief = service.elsewhere("ann").await;
    let moves = async |to: &str, password: &str| {
        thief.post("/auth/email", json!({ "email": to, "password": password })).await.expect(202);
        thief.confirms(json!({ "token": service.mailed_token(to).await })).await.expect(200);
    };
    moves("b@example.com", PASSWORD).await;
    assert!(service.mail(ANN).await["text"].as_str().unwrap().contains("b@example.com"));
    let back = service.mailed_token(ANN).await;
    // Later changes do not invalidate the undo link of the first email.
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    thief.post("/auth/password", change).await.expect(204);
    moves("c@example.com", NEW).await;
    let theirs = service.mailed_token("b@example.com").await;
    thief.registers(ANN).await;

    let link = ann.get(&format!("/restore-email?token={back}")).await;
    assert_eq!((link.status, link.header("location")), (303, Some("/restore-email")));
    says(&ann.get("/restore-email").await, "<b>ann@example.com</b>");
    assert_eq!(thief.get("/auth/me").await.expect(200)["email"], "c@example.com");
    let sent = ann.press("/restore-email", &back, "/restore-email", &[]).await;
    let page = ann.follow(&sent, "/reset-password").await;
    says(&page, "Now choose a new password.");
    thief.get("/auth/me").await.refused(401, "token_not_valid");
    for password in [PASSWORD, NEW] {
        thief
            .login_with(json!({ "email": ANN, "password": password }))
            .await
            .refused(401, "invalid_credentials");
    }
    let token = ann.cookies.lock().unwrap()["__Host-portcullis-reset"].clone();
    let fields = [("token", &*token), ("new_password", "nine quiet kettles")];
    ann.follow(&ann.submit("/reset-password", "/reset-password", &fields).await, "/login").await;
    let user = ann.login_with(json!({ "login": "ann", "password": "nine quiet kettles" })).await;
    assert_eq!(user.expect(200)["user"]["email"], ANN);
    // The undo link of the later email is revoked, and each link works once.
    for spent in [theirs, back] {
        thief.get(&format!("/restore-email?token={spent}")).await;
        assert_eq!(thief.get("/restore-email").await.status, 400);
    }
    assert_eq!(rows(service, "SELECT email FROM auth_users").await, [ANN]);
}

on_both!(a_change_can_be_undone_for_three_days_from_a_confirmed_address);
async fn a_change_can_be_undone_for_three_days_from_a_confirmed_address(service: &Service) {
    let ann = service.user("ann").await;
    let moves = async |person: &Person<'_>, to: &str| {
        person.post("/auth/email", json!({ "email": to, "password": PASSWORD })).await.expect(202);
        person.confirms(json!({ "token": service.mailed_token(to).await })).await.expect(200);
    };
    moves(&ann, "new@example.com").await;
    let token = service.mailed_token(ANN).await;
    let guest = service.stranger();
    guest.get(&format!("/restore-email?token={token}")).await;
    assert_eq!(guest.get("/restore-email").await.status, 200);
    service.advance(Duration::from_hours(72));
    assert_eq!(guest.get("/restore-email").await.status, 400);
    // The old email is mistyped and unconfirmed. It gets no undo link: the mailbox may be someone else's.
    let bob = service.stranger();
    bob.registers("bbo@example.com").await;
    bob.login_with(json!({ "email": "bbo@example.com", "password": PASSWORD })).await.expect(200);
    moves(&bob, "bob@example.com").await;
    let sql = "SELECT recipient FROM auth_outbox WHERE kind = 'restore_email'";
    assert_eq!(rows(service, sql).await, [ANN]);
}

on_both!(undoing_a_change_takes_the_old_address_back_from_a_new_account);
async fn undoing_a_change_takes_the_old_address_back_from_a_new_account(service: &Service) {
    let ann = service.user("ann").await;
    let thief = service.elsewhere("ann").await;
    thief
        .post("/auth/email", json!({ "email": "b@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    thief
        .confirms(json!({ "token": service.mailed_token("b@example.com").await }))
        .await
        .expect(200);
    let back = service.mailed_token(ANN).await;
    // The owner, who is unaware, resets the password and so confirms the thief's new account.
    service.stranger().registers(ANN).await;
    ann.post("/auth/password/forgot", json!({ "email": ANN })).await.expect(202);
    let reset = json!({ "token": service.mailed_token(ANN).await, "new_password": NEW });
    ann.post("/auth/password/reset", reset).await.expect(204);
    let reader = service.stranger();
    let sent = reader.press("/restore-email", &back, "/restore-email", &[]).await;
    assert_eq!(sent.header("location"), Some("/reset-password"));
    thief.get("/auth/me").await.refused(401, "token_not_valid");
    let owners =
        rows(service, "SELECT CAST(id AS TEXT) FROM auth_users WHERE email = 'ann@example.com'")
            .await;
    assert_eq!(owners, [ann.id.to_string()]);
}
