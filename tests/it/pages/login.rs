//! Login and logout.
use super::APP;
use crate::support::{FORM_HEADER, PASSWORD, SESSION, Service, raw, says, visitor};
use rocket::http::Method;

on_both!(a_login_returns_to_the_page_that_asked_for_it, |c| c.cors.origins = vec![APP.into()]);
async fn a_login_returns_to_the_page_that_asked_for_it(service: &Service) {
    let ann = service.registered("ann").await;
    let asked = ann.get("/account/sessions?a=b").await;
    let login = "/login?next=%2Faccount%2Fsessions%3Fa%3Db";
    says(&ann.follow(&asked, login).await, "name=\"next\" value=\"/account/sessions?a=b\"");
    let fields = |next| [("login", "ann"), ("password", PASSWORD), ("next", next)];
    let go = async |next| {
        let person = service.stranger();
        person
            .submit("/login", "/login", &fields(next))
            .await
            .header("location")
            .unwrap()
            .to_owned()
    };
    assert_eq!(go("/account/sessions?a=b").await, "/account/sessions?a=b");
    assert_eq!(go("https://app.example.com/x").await, "https://app.example.com/x");
    for evil in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/.//evil.example",
    ] {
        assert_eq!(go(evil).await, "/account", "{evil}");
        let page = service.stranger().get(&format!("/login?next={evil}")).await;
        assert!(!page.text.contains("name=\"next\""), "{evil}");
    }
    // Browsers follow the redirect of a form only to targets that the content security policy allows.
    let policy = service.stranger().get("/login").await;
    let policy = policy.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("form-action 'self' https://app.example.com;"), "{policy}");
    // A user who is logged in does not need the form.
    ann.follow(&ann.log_in().await, "/account").await;
    ann.follow(&ann.get("/login?next=/account/security").await, "/account/security").await;
    ann.follow(&ann.get("/register").await, "/account").await;
}

on_both!(a_refused_login_keeps_everything_typed_but_the_password);
async fn a_refused_login_keeps_everything_typed_but_the_password(service: &Service) {
    let ann = service.registered("ann").await;
    let wrong =
        [("login", "ann@example.com"), ("password", "not this one"), ("next", "/account/security")];
    let page = ann.submit("/login", "/login", &wrong).await;
    assert_eq!(page.status, 401);
    says(&page, "role=\"alert\" tabindex=\"-1\" autofocus");
    says(&page, "value=\"ann@example.com\"");
    says(&page, "value=\"/account/security\"");
    assert!(!page.text.contains("not this one") && !ann.has_session());
    // An unknown user gets the same answer.
    let other =
        [("login", "who@example.com"), ("password", "not this one"), ("next", "/account/security")];
    let unknown = ann.submit("/login", "/login", &other).await;
    assert_eq!(unknown.status, 401);
    assert_eq!(unknown.text.replace("who@", "ann@"), page.text);
    for empty in [[("login", ""), ("password", PASSWORD)], [("login", "ann"), ("password", "")]] {
        let page = ann.submit("/login", "/login", &empty).await;
        assert_eq!(page.status, 400);
        says(&page, "aria-invalid=\"true\" aria-describedby=\"login-");
    }
}

on_both!(after_a_logout_nothing_private_is_shown);
async fn after_a_logout_nothing_private_is_shown(service: &Service) {
    let ann = visitor(service, "ann").await;
    let old = ann.cookies.lock().unwrap().clone();
    for path in ["/account", "/account/sessions", "/account/security", "/account/data.json"] {
        let page = ann.get(path).await;
        assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{path}");
    }
    let sent = ann.submit("/account", "/logout", &[]).await;
    says(&ann.follow(&sent, "/login").await, "You’re logged out.");
    assert!(!ann.has_session());
    *ann.cookies.lock().unwrap() = old;
    for path in ["/account", "/account/sessions", "/account/security", "/account/data.json"] {
        assert_eq!(ann.get(path).await.status, 303, "{path}");
    }
    assert_eq!(ann.get("/logout").await.status, 405);
    // A refused logout does not end the session and does not say that it did.
    ann.cookies.lock().unwrap().remove(SESSION);
    ann.log_in().await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let silent: Vec<_> =
        ann.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
    let silent = [("Cookie", silent.join("; ")), ("Content-Type", FORM_HEADER.1.to_owned())];
    let body = Some(format!("csrf_token={csrf}"));
    let refused = raw(service, Method::Post, "/logout", body, &silent).await;
    assert_eq!((refused.status, ann.get("/account").await.status), (403, 200));
    // Without its session cookie, the browser gets the login form.
    ann.cookies.lock().unwrap().remove(SESSION);
    assert_eq!(ann.submit("/login", "/login", &[]).await.status, 400);
}

on_both!(the_session_cookie_lasts_only_if_the_user_asks_for_it);
async fn the_session_cookie_lasts_only_if_the_user_asks_for_it(service: &Service) {
    service.registered("ann").await;
    let cookie = async |remember: &[(&str, &str)]| {
        let fields = [&[("login", "ann"), ("password", PASSWORD)], remember].concat();
        let reply = service.stranger().submit("/login", "/login", &fields).await;
        let cookies = reply
            .headers
            .iter()
            .filter(|(n, v)| n == "set-cookie" && v.starts_with("__Host-portcullis="));
        cookies.map(|(_, v)| v.clone()).next().unwrap()
    };
    assert!(cookie(&[("remember", "on")]).await.contains("Max-Age=2592000"));
    assert!(!cookie(&[]).await.contains("Max-Age"));
}

on_both!(password_managers_find_their_fields);
async fn password_managers_find_their_fields(service: &Service) {
    let reply = service.stranger().get("/.well-known/change-password").await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account#password")));
    let ann = visitor(service, "ann").await;
    let page = ann.get("/account").await;
    let form = page
        .text
        .split("id=\"password\"")
        .nth(1)
        .unwrap()
        .split("</form>")
        .next()
        .unwrap()
        .to_owned();
    for part in [
        "autocomplete=\"username\"",
        "autocomplete=\"current-password\"",
        "autocomplete=\"new-password\"",
        "minlength=\"8\"",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let login = service.stranger().get("/login").await.text;
    assert!(
        login.contains("autocomplete=\"username\"")
            && login.contains("autocomplete=\"current-password\"")
    );
    let register = service.stranger().get("/register").await.text;
    assert!(
        register.contains("autocomplete=\"username\"")
            && register.contains("autocomplete=\"new-password\"")
    );
}
