//! Paths, methods, hosts and query parameters.
use crate::support::{Service, raw};
use rocket::http::Method;

on_both!(a_wrong_method_is_refused_with_the_allowed_ones);
async fn a_wrong_method_is_refused_with_the_allowed_ones(service: &Service) {
    let ann = service.stranger();
    let reply = ann.get("/auth/login").await;
    reply.refused(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("POST"));
    let reply = ann.send(Method::Put, "/auth/me/", None, &[]).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("DELETE, GET, HEAD, PATCH")));
    ann.get("/nothing").await.refused(404, "not_found");
    ann.get("/auth/nothing").await.refused(404, "not_found");
    ann.get("/auth/sessions/x/y").await.refused(404, "not_found");
}

on_both!(a_trailing_slash_makes_no_difference);
async fn a_trailing_slash_makes_no_difference(service: &Service) {
    let ann = service.user("ann").await;
    for path in [
        "/auth/me",
        "/auth/me/",
        "/u/api/test",
        "/u/api/test/",
        "/health/live/",
        "/auth/verify/",
        "/openapi.json",
    ] {
        ann.get(path).await.expect(200);
    }
}

on_both!(a_request_with_two_hosts_is_refused);
async fn a_request_with_two_hosts_is_refused(service: &Service) {
    for hosts in [&["ev il"][..], &["a", "b"], &["user@localhost"], &["a/b"]] {
        let headers: Vec<_> = hosts.iter().map(|h| ("Host", (*h).to_owned())).collect();
        raw(service, Method::Get, "/health/live", None, &headers).await.refused(400, "malformed");
    }
    for host in ["localhost", "auth.example.com:8443", "[::1]:8000"] {
        let headers = [("Host", host.to_owned())];
        raw(service, Method::Get, "/health/live", None, &headers).await.expect(200);
    }
}

on_both!(an_invalid_host_header_is_refused);
async fn an_invalid_host_header_is_refused(service: &Service) {
    for host in [":8000", "@localhost", "local host"] {
        let headers = [("Host", host.to_owned())];
        let reply = raw(service, Method::Get, "/auth/me", None, &headers).await;
        reply.refused(400, "malformed");
    }
}

on_both!(a_path_that_is_not_canonical_is_refused);
async fn a_path_that_is_not_canonical_is_refused(service: &Service) {
    let ann = service.user("ann").await;
    for path in ["/auth/me", "/auth/me/"] {
        ann.get(path).await.expect(200);
    }
    // A character that must be percent-encoded is accepted.
    ann.get("/auth/admin/users/%D1%8F").await.refused(403, "forbidden");
    ann.get("/auth/admin/users/1%402/").await.refused(403, "forbidden");
    for path in [
        "//auth/me",
        "/auth//me",
        "/auth/me//",
        "/auth/%6de",
        "/%61uth/me",
        "/auth/m%65/",
        "/auth/sessions/%31",
        "/auth/%2e/me",
        "//docs/",
        "/docs//",
        "/%64ocs/",
        "/openapi%2ejson",
        "//login",
        "//",
        "/%6Cogin",
        "/static//portcullis.css",
        "/auth/admin//users",
        "/auth/admin/users/%31",
    ] {
        let reply = raw(service, Method::Get, path, None, &[]).await;
        reply.refused(404, "not_found");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

on_both!(a_health_check_needs_no_host_header);
async fn a_health_check_needs_no_host_header(service: &Service) {
    for (path, status) in [
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/health/ready/", 200),
        ("/auth/me", 400),
        ("/login", 400),
    ] {
        let reply = raw(service, Method::Get, path, None, &[("Host", String::new())]).await;
        assert_eq!(reply.status, status, "{path}");
    }
}

on_both!(a_repeated_query_parameter_is_refused_on_every_route);
async fn a_repeated_query_parameter_is_refused_on_every_route(service: &Service) {
    let ann = service.admin("ann").await;
    for query in [
        "search=a&search=b",
        "search[]=a",
        "search=a&search[]=b",
        "search=%ff",
        "cursor=a&cursor=a",
    ] {
        for path in ["/auth/admin/users", "/admin/users"] {
            ann.get(&format!("{path}?{query}")).await.refused(400, "malformed");
        }
    }
    ann.get("/auth/admin/users?search=a%20b&role=ADMIN&state=active").await.expect(200);
    ann.get("/auth/admin/invitations?cursor=x").await.refused(400, "validation");
    ann.get("/auth/admin/invitations?cursor=9").await.expect(200);
    let many: Vec<_> = (0..65).map(|n| format!("a{n}=1")).collect();
    ann.get(&format!("/login?{}", many[..64].join("&"))).await;
    ann.get(&format!("/auth/me?{}", many[..64].join("&"))).await.expect(200);
    ann.get(&format!("/auth/me?{}", many.join("&"))).await.refused(400, "malformed");
    let mut seen = 0;
    for route in service.client.rocket().routes() {
        let segments =
            route.uri.path().split('/').map(|s| if s.starts_with('<') { "1" } else { s });
        let path = segments.collect::<Vec<_>>().join("/");
        for query in ["x=1&x=2", "x[]=1", "x.y=1"] {
            let reply =
                service.stranger().send(route.method, &format!("{path}?{query}"), None, &[]).await;
            reply.refused(400, "malformed");
        }
        seen += 1;
    }
    assert!(seen > 80);
}
