//! How many wrong passwords, codes and links a session may try.
use super::{ANN, NEW};
use crate::support::{PASSWORD, Service, rows};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;

on_both!(a_mailed_link_allows_ten_wrong_passwords);
async fn a_mailed_link_allows_ten_wrong_passwords(service: &Service) {
    service.stranger().registers(ANN).await;
    let (ann, token) = (service.stranger(), service.mailed_token(ANN).await);
    let tries =
        join_all((0..14).map(|_| ann.confirms(json!({ "token": token, "password": NEW })))).await;
    assert_eq!(tries.iter().filter(|r| r.status == 400).count(), 10);
    assert_eq!(tries.iter().filter(|r| r.status == 403).count(), 4);
    ann.confirms(json!({ "token": token, "password": PASSWORD }))
        .await
        .refused(403, "proof_required");
    service.elsewhere(ANN).await.confirms(json!({ "token": token })).await.expect(200);
}

on_both!(ten_wrong_codes_lock_confirmation_however_many_mails_were_sent);
async fn ten_wrong_codes_lock_confirmation_however_many_mails_were_sent(service: &Service) {
    let ann = service.stranger();
    ann.registers(ANN).await;
    ann.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    let wrong = if service.mailed_code(ANN).await == "000000" { "000001" } else { "000000" };
    join_all((0..6).map(|_| ann.confirms(json!({ "code": wrong })))).await;
    service.advance(Duration::from_secs(1));
    ann.post("/auth/email/resend", json!({})).await.expect(202);
    let code = service.mailed_code(ANN).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        ann.confirms(json!({ "code": wrong })).await.refused(400, "validation");
    }
    ann.confirms(json!({ "code": code })).await.refused(400, "validation");
    ann.confirms(json!({ "token": service.mailed_token(ANN).await })).await.expect(200);
}

on_both!(the_tenth_wrong_password_in_a_row_ends_the_session);
async fn the_tenth_wrong_password_in_a_row_ends_the_session(service: &Service) {
    let ann = service.user("ann").await;
    let change = |current: &str| json!({ "current_password": current, "new_password": NEW });
    for _ in 0..9 {
        ann.post("/auth/password", change("wrong")).await.refused(400, "validation");
    }
    // The right password resets the count.
    ann.post("/auth/email", json!({ "email": "x@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    for _ in 0..10 {
        ann.json(Method::Delete, "/auth/me", json!({ "password": "wrong" }))
            .await
            .refused(400, "validation");
    }
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.forget_access().refresh().await.refused(401, "token_not_valid");

    let thief = service.elsewhere("ann").await;
    join_all((0..30).map(|_| thief.post("/auth/password", change("wrong")))).await;
    let judged =
        rows(service, "SELECT kind FROM auth_audit WHERE kind = 'password_refused'").await.len();
    assert_eq!(judged, 9 + 10 + 10);
    thief.post("/auth/password", change(PASSWORD)).await.refused(401, "token_not_valid");
}

on_both!(derived_sessions_share_one_count_of_wrong_passwords);
async fn derived_sessions_share_one_count_of_wrong_passwords(service: &Service) {
    let ann = service.user("ann").await;
    let wrong = json!({ "password": "wrong" });
    let mut clones = Vec::new();
    for _ in 0..3 {
        let token = ann.post("/api/tokens", json!({ "id": ann.id })).await;
        let clone = service.stranger();
        *clone.access.lock().unwrap() =
            Some(token.expect(200)["token"].as_str().unwrap().to_owned());
        clones.push(clone);
    }
    for n in 0..10 {
        clones[n % 3]
            .json(Method::Delete, "/auth/me", wrong.clone())
            .await
            .refused(400, "validation");
    }
    for session in clones.iter().chain([&ann]) {
        session.get("/auth/me").await.refused(401, "token_not_valid");
    }
}
