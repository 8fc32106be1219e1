//! How operators see and reset second factors.
use super::{LATE, path, send};
use crate::support::{PASSWORD, Service, acts, rows, says};
use rocket::http::Method;
use serde_json::json;

on_both!(an_operator_resets_the_factors_of_a_user_who_lost_them);
async fn an_operator_resets_the_factors_of_a_user_who_lost_them(service: &Service) {
    let (eve, ann) = (service.admin("eve").await, service.user("ann").await);
    let there = path(&ann, "/factors");
    send(&eve, Method::Delete, &there).await.refused(404, "not_found");
    ann.sets_up_totp().await;
    let factors = send(&eve, Method::Get, &there).await;
    assert!(factors.expect(200)["totp"]["confirmed_at"].is_string());
    assert!(factors.body["totp"]["secret"].is_null());
    // Not by the user, and not without a recent password.
    send(&ann, Method::Delete, &there).await.refused(403, "forbidden");
    service.advance(LATE);
    eve.refresh().await.expect(200);
    send(&eve, Method::Delete, &there).await.refused(403, "password_required");
    eve.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    send(&eve, Method::Delete, &there).await.expect(204);
    assert_eq!(send(&eve, Method::Get, &there).await.expect(200)["totp"], json!(null));
    ann.forget_access().refresh().await.refused(401, "token_not_valid");
    ann.login().await.expect(200);
    let sql = "SELECT kind FROM auth_outbox WHERE kind = 'factors_reset'";
    assert_eq!(rows(service, sql).await.len(), 1);
    assert!(acts(service).await.contains(&"factors_reset".to_owned()));
}

on_both!(operators_cannot_reset_their_own_factors_or_those_of_superusers);
async fn operators_cannot_reset_their_own_factors_or_those_of_superusers(service: &Service) {
    let (eve, root) = (service.admin("eve").await, service.superuser("root").await);
    eve.sets_up_totp().await;
    root.sets_up_totp().await;
    send(&eve, Method::Delete, &path(&eve, "/factors")).await.refused(403, "forbidden");
    send(&eve, Method::Get, &path(&root, "/factors")).await.refused(403, "forbidden");
    send(&eve, Method::Delete, &path(&root, "/factors")).await.refused(403, "forbidden");
    send(&root, Method::Delete, &path(&eve, "/factors")).await.expect(204);
}

on_both!(the_page_of_a_user_resets_their_factors);
async fn the_page_of_a_user_resets_their_factors(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    ann.sets_up_totp().await;
    root.forget_access();
    let here = format!("/admin/users/{}", ann.id);
    let page = root.get(&here).await;
    says(&page, "value=\"reset-factors\"");
    let done = root.ask(&here, &here, &[("act", "reset-factors")]).await;
    let page = root.follow(&done, &here).await;
    says(&page, "Two-step login is off.");
    assert!(!page.text.contains("value=\"reset-factors\""));
    ann.login().await.expect(200);
}
