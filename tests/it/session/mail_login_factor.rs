//! Logins by mail of users with a second factor.
use super::{LIVING, MINUTE, SECOND, claims, count, text};
use crate::support::{Authenticator, Person, Reply, Service, says};
use portcullis::config::{Config, Limits};
use rocket::futures::future::join_all;
use serde_json::json;
use std::time::Duration;

const STEP: Duration = Duration::from_secs(30);

fn on(c: &mut Config) {
    c.login_by_mail = true;
}

/// A person with an authenticator app who is logged in, and a browser of theirs that is not.
async fn with_app(service: &Service) -> (Person<'_>, Person<'_>, Authenticator) {
    let ann = service.user("ann").await;
    let app = ann.sets_up_totp().await;
    (ann, Person { name: "ann".into(), ..service.stranger() }, app)
}

/// Logs in with a mailed code. Returns what the call took, and its reply.
async fn by_mail(who: &Person<'_>) -> (serde_json::Value, Reply) {
    let asked = who.post("/auth/login/mail", json!({ "email": who.email() })).await;
    let ticket = asked.expect(202)["ticket"].clone();
    let code = who.service.mailed_code(&who.email()).await;
    let body = json!({ "ticket": ticket, "code": code });
    let reply = who.keep(who.post("/auth/login/mail/confirm", body.clone()).await);
    (body, reply)
}

on_both!(a_login_by_mail_takes_a_code_of_the_factor_as_well, on);
async fn a_login_by_mail_takes_a_code_of_the_factor_as_well(service: &Service) {
    let (_, ann, app) = with_app(service).await;
    let before = count(service, LIVING).await;
    let (used, asked) = by_mail(&ann).await;
    let body = asked.refused(401, "second_factor_required");
    assert_eq!(body["methods"], json!(["totp", "recovery_code"]));
    assert!(asked.header("set-cookie").is_none() && asked.header("authorization").is_none());
    let ticket = body["ticket"].as_str().unwrap();
    assert_eq!(count(service, LIVING).await, before);
    // The ticket of the mail is not that of the challenge, and its code works once.
    let old = used["ticket"].as_str().unwrap();
    ann.finish(old, &app.code(service)).await.refused(401, "ticket_not_valid");
    ann.post("/auth/login/mail/confirm", used.clone()).await.refused(400, "validation");
    ann.finish(ticket, &app.wrong_code(service)).await.refused(401, "invalid_code");
    let done = ann.finish(ticket, &app.code(service)).await;
    let said = claims(service, &text(&done, "token"));
    assert_eq!(said.amr, ["otp", "mfa"]);
    assert_eq!(said.auth_time, service.clock.now().unix());
    service.advance(MINUTE);
    let later = claims(service, &text(&ann.refresh().await, "token"));
    assert_eq!((later.amr, later.auth_time), (said.amr, said.auth_time));

    let (_, asked) = by_mail(&ann).await;
    let ticket = asked.refused(401, "second_factor_required")["ticket"].clone();
    let done = ann.finish(ticket.as_str().unwrap(), &app.recovery_codes[0]).await;
    assert_eq!(claims(service, &text(&done, "token")).amr, ["otp", "mfa"]);
}

on_both!(of_concurrent_uses_of_one_mail_one_gives_a_challenge, on);
async fn of_concurrent_uses_of_one_mail_one_gives_a_challenge(service: &Service) {
    let (_, ann, _) = with_app(service).await;
    let asked = ann.post("/auth/login/mail", json!({ "email": ann.email() })).await;
    let ticket = asked.expect(202)["ticket"].clone();
    let code = service.mailed_code(&ann.email()).await;
    // It starts now, because it could send the mail as well.
    let other = service.replica().await;
    let replies = join_all((0..4).map(async |n| {
        let server = if n % 2 == 0 { service } else { &other };
        let body = json!({ "ticket": ticket, "code": code });
        ann.at(server).post("/auth/login/mail/confirm", body).await.status
    }))
    .await;
    assert_eq!(replies.iter().filter(|status| **status == 401).count(), 1, "{replies:?}");
    assert_eq!(replies.iter().filter(|status| **status == 400).count(), 3, "{replies:?}");
    assert_eq!(count(service, "SELECT client FROM auth_login_challenges").await, 1);
    other.end().await;
}

