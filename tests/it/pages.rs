//! The pages as a browser without scripts uses them: links, forms and redirects.
use crate::support::{PASSWORD, Person, Reply, Service, raw};
use rocket::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const SESSION: &str = "__Host-portcullis";
const APP: &str = "https://app.example.com";

impl Person<'_> {
    /// Opens a page, fills in a form of it and sends it.
    pub async fn submit(&self, page: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
        let opened = self.get(page).await;
        let form = format!("action=\"{to}\"");
        assert!(opened.text.contains(&form), "{to} is not on the page: {opened:?}");
        self.ask(page, to, fields).await
    }

    /// Sends what a page may send.
    async fn ask(&self, page: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(page).await;
        assert_eq!(page.status, 200, "{page:?}");
        let csrf = page.text.split("name=\"csrf_token\" value=\"").nth(1).unwrap();
        let csrf = csrf.split_once('"').unwrap().0;
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf_token", csrf).extend_pairs(fields);
        self.send(Method::Post, to, Some(body.finish()), &[FORM]).await
    }

    /// Follows a redirect; what it leads to.
    pub async fn follow(&self, reply: &Reply, to: &str) -> Reply {
        assert_eq!((reply.status, reply.header("location")), (303, Some(to)), "{reply:?}");
        self.get(to).await
    }

    /// Opens the mailed link that confirms an address; the page it leads to.
    pub async fn open_link(&self, token: &str) -> Reply {
        self.follow(&self.get(&format!("/confirm-email?token={token}")).await, "/confirm-email")
            .await
    }

    fn has_session(&self) -> bool {
        self.cookies.lock().unwrap().contains_key(SESSION)
    }

    pub async fn log_in(&self) -> Reply {
        let fields = [("login", &*self.email()), ("password", PASSWORD), ("remember", "on")];
        self.submit("/login", "/login", &fields).await
    }
}

/// Somebody who is logged in by the page.
pub async fn visitor<'s>(service: &'s Service, name: &str) -> Person<'s> {
    let person = service.registered(name).await;
    person.follow(&person.log_in().await, "/account").await;
    person
}

pub fn says(reply: &Reply, text: &str) {
    assert!(reply.text.contains(text), "{text}: {}", reply.text);
}

on_both!(somebody_registers_and_is_logged_in);
async fn somebody_registers_and_is_logged_in(service: &Service) {
    let ann = service.stranger();
    let fields = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("first_name", "Ann"),
        ("username", ""),
    ];
    let sent = ann.submit("/register", "/register", &fields).await;
    let page = ann.follow(&sent, "/account").await;
    says(&page, "Welcome!");
    says(&page, "not confirmed");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(
        ann.follow(&ann.get("/").await, "/account").await.text.matches("Welcome!").count(),
        0
    );
    // In the browser that registered the link is enough, and its session lives on.
    let token = service.mailed_token("ann@example.com").await;
    let done = ann.open_link(&token).await;
    says(&done, "You can now use your account with");
    says(&done, "<b>ann@example.com</b>");
    says(&done, "href=\"/account\"");
    says(&ann.get("/account").await, "mark yes");
    says(&ann.open_link(&token).await, "You can now use your account with");
}

