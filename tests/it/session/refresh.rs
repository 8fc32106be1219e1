//! Rotation of refresh tokens, the grace period and reuse detection.
use super::SECOND;
use crate::support::{ORIGIN, PASSWORD, Service, acts, cookie, present, raw};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::{collections::HashSet, time::Duration};

on_both!(refresh_issues_new_tokens_until_the_session_expires);
async fn refresh_issues_new_tokens_until_the_session_expires(service: &Service) {
    let ann = service.user("ann").await;
    for _ in 0..2 {
        let before = (ann.access(), ann.refresh_cookie());
        service.advance(Duration::from_hours(24 * 29));
        ann.get("/auth/me").await.refused(401, "token_not_valid");
        assert_eq!(ann.refresh().await.expect(200)["user"]["id"], ann.id);
        assert!(ann.access() != before.0 && ann.refresh_cookie() != before.1);
        ann.get("/auth/me").await.expect(200);
    }
    service.advance(Duration::from_hours(24 * 29));
    ann.refresh().await.expect(200);
    // The session ends ninety days after the login.
    service.advance(Duration::from_hours(24 * 4));
    ann.refresh().await.refused(401, "token_not_valid");
}

on_both!(sixty_concurrent_refreshes_get_one_successor);
async fn sixty_concurrent_refreshes_get_one_successor(service: &Service) {
    let ann = service.user("ann").await;
    let token = ann.refresh_cookie().unwrap();
    let replies = join_all((0..60).map(|_| present(&ann, &token))).await;
    let successors: HashSet<_> = replies.iter().map(cookie).collect();
    assert_eq!(successors.len(), 1);
    assert!(!successors.contains(&token));
    present(&ann, successors.iter().next().unwrap()).await.expect(200);
}

on_both!(a_refresh_repeated_within_the_grace_period_returns_the_same_token);
async fn a_refresh_repeated_within_the_grace_period_returns_the_same_token(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let second = cookie(&present(&ann, &first).await);
    service.advance(10 * SECOND);
    assert_eq!(cookie(&present(&ann, &first).await), second);
    // Once the successor has been used, the first token returns the token after it.
    let third = cookie(&present(&ann, &second).await);
    assert_eq!(cookie(&present(&ann, &first).await), third);
    assert_eq!(cookie(&present(&ann, &second).await), third);
    present(&ann, &third).await.expect(200);
}

on_both!(a_used_token_returns_the_newest_one_only_during_its_own_grace_period);
async fn a_used_token_returns_the_newest_one_only_during_its_own_grace_period(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let mut newest = first.clone();
    for _ in 0..20 {
        newest = cookie(&present(&ann, &newest).await);
        assert_eq!(cookie(&present(&ann, &first).await), newest);
    }
    service.advance(9 * SECOND);
    let later = newest.clone();
    newest = cookie(&present(&ann, &newest).await);
    assert_eq!(cookie(&present(&ann, &first).await), newest);
    service.advance(2 * SECOND);
    // The grace period of the first token is over, that of a later one is not.
    assert_eq!(cookie(&present(&ann, &later).await), newest);
    present(&ann, &first).await.refused(401, "token_not_valid");
    present(&ann, &newest).await.refused(401, "token_not_valid");
}

