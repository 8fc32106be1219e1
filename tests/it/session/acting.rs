//! A superuser who acts for another user.
use super::{MINUTE, act_for, claims, count, verify};
use crate::support::{PASSWORD, Service, bearing, rows};
use portcullis::flows::UserId;
use rocket::http::Method;
use serde_json::json;

on_both!(a_superuser_acts_for_a_user_for_a_limited_time_and_is_named_in_the_token);
async fn a_superuser_acts_for_a_user_for_a_limited_time_and_is_named_in_the_token(
    service: &Service,
) {
    let root = service.superuser("root").await;
    let bob = service.admin("bob").await;
    service.advance(2 * MINUTE);
    let token = act_for(&root, &bob).await;
    let said = claims(service, &token);
    assert_eq!((said.user_id, said.act.unwrap().sub), (bob.id, root.id.to_string()));
    assert!(said.exp <= claims(service, &root.access().unwrap()).exp);
    assert!(claims(service, &root.access().unwrap()).act.is_none());
    let me = bearing(service, Method::Get, "/auth/me", &token, None).await;
    assert_eq!(me.expect(200)["id"], bob.id);
    // The audit log names the superuser. The user's list shows the session, without the IP address.
    let sql = "SELECT CAST(actor_id AS TEXT) FROM auth_audit
                   WHERE kind = 'tokens_issued' AND target_id <> actor_id";
    assert_eq!(rows(service, sql).await, [root.id.to_string()]);
    let list = bob.get("/auth/sessions").await;
    let list = list.expect(200).as_array().unwrap();
    assert_eq!(list.iter().filter(|s| s["ip"].is_null()).count(), 1);

    let named =
        bearing(service, Method::Patch, "/auth/me", &token, Some(json!({ "first_name": "Bob" })))
            .await;
    named.expect(200);
    let sql = "SELECT CAST(actor_id AS TEXT) FROM auth_audit WHERE kind = 'profile_changed'";
    assert_eq!(rows(service, sql).await, [root.id.to_string()]);
    let password = json!({ "password": PASSWORD });
    for (method, path, body) in [
        (
            Method::Post,
            "/auth/password",
            json!({ "current_password": PASSWORD, "new_password": "another good password" }),
        ),
        (Method::Post, "/auth/email", json!({ "email": "root@example.org", "password": PASSWORD })),
        (Method::Delete, "/auth/me", password.clone()),
        (Method::Post, "/auth/admin/prove", password),
        (Method::Post, "/auth/email/confirm", json!({ "code": "123456" })),
        (Method::Post, "/api/refresh_all", json!({ "id": bob.id })),
        (Method::Post, "/auth/admin/invitations", json!({ "email": "x@example.com" })),
    ] {
        bearing(service, method, path, &token, Some(body)).await.refused(403, "forbidden");
    }
    for id in [bob.id, root.id] {
        let more =
            bearing(service, Method::Post, "/api/tokens", &token, Some(json!({ "id": id }))).await;
        more.refused(401, "unauthenticated");
    }
    // Superusers do the work of operators in their own name.
    bearing(service, Method::Get, "/auth/admin/users", &token, None)
        .await
        .refused(403, "forbidden");

    root.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    assert_eq!(verify(service, &token).await, 401);
    bearing(service, Method::Get, "/auth/me", &token, None).await.refused(401, "token_not_valid");
    bob.get("/auth/me").await.expect(200);
}

on_both!(a_former_superuser_cannot_act_for_a_user);
async fn a_former_superuser_cannot_act_for_a_user(service: &Service) {
    let (root, other) = (service.superuser("root").await, service.superuser("other").await);
    let bob = service.user("bob").await;
    let token = act_for(&other, &bob).await;
    let said = claims(service, &token);
    assert_eq!((said.auth_time, said.amr.len()), (0, 0));
    let path = format!("/auth/admin/users/{}", other.id);
    root.json(Method::Patch, &path, json!({ "is_superuser": "false" }))
        .await
        .refused(400, "validation");
    assert_eq!(verify(service, &token).await, 200);
    root.json(Method::Patch, &path, json!({ "is_superuser": false })).await.expect(200);
    assert_eq!(verify(service, &token).await, 401);
    other.get("/auth/me").await.expect(200);
}

on_both!(acting_for_a_user_requires_recent_reauthentication);
async fn acting_for_a_user_requires_recent_reauthentication(service: &Service) {
    let root = service.superuser("root").await;
    let bob = service.user("bob").await;
    service.advance(11 * MINUTE);
    root.refresh().await.expect(200);
    for path in ["/api/tokens", "/api/refresh_all"] {
        for id in [bob.id, 99] {
            root.post(path, json!({ "id": id })).await.refused(403, "password_required");
        }
    }
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    root.post("/api/tokens", json!({ "id": 99 })).await.refused(404, "not_found");
    let token = act_for(&root, &bob).await;
    assert_eq!(verify(service, &token).await, 200);
    // The session has no refresh token.
    let sql = "SELECT 'held' FROM auth_refresh_tokens t JOIN auth_sessions s ON s.id = t.session_id
                   WHERE s.actor_id IS NOT NULL";
    assert_eq!(count(service, sql).await, 0);
    service.advance(5 * MINUTE);
    assert_eq!(verify(service, &token).await, 401);
    // Disabling the user ends this access too.
    root.refresh().await.expect(200);
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    let token = act_for(&root, &bob).await;
    service.set_active(UserId(bob.id), false).await;
    assert_eq!(verify(service, &token).await, 401);
}

on_both!(a_user_can_end_a_session_that_a_superuser_opened_for_them);
async fn a_user_can_end_a_session_that_a_superuser_opened_for_them(service: &Service) {
    let root = service.superuser("root").await;
    let bob = service.user("bob").await;
    for out in [false, true] {
        let token = act_for(&root, &bob).await;
        let ended = if out {
            bearing(service, Method::Post, "/auth/logout", &token, None).await
        } else {
            let path = format!("/auth/sessions/{}", claims(service, &token).sid);
            bob.send(Method::Delete, &path, None, &[]).await
        };
        ended.expect(204);
        assert_eq!(verify(service, &token).await, 401);
        root.get("/auth/me").await.expect(200);
        bob.get("/auth/me").await.expect(200);
    }
    // The sessions that a superuser opened end when the superuser's sessions end, in any way.
    let token = act_for(&root, &bob).await;
    root.send(Method::Post, "/auth/logout-all", None, &[]).await.expect(204);
    assert_eq!(verify(service, &token).await, 401);
    bob.get("/auth/me").await.expect(200);
}
