//! The second step of a login, and the second factor on the security page.
use crate::support::{Authenticator, PASSWORD, Person, Reply, SESSION, Service, says, visitor};
use std::time::Duration;

const STEP: Duration = Duration::from_secs(30);
const SECURITY: &str = "/account/security";

/// The text between two others.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}")).1;
    rest.split_once(after).unwrap().0
}

/// The cookie with the refresh token that a reply sets.
fn session_cookie(reply: &Reply) -> String {
    let start = format!("{SESSION}=");
    let mut values = reply.headers.iter().map(|(_, value)| value);
    values.find(|value| value.starts_with(&start)).unwrap().clone()
}

/// The recovery codes on a page.
fn codes(page: &Reply) -> Vec<String> {
    let all = page.text.split("<li><code>").skip(1);
    all.map(|rest| rest.split_once('<').unwrap().0.to_owned()).collect()
}

/// Sets up an authenticator app on the pages.
async fn set_up(ann: &Person<'_>) -> Authenticator {
    let start = [("password", PASSWORD)];
    let page = ann.submit(SECURITY, "/account/security/totp", &start).await;
    assert_eq!(page.status, 200, "{page:?}");
    let secret = between(&page.text, "name=\"secret\" value=\"", "\"");
    let mut app = Authenticator::new(secret);
    let code = app.code(ann.service);
    let fields = [("secret", secret), ("code", &code)];
    let page = ann.ask(SECURITY, "/account/security/totp/confirm", &fields).await;
    assert_eq!(page.status, 200, "{page:?}");
    app.recovery_codes = codes(&page);
    assert_eq!(app.recovery_codes.len(), 10);
    ann.service.advance(STEP);
    app
}

on_both!(a_login_asks_for_the_code_on_a_page_of_its_own);
async fn a_login_asks_for_the_code_on_a_page_of_its_own(service: &Service) {
    let ann = visitor(service, "ann").await;
    let app = set_up(&ann).await;
    let other = service.stranger();
    let fields = [("login", "ann"), ("password", PASSWORD), ("next", "/account/sessions")];
    let asked = other.submit("/login", "/login", &fields).await;
    assert!(!other.has_session());
    let page = other.follow(&asked, "/login/code").await;
    for part in
        ["inputmode=\"numeric\"", "autocomplete=\"one-time-code\"", "/login/code?recovery=1"]
    {
        says(&page, part);
    }
    let wrong = [("code", &*app.wrong_code(service))];
    let page = other.submit("/login/code", "/login/code", &wrong).await;
    assert_eq!(page.status, 401);
    says(&page, "The code is wrong");
    let code = app.code(service);
    let done = other.submit("/login/code", "/login/code", &[("code", &code)]).await;
    // Where the login leads was kept with the ticket, and so was that the cookie ends with the browser.
    let page = other.follow(&done, "/account/sessions").await;
    assert_eq!(page.status, 200);
    let cookie = session_cookie(&done);
    assert!(!cookie.contains("Max-Age"), "{cookie:?}");
    assert!(!other.cookies.lock().unwrap().contains_key("__Host-portcullis-ticket"));

    // In Russian, with a cookie that lasts, and with a recovery code.
    let third = service.stranger();
    third.get("/login?lang=ru").await;
    let lasting = [fields[0], fields[1], ("remember", "on")];
    let asked = third.submit("/login", "/login", &lasting).await;
    let page = third.follow(&asked, "/login/code").await;
    says(&page, "Введите код");
    let page = third.get("/login/code?recovery=1").await;
    says(&page, "Введите резервный код");
    assert!(!page.text.contains("inputmode"));
    let fields = [("recovery", "on"), ("code", "AAAA-AAAA-AAAA-AAAA")];
    let page = third.submit("/login/code?recovery=1", "/login/code", &fields).await;
    says(&page, "Введите резервный код");
    let fields = [("recovery", "on"), ("code", &*app.recovery_codes[0])];
    let done = third.submit("/login/code?recovery=1", "/login/code", &fields).await;
    third.follow(&done, "/account").await;
    let cookie = session_cookie(&done);
    assert!(cookie.contains("Max-Age"), "{cookie:?}");
}

