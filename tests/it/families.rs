//! Sessions that come out of each other, whose rule their refresh tokens follow, and how they end.
use crate::{
    store::{acts, rows},
    support::{ORIGIN, PASSWORD, Person, Reply, Service, raw},
};
use portcullis::{Claims, flows::UserId};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// A request with a cookie, as a browser on one of our pages sends it.
async fn by_cookie(service: &Service, path: &str, cookie: &str, body: serde_json::Value) -> Reply {
    let headers = [
        ("Cookie", format!("__Host-portcullis={cookie}")),
        ("Origin", ORIGIN.to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    raw(service, Method::Post, path, Some(body.to_string()), &headers).await
}

/// A request with an access token and nothing else.
async fn bearing(
    service: &Service,
    method: Method,
    path: &str,
    token: &str,
    body: Option<serde_json::Value>,
) -> Reply {
    let mut headers = vec![("Authorization", format!("Bearer {token}"))];
    if body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    raw(service, method, path, body.map(|b| b.to_string()), &headers).await
}

async fn verify(service: &Service, token: &str) -> u16 {
    bearing(service, Method::Get, "/auth/verify", token, None).await.status
}

fn cookie(reply: &Reply) -> String {
    reply.expect(200);
    let cookie = reply.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {reply:#?}"));
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

fn text(reply: &Reply, key: &str) -> String {
    reply.expect(200)[key].as_str().unwrap_or_else(|| panic!("no {key}: {reply:#?}")).to_owned()
}

fn claims(service: &Service, token: &str) -> Claims {
    service.auth().verify_access(token).unwrap()
}

/// A session opened by access token out of the one of `person`: its access token and its cookie.
async fn another(person: &Person<'_>) -> (String, String) {
    let own = json!({ "id": person.id });
    let token = person.access().unwrap();
    let reply = bearing(person.service, Method::Post, "/api/tokens", &token, Some(own)).await;
    (text(&reply, "token"), cookie(&reply))
}

/// What a superuser gets for somebody else's id.
async fn act_for(root: &Person<'_>, bob: &Person<'_>) -> String {
    let reply = root.post("/api/tokens", json!({ "id": bob.id })).await;
    assert_eq!(reply.header("set-cookie"), None);
    text(&reply, "token")
}

async fn count(service: &Service, sql: &'static str) -> usize {
    rows(service, sql).await.len()
}

const LIVING: &str = "SELECT 'living' FROM auth_sessions WHERE ended_at IS NULL";
const REVOKED: &str = "SELECT 'revoked' FROM auth_revocations";

on_both!(a_token_is_not_kept_where_it_would_be_if_its_session_rotates);
async fn a_token_is_not_kept_where_it_would_be_if_its_session_rotates(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let chat = ann.post("/api/token/refresh", json!({ "refresh": first })).await;
    let second = text(&chat, "refresh");
    let again = ann.post("/api/token/refresh", json!({ "refresh": first })).await;
    assert_eq!(claims(service, &text(&again, "access")).user_id, ann.id);
    let third = cookie(&by_cookie(service, "/api/refresh_access", &second, json!({})).await);
    service.advance(11 * SECOND);
    // What was used up there is known to be stolen here, and the other way round.
    ann.post("/api/token/refresh", json!({ "refresh": first }))
        .await
        .refused(401, "token_not_valid");
    by_cookie(service, "/auth/refresh", &third, json!({})).await.refused(401, "token_not_valid");
    assert!(acts(service).await.contains(&"refresh_token_reused".to_owned()));
}

on_both!(a_session_that_keeps_its_token_keeps_it_at_home_only);
async fn a_session_that_keeps_its_token_keeps_it_at_home_only(service: &Service) {
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

on_both!(what_is_strict_is_strict_everywhere);
async fn what_is_strict_is_strict_everywhere(service: &Service) {
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
    // Not before the access token has expired.
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
    // Once.
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
    // What is opened out of it is strict as well.
    service.advance(5 * MINUTE);
    let reply = by_cookie(service, "/api/refresh_all", &second, own.clone()).await;
    let (third, access) = (cookie(&reply), text(&reply, "token"));
    let reply = by_cookie(service, "/api/refresh_all", &third, own.clone()).await;
    reply.refused(401, "access_token_still_valid");
    bearing(service, Method::Post, "/api/tokens", &access, Some(own)).await.expect(200);
    let strict = rows(service, "SELECT rotation FROM auth_sessions").await;
    assert_eq!(strict, ["strict", "strict"]);
}

on_both!(a_used_token_is_no_good_where_tokens_are_good_once);
async fn a_used_token_is_no_good_where_tokens_are_good_once(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    ann.refresh().await.expect(200);
    // Within its grace, which this surface does not have.
    let headers = [("Cookie", format!("__Host-portcullis={first}"))];
    raw(service, Method::Get, "/auth/verify", None, &headers).await.expect(200);
    ann.post("/token/verify", json!({ "token": first })).await.refused(401, "token_not_valid");
    let now = ann.refresh_cookie().unwrap();
    ann.post("/token/verify", json!({ "token": now })).await.expect(200);
}

on_both!(a_session_opened_out_of_another_ends_with_it);
async fn a_session_opened_out_of_another_ends_with_it(service: &Service) {
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
        // Only a session that changes the password stays.
        let left = verify(service, &ann.access().unwrap()).await;
        assert_eq!(left, if how == "password" { 200 } else { 401 }, "{how}");
        for cookie in [&by_bearer, &by_refresh, &of_fourth] {
            let reply = by_cookie(service, "/auth/refresh", cookie, json!({})).await;
            reply.refused(401, "token_not_valid");
        }
    }
    bob.get("/auth/verify").await.expect(200);
}

on_both!(a_session_opened_by_access_token_ends_with_that_token);
async fn a_session_opened_by_access_token_ends_with_that_token(service: &Service) {
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

on_both!(a_session_that_logs_out_gives_no_other_any_more);
async fn a_session_that_logs_out_gives_no_other_any_more(service: &Service) {
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

on_both!(a_superuser_acts_for_somebody_by_name_and_for_a_while);
async fn a_superuser_acts_for_somebody_by_name_and_for_a_while(service: &Service) {
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
    // Both know of it: the log says who it was, the user's list has it, but not from where.
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
    // Who runs the place does so in their own name.
    bearing(service, Method::Get, "/auth/admin/users", &token, None)
        .await
        .refused(403, "forbidden");

    root.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    assert_eq!(verify(service, &token).await, 401);
    bearing(service, Method::Get, "/auth/me", &token, None).await.refused(401, "token_not_valid");
    bob.get("/auth/me").await.expect(200);
}

on_both!(whoever_is_no_superuser_any_more_acts_for_nobody);
async fn whoever_is_no_superuser_any_more_acts_for_nobody(service: &Service) {
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

on_both!(acting_for_somebody_takes_a_password_that_was_just_given);
async fn acting_for_somebody_takes_a_password_that_was_just_given(service: &Service) {
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
    // It gives no refresh token.
    let sql = "SELECT 'held' FROM auth_refresh_tokens t JOIN auth_sessions s ON s.id = t.session_id
                   WHERE s.actor_id IS NOT NULL";
    assert_eq!(count(service, sql).await, 0);
    service.advance(5 * MINUTE);
    assert_eq!(verify(service, &token).await, 401);
    // Nor is it a way in for whoever is kept out.
    root.refresh().await.expect(200);
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    let token = act_for(&root, &bob).await;
    service.set_active(UserId(bob.id), false).await;
    assert_eq!(verify(service, &token).await, 401);
}

on_both!(a_user_ends_what_a_superuser_opened_and_no_more);
async fn a_user_ends_what_a_superuser_opened_and_no_more(service: &Service) {
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
    // And all that superusers opened ends with their sessions, however those end.
    let token = act_for(&root, &bob).await;
    root.send(Method::Post, "/auth/logout-all", None, &[]).await.expect(204);
    assert_eq!(verify(service, &token).await, 401);
    bob.get("/auth/me").await.expect(200);
}

on_both!(a_superuser_makes_somebodys_refresh_tokens_useless);
async fn a_superuser_makes_somebodys_refresh_tokens_useless(service: &Service) {
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
    let told = acts(service).await;
    assert!(!told.contains(&"refresh_token_reused".to_owned()));
    assert!(told.contains(&"refresh_tokens_renewed".to_owned()));
    bob.login().await.expect(200);
    eve.post("/api/refresh_all", json!({ "id": bob.id })).await.refused(403, "forbidden");
    bob.refresh().await.expect(200);
}

on_both!(of_a_hundred_sessions_the_least_used_one_makes_room);
async fn of_a_hundred_sessions_the_least_used_one_makes_room(service: &Service) {
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
    // By token as well; the one that asks is in use.
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

on_both!(a_session_that_has_made_room_is_gone_and_its_family_is_not);
async fn a_session_that_has_made_room_is_gone_and_its_family_is_not(service: &Service) {
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

on_both!(any_number_of_sessions_ends_at_once);
async fn any_number_of_sessions_ends_at_once(service: &Service) {
    let ann = service.user("ann").await;
    fill(service, 6_000).await;
    let postgres = service.url().starts_with("postgres");
    if postgres {
        // Each statement is noted.
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

/// Gives every user `many` more sessions, as a program may have opened them.
async fn fill(service: &Service, many: usize) {
    let (id, yes) = if service.url().starts_with("sqlite:") {
        ("randomblob(16)", "1")
    } else {
        ("gen_random_uuid()", "TRUE")
    };
    let (now, later) =
        (service.clock.now().micros(), service.clock.now().plus(5 * MINUTE).micros());
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
         INSERT INTO auth_sessions (id, user_id, client, rotation, remember, created_at,
                                    authenticated_at, last_seen_at, expires_at, access_expires_at)
         SELECT {id}, u.id, 'cookie', 'keep', {yes}, {now}, {now}, {now}, {later}, {later}
         FROM n, auth_users u RETURNING 'new'"
    );
    assert_eq!(rows(service, sql.leak()).await.len(), many);
}
