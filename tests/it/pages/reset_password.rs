//! A forgotten password.
use crate::support::{FORM_HEADER, Service, says, visitor};
use rocket::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(a_reset_link_sets_a_password_within_an_hour);
async fn a_reset_link_sets_a_password_within_an_hour(service: &Service) {
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
    // The page shows whose password it sets, to the user and to password managers.
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

on_both!(a_reset_link_opens_a_form);
async fn a_reset_link_opens_a_form(service: &Service) {
    let ann = service.registered("ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let link = ann.get(&format!("/reset-password?token={token}")).await;
    // A redirect removes the token from the URL before the page loads anything.
    assert_eq!((link.status, link.header("location")), (303, Some("/reset-password")));
    let page = ann.get("/reset-password").await;
    assert!(page.text.contains(&token) && page.text.contains("autocomplete=\"new-password\""));
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let send = async |new: &str| {
        let body = format!("token={token}&csrf_token={csrf}&new_password={new}");
        ann.send(Method::Post, "/reset-password", Some(body), &form).await
    };
    let again = send("short").await;
    assert!(
        again.status == 400
            && again.text.contains("role=\"alert\"")
            && !again.text.contains("short\"")
    );
    let done = send("a+new+password").await;
    assert_eq!((done.status, done.header("location")), (303, Some("/login")));
    assert_eq!(send("a+new+password").await.status, 400);
    assert_eq!(ann.get("/reset-password").await.status, 400);
    ann.login_with(json!({ "login": "ann", "password": "a new password" })).await.expect(200);
}

on_both!(the_strength_of_a_password_is_shown_while_it_is_typed);
async fn the_strength_of_a_password_is_shown_while_it_is_typed(service: &Service) {
    let ann = visitor(service, "ann").await;
    let ask = async |password: &str, name: &str| {
        let fields = [("password", password), ("first_name", name)];
        ann.ask("/account", "/password-strength", &fields).await
    };
    let feedback = ask("three unlikely words, comma", "").await;
    assert_eq!(feedback.expect(200), &json!({ "strength": "strong", "text": "Strong password." }));
    for (weak, name) in [
        ("password1", ""),
        ("short", ""),
        ("ann@example.com", ""),
        ("Zebediah Zorn 1", "Zebediah Zorn"),
    ] {
        assert_eq!(ask(weak, name).await.expect(200)["strength"], "weak", "{weak}");
    }
    let foreign = [FORM_HEADER, ("Origin", "https://evil.example.com")];
    ann.send(Method::Post, "/password-strength", Some("password=x".into()), &foreign)
        .await
        .refused(403, "csrf_failed");
}

on_both!(password_strength_requests_do_not_delay_logins, |c| (
    c.password.threads,
    c.password.queue
) = (1, 1));
async fn password_strength_requests_do_not_delay_logins(service: &Service) {
    let ann = visitor(service, "ann").await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let ask = |n: u32| {
        let body = format!("csrf_token={csrf}&password={}{n}", "4%408(".repeat(8));
        ann.send(Method::Post, "/password-strength", Some(body), &[FORM_HEADER])
    };
    let (feedback, login) =
        rocket::tokio::join!(rocket::futures::future::join_all((0..40).map(ask)), ann.login());
    login.expect(200);
    let feedback: Vec<_> =
        feedback.iter().map(|reply| reply.expect(200)["strength"].clone()).collect();
    assert!(feedback.iter().any(Value::is_string), "{feedback:?}");
}