on_both!(the_pages_of_a_login_by_mail_lead_to_the_second_step, on);
async fn the_pages_of_a_login_by_mail_lead_to_the_second_step(service: &Service) {
    let (_, ann, app) = with_app(service).await;
    let address = ann.email();
    let fields = [("email", &*address), ("next", "/account/sessions")];
    for by_link in [false, true] {
        let browser = service.stranger();
        let sent = browser.submit("/login/mail", "/login/mail", &fields).await;
        browser.follow(&sent, "/login/mail/code").await;
        let done = if by_link {
            let token = service.mailed_token(&address).await;
            let opened = browser.get(&format!("/login/mail/link?token={token}")).await;
            browser.follow(&opened, "/login/mail/link").await;
            let fields = [("token", &*token)];
            browser.submit("/login/mail/link", "/login/mail/link", &fields).await
        } else {
            let code = service.mailed_code(&address).await;
            browser.submit("/login/mail/code", "/login/mail/code", &[("code", &code)]).await
        };
        assert!(!browser.has_session());
        says(&browser.follow(&done, "/login/code").await, "autocomplete=\"one-time-code\"");
        // The mail is used up.
        assert_eq!(browser.get("/login/mail/code").await.status, 303);
        let code = [("code", &*app.code(service))];
        let done = browser.submit("/login/code", "/login/code", &code).await;
        browser.follow(&done, "/account/sessions").await;
        assert!(browser.has_session());
        service.advance(STEP);
    }
}

on_both!(a_mail_of_before_the_factor_gives_a_challenge_and_a_change_of_password_ends_it, on);
async fn a_mail_of_before_the_factor_gives_a_challenge_and_a_change_of_password_ends_it(
    service: &Service,
) {
    let ann = service.user("ann").await;
    let elsewhere = Person { name: "ann".into(), ..service.stranger() };
    let asked = elsewhere.post("/auth/login/mail", json!({ "email": ann.email() })).await;
    let ticket = asked.expect(202)["ticket"].clone();
    let code = service.mailed_code(&ann.email()).await;
    let app = ann.sets_up_totp().await;
    let body = json!({ "ticket": ticket, "code": code });
    let asked = elsewhere.post("/auth/login/mail/confirm", body).await;
    let ticket = asked.refused(401, "second_factor_required")["ticket"].clone();
    let change = json!({
        "current_password": crate::support::PASSWORD, "new_password": "seven green herons",
    });
    ann.post("/auth/password", change).await.expect(204);
    let reply = elsewhere.finish(ticket.as_str().unwrap(), &app.code(service)).await;
    reply.refused(401, "ticket_not_valid");
}

on_both!(codes_after_a_mail_count_like_those_after_a_password, |c| {
    on(c);
    c.limits = Limits::default();
    c.limits.free_failures = 4;
});
async fn codes_after_a_mail_count_like_those_after_a_password(service: &Service) {
    let (_, ann, app) = with_app(service).await;
    let (_, asked) = by_mail(&ann).await;
    let by_mail = asked.refused(401, "second_factor_required")["ticket"].clone();
    let (by_mail, by_password) = (by_mail.as_str().unwrap(), &*ann.ticket().await);
    for ticket in [by_mail, by_password, by_mail, by_password] {
        ann.finish(ticket, &app.wrong_code(service)).await.refused(401, "invalid_code");
    }
    ann.finish(by_mail, &app.code(service)).await.refused(429, "rate_limited");
    service.advance(SECOND);
    ann.finish(by_mail, &app.code(service)).await.expect(200);
}
