//! The rotation rule of a session: that of the surface that opened it, or the stricter one where it is used.
use super::{MINUTE, SECOND, claims, text};
use crate::support::{PASSWORD, Service, acts, bearing, by_cookie, cookie, raw, rows};
use rocket::http::Method;
use serde_json::json;

on_both!(a_rotating_session_rotates_at_surfaces_that_keep_tokens);
async fn a_rotating_session_rotates_at_surfaces_that_keep_tokens(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let chat = ann.post("/api/token/refresh", json!({ "refresh": first })).await;
    let second = text(&chat, "refresh");
    let again = ann.post("/api/token/refresh", json!({ "refresh": first })).await;
    assert_eq!(claims(service, &text(&again, "access")).user_id, ann.id);
    let third = cookie(&by_cookie(service, "/api/refresh_access", &second, json!({})).await);
    service.advance(11 * SECOND);
    // Reuse is detected at every surface, wherever the token was used first.
    ann.post("/api/token/refresh", json!({ "refresh": first }))
        .await
        .refused(401, "token_not_valid");
    by_cookie(service, "/auth/refresh", &third, json!({})).await.refused(401, "token_not_valid");
    assert!(acts(service).await.contains(&"refresh_token_reused".to_owned()));
}

on_both!(a_session_without_rotation_keeps_its_token_only_at_its_own_surface);
async fn a_session_without_rotation_keeps_its_token_only_at_its_own_surface(service: &Service) {
    let ann = service.registered("ann").await;
    let credentials = json!({ "email": ann.email(), "password": PASSWORD });
    let of_chat = text(&ann.post("/api/token", credentials.clone()).await, "refresh");
    let of_cookie = cookie(&ann.post("/api/tokens", credentials).await);
    for _ in 0..3 {
        service.advance(MINUTE);
        let chat = ann.post("/api/token/refresh", json!({ "refresh": of_chat })).await;
        assert!(chat.expect(200)["refresh"].is_null());
        let kept = by_cookie(service, "/api/refresh_access", &of_cookie, json!({})).await;
        kept.expect(200);
        assert_eq!(kept.header("set-cookie"), None);
    }
    let next = cookie(&by_cookie(service, "/auth/refresh", &of_cookie, json!({})).await);
    service.advance(MINUTE);
    by_cookie(service, "/api/refresh_access", &next, json!({})).await.expect(200);
    by_cookie(service, "/api/refresh_access", &of_cookie, json!({}))
        .await
        .refused(401, "token_not_valid");
    by_cookie(service, "/api/refresh_access", &next, json!({}))
        .await
        .refused(401, "token_not_valid");
}

on_both!(a_strict_session_is_strict_at_every_surface);
async fn a_strict_session_is_strict_at_every_surface(service: &Service) {
    let ann = service.registered("ann").await;
    let pair = ann.post("/token", json!({ "email": ann.email(), "password": PASSWORD })).await;
    let (refresh, access) = (text(&pair, "refresh"), text(&pair, "access"));
    let own = json!({ "id": ann.id });
    let everywhere = async |token: &str| {
        [
            ann.post("/token/refresh", json!({ "refresh": token })).await,
            ann.post("/api/refresh", json!({ "refresh_token": token })).await,
            ann.post("/u/api/refresh", json!({ "refresh_token": token })).await,
            ann.post("/api/token/refresh", json!({ "refresh": token })).await,
            by_cookie(service, "/api/refresh_access", token, json!({})).await,
            by_cookie(service, "/auth/refresh", token, json!({})).await,
        ]
    };
    // The refresh token does not work before the access token has expired.
    for reply in everywhere(&refresh).await {
        reply.refused(401, "access_token_still_valid");
        assert_eq!(reply.header("retry-after"), Some("300"));
    }
    for path in ["/api/refresh_all", "/api/tokens"] {
        let code =
            if path == "/api/tokens" { "unauthenticated" } else { "access_token_still_valid" };
        by_cookie(service, path, &refresh, own.clone()).await.refused(401, code);
    }
    let early =
        bearing(service, Method::Post, "/api/refresh_all", &access, Some(own.clone())).await;
    early.refused(401, "access_token_still_valid");
    ann.post("/token/verify", json!({ "token": refresh })).await.expect(200);
    // The refresh token works once.
    service.advance(5 * MINUTE);
    by_cookie(service, "/api/tokens", &refresh, own.clone()).await.refused(401, "unauthenticated");
    let second =
        text(&ann.post("/api/refresh", json!({ "refresh_token": refresh })).await, "refresh_token");
    for reply in everywhere(&refresh).await {
        assert!(matches!(reply.status, 400 | 401), "{reply:#?}");
        assert_eq!(reply.body["code"], "token_superseded");
    }
    for path in ["/api/refresh_all", "/api/tokens"] {
        by_cookie(service, path, &refresh, own.clone()).await.refused(401, "token_not_valid");
    }
    ann.post("/token/verify", json!({ "token": refresh })).await.refused(401, "token_not_valid");
    ann.post("/token/verify", json!({ "token": second })).await.expect(200);
    // A session derived from a strict one is strict as well.
    service.advance(5 * MINUTE);
    let reply = by_cookie(service, "/api/refresh_all", &second, own.clone()).await;
    let (third, access) = (cookie(&reply), text(&reply, "token"));
    let reply = by_cookie(service, "/api/refresh_all", &third, own.clone()).await;
    reply.refused(401, "access_token_still_valid");
    bearing(service, Method::Post, "/api/tokens", &access, Some(own)).await.expect(200);
    let strict = rows(service, "SELECT rotation FROM auth_sessions").await;
    assert_eq!(strict, ["strict", "strict"]);
}

on_both!(a_used_token_is_refused_by_a_strict_surface);
async fn a_used_token_is_refused_by_a_strict_surface(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    ann.refresh().await.expect(200);
    // The token is within its grace period, which this surface does not have.
    let headers = [("Cookie", format!("__Host-portcullis={first}"))];
    raw(service, Method::Get, "/auth/verify", None, &headers).await.expect(200);
    ann.post("/token/verify", json!({ "token": first })).await.refused(401, "token_not_valid");
    let now = ann.refresh_cookie().unwrap();
    ann.post("/token/verify", json!({ "token": now })).await.expect(200);
}

on_both!(a_superuser_expires_the_refresh_tokens_of_a_user);
async fn a_superuser_expires_the_refresh_tokens_of_a_user(service: &Service) {
    let root = service.superuser("root").await;
    let (bob, eve) = (service.user("bob").await, service.user("eve").await);
    let jar = root.refresh_cookie();
    let reply = root.post("/api/refresh_all", json!({ "id": bob.id })).await;
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(claims(service, &text(&reply, "token")).act.unwrap().sub, root.id.to_string());
    assert_eq!(root.refresh_cookie(), jar);
    bob.get("/auth/verify").await.expect(200);
    for wait in [0, 60] {
        service.advance(wait * SECOND);
        let token = bob.refresh_cookie().unwrap();
        by_cookie(service, "/auth/refresh", &token, json!({}))
            .await
            .refused(401, "token_not_valid");
    }
    eve.refresh().await.expect(200);
    root.refresh().await.expect(200);
    let recorded = acts(service).await;
    assert!(!recorded.contains(&"refresh_token_reused".to_owned()));
    assert!(recorded.contains(&"refresh_tokens_renewed".to_owned()));
    bob.login().await.expect(200);
    eve.post("/api/refresh_all", json!({ "id": bob.id })).await.refused(403, "forbidden");
    bob.refresh().await.expect(200);
}
