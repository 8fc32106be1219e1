//! Multipart forms.
use super::{MULTIPART, multipart, part};
use crate::support::{PASSWORD, Service, raw, rows};
use rocket::http::Method;

on_both!(dialects_accept_multipart_forms);
async fn dialects_accept_multipart_forms(service: &Service) {
    let send = async |path: &str, parts: &[String]| {
        let headers = [("Content-Type", MULTIPART.to_owned())];
        raw(service, Method::Post, path, Some(multipart(parts)), &headers).await
    };
    let (email, password) = (part("email", "ann@example.com"), part("password", PASSWORD));
    send("/api/register", &[email.clone(), password.clone(), part("username", "Анна")])
        .await
        .expect(201);
    let plain = "Content-Disposition: form-data; name=email\r\nContent-Type: text/plain; charset=utf-8\r\n\
                     Content-Transfer-Encoding: binary\r\n\r\nann@example.com";
    for login in ["/api/login", "/token", "/api/token", "/u/api/login", "/api/tokens"] {
        send(login, &[email.clone(), password.clone()]).await.expect(200);
        send(login, &[plain.to_owned(), password.clone()]).await.expect(200);
    }
    let pair = send("/api/login", &[password.clone(), email.clone()]).await;
    let refresh = pair.expect(200)["refresh_token"].as_str().unwrap();
    send("/api/refresh", &[part("refresh_token", refresh)]).await.expect(200);
}

on_both!(a_multipart_form_holds_a_few_text_fields_and_no_file);
async fn a_multipart_form_holds_a_few_text_fields_and_no_file(service: &Service) {
    let send = async |kind: &str, body: String| {
        let headers = [("Content-Type", kind.to_owned())];
        raw(service, Method::Post, "/api/register", Some(body), &headers).await
    };
    let (email, password) = (part("email", "ann@example.com"), part("password", PASSWORD));
    let good = multipart(&[email.clone(), password.clone()]);
    let head = "Content-Disposition: form-data; name=\"a\"";
    let file = format!("{head}; filename=\"a.txt\"\r\n\r\nx");
    for bad in [
        file.clone(),
        file.replace("a.txt", ""),
        format!("{file}\r\nContent-Type: text/plain"),
        format!("{head}\r\nContent-Type: application/json\r\n\r\n1"),
        format!("{head}\r\nContent-Transfer-Encoding: base64\r\n\r\neA=="),
        "Content-Disposition: form-data\r\n\r\nx".into(),
        "\r\nx".into(),
        "nonsense".into(),
        email.clone(),
    ] {
        let body = multipart(&[email.clone(), password.clone(), bad.clone()]);
        send(MULTIPART, body).await.refused(400, "malformed");
    }
    let many: Vec<_> = (0..63).map(|n| part(&format!("f{n}"), "x")).collect();
    send(MULTIPART, multipart(&[&many[..], &[email.clone(), password.clone()]].concat()))
        .await
        .refused(400, "malformed");
    for cut in [good.len() - 4, good.len() - 30, 40, 3] {
        send(MULTIPART, good[..cut].to_owned()).await.refused(400, "malformed");
    }
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=y",
    ] {
        send(kind, good.clone()).await.refused(400, "malformed");
    }
    let long = "-".repeat(71);
    let body = good.replace("----x", &long);
    send(&format!("multipart/form-data; boundary={long}"), body).await.refused(400, "malformed");
    let huge = multipart(&[email.clone(), password.clone(), part("a", &"x".repeat(70_000))]);
    send(MULTIPART, huge).await.refused(413, "body_too_large");
    let long = multipart(&[email, part("password", &"x".repeat(5000))]);
    send(MULTIPART, long).await.refused(400, "validation");
    assert_eq!(rows(service, "SELECT email FROM auth_users").await.len(), 0);
    send(MULTIPART, good).await.expect(201);
}
