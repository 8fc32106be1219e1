//! What is refused before a handler sees it, and what no header may cost.
use crate::support::{Database, Service, config, figment, raw};
use rocket::{
    get,
    http::{Accept, Header, Method},
    local::asynchronous::Client,
    routes,
};

/// In bytes.
const HUGE: usize = 200_000;

on_both!(a_long_accept_is_refused_unread);
async fn a_long_accept_is_refused_unread(service: &Service) {
    let get = async |path: &str, accept: String| {
        raw(service, Method::Get, path, None, &[("Accept", accept)]).await
    };
    // In two lengths: without the rule the second one takes gigabytes.
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
    // Several lines count together.
    let headers: Vec<_> = (0..3).map(|_| ("Accept", "text/html,".repeat(50))).collect();
    raw(service, Method::Get, "/health/live", None, &headers)
        .await
        .refused(431, "header_too_large");
}

on_both!(no_header_list_is_read_without_end, |c| {
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn no_header_list_is_read_without_end(service: &Service) {
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
    // Whoever asks in one of too many languages is asked in ours.
    let headers = [("Accept-Language", format!("ru{}", ",en;q=0.1".repeat(200)))];
    let reply = raw(service, Method::Get, "/nothing", None, &headers).await;
    assert_eq!(reply.header("content-language"), Some("en"));
    // Of too many cookies none is read.
    let padding =
        format!("a={}; __Host-portcullis={}", "x".repeat(40_000), ann.refresh_cookie().unwrap());
    raw(service, Method::Get, "/auth/me", None, &[("Cookie", padding)])
        .await
        .refused(401, "unauthenticated");
}

/// The queries that name no role in a way that is understood.
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

on_both!(of_several_roles_one_is_demanded_and_none_is_dropped);
async fn of_several_roles_one_is_demanded_and_none_is_dropped(service: &Service) {
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
    // The same by the cookie.
    for person in [&ann, &bob] {
        person.forget_access();
        let status = if person.name == "bob" { 200 } else { 403 };
        let reply = person.get("/auth/verify?role=ADMIN&role=EDITOR").await;
        assert_eq!(reply.status, status, "{reply:?}");
        person.get("/auth/verify?role[]=EDITOR").await.refused(400, "malformed");
    }
}

on_both!(a_path_is_written_in_one_way);
async fn a_path_is_written_in_one_way(service: &Service) {
    let ann = service.user("ann").await;
    for path in ["/auth/me", "/auth/me/"] {
        ann.get(path).await.expect(200);
    }
    // What has to be encoded reaches its handler.
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

on_both!(a_health_check_names_no_host);
async fn a_health_check_names_no_host(service: &Service) {
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

on_both!(a_parameter_that_comes_twice_is_refused_on_every_route);
async fn a_parameter_that_comes_twice_is_refused_on_every_route(service: &Service) {
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

#[get("/things")]
fn things(accept: Option<&Accept>) -> String {
    accept.map_or_else(String::new, |a| a.preferred().to_string())
}

#[get("/tables", format = "text/html")]
fn tables() -> &'static str {
    "a table"
}

async fn a_host_application(database: Database) {
    let rocket = rocket::custom(figment(&database.url))
        .attach(portcullis::stage().config(config()))
        .mount("/app", routes![things, tables]);
    let client = Client::untracked(rocket).await.unwrap();
    let get = async |path: &'static str, accept: String| {
        let reply = client.get(path).header(Header::new("Accept", accept)).dispatch().await;
        (reply.status().code, reply.into_string().await.unwrap())
    };
    assert_eq!(get("/app/things", "text/html".into()).await, (200, "text/html".into()));
    assert_eq!(get("/app/tables", "text/html".into()).await.0, 200);
    for bytes in [2_000, HUGE] {
        for path in ["/app/things", "/app/tables", "/app/nothing"] {
            let (status, told) = get(path, "text/html,".repeat(bytes / 10)).await;
            assert!(status == 431 && told.contains("header_too_large"), "{path} {status} {told}");
        }
    }
    drop(client.terminate().await);
    database.end().await;
}

mod a_long_accept_reaches_no_handler_of_a_host_application {
    on_each_engine! { super::a_host_application }
}
