//! Sessions that are opened from another session.
use super::{MINUTE, SECOND, another, claims, text, verify};
use crate::support::{PASSWORD, Service, bearing, by_cookie, cookie, raw};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;

on_both!(a_derived_session_ends_with_its_parent);
async fn a_derived_session_ends_with_its_parent(service: &Service) {
    let bob = service.user("bob").await;
    for how in ["logout", "reuse", "list", "clone", "logout-all", "password"] {
        let ann = service.user(&format!("ann-{how}")).await;
        let stolen = ann.refresh_cookie().unwrap();
        let (clone, by_bearer) = another(&ann).await;
        let own = json!({ "id": ann.id });
        let third = by_cookie(service, "/api/tokens", &stolen, own.clone()).await;
        let (third, by_refresh) = (text(&third, "token"), cookie(&third));
        let fourth = by_cookie(service, "/api/tokens", &by_refresh, own).await;
        let (fourth, of_fourth) = (text(&fourth, "token"), cookie(&fourth));
        let clones = [&clone, &third, &fourth];
        for token in clones {
            assert_eq!(verify(service, token).await, 200, "{how}");
        }
        let (reply, status) = match how {
            "logout" | "logout-all" => {
                (ann.send(Method::Post, &format!("/auth/{how}"), None, &[]).await, 204)
            }
            "reuse" => {
                ann.refresh().await.expect(200);
                service.advance(11 * SECOND);
                (by_cookie(service, "/auth/refresh", &stolen, json!({})).await, 401)
            }
            "list" => {
                let path = format!("/auth/sessions/{}", claims(service, &fourth).sid);
                bob.send(Method::Delete, &path, None, &[]).await.refused(404, "not_found");
                (ann.send(Method::Delete, &path, None, &[]).await, 204)
            }
            "clone" => (bearing(service, Method::Post, "/auth/logout", &third, None).await, 204),
            _ => {
                let change = json!({ "current_password": PASSWORD, "new_password": "another good password" });
                (ann.post("/auth/password", change).await, 204)
            }
        };
        reply.expect(status);
        for token in clones {
            assert_eq!(verify(service, token).await, 401, "{how}");
        }
        // Only the session that changed the password stays.
        let left = verify(service, &ann.access().unwrap()).await;
        assert_eq!(left, if how == "password" { 200 } else { 401 }, "{how}");
        for cookie in [&by_bearer, &by_refresh, &of_fourth] {
            let reply = by_cookie(service, "/auth/refresh", cookie, json!({})).await;
            reply.refused(401, "token_not_valid");
        }
    }
    bob.get("/auth/verify").await.expect(200);
}

on_both!(a_session_opened_with_an_access_token_expires_with_that_token);
async fn a_session_opened_with_an_access_token_expires_with_that_token(service: &Service) {
    let ann = service.user("ann").await;
    service.advance(4 * MINUTE);
    let (clone, first) = another(&ann).await;
    assert!(claims(service, &clone).exp <= claims(service, &ann.access().unwrap()).exp);
    let second = cookie(&by_cookie(service, "/auth/refresh", &first, json!({})).await);
    let own = json!({ "id": ann.id });
    let third = cookie(&by_cookie(service, "/api/tokens", &second, own.clone()).await);
    let fourth = cookie(&by_cookie(service, "/api/refresh_all", &third, own).await);
    service.advance(MINUTE);
    assert_eq!(verify(service, &clone).await, 401);
    for cookie in [&second, &fourth] {
        by_cookie(service, "/auth/refresh", cookie, json!({}))
            .await
            .refused(401, "token_not_valid");
    }
    ann.refresh().await.expect(200);
}

on_both!(no_session_can_be_opened_out_of_one_that_logs_out);
async fn no_session_can_be_opened_out_of_one_that_logs_out(service: &Service) {
    for n in 0..8 {
        let ann = service.user(&format!("ann{n}")).await;
        let root = if n == 0 { Some(service.superuser("root").await) } else { None };
        let by = root.as_ref().unwrap_or(&ann);
        let id = json!({ "id": ann.id });
        let more = join_all((0..12).map(|_| by.post("/api/tokens", id.clone())));
        let out = by.send(Method::Post, "/auth/logout", None, &[]);
        let (given, out) = rocket::tokio::join!(more, out);
        out.expect(204);
        for reply in given.into_iter().filter(|r| r.status == 200) {
            assert_eq!(verify(service, &text(&reply, "token")).await, 401);
        }
    }
}

on_both!(no_session_can_be_opened_out_of_one_that_logs_out_everywhere);
async fn no_session_can_be_opened_out_of_one_that_logs_out_everywhere(service: &Service) {
    for n in 0..8 {
        let ann = service.user(&format!("ann{n}")).await;
        let id = json!({ "id": ann.id });
        let more = join_all((0..12).map(|_| ann.post("/api/tokens", id.clone())));
        let out = ann.send(Method::Post, "/auth/logout-all", None, &[]);
        let (given, out) = rocket::tokio::join!(more, out);
        out.expect(204);
        for reply in given.into_iter().filter(|r| r.status == 200) {
            let token = reply.body["token"].as_str().unwrap();
            let headers = [("Authorization", format!("Bearer {token}"))];
            let me = raw(service, Method::Get, "/auth/me", None, &headers).await;
            me.refused(401, "token_not_valid");
        }
    }
}
