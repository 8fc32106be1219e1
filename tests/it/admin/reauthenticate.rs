//! Dangerous actions ask for the password again.
use super::{LATE, claims, patch, path, send};
use crate::support::{PASSWORD, Person, Service, acts};
use rocket::http::Method;
use serde_json::json;

on_both!(dangerous_acts_require_recent_reauthentication);
async fn dangerous_acts_require_recent_reauthentication(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    service.advance(LATE);
    root.refresh().await.expect(200);
    let needing = async || {
        let mut replies = vec![];
        for change in [
            json!({ "is_active": true }),
            json!({ "is_email_confirmed": true }),
            json!({ "is_superuser": false }),
            json!({ "roles": [] }),
        ] {
            replies.push(patch(&root, &ann, change).await);
        }
        replies.push(
            root.json(Method::Patch, "/auth/admin/settings", json!({ "registration": "open" }))
                .await,
        );
        replies.push(send(&root, Method::Put, &path(&ann, "/roles/X")).await);
        replies.push(send(&root, Method::Delete, &path(&ann, "/roles/X")).await);
        replies.push(root.post("/auth/admin/keys/rotate", json!({ "force": true })).await);
        replies.push(send(&root, Method::Delete, &path(&ann, "")).await);
        replies
    };
    for reply in needing().await {
        reply.refused(403, "password_required");
    }
    let invite = json!({ "email": "new@example.com", "roles": ["X"] });
    root.post("/auth/admin/invitations", invite).await.refused(403, "password_required");
    // Actions that take access away, or give none, do not ask for the password.
    root.post("/auth/admin/invitations", json!({ "email": "new@example.com" })).await.expect(201);
    patch(&root, &ann, json!({ "first_name": "A" })).await.expect(200);
    send(&root, Method::Delete, &path(&ann, "/sessions")).await.expect(204);
    send(&root, Method::Post, &path(&ann, "/send-reset")).await.expect(202);
    let prove = async |password: &str| {
        root.post("/auth/admin/prove", json!({ "password": password })).await
    };
    assert!(
        prove("wrong password").await.refused(400, "validation")["errors"]["password"].is_array()
    );
    patch(&root, &ann, json!({ "is_active": true })).await.refused(403, "password_required");
    prove(PASSWORD).await.expect(204);
    for reply in needing().await {
        assert!(matches!(reply.status, 200 | 204), "{reply:?}");
    }
    let log = acts(service).await;
    assert!(
        log.contains(&"password_refused".to_owned())
            && log.contains(&"password_confirmed".to_owned())
    );
    // Re-authentication counts for one session, and its tokens say when it happened.
    let phone = service.stranger().at(service);
    phone.login_with(json!({ "login": "root", "password": PASSWORD })).await.expect(200);
    service.advance(LATE);
    phone.refresh().await.expect(200);
    phone.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    root.refresh().await.expect(200);
    patch(&root, &root, json!({ "roles": [] })).await.refused(403, "password_required");
    let since = async |by: &Person<'_>| {
        by.refresh().await.expect(200);
        let now = service.clock.now().unix();
        now - claims(&by.access().unwrap())["auth_time"].as_i64().unwrap()
    };
    assert_eq!((since(&phone).await, since(&root).await), (0, 601));
}

on_both!(a_token_for_another_user_is_no_reauthentication);
async fn a_token_for_another_user_is_no_reauthentication(service: &Service) {
    let (root, other) = (service.superuser("root").await, service.superuser("other").await);
    service.advance(LATE);
    root.refresh().await.expect(200);
    root.post("/api/tokens", json!({ "id": other.id })).await.refused(403, "password_required");
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    let token = root.post("/api/tokens", json!({ "id": other.id })).await;
    let borrowed = service.stranger();
    *borrowed.access.lock().unwrap() =
        Some(token.expect(200)["token"].as_str().unwrap().to_owned());
    patch(&borrowed, &root, json!({ "is_superuser": false })).await.refused(403, "forbidden");
}