on_both!(another_browser_confirms_by_the_button);
async fn another_browser_confirms_by_the_button(service: &Service) {
    let (ann, phone) = (service.stranger(), service.stranger());
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    ann.submit("/register", "/register", &fields).await;
    let token = service.mailed_token("ann@example.com").await;
    let path = format!("/confirm-email?token={token}");
    // A page that is only fetched in advance, or as a part of another, is not opened, nor is a mark
    // that was made up; and whoever looks at the headers alone has opened nothing.
    let own: Vec<_> = ann.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
    let own = ("Cookie", own.join("; "));
    assert_eq!(
        raw(service, Method::Head, &path, None, std::slice::from_ref(&own)).await.status,
        303
    );
    let early = [own.clone(), ("Sec-Purpose", "prefetch".to_owned())];
    let preview = [own.clone(), ("X-Purpose", "preview".to_owned())];
    let part = [own, ("Sec-Fetch-Dest", "image".to_owned())];
    let forged = [("Cookie", format!("__Host-portcullis-registrant={}", uuid::Uuid::new_v4()))];
    for headers in [&early[..], &preview[..], &part[..], &forged[..]] {
        assert_eq!(raw(service, Method::Get, &path, None, headers).await.status, 303);
    }
    says(&ann.get("/account").await, "not confirmed");
    says(&phone.open_link(&token).await, "<h1>Confirm your email</h1>");
    let confirm = async |fields: &[(&str, &str)]| {
        phone.submit("/confirm-email", "/confirm-email", fields).await
    };
    let bare = confirm(&[("token", &token), ("password", "")]).await;
    assert_eq!(bare.status, 403);
    says(&bare, "not that the account is yours");
    let wrong = confirm(&[("token", &token), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "confirm-password-wrong");
    let done = confirm(&[("token", &token), ("password", PASSWORD)]).await;
    let done = phone.follow(&done, "/confirm-email").await;
    says(&done, "You can now use your account with <b>ann@example.com</b>");
    says(&ann.get("/account").await, "mark yes");
}

on_both!(the_mark_of_a_browser_is_good_for_the_address_it_registered);
async fn the_mark_of_a_browser_is_good_for_the_address_it_registered(service: &Service) {
    let (ann, eve) = (service.stranger(), service.stranger());
    ann.submit("/register", "/register", &[("email", "ann@example.com"), ("password", PASSWORD)])
        .await;
    eve.submit("/register", "/register", &[("email", "eve@example.com"), ("password", PASSWORD)])
        .await;
    let token = service.mailed_token("ann@example.com").await;
    says(&eve.open_link(&token).await, "<h1>Confirm your email</h1>");
}

on_both!(where_addresses_must_be_confirmed_known_and_unknown_ones_look_alike, |c| c
    .email_confirmation =
    portcullis::config::EmailConfirmation::Required);
async fn where_addresses_must_be_confirmed_known_and_unknown_ones_look_alike(service: &Service) {
    let ann = service.stranger();
    let register = async |person: &Person<'_>| {
        let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
        let sent = person.submit("/register", "/register", &fields).await;
        person.follow(&sent, "/login").await
    };
    let (first, second) = (register(&ann).await, register(&service.stranger()).await);
    says(&first, "If the address is right, a link is on its way");
    let bare = |text: &str| text.split("csrf_token").next().unwrap().to_owned();
    assert_eq!(bare(&first.text), bare(&second.text));
    let fields = [("login", "ann@example.com"), ("password", PASSWORD)];
    let refused = ann.submit("/login", "/login", &fields).await;
    assert_eq!(refused.status, 403);
    says(&refused, "Confirm your email first");
    // Another link can be had.
    let sent =
        ann.submit("/confirm-email", "/confirm-email/again", &[("email", "ann@example.com")]).await;
    says(&ann.follow(&sent, "/login").await, "a link is on its way");
    let nobody = [("email", "nobody@example.com")];
    let sent = ann.submit("/confirm-email", "/confirm-email/again", &nobody).await;
    says(&ann.follow(&sent, "/login").await, "a link is on its way");
    let token = service.mailed_token("ann@example.com").await;
    says(&ann.open_link(&token).await, "You can now use your account with");
    ann.follow(&ann.submit("/login", "/login", &fields).await, "/account").await;
}

on_both!(who_registers_somebody_elses_address_keeps_no_way_in, |c| c.email_confirmation =
    portcullis::config::EmailConfirmation::Required);
async fn who_registers_somebody_elses_address_keeps_no_way_in(service: &Service) {
    let (eve, ann) = (service.stranger(), service.stranger());
    let register = async |person: &Person<'_>, password: &str| {
        let fields = [("email", "ann@example.com"), ("password", password)];
        let sent = person.submit("/register", "/register", &fields).await;
        says(
            &person.follow(&sent, "/login").await,
            "If the address is right, a link is on its way",
        );
    };
    // The mails there may be in an hour are used up: the links in them stay good.
    for _ in 0..5 {
        register(&eve, "nine quiet kettles").await;
    }
    let token = service.mailed_token("ann@example.com").await;
    register(&ann, PASSWORD).await;
    register(&eve, "nine quiet kettles").await;
    // Her registration made no account, so neither her browser nor her password is known by it.
    says(&ann.open_link(&token).await, "<h1>Confirm your email</h1>");
    let own = [("token", &*token), ("password", PASSWORD)];
    assert_eq!(ann.submit("/confirm-email", "/confirm-email", &own).await.status, 400);
    // Whoever reads her mail chooses the password.
    let short = [("token", &*token), ("new_password", "short")];
    says(
        &ann.submit("/confirm-email", "/confirm-email/password", &short).await,
        "reset-new_password-wrong",
    );
    let new = [("token", &*token), ("new_password", "seven green herons")];
    let sent = ann.submit("/confirm-email", "/confirm-email/password", &new).await;
    says(&ann.follow(&sent, "/login").await, "Log in with your new password.");
    for password in ["nine quiet kettles", PASSWORD] {
        let fields = [("login", "ann@example.com"), ("password", password)];
        assert_eq!(eve.submit("/login", "/login", &fields).await.status, 401, "{password}");
    }
    let fields = [("login", "ann@example.com"), ("password", "seven green herons")];
    ann.follow(&ann.submit("/login", "/login", &fields).await, "/account").await;
}

