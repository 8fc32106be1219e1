//! The limits for each address and each session, in the memory of a server.
use super::{WRONG, log_in, log_in_at, post_from, wait};
use crate::support::{PASSWORD, Reply, Service, present, says, visitor};
use portcullis::config::Limits;
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);

on_both!(logins_from_one_address_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.logins = 10;
    c.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
});
async fn logins_from_one_address_are_limited(service: &Service) {
    let ann = service.registered("ann").await;
    // Right passwords count too, and a login in between gives nothing back.
    for n in 0..10 {
        let email = format!("user{n}@example.com");
        let (email, password) = if n == 5 { (ann.email(), PASSWORD) } else { (email, WRONG) };
        let path = if n % 2 == 0 { "/auth/login" } else { "/auth/login/" };
        log_in_at(&service.stranger(), path, &email, password).await;
    }
    for (path, forwarded) in [
        ("/auth/login", "192.0.2.1"),
        ("/auth/login/", "192.0.2.2, 10.0.0.1"),
        ("/api/login/", "[2001:db8::1]"),
        ("/token", "127.0.0.1"),
        ("/u/api/login", ""),
        ("/api/tokens", "x"),
    ] {
        let body = json!({ "email": "new@example.com", "password": WRONG });
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Forwarded-For", forwarded),
            ("X-Real-IP", "192.0.2.7"),
            ("Forwarded", "for=192.0.2.8"),
            ("User-Agent", "another"),
        ];
        let stranger = service.stranger();
        let reply = stranger.send(Method::Post, path, Some(body.to_string()), &headers).await;
        assert_eq!(wait(&reply), 60, "{path} {forwarded}");
    }
    let page = service.stranger();
    let page = page.ask("/login", "/login", &[("login", "new"), ("password", WRONG)]).await;
    assert_eq!((page.status, page.header("retry-after")), (429, Some("60")));
    service.advance(MINUTE);
    log_in_at(&service.stranger(), "/api/token", "new@example.com", WRONG)
        .await
        .refused(401, "invalid_credentials");
    wait(&log_in_at(&service.stranger(), "/api/token", "new@example.com", WRONG).await);
}

on_both!(an_ipv6_network_has_one_budget, |c| {
    c.limits = Limits::default();
    c.limits.logins = 10;
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn an_ipv6_network_has_one_budget(service: &Service) {
    let try_from = async |ip: &str, n: usize| {
        let body = json!({ "email": format!("user{n}@example.com"), "password": WRONG });
        post_from(&service.stranger(), ip, "/api/token", body).await
    };
    for n in 0..10 {
        try_from(&format!("2001:db8:0:1:{n}::{n}"), n).await.refused(401, "invalid_credentials");
    }
    wait(&try_from("2001:db8:0:1:ffff::1", 10).await);
    wait(&try_from("[2001:0db8:0:1::]:443", 10).await);
    try_from("2001:db8:0:2::1", 11).await.refused(401, "invalid_credentials");
    for n in 0..10 {
        try_from("192.0.2.1", n).await.refused(401, "invalid_credentials");
    }
    wait(&try_from("::ffff:192.0.2.1", 10).await);
    try_from("192.0.2.2", 12).await.refused(401, "invalid_credentials");
}

on_both!(an_office_behind_one_address_is_not_disturbed, |c| c.limits = Limits::default());
async fn an_office_behind_one_address_is_not_disturbed(service: &Service) {
    let people = ["ann", "bob", "eve", "dan", "kim"];
    for name in people {
        service.registered(name).await;
    }
    // A hundred logins at nine o'clock, each on a new device.
    for n in 0..100 {
        let email = format!("{}@example.com", people[n % people.len()]);
        log_in_at(&service.stranger(), "/auth/login", &email, PASSWORD).await.expect(200);
    }
}

on_both!(many_tabs_refresh_as_often_as_they_need, |c| c.limits = Limits::default());
async fn many_tabs_refresh_as_often_as_they_need(service: &Service) {
    let ann = service.user("ann").await;
    for _ in 0..5 {
        for reply in
            join_all((0..20).map(|_| ann.send(Method::Post, "/auth/refresh", None, &[]))).await
        {
            reply.expect(200);
        }
        ann.refresh().await.expect(200);
        service.advance(5 * MINUTE);
    }
}

on_both!(refreshes_of_one_session_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.session_refreshes = 5;
});
async fn refreshes_of_one_session_are_limited(service: &Service) {
    let (ann, bob) = (service.user("ann").await, service.user("bob").await);
    for _ in 0..5 {
        ann.refresh().await.expect(200);
    }
    assert_eq!(wait(&ann.refresh().await), 120);
    let own = json!({ "id": ann.id });
    assert_eq!(wait(&ann.post("/api/refresh_all", own).await), 120);
    bob.refresh().await.expect(200);
    // The session lives on, and no token was used up.
    service.advance(2 * MINUTE);
    ann.refresh().await.expect(200);
    ann.get("/auth/me").await.expect(200);
}

on_both!(refresh_tokens_that_are_not_valid_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.refreshes = 6;
});
async fn refresh_tokens_that_are_not_valid_are_limited(service: &Service) {
    let ann = service.user("ann").await;
    let token = || Uuid::new_v4().to_string();
    let stranger = service.stranger();
    let attempts = async |n: usize| -> Reply {
        match n {
            0 => stranger.post("/api/refresh/", json!({ "refresh_token": token() })).await,
            1 => stranger.post("/api/token/refresh", json!({ "refresh": token() })).await,
            2 => stranger.post("/token/verify", json!({ "token": token() })).await,
            3 => stranger.post("/u/api/refresh", json!({ "refresh_token": token() })).await,
            4 => stranger.post("/api/logout", json!({ "refresh_token": token() })).await,
            _ => present(&stranger, &token()).await,
        }
    };
    for n in 0..6 {
        let reply = attempts(n).await;
        assert!([400, 401].contains(&reply.status), "{reply:#?}");
    }
    for n in 0..6 {
        assert_eq!(wait(&attempts(n).await), 100, "{n}");
    }
    // A valid cookie is not limited where it is only read.
    for _ in 0..20 {
        ann.forget_access().get("/auth/verify").await.expect(200);
    }
    service.advance(Duration::from_secs(100));
    ann.refresh().await.expect(200);
}

