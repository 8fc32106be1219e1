//! Mails as pages during development.
use crate::support::{Service, raw};
use rocket::http::Method;

on_both!(a_mail_is_shown_as_text_and_as_html);
async fn a_mail_is_shown_as_text_and_as_html(service: &Service) {
    service.registered("ann").await;
    let page = service.stranger().get("/dev/mail").await;
    let frame =
        page.text.split("<iframe src=\"").nth(1).unwrap().split_once('"').unwrap().0.to_owned();
    assert!(page.header("content-security-policy").unwrap().contains("frame-src 'self'"));
    let mail = service.stranger().get(&frame).await;
    assert!(mail.status == 200 && mail.text.contains("<!doctype html>"));
    let policy = mail.header("content-security-policy").unwrap();
    assert!(policy.contains("sandbox") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert_eq!(service.stranger().get("/dev/mail/x").await.status, 404);
}

on_both!(mails_are_shown_only_to_local_requests);
async fn mails_are_shown_only_to_local_requests(service: &Service) {
    service.registered("ann").await;
    let path = "/dev/mail.json?to=ann@example.com";
    let see = |name, value: &str| {
        let headers = [(name, value.to_owned())];
        async move { raw(service, Method::Get, path, None, &headers).await.status }
    };
    for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "auth.localhost"] {
        assert_eq!(see("Host", host).await, 200, "{host}");
    }
    // DNS rebinding sends another name in `Host`; a proxy on this machine adds these headers.
    assert_eq!(see("Host", "evil.example:8000").await, 404);
    for name in [
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "Via",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "CF-Connecting-IP",
        "X-Original-Host",
        "X-Client-IP",
        "True-Client-IP",
        "CDN-Loop",
        "Fly-Client-IP",
        "X-Amzn-Trace-Id",
    ] {
        assert_eq!(see(name, "192.0.2.1").await, 404, "{name}");
    }
    // The request comes from a page with another host name.
    for name in ["Referer", "Origin"] {
        assert_eq!(see(name, "http://dev.example.com/dev/mail").await, 404, "{name}");
        assert_eq!(see(name, "http://localhost:8000").await, 200, "{name}");
    }
    let link = [
        ("Referer", "https://example.com/readme".to_owned()),
        ("Sec-Fetch-Site", "cross-site".to_owned()),
    ];
    raw(service, Method::Get, path, None, &link).await.expect(200);
    let id = service.auth().mailer().kept().unwrap()[0].id;
    let letter = service.stranger().get(&format!("/dev/mail/{id}")).await;
    assert_eq!((letter.status, letter.header("cache-control")), (200, Some("no-store")));
}
