//! The signing keys.
use crate::support::Service;
use serde_json::json;

on_both!(keys_are_listed_and_rotated);
async fn keys_are_listed_and_rotated(service: &Service) {
    let root = service.superuser("root").await;
    let keys = root.get("/auth/admin/keys").await;
    let all = keys.expect(200).as_array().unwrap();
    assert_eq!(all.len(), 2);
    for secret in ["private", "pkcs8", "\"d\""] {
        assert!(!keys.text.contains(secret), "{}", keys.text);
    }
    root.post("/auth/admin/keys/rotate", json!({})).await.refused(409, "key_too_young");
    let rotated = root.post("/auth/admin/keys/rotate", json!({ "force": true })).await;
    assert_eq!(rotated.expect(200).as_array().unwrap().len(), 3);
    root.get("/auth/me").await.expect(200);
    let log = root.get("/auth/admin/audit?kind=keys_rotated").await;
    assert_eq!(log.expect(200)["results"][0]["actor_id"], root.id);
}