on_both!(a_login_leads_to_where_it_was_asked_for, |c| c.cors.origins = vec![APP.into()]);
async fn a_login_leads_to_where_it_was_asked_for(service: &Service) {
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
    // Browsers follow the redirect of a form only to where the policy lets it go.
    let policy = service.stranger().get("/login").await;
    let policy = policy.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("form-action 'self' https://app.example.com;"), "{policy}");
    // Who is logged in has no use for the form.
    ann.follow(&ann.log_in().await, "/account").await;
    ann.follow(&ann.get("/login?next=/account/security").await, "/account/security").await;
    ann.follow(&ann.get("/register").await, "/account").await;
}

on_both!(a_wrong_password_is_told_and_nothing_typed_is_lost_but_it);
async fn a_wrong_password_is_told_and_nothing_typed_is_lost_but_it(service: &Service) {
    let ann = service.registered("ann").await;
    let wrong =
        [("login", "ann@example.com"), ("password", "not this one"), ("next", "/account/security")];
    let page = ann.submit("/login", "/login", &wrong).await;
    assert_eq!(page.status, 401);
    says(&page, "role=\"alert\" tabindex=\"-1\" autofocus");
    says(&page, "value=\"ann@example.com\"");
    says(&page, "value=\"/account/security\"");
    assert!(!page.text.contains("not this one") && !ann.has_session());
    // As it is for somebody who is not there.
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

on_both!(a_form_that_no_page_of_ours_made_is_refused);
async fn a_form_that_no_page_of_ours_made_is_refused(service: &Service) {
    let ann = visitor(service, "ann").await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let send = async |to: &str, csrf: &str, from: &str| {
        let headers = [FORM, ("Origin", from)];
        ann.send(Method::Post, to, Some(format!("csrf_token={csrf}&password={PASSWORD}")), &headers)
            .await
    };
    for to in [
        "/login",
        "/register",
        "/logout",
        "/forgot-password",
        "/reset-password",
        "/confirm-email",
        "/confirm-email/again",
        "/setup",
        "/account/profile",
        "/account/email",
        "/account/email/resend",
        "/account/password",
        "/account/delete",
        "/account/sessions",
        "/account/sessions/others",
    ] {
        assert_eq!(send(to, &csrf, "https://evil.example.com").await.status, 403, "{to}");
        assert_eq!(send(to, "", "http://localhost:8000").await.status, 403, "{to}");
        assert_eq!(
            send(to, &uuid::Uuid::new_v4().to_string(), "http://localhost:8000").await.status,
            403,
            "{to}"
        );
        let get = ann.get(to).await.status;
        assert!([200, 303, 400, 405].contains(&get), "{to} {get}");
    }
    assert_eq!(ann.get("/account").await.status, 200);
}

on_both!(an_hour_long_link_sets_a_password);
async fn an_hour_long_link_sets_a_password(service: &Service) {
    let ann = visitor(service, "ann").await;
    let (phone, nobody) = (service.stranger(), [("email", "nobody@example.com")]);
    let sent = phone.submit("/forgot-password", "/forgot-password", &nobody).await;
    says(&phone.follow(&sent, "/login").await, "a link is on its way");
    let own = [("email", "ann@example.com")];
    let sent = phone.submit("/forgot-password", "/forgot-password", &own).await;
    says(&phone.follow(&sent, "/login").await, "a link is on its way");
    let token = service.mailed_token("ann@example.com").await;
    let link = phone.get(&format!("/reset-password?token={token}")).await;
    phone.follow(&link, "/reset-password").await;
    // It says whose password it is, to people and to managers of passwords.
    let page = phone.get("/reset-password").await;
    says(&page, "<b>ann@example.com</b>");
    says(&page, "name=\"login\" value=\"ann@example.com\" autocomplete=\"username\"");
    let short = phone
        .submit(
            "/reset-password",
            "/reset-password",
            &[("token", &token), ("new_password", "short")],
        )
        .await;
    assert_eq!(short.status, 400);
    says(&short, "reset-new_password-wrong");
    let new = [("token", &*token), ("new_password", "seven green herons")];
    let sent = phone.submit("/reset-password", "/reset-password", &new).await;
    says(&phone.follow(&sent, "/login").await, "Every device is logged out");
    assert_eq!(ann.get("/account").await.status, 303);
    assert_eq!(phone.get("/reset-password").await.status, 400);
    service.advance(Duration::from_hours(2));
    assert_eq!(phone.get("/reset-password").await.status, 400);
}

on_both!(a_form_whose_cookies_are_gone_can_be_sent_again);
async fn a_form_whose_cookies_are_gone_can_be_sent_again(service: &Service) {
    service.registered("ann").await;
    let bob = [("email", "bob@example.com"), ("password", PASSWORD)];
    service.stranger().submit("/register", "/register", &bob).await;
    let guest = service.stranger();
    guest.submit("/forgot-password", "/forgot-password", &[("email", "ann@example.com")]).await;
    let new = service.mailed_token("bob@example.com").await;
    let token = service.mailed_token("ann@example.com").await;
    let send = async |to: &str, csrf: &str, fields: &str| {
        let body = format!("csrf_token={csrf}&{fields}");
        guest.send(Method::Post, to, Some(body), &[FORM]).await
    };
    let csrf = |page: &Reply| {
        page.text
            .split("name=\"csrf_token\" value=\"")
            .nth(1)
            .unwrap()
            .split_once('"')
            .unwrap()
            .0
            .to_owned()
    };
    for (to, fields) in [
        ("/login", format!("login=ann&password={PASSWORD}")),
        ("/confirm-email", format!("token={new}&password={PASSWORD}")),
        ("/reset-password", format!("token={token}&new_password=seven green herons")),
    ] {
        guest.cookies.lock().unwrap().clear();
        let refused = send(to, &uuid::Uuid::new_v4().to_string(), &fields).await;
        assert_eq!(refused.status, 403, "{to}");
        says(&refused, "Send the form again.");
        // With what the page shows now, and what was in the form.
        let shown = fields.split('&').next().unwrap().split_once('=').unwrap();
        assert!(
            shown.0 == "login" || refused.text.contains(&format!("value=\"{}\"", shown.1)),
            "{to}"
        );
        assert!([200, 303].contains(&send(to, &csrf(&refused), &fields).await.status), "{to}");
        // A link that was never mailed is none.
        let other = send(to, "", &format!("token={}", uuid::Uuid::new_v4())).await;
        assert!(to == "/login" || !other.text.contains("name=\"token\""), "{to}");
    }
}

on_both!(a_profile_is_changed);
async fn a_profile_is_changed(service: &Service) {
    let (ann, bob) = (visitor(service, "ann").await, service.registered("bob").await);
    let fields = [("username", "Ann B."), ("first_name", "<b>Ann</b>"), ("language", "ru")];
    let page =
        ann.follow(&ann.submit("/account", "/account/profile", &fields).await, "/account").await;
    says(&page, "Профиль сохранён.");
    says(&page, "value=\"Ann B.\"");
    says(&page, "value=\"&lt;b&gt;Ann&lt;/b&gt;\"");
    let taken = [("username", bob.name.as_str()), ("first_name", "New"), ("language", "en")];
    let page = ann.submit("/account", "/account/profile", &taken).await;
    assert_eq!(page.status, 400);
    says(&page, "Уже занято.");
    says(&page, "value=\"New\"");
    // No language of one's own: that of the browser, whatever it has kept.
    let fields = [("username", ""), ("first_name", ""), ("language", "")];
    let page =
        ann.follow(&ann.submit("/account", "/account/profile", &fields).await, "/account").await;
    says(&page, "Profile saved.");
    says(&page, "<option value=\"\">Same as browser");
}

on_both!(an_address_changes_when_its_link_is_opened);
async fn an_address_changes_when_its_link_is_opened(service: &Service) {
    let ann = visitor(service, "ann").await;
    let ask = async |email: &str, password: &str| {
        ann.submit("/account", "/account/email", &[("email", email), ("password", password)]).await
    };
    let wrong = ask("new@example.com", "wrong").await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "value=\"new@example.com\"");
    says(&wrong, "<details open>");
    assert_eq!(ask("new", PASSWORD).await.status, 400);
    let page = ann.follow(&ask("new@example.com", PASSWORD).await, "/account").await;
    says(&page, "sent a link and a code to your new email");
    says(&page, "<b>ann@example.com</b>");
    assert_eq!(service.mail("ann@example.com").await["links"].as_array().unwrap().len(), 2);
    let token = service.mailed_token("new@example.com").await;
    says(&ann.open_link(&token).await, "<b>new@example.com</b>");
    says(&ann.get("/account").await, "<b>ann@example.com</b>");
    let sent = ann.submit("/confirm-email", "/confirm-email", &[("token", &token)]).await;
    says(
        &ann.follow(&sent, "/confirm-email").await,
        "You can now use your account with <b>new@example.com</b>",
    );
    says(&ann.get("/account").await, "<b>new@example.com</b>");
}