on_both!(a_second_step_that_took_too_long_begins_again);
async fn a_second_step_that_took_too_long_begins_again(service: &Service) {
    let ann = visitor(service, "ann").await;
    let app = set_up(&ann).await;
    let other = service.stranger();
    other.follow(&other.get("/login/code").await, "/login").await;
    let fields = [("login", "ann"), ("password", PASSWORD)];
    other.submit("/login", "/login", &fields).await;
    assert_eq!(other.get("/login/code").await.status, 200);
    service.advance(Duration::from_mins(5));
    let code = app.code(service);
    let reply = other.ask("/login", "/login/code", &[("code", &code)]).await;
    says(&other.follow(&reply, "/login").await, "Log in again.");
    assert!(!other.has_session());
}

on_both!(the_security_page_sets_up_and_removes_an_app);
async fn the_security_page_sets_up_and_removes_an_app(service: &Service) {
    let ann = visitor(service, "ann").await;
    says(&ann.get(SECURITY).await, "Two-step login is off.");
    let wrong = [("password", "wrong")];
    let page = ann.submit(SECURITY, "/account/security/totp", &wrong).await;
    assert_eq!(page.status, 400);
    says(&page, "Wrong password");
    let start = [("password", PASSWORD)];
    let page = ann.submit(SECURITY, "/account/security/totp", &start).await;
    says(&page, "<svg class=\"qr\"");
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("unsafe-inline") && !page.text.contains("style="), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let secret = between(&page.text, "name=\"secret\" value=\"", "\"").to_owned();
    // A wrong code shows the same secret again. A request without the secret is not shown it.
    let wrong = Authenticator::new(&secret).wrong_code(service);
    let confirm = "/account/security/totp/confirm";
    let page = ann.ask(SECURITY, confirm, &[("secret", &secret), ("code", &wrong)]).await;
    assert_eq!(page.status, 400);
    says(&page, &secret);
    let page = ann.ask(SECURITY, confirm, &[("code", &wrong)]).await;
    assert_eq!((page.status, page.header("location")), (303, Some(SECURITY)));

    let app = set_up(&ann).await;
    let page = ann.get(SECURITY).await;
    for text in ["Two-step login is on.", "10 recovery codes are left."] {
        says(&page, text);
    }
    assert!(!page.text.contains(&app.recovery_codes[0]), "codes are shown once");
    // The same codes as a file, sent along by the page that shows them.
    let sent = app.recovery_codes.join(" ");
    let file = ann.ask(SECURITY, "/account/security/recovery-codes.txt", &[("codes", &sent)]).await;
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    let name = file.header("content-disposition").unwrap();
    assert_eq!(name, "attachment; filename=\"recovery-codes.txt\"");
    assert!(app.recovery_codes.iter().all(|code| file.text.contains(code)) && file.status == 200);
    for evil in ["<script>", "no-code", &sent.repeat(2)] {
        let fields = [("codes", evil)];
        let file = ann.ask(SECURITY, "/account/security/recovery-codes.txt", &fields).await;
        assert_eq!(file.status, 400, "{evil}");
    }

    let code = app.code(service);
    let fields = [("password", PASSWORD), ("code", &code)];
    let page = ann.submit(SECURITY, "/account/security/recovery-codes", &fields).await;
    let renewed = codes(&page);
    assert!(renewed.len() == 10 && !renewed.contains(&app.recovery_codes[0]), "{page:?}");
    let fields = [("password", PASSWORD), ("code", &code)];
    let page = ann.submit(SECURITY, "/account/security/totp/remove", &fields).await;
    assert_eq!(page.status, 400);
    says(&page, "wrong or was used already");
    let fields = [("password", PASSWORD), ("code", &*renewed[0])];
    let done = ann.submit(SECURITY, "/account/security/totp/remove", &fields).await;
    let page = ann.follow(&done, SECURITY).await;
    says(&page, "Authenticator app removed.");
    says(&page, "Two-step login is off.");
}
