//! Which origins may read our replies.
use super::APP;
use crate::support::{ORIGIN, Service, raw};
use rocket::http::Method;

on_both!(cors_is_for_listed_origins_only, |c| c.cors.origins = vec![APP.into()]);
async fn cors_is_for_listed_origins_only(service: &Service) {
    let get = async |origin: &str| {
        raw(service, Method::Get, "/health/live", None, &[("Origin", origin.to_owned())]).await
    };
    let reply = get(APP).await;
    assert_eq!(reply.header("access-control-allow-origin"), Some(APP));
    assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
    assert!(reply.headers.iter().any(|(n, v)| n == "vary" && v == "Origin"));
    for origin in [
        "null",
        "*",
        "https://app.example.com.evil.com",
        "http://app.example.com",
        "https://APP.example.com",
        "",
    ] {
        assert_eq!(get(origin).await.header("access-control-allow-origin"), None, "{origin}");
    }
    let preflight =
        [("Origin", APP.to_owned()), ("Access-Control-Request-Method", "PATCH".to_owned())];
    let reply = raw(service, Method::Options, "/auth/me", None, &preflight).await;
    reply.expect(204);
    assert!(reply.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(reply.header("access-control-allow-headers").unwrap().contains("Authorization"));
    assert_eq!(raw(service, Method::Options, "/nothing", None, &preflight).await.status, 404);
}

on_both!(pages_and_admin_routes_allow_no_foreign_origin, |c| {
    c.cors.origins = vec![APP.into()];
    c.return_to.origins = vec!["https://www.example.com".into()];
});
async fn pages_and_admin_routes_allow_no_foreign_origin(service: &Service) {
    let root = service.superuser("root").await;
    root.login().await.expect(200);
    let form = "application/x-www-form-urlencoded";
    let cors = async |method: Method, path: &str, more: &[(&'static str, &str)]| {
        let headers = [&[("Origin", APP)], more].concat();
        let reply = root.send(method, path, None, &headers).await;
        let named = reply.headers.iter().any(|(name, _)| name.starts_with("access-control-"));
        (reply.status, named)
    };
    for (path, status) in [
        ("/login", 303),
        ("/account", 200),
        ("/account/data.json", 200),
        ("/admin/", 200),
        ("/admin/users", 200),
        ("/admin/users/1", 200),
        ("/dev/mail", 404),
        ("/dev/mail.json?to=root@example.com", 404),
        ("/forgot-password", 200),
        ("/static/portcullis.css", 200),
        ("/docs/", 200),
        ("/admin/users/x", 404),
        ("/", 303),
    ] {
        assert_eq!(cors(Method::Get, path, &[]).await, (status, false), "{path}");
    }
    let html = [("Accept", "text/html")];
    assert_eq!(cors(Method::Get, "/nothing", &html).await, (404, false));
    assert_eq!(cors(Method::Put, "/admin/users", &[]).await, (405, false));
    let preflight = [("Access-Control-Request-Method", "POST")];
    assert_eq!(cors(Method::Options, "/admin/users/1", &preflight).await, (405, false));
    // These origins may read the API, its errors included.
    assert_eq!(cors(Method::Get, "/auth/me", &[]).await, (200, true));
    assert_eq!(cors(Method::Get, "/auth/admin/users", &[]).await, (200, true));
    assert_eq!(cors(Method::Get, "/auth/nothing", &[]).await, (404, true));
    assert_eq!(cors(Method::Get, "/auth/me?a=1&a=2", &[]).await, (400, true));
    assert_eq!(cors(Method::Options, "/auth/me", &preflight).await, (204, true));

    // A form must come from our own pages, even with a valid CSRF token.
    root.get("/forgot-password").await;
    let csrf = root.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let send = async |path: &str, origin: &str, site: &str| {
        let body =
            format!("csrf_token={csrf}&login=root&password=x&first_name=Eve&email=e%40example.com");
        let from = [("Content-Type", form), ("Origin", origin), ("Sec-Fetch-Site", site)];
        root.send(Method::Post, path, Some(body), &from).await.status
    };
    for path in [
        "/login",
        "/account/profile",
        "/forgot-password",
        "/admin/invitations",
        "/logout",
        "/reset-password",
        "/confirm-email",
    ] {
        for (origin, site) in
            [(APP, "same-site"), (APP, "cross-site"), ("https://www.example.com", "same-site")]
        {
            assert_eq!(send(path, origin, site).await, 403, "{path} {origin}");
        }
    }
    assert_eq!(send("/account/profile", ORIGIN, "same-origin").await, 303);

    // A separate list says which sites a login may redirect to.
    let page = service.stranger().get("/login?next=https://www.example.com/x").await;
    assert!(page.text.contains("value=\"https://www.example.com/x\""));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("form-action 'self' https://www.example.com https://app.example.com;"),
        "{policy}"
    );
    let reply = service
        .stranger()
        .send(Method::Get, "/auth/me", None, &[("Origin", "https://www.example.com")])
        .await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}