on_both!(a_password_is_changed_and_other_devices_are_logged_out);
async fn a_password_is_changed_and_other_devices_are_logged_out(service: &Service) {
    let ann = visitor(service, "ann").await;
    let phone = service.stranger();
    phone.submit("/login", "/login", &[("login", "ann"), ("password", PASSWORD)]).await;
    assert_eq!(phone.get("/account").await.status, 200);
    let change = async |current: &str, new: &str| {
        let fields = [("current_password", current), ("new_password", new)];
        ann.submit("/account", "/account/password", &fields).await
    };
    let wrong = change("wrong", "seven green herons").await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "password-current_password-wrong");
    says(&change(PASSWORD, "short").await, "password-new_password-wrong");
    let page = ann.follow(&change(PASSWORD, "seven green herons").await, "/account").await;
    says(&page, "Your other devices are logged out.");
    assert_eq!(phone.get("/account").await.status, 303);
}

on_both!(sessions_are_named_and_ended);
async fn sessions_are_named_and_ended(service: &Service) {
    let ann = visitor(service, "ann").await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
    let login = json!({ "email": ann.email(), "password": PASSWORD }).to_string();
    let headers =
        [("Content-Type", "application/json".to_owned()), ("User-Agent", agent.to_owned())];
    let phone = async || {
        raw(service, Method::Post, "/auth/login", Some(login.clone()), &headers).await.expect(200)["token"].as_str().unwrap().to_owned()
    };
    let me = async |token: &str| {
        raw(service, Method::Get, "/auth/me", None, &[("Authorization", format!("Bearer {token}"))])
            .await
            .status
    };
    let (first, second) = (phone().await, phone().await);
    service.advance(Duration::from_mins(3));
    let page = ann.get("/account/sessions").await;
    says(&page, "Firefox on Linux");
    says(&page, "3 minutes ago");
    assert_eq!(page.text.matches("this device").count(), 1);
    // The last used first: this one was the first to log in.
    let ids: Vec<_> = page
        .text
        .split("name=\"id\" value=\"")
        .skip(1)
        .map(|p| p.split_once('"').unwrap().0)
        .collect();
    assert_eq!(ids.len(), 3);
    let other =
        page.text.split("Firefox").nth(1).unwrap().split("name=\"id\" value=\"").nth(1).unwrap();
    let other = other.split_once('"').unwrap().0;
    for _ in 0..2 {
        let sent = ann.submit("/account/sessions", "/account/sessions", &[("id", other)]).await;
        says(&ann.follow(&sent, "/account/sessions").await, "Session ended.");
    }
    assert_eq!([me(&first).await, me(&second).await].iter().filter(|s| **s == 401).count(), 1);
    let bob = visitor(service, "bob").await;
    bob.submit("/account/sessions", "/account/sessions", &[("id", ids[0])]).await;
    let sent = ann.submit("/account/sessions", "/account/sessions/others", &[]).await;
    says(&ann.follow(&sent, "/account/sessions").await, "All other sessions ended.");
    assert_eq!((me(&first).await, me(&second).await), (401, 401));
    let page = ann.get("/account/sessions").await;
    let own = page
        .text
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let sent = ann.submit("/account/sessions", "/account/sessions", &[("id", &own)]).await;
    says(&ann.follow(&sent, "/login").await, "You’re logged out.");
    assert!(!ann.has_session());
}

