//! Logging out, and the list of sessions.
use crate::support::{ORIGIN, PASSWORD, Reply, Service, present, raw};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::collections::BTreeSet;

on_both!(logout_ends_the_session_and_its_access_tokens);
async fn logout_ends_the_session_and_its_access_tokens(service: &Service) {
    let ann = service.user("ann").await;
    let (token, access) = (ann.refresh_cookie().unwrap(), ann.access().unwrap());
    let reply = ann.send(Method::Post, "/auth/logout", None, &[]).await;
    reply.expect(204);
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(ann.refresh_cookie(), None);
    present(&ann, &token).await.refused(401, "token_not_valid");
    let headers = [("Authorization", access)];
    raw(service, Method::Get, "/auth/verify", None, &headers).await.refused(401, "token_not_valid");
    // Logging out of a session that has already ended succeeds.
    let headers = [("Cookie", format!("__Host-portcullis={token}")), ("Origin", ORIGIN.to_owned())];
    raw(service, Method::Post, "/auth/logout", None, &headers).await.expect(204);
    service
        .stranger()
        .send(Method::Post, "/auth/logout", None, &[])
        .await
        .refused(401, "unauthenticated");
}

on_both!(a_logout_removes_the_cookie_with_its_attributes);
async fn a_logout_removes_the_cookie_with_its_attributes(service: &Service) {
    let ann = service.registered("ann").await;
    let set = ann.login().await;
    set.expect(200);
    let removed = ann.send(Method::Post, "/auth/logout", None, &[]).await;
    removed.expect(204);
    // Without the value and the lifetime.
    let attributes = |reply: &Reply| {
        let ours =
            |(n, v): &&(String, String)| n == "set-cookie" && v.starts_with("__Host-portcullis=");
        let (_, cookie) = reply.headers.iter().find(ours).unwrap();
        let parts = cookie.split("; ").skip(1).filter(|part| !part.starts_with("Max-Age="));
        parts.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let set = attributes(&set);
    assert_eq!(attributes(&removed), set);
    assert_eq!(set.len(), 4, "{set:?}");
}

on_both!(sessions_are_listed_and_ended_one_by_one_or_all_at_once);
async fn sessions_are_listed_and_ended_one_by_one_or_all_at_once(service: &Service) {
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

on_both!(concurrent_logouts_of_one_session_succeed);
async fn concurrent_logouts_of_one_session_succeed(service: &Service) {
    for n in 0..5 {
        let ann = service.user(&format!("ann{n}")).await;
        let out = (0..6).map(|_| ann.send(Method::Post, "/auth/logout", None, &[]));
        for reply in join_all(out).await {
            assert!(matches!(reply.status, 204 | 401), "{reply:?}");
        }
    }
}
