//! Requests that another site sends with a user's cookie.
use super::{APP, FORM};
use crate::support::{ORIGIN, PASSWORD, Service, raw};
use rocket::http::Method;
use serde_json::json;

on_both!(a_cookie_sent_by_another_site_changes_nothing, |c| c.cors.origins = vec![APP.into()]);
async fn a_cookie_sent_by_another_site_changes_nothing(service: &Service) {
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

on_both!(a_cookie_sent_by_a_program_needs_no_csrf_token);
async fn a_cookie_sent_by_a_program_needs_no_csrf_token(service: &Service) {
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
    // axios on Node sends the content type of a form when there is no body.
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

on_both!(a_cookie_with_same_site_none_always_needs_a_csrf_token, |c| c.cookie.same_site =
    portcullis::config::SameSite::None);
async fn a_cookie_with_same_site_none_always_needs_a_csrf_token(service: &Service) {
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

on_both!(every_page_form_requires_csrf_token_and_origin);
async fn every_page_form_requires_csrf_token_and_origin(service: &Service) {
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
                // A request without a session is redirected to the login page.
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

on_both!(another_site_cannot_log_a_user_in);
async fn another_site_cannot_log_a_user_in(service: &Service) {
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

on_both!(a_method_field_in_a_form_of_another_site_reaches_no_handler);
async fn a_method_field_in_a_form_of_another_site_reaches_no_handler(service: &Service) {
    let ann = service.user("ann").await;
    let cookie = format!("__Host-portcullis={}", ann.refresh_cookie().unwrap());
    let headers = [("Content-Type", FORM.to_owned()), ("Cookie", cookie)];
    for method in ["DELETE", "PATCH", "delete"] {
        let body = Some(format!("_method={method}&password=correct+horse+battery"));
        raw(service, Method::Post, "/auth/me", body, &headers).await.refused(403, "csrf_failed");
    }
}

on_both!(a_form_from_a_page_without_referrer_is_accepted_by_its_csrf_token);
async fn a_form_from_a_page_without_referrer_is_accepted_by_its_csrf_token(service: &Service) {
    let ann = service.registered("ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    ann.get("/login").await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let send = async |csrf: &str, from: &[(&'static str, &str)]| {
        let body = format!("token={token}&csrf_token={csrf}&new_password=a+new+password");
        let headers: Vec<_> = [("Content-Type", FORM)].iter().chain(from).copied().collect();
        ann.send(Method::Post, "/reset-password", Some(body), &headers).await
    };
    for foreign in [
        vec![("Origin", "https://evil.example.com")],
        vec![("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", "null"), ("Origin", "null")],
        vec![("Origin", "null"), ("Sec-Fetch-Site", "same-site")],
    ] {
        assert_eq!(send(&csrf, &foreign).await.status, 403, "{foreign:?}");
    }
    assert_eq!(send("x", &[("Origin", "null")]).await.status, 403);
    // What a browser sends over plain HTTP from a page without a referrer.
    assert_eq!(send(&csrf, &[("Origin", "null")]).await.status, 303);
}
