//! Which headers are read, and which are sent.
use super::HUGE;
use crate::support::{Service, raw};
use rocket::http::Method;

on_both!(an_oversized_accept_header_is_refused);
async fn an_oversized_accept_header_is_refused(service: &Service) {
    let get = async |path: &str, accept: String| {
        raw(service, Method::Get, path, None, &[("Accept", accept)]).await
    };
    // In two lengths: without the limit, the second one takes gigabytes.
    for bytes in [2_000, HUGE] {
        for path in [
            "/nothing",
            "/",
            "/login",
            "/auth/me",
            "/auth/admin/audit",
            "/docs/",
            "/static/portcullis.css",
        ] {
            let reply = get(path, "text/html,".repeat(bytes / 10)).await;
            reply.refused(431, "header_too_large");
            assert!(reply.header("x-request-id").is_some(), "{path}");
        }
    }
    let browser =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
    assert!(get("/nothing", browser.into()).await.text.contains("<html"));
    // The lines of a repeated header count together.
    let headers: Vec<_> = (0..3).map(|_| ("Accept", "text/html,".repeat(50))).collect();
    raw(service, Method::Get, "/health/live", None, &headers)
        .await
        .refused(431, "header_too_large");
}

on_both!(lists_in_headers_are_limited_in_length, |c| {
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn lists_in_headers_are_limited_in_length(service: &Service) {
    let ann = service.user("ann").await;
    let token = ann.access().unwrap();
    for (name, value) in [
        ("Accept-Language", "ru,".repeat(HUGE / 3)),
        ("Cookie", "portcullis-lang=ru;".repeat(HUGE / 19)),
        ("X-Forwarded-For", "127.0.0.1,".repeat(HUGE / 10)),
        ("Origin", "x".repeat(HUGE)),
        ("User-Agent", "x".repeat(HUGE)),
        ("Accept-Encoding", "gzip,".repeat(HUGE / 5)),
    ] {
        let headers = [(name, value), ("Authorization", format!("Bearer {token}"))];
        raw(service, Method::Get, "/auth/me", None, &headers).await.expect(200);
        raw(service, Method::Get, "/nothing", None, &headers).await.refused(404, "not_found");
    }
    for (name, value) in
        [("Authorization", "x ".repeat(HUGE / 2)), ("Authorization", "x".repeat(HUGE))]
    {
        raw(service, Method::Get, "/auth/me", None, &[(name, value)])
            .await
            .refused(401, "token_not_valid");
    }
    raw(service, Method::Get, "/auth/me", None, &[("Host", "x".repeat(HUGE))])
        .await
        .refused(400, "malformed");
    // A list of too many languages is ignored, and the reply is in the default language.
    let headers = [("Accept-Language", format!("ru{}", ",en;q=0.1".repeat(200)))];
    let reply = raw(service, Method::Get, "/nothing", None, &headers).await;
    assert_eq!(reply.header("content-language"), Some("en"));
    // If the cookies are too long, none of them is read.
    let padding =
        format!("a={}; __Host-portcullis={}", "x".repeat(40_000), ann.refresh_cookie().unwrap());
    raw(service, Method::Get, "/auth/me", None, &[("Cookie", padding)])
        .await
        .refused(401, "unauthenticated");
}

on_both!(every_reply_has_the_security_headers);
async fn every_reply_has_the_security_headers(service: &Service) {
    for path in ["/", "/auth/me", "/nothing", "/health/live", "/confirm-email?token=x", "/docs/"] {
        let reply = service.stranger().get(path).await;
        let csp = reply.header("content-security-policy").unwrap();
        assert!(
            csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("x-frame-options"), Some("DENY"));
        let referrer = if path.contains("token=") { "no-referrer" } else { "same-origin" };
        assert_eq!(reply.header("referrer-policy"), Some(referrer));
        assert!(reply.header("x-request-id").is_some());
    }
}

on_both!(hsts_covers_subdomains_if_configured, |c| {
    c.public_url = "https://auth.example.com".parse().unwrap();
    c.mail.url = portcullis::config::Secret("file:/tmp".into());
    c.hsts.include_subdomains = true;
});
async fn hsts_covers_subdomains_if_configured(service: &Service) {
    let reply = service.stranger().get("/health/live").await;
    assert_eq!(
        reply.header("strict-transport-security"),
        Some("max-age=31536000; includeSubDomains")
    );
}

on_both!(metrics_and_docs_can_be_switched_off, |c| (c.metrics, c.docs) = (false, false));
async fn metrics_and_docs_can_be_switched_off(service: &Service) {
    for path in ["/metrics", "/openapi.json", "/docs", "/docs/", "/docs/index.html", "/api-doc/"] {
        service.stranger().get(path).await.refused(404, "not_found");
    }
    service.stranger().get("/health/live").await.expect(200);
}

on_both!(a_url_with_a_token_is_never_sent_as_referrer);
async fn a_url_with_a_token_is_never_sent_as_referrer(service: &Service) {
    let policy = async |path: &str| {
        let reply = service.stranger().get(path).await;
        reply.header("referrer-policy").map(str::to_owned)
    };
    for path in [
        "/confirm-email?token=x",
        "/reset-password?a=b&token=x",
        "/reset-password/?token=x",
        "/nothing?token=x",
    ] {
        assert_eq!(policy(path).await.as_deref(), Some("no-referrer"), "{path}");
    }
    assert_eq!(policy("/").await.as_deref(), Some("same-origin"));
}

on_both!(an_error_is_html_if_the_accept_header_prefers_it);
async fn an_error_is_html_if_the_accept_header_prefers_it(service: &Service) {
    for (accept, html) in [
        ("text/html", true),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
        ("text/*, */*;q=0.5", true),
        ("application/json;q=0.1, text/html;q=0.2", true),
        ("", false),
        ("*/*", false),
        ("application/json, text/plain, */*", false),
        ("*/*, text/html;q=0.1", false),
        ("text/html;q=0", false),
        ("text/html;q=0.5, application/json", false),
        ("nonsense", false),
    ] {
        let headers = [("Accept", accept.to_owned())];
        let reply = raw(service, Method::Get, "/nothing", None, &headers).await;
        let kind = reply.header("content-type").unwrap();
        assert_eq!((reply.status, kind.starts_with("text/html")), (404, html), "{accept}");
    }
}
