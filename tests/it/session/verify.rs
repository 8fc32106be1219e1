//! `/auth/verify`, which a proxy calls to learn who the caller is.
use crate::support::{PASSWORD, Service, raw};
use rocket::http::Method;
use serde_json::json;

/// Queries that do not name roles in a supported form.
const UNCLEAR: [&str; 16] = [
    "role[]=EDITOR",
    "role=EDITOR&role[]=ADMIN",
    "role[0]=EDITOR",
    "role.name=EDITOR",
    "role%5B%5D=EDITOR",
    "role:=EDITOR",
    "role=",
    "role",
    "role=EDITOR&role=",
    "role=+",
    "rol=EDITOR",
    "Role=EDITOR",
    "role=EDITOR&x=1",
    "role=%ff",
    "%ff=EDITOR",
    "=EDITOR",
];

on_both!(a_proxy_asks_who_the_caller_is);
async fn a_proxy_asks_who_the_caller_is(service: &Service) {
    let ann = service.user("ann").await;
    let reply = ann.get("/auth/verify").await;
    reply.expect(200);
    assert_eq!(reply.header("x-auth-user-id"), Some(ann.id.to_string().as_str()));
    assert_eq!(reply.header("x-auth-username"), Some("ann"));
    assert_eq!(reply.header("x-auth-email"), Some("ann@example.com"));
    assert_eq!(reply.header("x-auth-roles"), Some(""));
    ann.get("/auth/verify?role=ADMIN").await.refused(403, "forbidden");
    ann.forget_access().get("/auth/verify").await.expect(200);
    service.stranger().get("/auth/verify").await.refused(401, "unauthenticated");
    service.grant(&ann, "ADMIN").await;
    assert_eq!(ann.get("/auth/verify?role=ADMIN").await.header("x-auth-roles"), Some("ADMIN"));
}

on_both!(a_proxy_gets_only_a_confirmed_address);
async fn a_proxy_gets_only_a_confirmed_address(service: &Service) {
    let eve = service.stranger();
    let new = json!({ "email": "%61nn@example.com", "password": PASSWORD, "username": "\u{42f}" });
    eve.post("/auth/register", new).await.expect(201);
    let token = service.mailed_token("%2561nn@example.com").await;
    eve.login_with(json!({ "login": "%61nn@example.com", "password": PASSWORD })).await.expect(200);
    let access = eve.access();
    for _ in 0..2 {
        let reply = eve.get("/auth/verify").await;
        reply.expect(200);
        assert_eq!(reply.header("x-auth-email"), None);
        assert_eq!(reply.header("x-auth-username"), Some("%D0%AF"));
        eve.forget_access();
    }
    *eve.access.lock().unwrap() = access;
    eve.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    eve.login_with(json!({ "login": "%61nn@example.com", "password": PASSWORD })).await.expect(200);
    for _ in 0..2 {
        assert_eq!(
            eve.get("/auth/verify").await.header("x-auth-email"),
            Some("%2561nn@example.com")
        );
        eve.forget_access();
    }
}

on_both!(the_authorization_header_holds_one_token_with_or_without_a_scheme);
async fn the_authorization_header_holds_one_token_with_or_without_a_scheme(service: &Service) {
    let ann = service.user("ann").await;
    let token = ann.access().unwrap();
    let me = async |headers: &[(&'static str, String)]| {
        raw(service, Method::Get, "/auth/me", None, headers).await
    };
    for good in [format!("Bearer {token}"), format!("bEARER  {token}"), token.clone()] {
        me(&[("Authorization", good)]).await.expect(200);
    }
    for bad in [
        format!("Basic {token}"),
        format!("x Bearer {token}"),
        format!("Bearer {token} x"),
        "Bearer".into(),
        format!("Bearer{token}"),
    ] {
        me(&[("Authorization", bad)]).await.refused(401, "token_not_valid");
    }
    let twice = [("Authorization", format!("Bearer {token}")), ("Authorization", token.clone())];
    me(&twice).await.refused(400, "malformed");
    let refresh = ann.refresh_cookie().unwrap();
    me(&[("Authorization", format!("Bearer {refresh}"))]).await.refused(401, "token_not_valid");
}

on_both!(one_of_several_roles_is_enough_and_none_is_ignored);
async fn one_of_several_roles_is_enough_and_none_is_ignored(service: &Service) {
    let ann = service.user("ann").await;
    let bob = service.registered("bob").await;
    service.grant(&bob, "EDITOR").await;
    bob.login().await.expect(200);
    let root = service.superuser("root").await;
    root.login().await.expect(200);
    for query in [
        "role=EDITOR",
        "role=ADMIN&role=EDITOR",
        "role=EDITOR&role=ADMIN",
        "role=A&role=B&role=EDITOR",
        "&role=EDITOR&",
    ] {
        let path = format!("/auth/verify?{query}");
        bob.get(&path).await.expect(200);
        root.get(&path).await.expect(200);
        ann.get(&path).await.refused(403, "forbidden");
    }
    bob.get("/auth/verify?role=ADMIN&role=OTHER").await.refused(403, "forbidden");
    for query in UNCLEAR {
        for path in ["/auth/verify", "/auth/verify/"] {
            let path = format!("{path}?{query}");
            root.get(&path).await.refused(400, "malformed");
            bob.get(&path).await.refused(400, "malformed");
        }
    }
    // The cookie gives the same results.
    for person in [&ann, &bob] {
        person.forget_access();
        let status = if person.name == "bob" { 200 } else { 403 };
        let reply = person.get("/auth/verify?role=ADMIN&role=EDITOR").await;
        assert_eq!(reply.status, status, "{reply:?}");
        person.get("/auth/verify?role[]=EDITOR").await.refused(400, "malformed");
    }
}

on_both!(a_challenge_names_its_realm);
async fn a_challenge_names_its_realm(service: &Service) {
    let me = async |headers: &[(&'static str, String)]| {
        raw(service, Method::Get, "/auth/me", None, headers).await
    };
    let reply = me(&[]).await;
    assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"portcullis\""));
    let reply = me(&[("Authorization", "Bearer x".into())]).await;
    let challenge = "Bearer realm=\"portcullis\", error=\"invalid_token\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
}