on_both!(refresh_all_supersedes_older_tokens_and_keeps_the_session);
async fn refresh_all_supersedes_older_tokens_and_keeps_the_session(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let second = cookie(&present(&ann, &first).await);
    let headers = [
        ("Cookie", format!("__Host-portcullis={second}")),
        ("Origin", ORIGIN.to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    let id = json!({ "id": ann.id }).to_string();
    let renewed = raw(service, Method::Post, "/api/refresh_all", Some(id), &headers).await;
    let renewed = cookie(&renewed);
    for dead in [&first, &second] {
        present(&ann, dead).await.refused(401, "token_superseded");
        let role =
            service.stranger().post("/u/api/refresh", json!({ "refresh_token": dead })).await;
        role.refused(400, "token_superseded");
    }
    present(&ann, &renewed).await.expect(200);
}

on_both!(reuse_after_the_grace_period_ends_the_session_and_is_audited);
async fn reuse_after_the_grace_period_ends_the_session_and_is_audited(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let second = cookie(&ann.keep(present(&ann, &first).await));
    ann.get("/auth/verify").await.expect(200);
    service.advance(11 * SECOND);
    let reused = present(&ann, &first).await;
    reused.refused(401, "token_not_valid");
    assert_eq!(reused.header("set-cookie"), None);
    present(&ann, &second).await.refused(401, "token_not_valid");
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    let acts = acts(service).await;
    assert!(acts.contains(&"refresh_token_reused".to_owned()), "{acts:?}");
    ann.login().await.expect(200);
}

on_both!(verifying_a_stale_token_triggers_reuse_detection);
async fn verifying_a_stale_token_triggers_reuse_detection(service: &Service) {
    for path in ["/auth/me", "/auth/verify"] {
        let ann = service.registered(&format!("ann{}", path.len())).await;
        ann.login().await.expect(200);
        let first = ann.refresh_cookie().unwrap();
        let second = cookie(&present(&ann, &first).await);
        let headers = [("Cookie", format!("__Host-portcullis={first}"))];
        let ask = || raw(service, Method::Get, path, None, &headers);
        service.advance(10 * SECOND);
        ask().await.expect(200);
        service.advance(SECOND);
        let late = ask().await;
        late.refused(401, "token_not_valid");
        assert_eq!(late.header("set-cookie"), None);
        present(&ann, &second).await.refused(401, "token_not_valid");
        ann.get("/auth/verify").await.refused(401, "token_not_valid");
        ask().await.refused(401, "token_not_valid");
    }
    let acts = acts(service).await;
    assert_eq!(acts.iter().filter(|kind| *kind == "refresh_token_reused").count(), 2);
}

on_both!(a_refresh_token_is_accepted_as_cookie_or_in_the_body);
async fn a_refresh_token_is_accepted_as_cookie_or_in_the_body(service: &Service) {
    let ann = service.registered("ann").await;
    let credentials = json!({ "email": ann.email(), "password": PASSWORD });
    let pair = ann.post("/api/token", credentials.clone()).await;
    let jwt = pair.expect(200)["refresh"].as_str().unwrap().to_owned();
    let uuid = cookie(&present(&ann, &jwt).await);
    let simple = ann.post("/api/refresh", json!({ "refresh_token": uuid })).await;
    let uuid = simple.expect(200)["refresh_token"].as_str().unwrap().to_owned();
    ann.post("/api/token/refresh", json!({ "refresh": uuid })).await.expect(200);
    let role = ann.post("/u/api/refresh", json!({ "refresh_token": uuid })).await;
    assert_eq!(role.expect(200)["refresh_token"].as_str().unwrap().split('.').count(), 3);
}

on_both!(only_a_refresh_token_refreshes);
async fn only_a_refresh_token_refreshes(service: &Service) {
    let ann = service.user("ann").await;
    let access = ann.access().unwrap();
    let unknown = uuid::Uuid::new_v4().to_string();
    let upper = ann.refresh_cookie().unwrap().replace('-', "");
    for token in [access.as_str(), unknown.as_str(), upper.as_str(), "x", "..", "%00"] {
        present(&ann, token).await.refused(401, "token_not_valid");
        ann.post("/api/refresh", json!({ "refresh_token": token }))
            .await
            .refused(401, "token_not_valid");
    }
    let cookie =
        format!("__Host-portcullis={0}; __Host-portcullis={0}", ann.refresh_cookie().unwrap());
    let headers = [("Cookie", cookie), ("Origin", ORIGIN.to_owned())];
    raw(service, Method::Post, "/auth/refresh", None, &headers)
        .await
        .refused(401, "unauthenticated");
    ann.refresh().await.expect(200);
}