on_both!(what_happened_is_told_to_whom_it_happened);
async fn what_happened_is_told_to_whom_it_happened(service: &Service) {
    let ann = visitor(service, "ann").await;
    let bob = visitor(service, "bob").await;
    service.stranger().submit("/login", "/login", &[("login", "ann"), ("password", "wrong")]).await;
    let page = ann.get("/account/security").await;
    says(&page, "Failed login");
    says(&page, "Account created");
    says(&page, "You’re logged in on this device only.");
    assert!(!bob.get("/account/security").await.text.contains("Failed login"));
}

on_both!(everything_that_is_stored_can_be_taken_along_and_deleted);
async fn everything_that_is_stored_can_be_taken_along_and_deleted(service: &Service) {
    let ann = visitor(service, "ann").await;
    let data = ann.get("/account/data.json").await;
    assert!(data.header("content-disposition").unwrap().starts_with("attachment"));
    let data = data.expect(200);
    assert_eq!(data["user"]["email"], "ann@example.com");
    assert_eq!(data["sessions"][0]["current"], true);
    assert!(data["history"].as_array().unwrap().iter().any(|e| e["what"] == "login"));
    assert!(!data.to_string().contains("argon2"));
    let wrong = ann.submit("/account", "/account/delete", &[("password", "wrong")]).await;
    assert_eq!(wrong.status, 400);
    let sent = ann.submit("/account", "/account/delete", &[("password", PASSWORD)]).await;
    says(&ann.follow(&sent, "/login").await, "Your account is deleted.");
    assert!(!ann.has_session());
    assert_eq!(ann.log_in().await.status, 401);
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
    // Nobody is told to be logged out whose session lives on.
    ann.cookies.lock().unwrap().remove(SESSION);
    ann.log_in().await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let silent: Vec<_> =
        ann.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
    let silent = [("Cookie", silent.join("; ")), ("Content-Type", FORM.1.to_owned())];
    let body = Some(format!("csrf_token={csrf}"));
    let refused = raw(service, Method::Post, "/logout", body, &silent).await;
    assert_eq!((refused.status, ann.get("/account").await.status), (403, 200));
    // A second logout in another tab is as good.
    ann.cookies.lock().unwrap().remove(SESSION);
    assert_eq!(ann.submit("/login", "/login", &[]).await.status, 400);
}

