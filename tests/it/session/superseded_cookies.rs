//! Cookies with a refresh token that a newer one has superseded.
use crate::support::{ORIGIN, Person, Reply, Service, cookie, raw};
use rocket::http::Method;
use serde_json::json;

/// A request from a browser on one of our pages that has `token` in its cookie.
async fn with_cookie(
    person: &Person<'_>,
    method: Method,
    path: &str,
    token: &str,
    body: Option<serde_json::Value>,
) -> Reply {
    let headers = [
        ("Cookie", format!("__Host-portcullis={token}")),
        ("Origin", ORIGIN.to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    raw(person.service, method, path, body.map(|b| b.to_string()), &headers).await
}

on_both!(a_superseded_cookie_does_not_authenticate);
async fn a_superseded_cookie_does_not_authenticate(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let second = cookie(&ann.refresh().await);
    // Within the grace period a slow tab's token still works, however often the others have refreshed.
    with_cookie(&ann, Method::Get, "/auth/me", &first, None).await.expect(200);
    cookie(&with_cookie(&ann, Method::Post, "/auth/refresh", &second, None).await);
    with_cookie(&ann, Method::Get, "/auth/me", &first, None).await.expect(200);
    service.advance(std::time::Duration::from_secs(11));
    with_cookie(&ann, Method::Get, "/auth/me", &first, None).await.refused(401, "token_not_valid");
    with_cookie(&ann, Method::Get, "/auth/verify", &first, None)
        .await
        .refused(401, "token_not_valid");
    let id = Some(json!({ "id": ann.id }));
    for path in ["/api/tokens", "/api/refresh_all"] {
        let reply = with_cookie(&ann, Method::Post, path, &first, id.clone()).await;
        reply.refused(401, "token_not_valid");
    }
}

on_both!(refresh_all_revokes_the_previous_cookie_at_once);
async fn refresh_all_revokes_the_previous_cookie_at_once(service: &Service) {
    let ann = service.user("ann").await;
    let old = ann.refresh_cookie().unwrap();
    let id = Some(json!({ "id": ann.id }));
    let new = cookie(&with_cookie(&ann, Method::Post, "/api/refresh_all", &old, id.clone()).await);
    with_cookie(&ann, Method::Get, "/auth/me", &old, None).await.refused(401, "token_not_valid");
    let again = with_cookie(&ann, Method::Post, "/api/refresh_all", &old, id).await;
    again.refused(401, "token_not_valid");
    with_cookie(&ann, Method::Get, "/auth/me", &new, None).await.expect(200);
}

on_both!(a_duplicate_or_misnamed_session_cookie_does_not_authenticate);
async fn a_duplicate_or_misnamed_session_cookie_does_not_authenticate(service: &Service) {
    let ann = service.user("ann").await;
    let token = ann.refresh_cookie().unwrap();
    let me = async |cookies: &[String]| {
        let all: Vec<_> = cookies.iter().map(|c| ("Cookie", c.clone())).collect();
        raw(service, Method::Get, "/auth/me", None, &all).await
    };
    let good = format!("__Host-portcullis={token}");
    me(&[format!("a=b; {good}; c=d")]).await.expect(200);
    for none in [
        vec![format!("{good}; {good}")],
        vec![good.clone(), "__Host-portcullis=x".to_owned()],
        vec![format!("__host-portcullis={token}")],
        vec![format!("portcullis={token}")],
        vec!["__Host-portcullis=".to_owned()],
    ] {
        me(&none).await.refused(401, "unauthenticated");
    }
    // Unicode white space is not HTTP white space, so it is a part of the cookie's name. Another
    // subdomain may set such a cookie; it does not authenticate, and does not displace ours.
    for space in ["\u{2000}", "\u{a0}", "\u{85}", "\u{b}", "\u{c}"] {
        for planted in
            [format!("{space}__Host-portcullis=x"), format!("__Host-portcullis{space}=x")]
        {
            me(std::slice::from_ref(&planted)).await.refused(401, "unauthenticated");
            me(&[format!("{planted}; {good}")]).await.expect(200);
            me(&[good.clone(), planted]).await.expect(200);
        }
    }
    me(&[format!("a=b;\t{good}\t ; c=d")]).await.expect(200);
    for junk in [format!("\"{token}\""), "a".repeat(20_000)] {
        me(&[format!("__Host-portcullis={junk}")]).await.refused(401, "token_not_valid");
    }
}
