//! Which secrets the database contains.
use crate::support::{PASSWORD, Service, rows};
use serde_json::json;
use std::time::Duration;

on_both!(no_secret_is_stored_in_plain_text);
async fn no_secret_is_stored_in_plain_text(service: &Service) {
    let ann = service.user("ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let sql = "SELECT args FROM auth_outbox UNION ALL SELECT detail FROM auth_audit
                   UNION ALL SELECT password_hash FROM auth_users";
    let all = rows(service, sql).await.join("\n");
    for secret in [PASSWORD, &token, &ann.refresh_cookie().unwrap()] {
        assert!(!all.contains(secret), "{all}");
    }
}

on_both!(the_kinds_of_hashes_that_are_stored_are_known);
async fn the_kinds_of_hashes_that_are_stored_are_known(service: &Service) {
    service.user("ann").await;
    let kinds = async || rows(service, "SELECT kind FROM auth_hash_kinds ORDER BY kind").await;
    service.auth().survey_hashes().await.unwrap();
    assert_eq!(kinds().await, ["argon2 64 1 1"]);
    let foreign = "UPDATE auth_users SET password_hash =
            'pbkdf2_sha256$1000$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=' RETURNING email";
    rows(service, foreign).await;
    rows(service, "DELETE FROM auth_hash_kinds RETURNING kind").await;
    service.auth().survey_hashes().await.unwrap();
    assert_eq!(kinds().await, ["argon2 64 1 1", "pbkdf2-sha256 1000"]);
    // A login replaces the hash with one of ours, and then no other kind is left.
    service
        .stranger()
        .login_with(json!({ "login": "ann", "password": "password" }))
        .await
        .expect(200);
    service.advance(Duration::from_secs(1));
    service.auth().survey_hashes().await.unwrap();
    assert_eq!(kinds().await, ["argon2 64 1 1"]);
}