on_both!(a_language_is_asked_for_kept_and_remembered);
async fn a_language_is_asked_for_kept_and_remembered(service: &Service) {
    let heading = async |person: &Person<'_>, path: &str, accept: &'static str| {
        let page = person.send(Method::Get, path, None, &[("Accept-Language", accept)]).await;
        let russian = page.text.contains("<html lang=\"ru\">");
        assert_eq!(page.header("content-language"), Some(if russian { "ru" } else { "en" }));
        if russian { "ru" } else { "en" }
    };
    let guest = service.stranger();
    assert_eq!(heading(&guest, "/login", "de, ru;q=0.9, en;q=0.8").await, "ru");
    assert_eq!(heading(&guest, "/login?lang=en&next=/a", "ru").await, "en");
    assert_eq!(heading(&guest, "/login", "ru").await, "en");
    assert_eq!(heading(&guest, "/login?lang=xx", "ru").await, "en");
    says(&guest.get("/login?next=/a&lang=en").await, "href=\"?next=%2Fa&amp;lang=ru\"");
    // The user's own, until the browser chooses another.
    let ann = visitor(service, "ann").await;
    assert_eq!(heading(&ann, "/account", "ru").await, "en");
    assert_eq!(heading(&ann, "/account?lang=ru", "en").await, "ru");
    let error = ann.send(Method::Get, "/nothing", None, &[("Accept", "text/html")]).await;
    says(&error, "Страница не найдена");
}

on_both!(no_address_makes_a_link_of_ours_lead_elsewhere);
async fn no_address_makes_a_link_of_ours_lead_elsewhere(service: &Service) {
    let guest = service.stranger();
    for path in
        ["//evil.example", "//evil.example/login", "///evil.example", "/%5Cevil.example", "//login"]
    {
        let page = guest.send(Method::Get, path, None, &[("Accept", "text/html")]).await;
        let links = page.text.split("href=\"").skip(1).map(|l| l.split_once('"').unwrap().0);
        let away: Vec<_> = links.filter(|l| l.starts_with("//") || l.starts_with("/\\")).collect();
        assert!(away.is_empty(), "{path}: {away:?}");
        says(&page, "href=\"?lang=ru\"");
    }
    // A form is sent to where no page may be.
    let wrong = guest.submit("/login", "/login", &[]).await;
    says(&wrong, "href=\"/login?lang=ru\"");
}

