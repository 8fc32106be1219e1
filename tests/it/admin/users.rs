//! Changing a user.
use super::{patch, path, send};
use crate::support::{PASSWORD, Service, acts};
use rocket::http::Method;
use serde_json::json;

on_both!(a_change_of_a_user_is_all_or_nothing);
async fn a_change_of_a_user_is_all_or_nothing(service: &Service) {
    let (admin, ann, bob) =
        (service.admin("adm").await, service.user("ann").await, service.user("bob").await);
    let reply = patch(&admin, &ann, json!({ "first_name": "Анна", "language": "ru", "username": null, "id": 99, "email": "x@example.com", "password": "evil evil evil" })).await;
    let user = reply.expect(200);
    assert_eq!(
        (&user["first_name"], &user["username"], &user["language"]),
        (&json!("Анна"), &json!(null), &json!("ru"))
    );
    assert_eq!((&user["id"], &user["email"]), (&json!(ann.id), &json!("ann@example.com")));
    assert!(user["last_login_at"].is_string() && user["email_confirmed_at"].is_string());
    // One field is invalid, so none of them changes.
    patch(&admin, &ann, json!({ "first_name": "B", "username": "BOB" }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "roles": ["a,b"] }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "roles": "ADMIN" }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "is_active": "maybe" }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "roles": ["EDITOR"] }))
        .await
        .refused(403, "forbidden");
    assert_eq!(admin.get(&path(&ann, "")).await.expect(200)["first_name"], "Анна");
    ann.get("/auth/me").await.expect(200);
    assert_eq!(
        patch(&admin, &ann, json!({ "is_active": false })).await.expect(200)["is_active"],
        false
    );
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    ann.forget_access().login().await.refused(403, "account_disabled");
    patch(&admin, &ann, json!({ "is_active": true })).await.expect(200);
    ann.login().await.expect(200);
    send(&admin, Method::Delete, &path(&bob, "")).await.expect(204);
    bob.get("/auth/me").await.refused(401, "token_not_valid");
    admin.get(&path(&bob, "")).await.refused(404, "not_found");
    let log = acts(service).await;
    for kind in ["user_changed", "user_disabled", "user_enabled", "user_deleted"] {
        assert_eq!(log.iter().filter(|k| *k == kind).count(), 1, "{kind}");
    }
}

on_both!(an_operator_confirms_an_email_or_sends_the_mail_again);
async fn an_operator_confirms_an_email_or_sends_the_mail_again(service: &Service) {
    let admin = service.admin("adm").await;
    let eve = service.stranger();
    let user = eve
        .post("/auth/register", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await;
    let eve = format!("/auth/admin/users/{}", user.expect(201)["id"]);
    let first = service.mailed_token("eve@example.com").await;
    admin.post(&format!("{eve}/send-confirmation"), json!({})).await.expect(202);
    assert_ne!(service.mailed_token("eve@example.com").await, first);
    let confirm = async |yes: bool| {
        admin.json(Method::Patch, &eve, json!({ "is_email_confirmed": yes })).await
    };
    assert_eq!(confirm(false).await.expect(200)["is_email_confirmed"], false);
    assert_eq!(confirm(true).await.expect(200)["is_email_confirmed"], true);
    assert_eq!(confirm(false).await.expect(200)["is_email_confirmed"], true);
    admin.post(&format!("{eve}/send-confirmation"), json!({})).await.expect(202);
    let log = acts(service).await;
    assert_eq!(log.iter().filter(|k| *k == "confirmation_sent").count(), 1);
    assert_eq!(log.iter().filter(|k| *k == "user_confirmed").count(), 1);
}

on_both!(an_operator_sees_the_sessions_mails_and_history_of_a_user);
async fn an_operator_sees_the_sessions_mails_and_history_of_a_user(service: &Service) {
    let (admin, ann, bob) =
        (service.admin("adm").await, service.user("ann").await, service.user("bob").await);
    let phone = service.stranger();
    phone.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    let sessions = admin.get(&path(&ann, "/sessions")).await;
    let list = sessions.expect(200).as_array().unwrap();
    assert!(list.len() == 2 && list.iter().all(|s| s["current"] == false));
    let own = phone.get("/auth/sessions").await;
    let id = own.body.as_array().unwrap().iter().find(|s| s["current"] == true).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    send(&admin, Method::Delete, &path(&bob, &format!("/sessions/{id}")))
        .await
        .refused(404, "not_found");
    send(&admin, Method::Delete, &path(&ann, "/sessions/nonsense")).await.refused(404, "not_found");
    send(&admin, Method::Delete, &path(&ann, &format!("/sessions/{id}"))).await.expect(204);
    phone.get("/auth/me").await.refused(401, "token_not_valid");
    ann.get("/auth/me").await.expect(200);
    send(&admin, Method::Delete, &path(&ann, "/sessions")).await.expect(204);
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    send(&admin, Method::Post, &path(&ann, "/send-reset")).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let mails = admin.get(&path(&ann, "/mails")).await;
    assert_eq!(mails.expect(200)[0]["kind"], "reset_password");
    assert!(!mails.text.contains(&token) && !mails.text.contains("bob@"), "{}", mails.text);
    ann.post(
        "/auth/password/reset",
        json!({ "token": token, "new_password": "another good password" }),
    )
    .await
    .expect(204);
    let history = admin.get(&path(&ann, "/history")).await;
    let kinds: Vec<_> = history.expect(200)["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        &kinds[..4],
        ["password_reset", "password_reset_sent", "sessions_ended", "session_ended"]
    );
    let by_admin = &history.body["results"][1];
    assert_eq!(
        (&by_admin["actor_id"], &by_admin["actor_email"], &by_admin["user_id"]),
        (&json!(admin.id), &json!("adm@example.com"), &json!(ann.id))
    );
    admin.get(&path(&ann, "/history?cursor=n1")).await.refused(400, "validation");
}
