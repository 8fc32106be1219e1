//! What browsers are told, and what is believed of what they send.
use crate::support::{ORIGIN, PASSWORD, raw};
use rocket::http::Method;
use serde_json::json;

const APP: &str = "https://app.example.com";

on_both! {
    async fn a_cookie_alone_changes_nothing(service, |c| c.cors.origins = vec![APP.into()]) {
        let ann = service.user("ann").await;
        let cookie = || ("Cookie", format!("__Host-portcullis={}", ann.refresh_cookie().unwrap()));
        let refresh = async |headers: &[(&'static str, &str)]| {
            let mut all = vec![cookie()];
            all.extend(headers.iter().map(|(n, v)| (*n, (*v).to_owned())));
            raw(service, Method::Post, "/auth/refresh", None, &all).await
        };
        for foreign in [
            vec![], vec![("Origin", "https://evil.example.com")], vec![("Origin", "null")],
            vec![("Sec-Fetch-Site", "cross-site")], vec![("Sec-Fetch-Site", "same-site")],
            vec![("Sec-Fetch-Site", "none")], vec![("Sec-Fetch-Site", "cross-site"), ("Origin", "null")],
            vec![("Origin", "http://localhost:8000.evil.example.com")],
            vec![("Origin", ORIGIN), ("Origin", "https://evil.example.com")],
            vec![("Referer", ORIGIN)],
        ] {
            refresh(&foreign).await.refused(403, "csrf_failed");
        }
        for ours in [vec![("Sec-Fetch-Site", "same-origin")], vec![("Origin", ORIGIN)], vec![("Sec-Fetch-Site", "cross-site"), ("Origin", APP)]] {
            refresh(&ours).await.expect(200);
        }
        for (method, path) in [
            (Method::Post, "/auth/logout"), (Method::Post, "/auth/logout-all"), (Method::Post, "/auth/email/resend"),
            (Method::Post, "/api/refresh_access"), (Method::Delete, "/auth/sessions/x"),
        ] {
            raw(service, method, path, None, &[cookie()]).await.refused(403, "csrf_failed");
        }
        raw(service, Method::Get, "/auth/me", None, &[cookie()]).await.expect(200);
        raw(service, Method::Head, "/auth/me", None, &[cookie()]).await.expect(200);
    }

    async fn no_other_site_logs_anybody_in(service) {
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

    async fn cors_is_for_listed_origins_only(service, |c| c.cors.origins = vec![APP.into()]) {
        let get = async |origin: &str| {
            raw(service, Method::Get, "/health/live", None, &[("Origin", origin.to_owned())]).await
        };
        let reply = get(APP).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(APP));
        assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
        assert!(reply.headers.iter().any(|(n, v)| n == "vary" && v == "Origin"));
        for origin in ["null", "*", "https://app.example.com.evil.com", "http://app.example.com", "https://APP.example.com", ""] {
            assert_eq!(get(origin).await.header("access-control-allow-origin"), None, "{origin}");
        }
        let preflight = [("Origin", APP.to_owned()), ("Access-Control-Request-Method", "PATCH".to_owned())];
        let reply = raw(service, Method::Options, "/auth/me", None, &preflight).await;
        reply.expect(204);
        assert!(reply.header("access-control-allow-methods").unwrap().contains("PATCH"));
        assert!(reply.header("access-control-allow-headers").unwrap().contains("Authorization"));
        assert_eq!(raw(service, Method::Options, "/nothing", None, &preflight).await.status, 404);
    }

    async fn every_reply_carries_the_headers_that_protect_it(service) {
        for path in ["/", "/auth/me", "/nothing", "/health/live", "/confirm-email?token=x", "/docs/"] {
            let reply = service.stranger().get(path).await;
            let csp = reply.header("content-security-policy").unwrap();
            assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{path}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.header("x-frame-options"), Some("DENY"));
            let referrer = if path.contains("token=") { "no-referrer" } else { "same-origin" };
            assert_eq!(reply.header("referrer-policy"), Some(referrer));
            assert!(reply.header("x-request-id").is_some());
        }
    }

    async fn a_link_that_is_only_fetched_changes_nothing(service) {
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

    async fn a_reset_link_leads_to_a_form(service) {
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
        assert!(again.status == 400 && again.text.contains("role=\"alert\"") && !again.text.contains("short\""));
        let done = send("a+new+password").await;
        assert_eq!((done.status, done.header("location")), (303, Some("/login")));
        assert_eq!(send("a+new+password").await.status, 400);
        assert_eq!(ann.get("/reset-password").await.status, 400);
        ann.login_with(json!({ "login": "ann", "password": "a new password" })).await.expect(200);
    }

    async fn links_are_built_from_public_url_whatever_the_host(service) {
        let ann = service.stranger();
        let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
        let headers = [
            ("Content-Type", "application/json"), ("Host", "evil.example.com"),
            ("X-Forwarded-Host", "evil.example.com"), ("Forwarded", "host=evil.example.com"),
        ];
        ann.send(Method::Post, "/auth/register", Some(body), &headers).await.expect(201);
        let mail = service.mail("ann@example.com").await;
        assert!(mail["links"][0].as_str().unwrap().starts_with("http://localhost:8000/confirm-email?token="));
        assert!(!mail.to_string().contains("evil"));
    }

    async fn only_a_trusted_proxy_tells_the_address(service, |c| {
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    }) {
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
        service.advance(std::time::Duration::from_secs(1));
        assert_eq!(login("6.6.6.6, nonsense").await, "127.0.0.1");
        // The mails that are kept are for this machine only.
        let far = [("X-Forwarded-For", "1.2.3.4".to_owned())];
        raw(service, Method::Get, "/dev/mail", None, &far).await.refused(404, "not_found");
    }
}