on_both!(a_browser_ends_what_is_not_to_be_remembered);
async fn a_browser_ends_what_is_not_to_be_remembered(service: &Service) {
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

on_both!(the_brand_is_the_operators, |c| {
    c.brand.name = Some("Herons & Co".into());
    c.brand.accent = Some("#ffcc00".parse().unwrap());
    c.brand.links = ["Terms <https://example.com/terms>", "ru: Условия <https://example.com/ru>"]
        .map(|link| link.to_owned().try_into().unwrap())
        .into();
});
async fn the_brand_is_the_operators(service: &Service) {
    let guest = service.stranger();
    let page = guest.get("/login").await.text;
    assert!(page.contains("<title>Log in · Herons &amp; Co</title>"));
    assert!(
        page.contains("<a href=\"https://example.com/terms\">Terms</a>")
            && !page.contains("Условия")
    );
    assert!(guest.get("/login?lang=ru").await.text.contains("Условия"));
    let style = page
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let css = guest.get(&style).await;
    assert!(css.text.contains("--button:#ffcc00") && css.text.contains("--on-button:#000000"));
    assert_eq!(css.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    // Under the mark of a later version it would be kept as that.
    for other in [
        "/static/portcullis.css",
        "/static/portcullis.css?v=",
        "/static/portcullis.css?v=1",
        &format!("{style}0"),
    ] {
        let css = guest.get(other).await;
        assert_eq!((css.status, css.header("cache-control")), (200, Some("no-cache")), "{other}");
    }
    assert_eq!(guest.get("/static/../Cargo.toml").await.status, 404);
    service.registered("ann").await;
    let mail = service.mail("ann@example.com").await;
    assert!(mail["subject"].as_str().unwrap().contains("Herons & Co"));
    assert!(mail["html"].as_str().unwrap().contains("background:#ffcc00;color:#000000"));
}

on_both!(the_strength_of_a_password_is_told_while_it_is_typed);
async fn the_strength_of_a_password_is_told_while_it_is_typed(service: &Service) {
    let ann = visitor(service, "ann").await;
    let ask = async |password: &str, name: &str| {
        let fields = [("password", password), ("first_name", name)];
        ann.ask("/account", "/password-strength", &fields).await
    };
    let told = ask("three unlikely words, comma", "").await;
    assert_eq!(told.expect(200), &json!({ "strength": "strong", "text": "Strong password." }));
    for (weak, name) in [
        ("password1", ""),
        ("short", ""),
        ("ann@example.com", ""),
        ("Zebediah Zorn 1", "Zebediah Zorn"),
    ] {
        assert_eq!(ask(weak, name).await.expect(200)["strength"], "weak", "{weak}");
    }
    let foreign = [FORM, ("Origin", "https://evil.example.com")];
    ann.send(Method::Post, "/password-strength", Some("password=x".into()), &foreign)
        .await
        .refused(403, "csrf_failed");
}

on_both!(whoever_asks_how_strong_passwords_are_takes_no_place_of_a_login, |c| (
    c.password.threads,
    c.password.queue
) = (1, 1));
async fn whoever_asks_how_strong_passwords_are_takes_no_place_of_a_login(service: &Service) {
    let ann = visitor(service, "ann").await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let ask = |n: u32| {
        let body = format!("csrf_token={csrf}&password={}{n}", "4%408(".repeat(8));
        ann.send(Method::Post, "/password-strength", Some(body), &[FORM])
    };
    let (told, login) =
        rocket::tokio::join!(rocket::futures::future::join_all((0..40).map(ask)), ann.login());
    login.expect(200);
    let told: Vec<_> = told.iter().map(|reply| reply.expect(200)["strength"].clone()).collect();
    assert!(told.iter().any(Value::is_string), "{told:?}");
}

on_both!(what_went_wrong_is_a_page_for_people);
async fn what_went_wrong_is_a_page_for_people(service: &Service) {
    let ann = visitor(service, "ann").await;
    let big = format!("csrf_token=x&a={}", "a".repeat(70_000));
    for (language, title) in [("en", "<html lang=\"en\">"), ("ru", "<html lang=\"ru\">")] {
        let html = [("Accept", "text/html"), ("Accept-Language", language), FORM];
        let guest = service.stranger();
        guest.get("/login").await;
        for (method, path, body, status) in [
            (Method::Post, "/logout", Some("csrf_token=x".to_owned()), 403),
            (Method::Get, "/nothing", None, 404),
            (Method::Get, "/logout", None, 405),
            (Method::Post, "/logout", Some(big.clone()), 413),
        ] {
            let page = guest.send(method, path, body, &html).await;
            assert_eq!(page.status, status, "{page:?}");
            for part in [title, &format!("<p class=\"status\">{status}</p>"), "<h1>"] {
                says(&page, part);
            }
        }
    }
    // A form that cannot be read is shown again, not lost.
    let again = ann.send(Method::Post, "/account/profile", Some(big), &[FORM]).await;
    assert_eq!(again.status, 413);
    says(&again, "id=\"profile\"");
}

on_both!(an_address_that_is_taken_is_told_beside_it);
async fn an_address_that_is_taken_is_told_beside_it(service: &Service) {
    let ann = service.registered("ann").await;
    let fields = [("email", ann.email()), ("password", PASSWORD.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = service.stranger().submit("/register", "/register", &fields).await;
    assert_eq!(page.status, 409);
    says(&page, "aria-invalid=\"true\" aria-describedby=\"register-email-wrong\"");
    says(&page, "There is already an account with this email.");
}

on_both!(no_field_cuts_a_password_off);
async fn no_field_cuts_a_password_off(service: &Service) {
    let ann = visitor(service, "ann").await;
    for (who, page) in
        [(&service.stranger(), "/register"), (&service.stranger(), "/login"), (&ann, "/account")]
    {
        let text = who.get(page).await.text;
        let inputs = text.split("<input").skip(1).map(|i| i.split_once('>').unwrap().0);
        let cut = inputs.filter(|i| i.contains("type=\"password\"") && i.contains("maxlength"));
        assert_eq!(cut.count(), 0, "{page}");
    }
    let long = "seven green herons ".repeat(20);
    let fields = [("current_password", PASSWORD), ("new_password", &long)];
    says(&ann.submit("/account", "/account/password", &fields).await, "At most 256 characters.");
}

on_both!(the_address_of_a_form_leads_to_its_page);
async fn the_address_of_a_form_leads_to_its_page(service: &Service) {
    let ann = visitor(service, "ann").await;
    for (form, page) in [
        ("/account/profile", "/account"),
        ("/account/email", "/account"),
        ("/account/password", "/account"),
        ("/account/delete", "/account"),
        ("/account/email/resend", "/account"),
        ("/account/sessions/others", "/account/sessions"),
        ("/confirm-email/again", "/confirm-email"),
    ] {
        let reply = ann.get(form).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some(page)), "{form}");
    }
    assert_eq!(ann.get("/account/nothing").await.status, 404);
}

on_both!(a_session_is_seen_by_the_pages_it_opens);
async fn a_session_is_seen_by_the_pages_it_opens(service: &Service) {
    let ann = visitor(service, "ann").await;
    service.advance(Duration::from_hours(3));
    // Asked for by somebody else, it is as old as it is.
    let phone = service.stranger();
    phone.submit("/login", "/login", &[("login", "ann"), ("password", PASSWORD)]).await;
    says(&phone.get("/account/sessions").await, ">3 hours ago</time>");
    ann.get("/account").await;
    let page = phone.get("/account/sessions").await;
    assert!(!page.text.contains(">3 hours ago</time>"), "{}", page.text);
    assert_eq!(page.text.matches(">just now</time>").count(), 2);
}

on_both!(closed_means_closed, |c| c.registration = portcullis::config::Registration::Closed);
async fn closed_means_closed(service: &Service) {
    let guest = service.stranger();
    let page = guest.get("/register").await;
    assert!(page.status == 200 && !page.text.contains("<form"), "{}", page.text);
    assert!(!guest.get("/login").await.text.contains("href=\"/register"));
    let csrf = guest.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let body = format!("csrf_token={csrf}&email=ann@example.com&password={PASSWORD}");
    assert_eq!(guest.send(Method::Post, "/register", Some(body), &[FORM]).await.status, 403);
}

on_both!(mails_are_shown_in_both_forms_while_developing);
async fn mails_are_shown_in_both_forms_while_developing(service: &Service) {
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

#[tokio::test]
async fn a_logo_of_the_operator_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let database = crate::support::Database::sqlite();
    let mut config = crate::support::config();
    config.brand.logo = Some(logo);
    let service = Service::start(&database, config, None).await;
    let page = service.stranger().get("/login").await.text;
    let at = page.split("<img src=\"").nth(1).unwrap().split_once('"').unwrap().0.to_owned();
    let logo = service.stranger().get(&at).await;
    assert_eq!((logo.status, logo.header("content-type")), (200, Some("image/svg+xml")));
    service.end().await;
    database.end().await;
}
