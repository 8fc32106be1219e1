//! What browsers are told, and what is believed of what they send.
use crate::support::{ORIGIN, PASSWORD, Service, raw};
use rocket::http::Method;
use serde_json::json;

const APP: &str = "https://app.example.com";
const FORM: &str = "application/x-www-form-urlencoded";

on_both!(a_cookie_that_another_site_sends_changes_nothing, |c| c.cors.origins = vec![APP.into()]);
async fn a_cookie_that_another_site_sends_changes_nothing(service: &Service) {
    let ann = service.user("ann").await;
    let cookie = || ("Cookie", format!("__Host-portcullis={}", ann.refresh_cookie().unwrap()));
    let refresh = async |headers: &[(&'static str, &str)]| {
        let mut all = vec![cookie()];
        all.extend(headers.iter().map(|(n, v)| (*n, (*v).to_owned())));
        raw(service, Method::Post, "/auth/refresh", None, &all).await
    };
    for foreign in [
        vec![("Origin", "https://evil.example.com")],
        vec![("Origin", "null")],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Sec-Fetch-Site", "none")],
        vec![("Sec-Fetch-Site", "cross-site"), ("Origin", "null")],
        vec![("Origin", "http://localhost:8000.evil.example.com")],
        vec![("Origin", ORIGIN), ("Origin", "https://evil.example.com")],
        vec![("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-origin")],
    ] {
        refresh(&foreign).await.refused(403, "csrf_failed");
    }
    for ours in [
        vec![("Sec-Fetch-Site", "same-origin")],
        vec![("Origin", ORIGIN)],
        vec![("Sec-Fetch-Site", "cross-site"), ("Origin", APP)],
    ] {
        refresh(&ours).await.expect(200);
    }
    for (method, path) in [
        (Method::Post, "/auth/logout"),
        (Method::Post, "/auth/logout-all"),
        (Method::Post, "/auth/email/resend"),
        (Method::Post, "/api/refresh_access"),
        (Method::Delete, "/auth/sessions/x"),
    ] {
        let foreign = ("Sec-Fetch-Site", "cross-site".to_owned());
        raw(service, method, path, None, &[cookie(), foreign]).await.refused(403, "csrf_failed");
    }
    raw(service, Method::Get, "/auth/me", None, &[cookie()]).await.expect(200);
    raw(service, Method::Head, "/auth/me", None, &[cookie()]).await.expect(200);
}

on_both!(a_cookie_that_a_program_sends_is_enough);
async fn a_cookie_that_a_program_sends_is_enough(service: &Service) {
    let ann = service.user("ann").await;
    let send = async |method: Method, path: &str, kind: &str, body: &str| {
        let cookie = format!("__Host-portcullis={}", ann.refresh_cookie().unwrap());
        let headers = [("Cookie", cookie), ("Content-Type", kind.to_owned())];
        let reply = raw(service, method, path, Some(body.to_owned()), &headers).await;
        if let Some(cookie) = reply.header("set-cookie") {
            let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
            ann.cookies.lock().unwrap().insert("__Host-portcullis".into(), value);
        }
        reply
    };
    let json = "application/json";
    // axios on Node names a form for what has no body.
    for kind in ["", json, FORM] {
        send(Method::Post, "/auth/refresh", kind, "").await.expect(200);
        send(Method::Post, "/api/refresh_access", kind, "").await.expect(200);
    }
    let id = json!({ "id": ann.id }).to_string();
    send(Method::Post, "/api/refresh_all", json, &id).await.expect(200);
    send(Method::Post, "/api/refresh_all", FORM, &format!("id={}", ann.id)).await.expect(200);
    send(Method::Patch, "/auth/me", json, "{\"first_name\": \"Ann\"}").await.expect(200);
    send(Method::Post, "/auth/password", FORM, "new_password=x")
        .await
        .refused(415, "unsupported_type");
    send(Method::Patch, "/auth/me", FORM, "first_name=Ann").await.refused(403, "csrf_failed");
    send(Method::Post, "/auth/logout", "", "").await.expect(204);
}

on_both!(a_cookie_for_all_sites_always_needs_a_proof, |c| c.cookie.same_site =
    portcullis::config::SameSite::None);
async fn a_cookie_for_all_sites_always_needs_a_proof(service: &Service) {
    let ann = service.user("ann").await;
    let cookie = || ("Cookie", format!("__Host-portcullis={}", ann.refresh_cookie().unwrap()));
    let send = async |path: &str, headers: &[(&'static str, String)]| {
        raw(service, Method::Post, path, None, headers).await
    };
    for path in ["/auth/refresh", "/api/refresh_access", "/auth/logout"] {
        send(path, &[cookie()]).await.refused(403, "csrf_failed");
    }
    send("/auth/refresh", &[cookie(), ("Origin", ORIGIN.to_owned())]).await.expect(200);
}

on_both!(every_form_of_a_page_demands_both_proofs);
async fn every_form_of_a_page_demands_both_proofs(service: &Service) {
    let root = service.superuser("root").await;
    root.get("/account").await;
    let cookies: Vec<_> =
        root.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
    let csrf = root.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let api = ["/auth", "/api", "/token", "/v1", "/u"];
    let mut pages = 0;
    for route in service.client.rocket().routes().filter(|r| r.method == Method::Post) {
        let path = route.uri.path().replace("<id>", "1");
        if api.iter().any(|start| path == *start || path.starts_with(&format!("{start}/"))) {
            continue;
        }
        pages += 1;
        for (token, kind) in [(csrf.as_str(), FORM), ("", FORM), (&csrf, "application/json")] {
            for cookie in [cookies.join("; "), format!("__Host-portcullis-form={csrf}")] {
                let body = match kind {
                    FORM => format!("csrf_token={token}&token=x"),
                    _ => json!({ "csrf_token": token }).to_string(),
                };
                let headers = [("Cookie", cookie.clone()), ("Content-Type", kind.to_owned())];
                let reply = raw(service, Method::Post, &path, Some(body), &headers).await;
                // Who has to be logged in is sent to log in.
                let login =
                    reply.header("location").is_some_and(|to| to.starts_with("/login?next="));
                assert!(reply.status == 403 || login, "{path} {reply:?}");
                assert!(!login || !cookie.contains("__Host-portcullis="), "{path} {reply:?}");
            }
        }
    }
    assert!(pages > 20, "{pages}");
    root.get("/auth/me").await.expect(200);
}

on_both!(no_other_site_logs_anybody_in);
async fn no_other_site_logs_anybody_in(service: &Service) {
    service.registered("ann").await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    let login = async |headers: &[(&'static str, &str)]| {
        let mut all = vec![("Content-Type", "application/json".to_owned())];
        all.extend(headers.iter().map(|(n, v)| (*n, (*v).to_owned())));
        raw(service, Method::Post, "/auth/login", Some(body.clone()), &all).await
    };
    login(&[("Sec-Fetch-Site", "cross-site")]).await.refused(403, "csrf_failed");
    login(&[("Origin", "https://evil.example.com")]).await.refused(403, "csrf_failed");
    login(&[]).await.expect(200);
    login(&[("Sec-Fetch-Site", "same-origin"), ("Origin", ORIGIN)]).await.expect(200);
}

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

on_both!(what_is_for_people_is_for_our_own_origin, |c| {
    c.cors.origins = vec![APP.into()];
    c.return_to.origins = vec!["https://www.example.com".into()];
});
async fn what_is_for_people_is_for_our_own_origin(service: &Service) {
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
    // The API is theirs to use, with its errors.
    assert_eq!(cors(Method::Get, "/auth/me", &[]).await, (200, true));
    assert_eq!(cors(Method::Get, "/auth/admin/users", &[]).await, (200, true));
    assert_eq!(cors(Method::Get, "/auth/nothing", &[]).await, (404, true));
    assert_eq!(cors(Method::Get, "/auth/me?a=1&a=2", &[]).await, (400, true));
    assert_eq!(cors(Method::Options, "/auth/me", &preflight).await, (204, true));

    // Forms come from our own pages, whatever token they bring.
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

    // Where a login may lead is a list of its own as well.
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

on_both!(what_need_not_be_there_can_be_turned_off, |c| (c.metrics, c.docs) = (false, false));
async fn what_need_not_be_there_can_be_turned_off(service: &Service) {
    for path in ["/metrics", "/openapi.json", "/docs", "/docs/", "/docs/index.html", "/api-doc/"] {
        service.stranger().get(path).await.refused(404, "not_found");
    }
    service.stranger().get("/health/live").await.expect(200);
}

on_both!(subdomains_are_bound_to_tls_if_so_set, |c| {
    c.public_url = "https://auth.example.com".parse().unwrap();
    c.mail.url = portcullis::config::Secret("file:/tmp".into());
    c.hsts.include_subdomains = true;
});
async fn subdomains_are_bound_to_tls_if_so_set(service: &Service) {
    let reply = service.stranger().get("/health/live").await;
    assert_eq!(
        reply.header("strict-transport-security"),
        Some("max-age=31536000; includeSubDomains")
    );
}

on_both!(every_reply_carries_the_headers_that_protect_it);
async fn every_reply_carries_the_headers_that_protect_it(service: &Service) {
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

on_both!(a_link_that_is_only_fetched_changes_nothing);
async fn a_link_that_is_only_fetched_changes_nothing(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    let path = format!("/confirm-email?token={token}");
    for method in [Method::Get, Method::Head, Method::Get] {
        assert_eq!(raw(service, method, &path, None, &[]).await.status, 303);
    }
    // Not the browser that registered.
    let ann = service.stranger();
    let link = ann.get(&path).await;
    assert_eq!((link.status, link.header("location")), (303, Some("/confirm-email")));
    let page = ann.get("/confirm-email").await;
    // To confirm, to set another password, to decline.
    assert_eq!(page.text.matches("<button").count(), 3);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    assert!(page.text.contains(&csrf));
    let press = async |csrf: &str| {
        let body = format!("token={token}&csrf_token={csrf}&password={PASSWORD}");
        ann.send(Method::Post, "/confirm-email", Some(body), &form).await
    };
    for foreign in ["", &uuid::Uuid::new_v4().to_string()] {
        let again = press(foreign).await;
        assert!(again.status == 403 && again.text.contains("role=\"alert\""));
    }
    let done = press(&csrf).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/confirm-email")));
    let told = ann.get("/confirm-email").await.text;
    assert!(told.contains("role=\"status\"") && told.contains("<b>ann@example.com</b>"));
    assert_eq!(press(&csrf).await.status, 303);
    let sql = "SELECT 'yes' FROM auth_users WHERE email_confirmed_at IS NOT NULL";
    assert_eq!(crate::store::rows(service, sql).await.len(), 1);
    assert!(ann.get("/confirm-email").await.text.contains("role=\"status\""));
    ann.get(&format!("/confirm-email?token={}", uuid::Uuid::new_v4())).await;
    let expired = ann.get("/confirm-email").await;
    assert!(expired.status == 400 && expired.text.contains("action=\"/confirm-email/again\""));
}

on_both!(a_reset_link_leads_to_a_form);
async fn a_reset_link_leads_to_a_form(service: &Service) {
    let ann = service.registered("ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let link = ann.get(&format!("/reset-password?token={token}")).await;
    // The token leaves the address before anything is loaded from it.
    assert_eq!((link.status, link.header("location")), (303, Some("/reset-password")));
    let page = ann.get("/reset-password").await;
    assert!(page.text.contains(&token) && page.text.contains("autocomplete=\"new-password\""));
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let send = async |new: &str| {
        let body = format!("token={token}&csrf_token={csrf}&new_password={new}");
        ann.send(Method::Post, "/reset-password", Some(body), &form).await
    };
    let again = send("short").await;
    assert!(
        again.status == 400
            && again.text.contains("role=\"alert\"")
            && !again.text.contains("short\"")
    );
    let done = send("a+new+password").await;
    assert_eq!((done.status, done.header("location")), (303, Some("/login")));
    assert_eq!(send("a+new+password").await.status, 400);
    assert_eq!(ann.get("/reset-password").await.status, 400);
    ann.login_with(json!({ "login": "ann", "password": "a new password" })).await.expect(200);
}

on_both!(links_are_built_from_public_url_whatever_the_host);
async fn links_are_built_from_public_url_whatever_the_host(service: &Service) {
    let ann = service.stranger();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Host", "evil.example.com"),
        ("X-Forwarded-Host", "evil.example.com"),
        ("Forwarded", "host=evil.example.com"),
    ];
    ann.send(Method::Post, "/auth/register", Some(body), &headers).await.expect(201);
    let mail = service.mail("ann@example.com").await;
    assert!(
        mail["links"][0]
            .as_str()
            .unwrap()
            .starts_with("http://localhost:8000/confirm-email?token=")
    );
    assert!(!mail.to_string().contains("evil"));
}

on_both!(only_a_trusted_proxy_tells_the_address, |c| {
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
});
async fn only_a_trusted_proxy_tells_the_address(service: &Service) {
    let ann = service.registered("ann").await;
    let login = async |forwarded: &str| {
        let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", forwarded)];
        let body = json!({ "login": "ann", "password": PASSWORD }).to_string();
        ann.keep(ann.send(Method::Post, "/auth/login", Some(body), &headers).await).expect(200);
        ann.get("/auth/sessions").await.body[0]["ip"].clone()
    };
    assert_eq!(login("1.2.3.4").await, "1.2.3.4");
    service.advance(std::time::Duration::from_secs(1));
    assert_eq!(login("6.6.6.6, 1.2.3.5, 10.1.1.1").await, "1.2.3.5");
    for (forwarded, ip) in [
        ("1.2.3.6:4711", "1.2.3.6"),
        ("[2001:db8::1]:443, 10.1.1.1:80", "2001:db8::1"),
        ("[2001:db8::2]", "2001:db8::2"),
        ("6.6.6.6, nonsense", "127.0.0.1"),
        ("6.6.6.6, 1.2.3.4:x", "127.0.0.1"),
        ("6.6.6.6, :80", "127.0.0.1"),
    ] {
        service.advance(std::time::Duration::from_secs(1));
        assert_eq!(login(forwarded).await, ip);
    }
    // The mails that are kept are for this machine only.
    let far = [("X-Forwarded-For", "1.2.3.4".to_owned())];
    raw(service, Method::Get, "/dev/mail", None, &far).await.refused(404, "not_found");
}
