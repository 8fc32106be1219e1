//! A user has at most a hundred sessions.
use super::{LIVING, REVOKED, SECOND, claims, count, fill, text, verify};
use crate::support::{PASSWORD, Service, by_cookie, cookie, rows};
use rocket::http::Method;
use serde_json::json;

on_both!(the_hundred_and_first_session_replaces_the_least_recently_used);
async fn the_hundred_and_first_session_replaces_the_least_recently_used(service: &Service) {
    let ann = service.user("ann").await;
    service.advance(SECOND);
    fill(service, 98).await;
    let (second, third) = (service.stranger(), service.stranger());
    let login = json!({ "login": "ann", "password": PASSWORD });
    second.login_with(login.clone()).await.expect(200);
    assert_eq!((count(service, LIVING).await, count(service, REVOKED).await), (100, 0));
    ann.get("/auth/verify").await.expect(200);
    service.advance(SECOND);
    third.login_with(login).await.expect(200);
    assert_eq!((count(service, LIVING).await, count(service, REVOKED).await), (100, 1));
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    ann.refresh().await.refused(401, "token_not_valid");
    for left in [&second, &third] {
        left.get("/auth/verify").await.expect(200);
    }
    // Sessions opened with a token count too. The session that opens them is in use, so it stays.
    for _ in 0..120 {
        service.advance(SECOND);
        let reply = second.post("/api/tokens", json!({ "id": ann.id })).await;
        reply.expect(200);
    }
    assert_eq!(count(service, LIVING).await, 100);
    second.get("/auth/verify").await.expect(200);
    let list = second.get("/auth/sessions").await;
    assert_eq!(list.expect(200).as_array().unwrap().len(), 100);
    let page = second
        .forget_access()
        .send(Method::Get, "/account/security", None, &[("Accept", "text/html")])
        .await;
    assert!(page.status == 200 && page.text.contains("100"), "{page:#?}");
}

on_both!(a_replaced_session_ends_without_the_sessions_derived_from_it);
async fn a_replaced_session_ends_without_the_sessions_derived_from_it(service: &Service) {
    let ann = service.user("ann").await;
    let first = claims(service, &ann.access().unwrap()).sid;
    let token = ann.refresh_cookie().unwrap();
    service.advance(SECOND);
    let clone = by_cookie(service, "/api/tokens", &token, json!({ "id": ann.id })).await;
    service.advance(SECOND);
    let clone = by_cookie(service, "/auth/refresh", &cookie(&clone), json!({})).await;
    let clone = text(&clone, "token");
    fill(service, 98).await;
    let other = service.stranger();
    other.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    other
        .send(Method::Delete, &format!("/auth/sessions/{first}"), None, &[])
        .await
        .refused(404, "not_found");
    assert_eq!(verify(service, &clone).await, 200);
}

on_both!(thousands_of_sessions_end_in_one_request);
async fn thousands_of_sessions_end_in_one_request(service: &Service) {
    let ann = service.user("ann").await;
    fill(service, 6_000).await;
    let postgres = service.url().starts_with("postgres");
    if postgres {
        // Triggers record each statement.
        for sql in [
            "CREATE TABLE statements (kind TEXT)",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
                 AS 'BEGIN INSERT INTO statements VALUES (TG_TABLE_NAME); RETURN NULL; END'",
            "CREATE TRIGGER note_revocations AFTER INSERT ON auth_revocations
                 FOR EACH STATEMENT EXECUTE FUNCTION note()",
            "CREATE TRIGGER note_sessions AFTER UPDATE OF ended_at ON auth_sessions
                 FOR EACH STATEMENT EXECUTE FUNCTION note()",
        ] {
            rows(service, sql).await;
        }
    }
    let change = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    ann.post("/auth/password", change).await.expect(204);
    assert_eq!((count(service, LIVING).await, count(service, REVOKED).await), (1, 6_000));
    if postgres {
        let noted = rows(service, "SELECT kind FROM statements ORDER BY kind").await;
        assert_eq!(noted, ["auth_revocations", "auth_sessions"]);
    }
    fill(service, 6_000).await;
    ann.send(Method::Post, "/auth/logout-all", None, &[]).await.expect(204);
    assert_eq!((count(service, LIVING).await, count(service, REVOKED).await), (0, 12_001));
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
}
