//! Errors as pages.
use super::FORM;
use crate::support::Service;
use rocket::http::Method;

on_both!(an_error_page_names_the_invalid_fields);
async fn an_error_page_names_the_invalid_fields(service: &Service) {
    let headers = [("Content-Type", FORM), ("Accept", "text/html"), ("Accept-Language", "ru")];
    let reply =
        service.stranger().send(Method::Post, "/api/login", Some("email=a".into()), &headers).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (400, Some("text/html; charset=utf-8"))
    );
    assert!(
        reply.text.contains("<li><code>password</code>: Заполните это поле.</li>"),
        "{}",
        reply.text
    );
    assert!(!reply.text.contains("<code>email</code>"));
}

on_both!(a_browser_gets_errors_as_a_page);
async fn a_browser_gets_errors_as_a_page(service: &Service) {
    let ann = service.stranger();
    let html =
        [("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), ("Accept-Language", "ru")];
    let reply = ann.send(Method::Get, "/nothing", None, &html).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        reply.text.contains("lang=\"ru\"") && reply.text.contains("По этому адресу ничего нет")
    );
}
