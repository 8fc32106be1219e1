//! Roles.
use super::{patch, path, send};
use crate::support::{Service, rows};
use rocket::http::Method;
use serde_json::json;

on_both!(a_granted_role_is_in_new_tokens_at_once_if_the_admin_wants_so);
async fn a_granted_role_is_in_new_tokens_at_once_if_the_admin_wants_so(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let editor = path(&ann, "/roles/EDITOR");
    assert_eq!(send(&root, Method::Put, &editor).await.expect(200)["roles"], json!(["EDITOR"]));
    assert_eq!(send(&root, Method::Put, &editor).await.expect(200)["roles"], json!(["EDITOR"]));
    // A token that is already issued keeps the roles of its time.
    ann.get("/auth/verify?role=EDITOR").await.refused(403, "forbidden");
    assert_eq!(ann.get("/auth/me").await.expect(200)["roles"], json!(["EDITOR"]));
    ann.refresh().await.expect(200);
    ann.get("/auth/verify?role=EDITOR").await.expect(200);
    let end = json!({ "end_sessions": true });
    root.json(Method::Delete, &editor, end.clone()).await.expect(200);
    ann.get("/auth/verify?role=EDITOR").await.refused(401, "token_not_valid");
    ann.forget_access().login().await.expect(200);
    root.json(Method::Put, &editor, end).await.expect(200);
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    root.json(Method::Put, &path(&ann, "/roles/a%2Cb"), json!({})).await.refused(400, "validation");
    root.json(Method::Put, &editor, json!({ "end_sessions": "perhaps" }))
        .await
        .refused(400, "validation");
    send(&root, Method::Delete, &editor).await.expect(200);
    send(&root, Method::Delete, &editor).await.refused(404, "not_found");
    send(&root, Method::Delete, &path(&ann, "/roles/%00")).await.refused(404, "not_found");
    assert_eq!(
        patch(&root, &ann, json!({ "roles": ["B", "A"] })).await.expect(200)["roles"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        root.get("/auth/admin/roles").await.expect(200)[0],
        json!({ "role": "A", "users": 1 })
    );
    assert_eq!(
        patch(&root, &ann, json!({ "roles": ["A"] })).await.expect(200)["roles"],
        json!(["A"])
    );
    let log = rows(
        service,
        "SELECT kind || ' ' || detail FROM auth_audit WHERE kind LIKE 'role%' ORDER BY id",
    )
    .await;
    assert_eq!(log.iter().filter(|l| *l == "role_granted EDITOR").count(), 2);
    assert_eq!(log.last().unwrap(), "role_revoked B");
}

on_both!(a_token_with_fifty_roles_is_accepted);
async fn a_token_with_fifty_roles_is_accepted(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let all: Vec<_> = (0..51).map(|n| format!("{n:0>64}")).collect();
    let refused = patch(&root, &ann, json!({ "roles": all })).await;
    assert_eq!(
        refused.refused(400, "validation")["errors"]["roles"][0],
        "A user has 50 roles at most."
    );
    patch(&root, &ann, json!({ "roles": all[..50] })).await.expect(200);
    let one_more = send(&root, Method::Put, &path(&ann, "/roles/EDITOR")).await;
    one_more.refused(400, "validation");
    send(&root, Method::Put, &path(&ann, &format!("/roles/{}", all[0]))).await.expect(200);
    ann.login().await.expect(200);
    assert!(ann.access().unwrap().len() < 8 * 1024);
    assert_eq!(ann.get("/auth/me").await.expect(200)["roles"].as_array().unwrap().len(), 50);
}