on_both!(registrations_from_one_address_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.registrations = 4;
});
async fn registrations_from_one_address_are_limited(service: &Service) {
    let new = |n: usize| json!({ "email": format!("u{n}@example.com"), "password": PASSWORD, "login": format!("u{n}") });
    service.stranger().post("/auth/register", new(0)).await.expect(201);
    service.stranger().post("/api/register/", new(1)).await.expect(201);
    service.stranger().post("/v1/creat_autor", new(2)).await.expect(201);
    // Requests with wrong fields count, because their passwords are judged as well.
    service
        .stranger()
        .post("/auth/register", json!({ "email": 1 }))
        .await
        .refused(400, "validation");
    for path in ["/auth/register", "/api/register", "/v1/creat_autor"] {
        assert_eq!(wait(&service.stranger().post(path, new(3)).await), 150, "{path}");
        assert_eq!(
            wait(&service.stranger().post(path, json!({ "email": 1 })).await),
            150,
            "{path}"
        );
    }
    let fields = [("email", "u4@example.com"), ("password", PASSWORD)];
    for (page, text) in
        [("/register", "Too many attempts"), ("/register?lang=ru", "Слишком много попыток")]
    {
        let reply = service.stranger().ask(page, "/register", &fields).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("150")));
        says(&reply, text);
    }
}

on_both!(requests_that_send_a_mail_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.mails = 3;
});
async fn requests_that_send_a_mail_are_limited(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new.clone()).await.expect(201);
    ann.login_with(new).await.expect(200);
    // The account does not matter.
    ann.post("/auth/password/forgot", json!({ "email": "nobody@example.com" })).await.expect(202);
    ann.post("/auth/email/resend", json!({})).await.expect(202);
    let change = json!({ "email": "new@example.com", "password": PASSWORD });
    ann.post("/auth/email", change.clone()).await.expect(202);
    for email in ["ann@example.com", "nobody@example.com"] {
        let forgot = json!({ "email": email });
        assert_eq!(wait(&service.stranger().post("/auth/password/forgot", forgot).await), 200);
    }
    wait(&ann.post("/auth/email/resend", json!({})).await);
    wait(&ann.post("/auth/email", change).await);
    for (page, text) in [
        ("/forgot-password", "Too many attempts"),
        ("/forgot-password?lang=ru", "Слишком много попыток"),
    ] {
        let fields = [("email", "ann@example.com")];
        let reply = service.stranger().ask(page, "/forgot-password", &fields).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("200")));
        says(&reply, text);
    }
    let again = [("email", "ann@example.com")];
    let reply = service.stranger().ask("/confirm-email", "/confirm-email/again", &again).await;
    assert_eq!(reply.status, 429);
}

