use crate::support::{ORIGIN, PASSWORD, Person, Reply, Service, raw};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::{collections::HashSet, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

/// Presents a refresh token as a cookie, as another tab would that has not heard of a newer one.
pub async fn present(ann: &Person<'_>, token: &str) -> Reply {
    let headers = [("Cookie", format!("__Host-portcullis={token}")), ("Origin", ORIGIN.to_owned())];
    raw(ann.service, Method::Post, "/auth/refresh", None, &headers).await
}

pub fn cookie(reply: &Reply) -> String {
    reply.expect(200);
    let cookie = reply.header("set-cookie").unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

on_both!(a_refresh_gives_new_tokens_for_as_long_as_the_session_lives);
async fn a_refresh_gives_new_tokens_for_as_long_as_the_session_lives(service: &Service) {
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
    // Ninety days after the login it is over.
    service.advance(Duration::from_hours(24 * 4));
    ann.refresh().await.refused(401, "token_not_valid");
}

on_both!(sixty_who_present_one_token_at_once_get_one_successor);
async fn sixty_who_present_one_token_at_once_get_one_successor(service: &Service) {
    let ann = service.user("ann").await;
    let token = ann.refresh_cookie().unwrap();
    let replies = join_all((0..60).map(|_| present(&ann, &token))).await;
    let successors: HashSet<_> = replies.iter().map(cookie).collect();
    assert_eq!(successors.len(), 1);
    assert!(!successors.contains(&token));
    present(&ann, successors.iter().next().unwrap()).await.expect(200);
}

on_both!(within_the_grace_the_same_successor_comes_again);
async fn within_the_grace_the_same_successor_comes_again(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let second = cookie(&present(&ann, &first).await);
    service.advance(10 * SECOND);
    assert_eq!(cookie(&present(&ann, &first).await), second);
    // Once the successor has been used, the first leads past it.
    let third = cookie(&present(&ann, &second).await);
    assert_eq!(cookie(&present(&ann, &first).await), third);
    assert_eq!(cookie(&present(&ann, &second).await), third);
    present(&ann, &third).await.expect(200);
}

on_both!(a_used_token_leads_to_the_newest_one_for_its_own_grace_only);
async fn a_used_token_leads_to_the_newest_one_for_its_own_grace_only(service: &Service) {
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
    // The grace of the first has run out, that of a later one has not.
    assert_eq!(cookie(&present(&ann, &later).await), newest);
    present(&ann, &first).await.refused(401, "token_not_valid");
    present(&ann, &newest).await.refused(401, "token_not_valid");
}

on_both!(a_chain_that_was_renewed_leads_nowhere_and_the_session_lives);
async fn a_chain_that_was_renewed_leads_nowhere_and_the_session_lives(service: &Service) {
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

on_both!(after_the_grace_reuse_ends_the_session_and_is_written_down);
async fn after_the_grace_reuse_ends_the_session_and_is_written_down(service: &Service) {
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
    let acts = crate::store::acts(service).await;
    assert!(acts.contains(&"refresh_token_reused".to_owned()), "{acts:?}");
    ann.login().await.expect(200);
}

on_both!(whoever_only_asks_whether_a_stolen_token_is_stale_raises_the_alarm);
async fn whoever_only_asks_whether_a_stolen_token_is_stale_raises_the_alarm(service: &Service) {
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
    let acts = crate::store::acts(service).await;
    assert_eq!(acts.iter().filter(|kind| *kind == "refresh_token_reused").count(), 2);
}

on_both!(either_envelope_is_taken_everywhere);
async fn either_envelope_is_taken_everywhere(service: &Service) {
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

on_both!(no_other_token_refreshes);
async fn no_other_token_refreshes(service: &Service) {
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

on_both!(logging_out_ends_the_session_and_its_access_tokens);
async fn logging_out_ends_the_session_and_its_access_tokens(service: &Service) {
    let ann = service.user("ann").await;
    let (token, access) = (ann.refresh_cookie().unwrap(), ann.access().unwrap());
    let reply = ann.send(Method::Post, "/auth/logout", None, &[]).await;
    reply.expect(204);
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(ann.refresh_cookie(), None);
    present(&ann, &token).await.refused(401, "token_not_valid");
    let headers = [("Authorization", access)];
    raw(service, Method::Get, "/auth/verify", None, &headers).await.refused(401, "token_not_valid");
    // Whoever logs out of what is gone has got what they want.
    let headers = [("Cookie", format!("__Host-portcullis={token}")), ("Origin", ORIGIN.to_owned())];
    raw(service, Method::Post, "/auth/logout", None, &headers).await.expect(204);
    service
        .stranger()
        .send(Method::Post, "/auth/logout", None, &[])
        .await
        .refused(401, "unauthenticated");
}

on_both!(sessions_are_listed_and_ended_one_by_one_or_all);
async fn sessions_are_listed_and_ended_one_by_one_or_all(service: &Service) {
    let ann = service.user("ann").await;
    let bob = service.user("bob").await;
    let phone = service.stranger();
    phone.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    let list = ann.get("/auth/sessions").await;
    let list = list.expect(200).as_array().unwrap().clone();
    assert_eq!(list.len(), 2);
    assert_eq!(list.iter().filter(|s| s["current"] == true).count(), 1);
    assert_eq!(list[0]["ip"], "127.0.0.1");
    let other = list.iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap();
    let path = format!("/auth/sessions/{other}");
    bob.send(Method::Delete, &path, None, &[]).await.refused(404, "not_found");
    phone.get("/auth/me").await.expect(200);
    ann.send(Method::Delete, &path, None, &[]).await.expect(204);
    phone.get("/auth/me").await.refused(401, "token_not_valid");
    ann.send(Method::Delete, &path, None, &[]).await.refused(404, "not_found");
    ann.send(Method::Delete, "/auth/sessions/1", None, &[]).await.refused(404, "not_found");

    phone.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    ann.send(Method::Post, "/auth/logout-all", None, &[]).await.expect(204);
    phone.get("/auth/me").await.refused(401, "token_not_valid");
    bob.get("/auth/me").await.expect(200);
}
