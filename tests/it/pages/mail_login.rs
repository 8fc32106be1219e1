//! Login by mail, as a browser without scripts does it.
use super::APP;
use crate::support::{Person, Reply, Service, rows, says};
use rocket::http::Method;
use std::time::Duration;

const LINK: &str = "/login/mail/link";

fn on(c: &mut portcullis::config::Config) {
    c.login_by_mail = true;
    c.cors.origins = vec![APP.into()];
}

/// Requests a mail from the page, and returns the page that asks for the code.
async fn request(who: &Person<'_>, email: &str, more: &[(&str, &str)]) -> Reply {
    let fields = [&[("email", email)], more].concat();
    let sent = who.submit("/login/mail", "/login/mail", &fields).await;
    who.follow(&sent, "/login/mail/code").await
}

/// Opens the mailed link, and returns the page that it redirects to.
async fn open(who: &Person<'_>, token: &str) -> Reply {
    let link = who.get(&format!("{LINK}?token={token}")).await;
    assert_eq!((link.status, link.header("location")), (303, Some(LINK)));
    who.get(LINK).await
}

on_both!(a_code_is_entered_in_the_browser_that_requested_it, on);
async fn a_code_is_entered_in_the_browser_that_requested_it(service: &Service) {
    let ann = service.registered("ann").await;
    says(&ann.get("/login?next=/account/security").await, "/login/mail?next=%2Faccount%2Fsecurity");
    says(
        &ann.get("/login/mail?next=/account/security").await,
        "name=\"next\" value=\"/account/security\"",
    );
    // Without a request there is nothing to enter a code for.
    ann.follow(&ann.get("/login/mail/code").await, "/login/mail").await;
    let page = request(&ann, "ann@example.com", &[("next", "/account/security")]).await;
    for part in ["Check your email", "inputmode=\"numeric\"", "autocomplete=\"one-time-code\""] {
        says(&page, part);
    }
    let wrong = ann.submit("/login/mail/code", "/login/mail/code", &[("code", "x")]).await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "code-code-wrong");
    let code = service.mailed_code("ann@example.com").await;
    let done = ann.submit("/login/mail/code", "/login/mail/code", &[("code", &code)]).await;
    let header = done.headers.iter().find(|(_, v)| v.starts_with("__Host-portcullis=")).unwrap();
    assert!(!header.1.contains("Max-Age"), "{header:?}");
    ann.follow(&done, "/account/security").await;
    ann.follow(&ann.get("/login/mail").await, "/account").await;
    // The request is used up.
    assert_eq!(ann.get("/login/mail/code").await.status, 303);
}

on_both!(the_link_logs_in_the_browser_that_requested_it_by_a_button, on);
async fn the_link_logs_in_the_browser_that_requested_it_by_a_button(service: &Service) {
    let ann = service.registered("ann").await;
    request(&ann, "ann@example.com", &[("remember", "on"), ("next", "https://app.example.com/x")])
        .await;
    let token = service.mailed_token("ann@example.com").await;
    // A scanner fetches the link in every way.
    let scanner = service.stranger();
    for _ in 0..3 {
        for who in [&scanner, &ann] {
            let path = format!("{LINK}?token={token}");
            assert_eq!(who.send(Method::Head, &path, None, &[]).await.status, 303);
            assert_eq!(open(who, &token).await.status, 200);
            assert_eq!(who.send(Method::Head, LINK, None, &[]).await.status, 200);
        }
    }
    assert!(!ann.has_session() && !scanner.has_session());
    assert!(rows(service, "SELECT 'any' FROM auth_sessions").await.is_empty());
    let page = open(&ann, &token).await;
    says(&page, "<b>ann@example.com</b>");
    assert!(!page.text.contains("class=\"digits\""));
    let done = ann.submit(LINK, LINK, &[("token", &token)]).await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, Some("https://app.example.com/x")),
        "{done:?}"
    );
    let header = done.headers.iter().find(|(_, v)| v.starts_with("__Host-portcullis=")).unwrap();
    assert!(header.1.contains("Max-Age=2592000"), "{header:?}");
    assert_eq!(ann.get("/account").await.status, 200);
    // It works once.
    assert_eq!(open(&scanner, &token).await.status, 400);
    assert_eq!(open(&ann, &token).await.status, 400);
}

on_both!(another_browser_is_shown_the_code_and_is_not_logged_in, on);
async fn another_browser_is_shown_the_code_and_is_not_logged_in(service: &Service) {
    let (ann, phone) = (service.registered("ann").await, service.stranger());
    request(&ann, "ann@example.com", &[]).await;
    let token = service.mailed_token("ann@example.com").await;
    let code = service.mailed_code("ann@example.com").await;
    let page = open(&phone, &token).await;
    says(&page, &format!("<p class=\"digits\">{code}</p>"));
    assert!(!page.text.contains("action=\"/login/mail/link\"") && !page.text.contains("ann@"));
    // Without or with a request of its own, sending the form does not log it in.
    let forged = phone.ask("/login", LINK, &[("token", &token)]).await;
    says(&forged, &code);
    request(&phone, "nobody@example.com", &[]).await;
    let forged = phone.ask("/login", LINK, &[("token", &token)]).await;
    says(&forged, &code);
    let other = phone.submit("/login/mail/code", "/login/mail/code", &[("code", &code)]).await;
    assert_eq!(other.status, 400);
    assert!(!phone.has_session());
    let done = ann.submit("/login/mail/code", "/login/mail/code", &[("code", &code)]).await;
    ann.follow(&done, "/account").await;
    says(&open(&phone, &token).await, "This link no longer works");
}

on_both!(a_link_to_log_in_expires_or_is_replaced, on);
async fn a_link_to_log_in_expires_or_is_replaced(service: &Service) {
    let ann = service.registered("ann").await;
    request(&ann, "ann@example.com", &[]).await;
    let old = service.mailed_token("ann@example.com").await;
    service.advance(Duration::from_secs(1));
    request(&ann, "ann@example.com", &[]).await;
    let new = service.mailed_token("ann@example.com").await;
    assert_eq!(open(&ann, &old).await.status, 400);
    assert_eq!(open(&ann, &new).await.status, 200);
    service.advance(Duration::from_mins(10));
    let late = ann.ask("/login", LINK, &[("token", &new)]).await;
    assert_eq!(late.status, 400);
    says(&late, "Request a new email");
    for junk in ["x", "", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(open(&ann, junk).await.status, 400, "{junk}");
    }
    // The links of other mails log nobody in.
    ann.ask("/forgot-password", "/forgot-password", &[("email", "ann@example.com")]).await;
    let reset = service.mailed_token("ann@example.com").await;
    assert_eq!(open(&ann, &reset).await.status, 400);
}

on_both!(the_pages_of_the_login_by_mail_look_alike_for_every_address, on);
async fn the_pages_of_the_login_by_mail_look_alike_for_every_address(service: &Service) {
    service.registered("ann").await;
    let mut pages = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        let guest = service.stranger();
        guest.get("/login").await;
        let csrf = guest.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
        let page = request(&guest, email, &[]).await;
        let wrong = guest.submit("/login/mail/code", "/login/mail/code", &[("code", "1")]).await;
        pages.push([page, wrong].map(|p| (p.status, p.text.replace(&csrf, ""))));
    }
    assert_eq!(pages[0], pages[1]);
    let guest = service.stranger();
    let wrong = guest.submit("/login/mail", "/login/mail", &[("email", "not one")]).await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "value=\"not one\"");
}
