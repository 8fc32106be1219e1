//! Which addresses the service accepts from a proxy in front of it.
use crate::support::{PASSWORD, Service, raw};
use rocket::http::Method;
use serde_json::json;

on_both!(links_use_public_url_whatever_the_host_header_says);
async fn links_use_public_url_whatever_the_host_header_says(service: &Service) {
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

on_both!(only_a_trusted_proxy_sets_the_client_address, |c| {
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
});
async fn only_a_trusted_proxy_sets_the_client_address(service: &Service) {
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
    // Only this machine may see the mails that are kept during development.
    let far = [("X-Forwarded-For", "1.2.3.4".to_owned())];
    raw(service, Method::Get, "/dev/mail", None, &far).await.refused(404, "not_found");
}
