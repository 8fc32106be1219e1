//! Registration, and the confirmation of an email.
use crate::support::{FORM_HEADER, PASSWORD, Person, Service, raw, rows, says};
use rocket::http::Method;
use serde_json::json;

on_both!(a_person_registers_and_is_logged_in);
async fn a_person_registers_and_is_logged_in(service: &Service) {
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
    // In the browser that registered, the link is enough, and the session continues.
    let token = service.mailed_token("ann@example.com").await;
    let done = ann.open_link(&token).await;
    says(&done, "You can now use your account with");
    says(&done, "<b>ann@example.com</b>");
    says(&done, "href=\"/account\"");
    says(&ann.get("/account").await, "mark yes");
    says(&ann.open_link(&token).await, "You can now use your account with");
}

on_both!(another_browser_confirms_with_the_button);
async fn another_browser_confirms_with_the_button(service: &Service) {
    let (ann, phone) = (service.stranger(), service.stranger());
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    ann.submit("/register", "/register", &fields).await;
    let token = service.mailed_token("ann@example.com").await;
    let path = format!("/confirm-email?token={token}");
    // A prefetch, a preview, an embedded request, a HEAD request and a forged cookie of the browser that
    // registered do not confirm the email.
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

on_both!(the_link_cookie_of_a_browser_confirms_only_the_email_it_registered);
async fn the_link_cookie_of_a_browser_confirms_only_the_email_it_registered(service: &Service) {
    let (ann, eve) = (service.stranger(), service.stranger());
    ann.submit("/register", "/register", &[("email", "ann@example.com"), ("password", PASSWORD)])
        .await;
    eve.submit("/register", "/register", &[("email", "eve@example.com"), ("password", PASSWORD)])
        .await;
    let token = service.mailed_token("ann@example.com").await;
    says(&eve.open_link(&token).await, "<h1>Confirm your email</h1>");
}

on_both!(known_and_unknown_emails_look_alike_when_confirmation_is_required, |c| c
    .email_confirmation =
    portcullis::config::EmailConfirmation::Required);
async fn known_and_unknown_emails_look_alike_when_confirmation_is_required(service: &Service) {
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
    // The user can request another link.
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

on_both!(registering_another_persons_email_gives_no_lasting_access, |c| c.email_confirmation =
    portcullis::config::EmailConfirmation::Required);
async fn registering_another_persons_email_gives_no_lasting_access(service: &Service) {
    let (eve, ann) = (service.stranger(), service.stranger());
    let register = async |person: &Person<'_>, password: &str| {
        let fields = [("email", "ann@example.com"), ("password", password)];
        let sent = person.submit("/register", "/register", &fields).await;
        says(
            &person.follow(&sent, "/login").await,
            "If the address is right, a link is on its way",
        );
    };
    // These use up the mails that an address may get in an hour. The links in them stay valid.
    for _ in 0..5 {
        register(&eve, "nine quiet kettles").await;
    }
    let token = service.mailed_token("ann@example.com").await;
    register(&ann, PASSWORD).await;
    register(&eve, "nine quiet kettles").await;
    // Ann's registration created no account, so neither her browser nor her password proves anything.
    says(&ann.open_link(&token).await, "<h1>Confirm your email</h1>");
    let own = [("token", &*token), ("password", PASSWORD)];
    assert_eq!(ann.submit("/confirm-email", "/confirm-email", &own).await.status, 400);
    // The reader of the mailbox chooses the password.
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

on_both!(a_taken_email_is_reported_beside_its_field);
async fn a_taken_email_is_reported_beside_its_field(service: &Service) {
    let ann = service.registered("ann").await;
    let fields = [("email", ann.email()), ("password", PASSWORD.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = service.stranger().submit("/register", "/register", &fields).await;
    assert_eq!(page.status, 409);
    says(&page, "aria-invalid=\"true\" aria-describedby=\"register-email-wrong\"");
    says(&page, "There is already an account with this email.");
}

on_both!(closed_registration_shows_and_accepts_no_form, |c| c.registration =
    portcullis::config::Registration::Closed);
async fn closed_registration_shows_and_accepts_no_form(service: &Service) {
    let guest = service.stranger();
    let page = guest.get("/register").await;
    assert!(page.status == 200 && !page.text.contains("<form"), "{}", page.text);
    assert!(!guest.get("/login").await.text.contains("href=\"/register"));
    let csrf = guest.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let body = format!("csrf_token={csrf}&email=ann@example.com&password={PASSWORD}");
    assert_eq!(guest.send(Method::Post, "/register", Some(body), &[FORM_HEADER]).await.status, 403);
}

on_both!(fetching_a_mailed_link_changes_nothing);
async fn fetching_a_mailed_link_changes_nothing(service: &Service) {
    let ann = service.stranger();
    let new = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.post("/auth/register", new).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    let path = format!("/confirm-email?token={token}");
    for method in [Method::Get, Method::Head, Method::Get] {
        assert_eq!(raw(service, method, &path, None, &[]).await.status, 303);
    }
    // This is not the browser that registered.
    let ann = service.stranger();
    let link = ann.get(&path).await;
    assert_eq!((link.status, link.header("location")), (303, Some("/confirm-email")));
    let page = ann.get("/confirm-email").await;
    // The buttons confirm, set another password, and decline.
    assert_eq!(page.text.matches("<button").count(), 3);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    assert!(page.text.contains(&csrf));
    let press = async |csrf: &str| {
        let body = format!("token={token}&csrf_token={csrf}&password={PASSWORD}");
        ann.send(Method::Post, "/confirm-email", Some(body), &form).await
    };
    for foreign in ["", &uuid::Uuid::new_v4().to_string()] {
        let again = press(foreign).await;
        assert!(again.status == 403 && again.text.contains("role=\"alert\""));
    }
    let done = press(&csrf).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/confirm-email")));
    let html = ann.get("/confirm-email").await.text;
    assert!(html.contains("role=\"status\"") && html.contains("<b>ann@example.com</b>"));
    assert_eq!(press(&csrf).await.status, 303);
    let sql = "SELECT 'yes' FROM auth_users WHERE email_confirmed_at IS NOT NULL";
    assert_eq!(rows(service, sql).await.len(), 1);
    assert!(ann.get("/confirm-email").await.text.contains("role=\"status\""));
    ann.get(&format!("/confirm-email?token={}", uuid::Uuid::new_v4())).await;
    let expired = ann.get("/confirm-email").await;
    assert!(expired.status == 400 && expired.text.contains("action=\"/confirm-email/again\""));
}