on_both!(guesses_at_mailed_links_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.links = 4;
});
async fn guesses_at_mailed_links_are_limited(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new.clone()).await.expect(201);
    ann.login_with(new).await.expect(200);
    let token = Uuid::new_v4().to_string();
    let guesses: [(&str, serde_json::Value); 3] = [
        ("/auth/password/reset", json!({ "token": token, "new_password": PASSWORD })),
        ("/auth/email/confirm", json!({ "token": token, "password": PASSWORD })),
        ("/auth/email/confirm", json!({ "code": "000000" })),
    ];
    for (path, body) in &guesses {
        assert_eq!(ann.post(path, body.clone()).await.status, 400);
    }
    let invited = json!({ "email": "eve@example.com", "password": PASSWORD, "invite": token });
    assert_eq!(ann.post("/auth/register", invited.clone()).await.status, 400);
    for (path, body) in &guesses {
        assert_eq!(wait(&ann.post(path, body.clone()).await), 150);
    }
    wait(&ann.post("/auth/register", invited).await);
    // The pages of links: the token is in a cookie, and the page looks it up.
    for page in ["/reset-password", "/confirm-email", "/restore-email", "/setup", "/register"] {
        let reader = service.stranger();
        let name = match page {
            "/register" => format!("{page}?invite={token}"),
            page => format!("{page}?token={token}"),
        };
        assert_eq!(reader.get(&name).await.status, 303, "{page}");
        let headers = [("Accept", "text/html"), ("Accept-Language", "ru")];
        let reply = reader.send(Method::Get, page, None, &headers).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("150")), "{page}");
        says(&reply, "Слишком много попыток");
    }
}

on_both!(password_checks_in_sessions_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.password_checks = 3;
});
async fn password_checks_in_sessions_are_limited(service: &Service) {
    let ann = visitor(service, "ann").await;
    for _ in 0..3 {
        let wrong = json!({ "current_password": WRONG, "new_password": "another good password" });
        ann.post("/auth/password", wrong).await.refused(400, "validation");
    }
    let right = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    assert_eq!(wait(&ann.post("/auth/password", right).await), 200);
    let proof = json!({ "password": PASSWORD });
    wait(&ann.json(Method::Delete, "/auth/me", proof).await);
    let change = json!({ "email": "new@example.com", "password": PASSWORD });
    wait(&ann.post("/auth/email", change).await);
    let fields = [("current_password", PASSWORD), ("new_password", "another good password")];
    let reply = ann.submit("/account", "/account/password", &fields).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("200")));
    service.advance(10 * MINUTE);
    log_in(&ann).await.expect(200);
}

on_both!(questions_about_the_strength_of_passwords_are_limited, |c| {
    c.limits = Limits::default();
    c.limits.password_strength = 3;
});
async fn questions_about_the_strength_of_passwords_are_limited(service: &Service) {
    let page = service.stranger();
    let fields = [("password", "three unlikely words, comma")];
    for _ in 0..3 {
        page.ask("/login", "/password-strength", &fields).await.expect(200);
    }
    assert_eq!(wait(&page.ask("/login", "/password-strength", &fields).await), 200);
    service.advance(10 * MINUTE);
    page.ask("/login", "/password-strength", &fields).await.expect(200);
}

on_both!(a_limit_is_a_security_event_and_a_metric, |c| {
    c.limits = Limits::default();
    c.limits.mails = 1;
});
async fn a_limit_is_a_security_event_and_a_metric(service: &Service) {
    let forgot = json!({ "email": "ann@example.com" });
    service.stranger().post("/auth/password/forgot", forgot.clone()).await.expect(202);
    wait(&service.stranger().post("/auth/password/forgot", forgot).await);
    let metrics = service.stranger().get("/metrics").await.text;
    let counted = "portcullis_limited_total{action=\"mail\",by=\"address\"}";
    assert!(metrics.contains(counted), "{metrics}");
}
