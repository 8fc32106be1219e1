//! Mails about logins from new devices.
use super::MINUTE;
use crate::support::{PASSWORD, Person, Reply, Service, acts, bearing, rows, says};
use portcullis::config::{Config, Limits};
use rocket::http::Method;
use serde_json::json;
use std::time::Duration;

const NOTICES: &str = "SELECT kind FROM auth_outbox WHERE kind = 'new_device'";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
const DAY: Duration = Duration::from_hours(24);
const NEW: &str = "seven green herons";

fn limited(c: &mut Config) {
    c.limits = Limits::default();
    c.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

/// Logs in with a user agent from an address.
async fn log_in(who: &Person<'_>, login: &str, agent: &str, ip: &str) -> Reply {
    log_in_with(who, login, PASSWORD, agent, ip).await
}

async fn log_in_with(
    who: &Person<'_>,
    login: &str,
    password: &str,
    agent: &str,
    ip: &str,
) -> Reply {
    let headers =
        [("Content-Type", "application/json"), ("User-Agent", agent), ("X-Forwarded-For", ip)];
    let body = json!({ "login": login, "password": password }).to_string();
    let reply = who.send(Method::Post, "/auth/login", Some(body), &headers).await;
    reply.expect(200);
    who.keep(reply)
}

on_both!(a_login_from_a_new_device_is_mailed_once, limited);
async fn a_login_from_a_new_device_is_mailed_once(service: &Service) {
    let ann = service.registered("ann").await;
    // The first login of an account is not mailed.
    log_in(&ann, "ann", "own", "192.0.2.1").await;
    let phone = service.stranger();
    log_in(&phone, "ann", FIREFOX, "198.51.100.7").await;
    assert_eq!(rows(service, NOTICES).await.len(), 1);
    let mail = service.mail(&ann.email()).await;
    let text = mail["text"].as_str().unwrap();
    for part in
        ["Firefox on Linux, 198.51.100.7, 15 January 2027, 08:00 UTC", "/report-login?token="]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A browser that has the cookie is known, whatever it calls itself and wherever it is.
    for (agent, ip) in [(FIREFOX, "198.51.100.7"), ("another", "203.0.113.9")] {
        log_in(&phone, &ann.email(), agent, ip).await;
    }
    // A program without cookies is known by its user agent and network.
    for ip in ["192.0.2.1", "192.0.2.77"] {
        log_in(&service.stranger(), "ann", "own", ip).await;
    }
    assert_eq!(rows(service, NOTICES).await.len(), 1);
    for (agent, ip) in [("own", "203.0.113.1"), ("curl/8", "192.0.2.1")] {
        log_in(&service.stranger(), "ann", agent, ip).await;
    }
    assert_eq!(rows(service, NOTICES).await.len(), 3);
    // The cookie of another account makes no device known.
    let mallory = service.user("mallory").await;
    log_in(&mallory, "ann", "x", "192.0.2.200").await;
    assert_eq!(rows(service, NOTICES).await.len(), 4);
}

on_both!(a_wrong_password_and_an_unconfirmed_address_cause_no_mail_about_a_device);
async fn a_wrong_password_and_an_unconfirmed_address_cause_no_mail_about_a_device(
    service: &Service,
) {
    let guest = service.stranger();
    let new = json!({ "email": "new@example.com", "password": PASSWORD });
    guest.post("/auth/register", new).await.expect(201);
    for agent in ["one", "two"] {
        log_in(&service.stranger(), "new@example.com", agent, "").await;
    }
    let ann = service.user("ann").await;
    let body = json!({ "login": "ann", "password": "a wrong password" }).to_string();
    let headers = [("Content-Type", "application/json"), ("User-Agent", "other")];
    let wrong = service.stranger().send(Method::Post, "/auth/login", Some(body), &headers).await;
    wrong.refused(401, "invalid_credentials");
    // Opening another session from one is no login.
    let token = ann.access().unwrap();
    let own = json!({ "id": ann.id });
    bearing(service, Method::Post, "/api/tokens", &token, Some(own)).await.expect(200);
    assert!(rows(service, NOTICES).await.is_empty());
}

on_both!(whoever_registered_an_address_first_has_a_new_device_to_its_owner, limited);
async fn whoever_registered_an_address_first_has_a_new_device_to_its_owner(service: &Service) {
    let (email, ip) = ("ann@example.com", "198.51.100.7");
    let (ann, mallory) = (service.stranger(), service.stranger());
    let new = json!({ "email": email, "password": PASSWORD });
    mallory.post("/auth/register", new).await.expect(201);
    // One session is ended by its owner, one is still active when the address changes hands.
    log_in(&mallory, email, FIREFOX, ip).await;
    mallory.post("/auth/logout", json!({})).await.expect(204);
    service.advance(MINUTE);
    log_in(&mallory, email, FIREFOX, ip).await;
    ann.post("/auth/password/forgot", json!({ "email": email })).await.expect(202);
    let reset = json!({ "token": service.mailed_token(email).await, "new_password": NEW });
    ann.post("/auth/password/reset", reset).await.expect(204);
    log_in_with(&ann, email, NEW, "own", "192.0.2.1").await;
    assert!(rows(service, NOTICES).await.is_empty());
    // With the cookie and without it.
    log_in_with(&mallory, email, NEW, FIREFOX, ip).await;
    assert_eq!(rows(service, NOTICES).await.len(), 1);
    service.advance(MINUTE);
    log_in_with(&mallory, email, NEW, FIREFOX, ip).await;
    assert_eq!(rows(service, NOTICES).await.len(), 1);
}

on_both!(whoever_registered_an_address_first_is_unknown_without_a_cookie_as_well);
async fn whoever_registered_an_address_first_is_unknown_without_a_cookie_as_well(
    service: &Service,
) {
    let email = "ann@example.com";
    let (ann, mallory) = (service.stranger(), service.stranger());
    let new = json!({ "email": email, "password": PASSWORD });
    mallory.post("/auth/register", new).await.expect(201);
    log_in(&mallory, email, "ended", "").await;
    mallory.post("/auth/logout", json!({})).await.expect(204);
    log_in(&mallory, email, "active", "").await;
    service.advance(MINUTE);
    ann.post("/auth/password/forgot", json!({ "email": email })).await.expect(202);
    let reset = json!({ "token": service.mailed_token(email).await, "new_password": NEW });
    ann.post("/auth/password/reset", reset).await.expect(204);
    for (agent, mails) in [("ended", 1), ("active", 2), ("ended", 2), ("active", 2)] {
        log_in_with(&mallory, email, NEW, agent, "").await;
        assert_eq!(rows(service, NOTICES).await.len(), mails, "{agent}");
    }
}

on_both!(the_device_on_which_somebody_registers_and_confirms_stays_known, limited);
async fn the_device_on_which_somebody_registers_and_confirms_stays_known(service: &Service) {
    let email = "ann@example.com";
    let (ann, program) = (service.stranger(), service.stranger());
    ann.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await.expect(201);
    log_in(&ann, email, "own", "192.0.2.1").await;
    log_in(&program, email, "program", "203.0.113.9").await;
    let token = service.mailed_token(email).await;
    ann.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    ann.post("/auth/logout", json!({})).await.expect(204);
    service.advance(MINUTE);
    log_in(&ann, email, "updated", "198.51.100.7").await;
    log_in(&service.stranger(), email, "program", "203.0.113.10").await;
    assert!(rows(service, NOTICES).await.is_empty());
}

on_both!(this_was_not_me_makes_the_device_new_again, limited);
async fn this_was_not_me_makes_the_device_new_again(service: &Service) {
    let (ann, thief, ip) = (service.user("ann").await, service.stranger(), "198.51.100.7");
    log_in(&thief, "ann", FIREFOX, ip).await;
    let token = service.mailed_token(&ann.email()).await;
    ann.get(&format!("/report-login?token={token}")).await;
    let done = ann.submit("/report-login", "/report-login", &[("token", &token)]).await;
    let page = ann.follow(&done, "/reset-password").await;
    let reset = page.text.split("name=\"token\" value=\"").nth(1).unwrap();
    let reset = reset.split_once('"').unwrap().0.to_owned();
    let new = [("token", &*reset), ("new_password", NEW)];
    ann.submit("/reset-password", "/reset-password", &new).await;
    log_in_with(&ann, "ann", NEW, "own", "192.0.2.1").await;
    assert_eq!(rows(service, NOTICES).await.len(), 1);
    log_in_with(&thief, "ann", NEW, FIREFOX, ip).await;
    assert_eq!(rows(service, NOTICES).await.len(), 2);
}

on_both!(this_was_not_me_ends_every_session_and_starts_a_reset);
async fn this_was_not_me_ends_every_session_and_starts_a_reset(service: &Service) {
    let (ann, thief) = (service.user("ann").await, service.stranger());
    log_in(&thief, "ann", FIREFOX, "").await;
    let token = service.mailed_token(&ann.email()).await;
    // The thief changes the password next. The link still works.
    let stolen = json!({ "current_password": PASSWORD, "new_password": "the thief's own words" });
    thief.post("/auth/password", stolen).await.expect(204);
    let owner = service.stranger();
    let link = owner.get(&format!("/report-login?token={token}")).await;
    says(&owner.follow(&link, "/report-login").await, "<b>ann@example.com</b>");
    owner.send(Method::Head, &format!("/report-login?token={token}"), None, &[]).await;
    thief.get("/auth/me").await.expect(200);
    let done = owner.submit("/report-login", "/report-login", &[("token", &token)]).await;
    let page = owner.follow(&done, "/reset-password").await;
    says(&page, "Every device is logged out.");
    thief.get("/auth/me").await.refused(401, "token_not_valid");
    thief.forget_access().refresh().await.refused(401, "token_not_valid");
    for password in [PASSWORD, "the thief's own words"] {
        let login = json!({ "login": "ann", "password": password });
        thief.post("/auth/login", login).await.refused(401, "invalid_credentials");
    }
    let reset = page.text.split("name=\"token\" value=\"").nth(1).unwrap();
    let reset = reset.split_once('"').unwrap().0.to_owned();
    let new = [("token", &*reset), ("new_password", "seven green herons")];
    let saved = owner.submit("/reset-password", "/reset-password", &new).await;
    owner.follow(&saved, "/login").await;
    let login = json!({ "login": "ann", "password": "seven green herons" });
    owner.post("/auth/login", login).await.expect(200);
    assert!(acts(service).await.contains(&"login_reported".to_owned()));
    // The link works once.
    let used = owner.get(&format!("/report-login?token={token}")).await;
    assert_eq!(used.status, 303);
    assert_eq!(owner.get("/report-login").await.status, 400);
    owner.get("/auth/me").await.expect(200);
}

on_both!(the_link_in_the_mail_about_a_device_expires_and_dies_with_a_reset);
async fn the_link_in_the_mail_about_a_device_expires_and_dies_with_a_reset(service: &Service) {
    let ann = service.user("ann").await;
    let open = async |token: &str| {
        let guest = service.stranger();
        guest.get(&format!("/report-login?token={token}")).await;
        guest.get("/report-login").await.status
    };
    log_in(&service.stranger(), "ann", "one", "").await;
    let token = service.mailed_token(&ann.email()).await;
    assert_eq!(open(&token).await, 200);
    service.advance(3 * DAY);
    assert_eq!(open(&token).await, 400);
    log_in(&service.stranger(), "ann", "two", "").await;
    let token = service.mailed_token(&ann.email()).await;
    service.advance(MINUTE);
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let reset = json!({
        "token": service.mailed_token(&ann.email()).await, "new_password": "seven green herons",
    });
    assert_eq!(open(&token).await, 200);
    ann.post("/auth/password/reset", reset).await.expect(204);
    assert_eq!(open(&token).await, 400);
    for junk in ["x", "", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(open(junk).await, 400, "{junk}");
    }
}

on_both!(a_user_turns_the_mails_about_devices_off_and_on);
async fn a_user_turns_the_mails_about_devices_off_and_on(service: &Service) {
    let ann = service.user("ann").await;
    assert_eq!(ann.get("/auth/me").await.expect(200)["notify_new_devices"], true);
    let page = ann.forget_access().get("/account/security").await;
    says(&page, "name=\"notify_new_devices\" value=\"off\"");
    let off = [("notify_new_devices", "off")];
    let done = ann.submit("/account/security", "/account/security", &off).await;
    says(&ann.follow(&done, "/account/security").await, "value=\"on\"");
    log_in(&service.stranger(), "ann", "one", "").await;
    assert!(rows(service, NOTICES).await.is_empty());
    // A change of the profile leaves it as it is.
    let profile = [("username", "ann"), ("first_name", "Ann"), ("language", "")];
    ann.submit("/account", "/account/profile", &profile).await;
    assert_eq!(ann.get("/auth/me").await.expect(200)["notify_new_devices"], false);
    let on = json!({ "notify_new_devices": true });
    let user = ann.json(Method::Patch, "/auth/me", on).await;
    assert_eq!(user.expect(200)["notify_new_devices"], true);
    log_in(&service.stranger(), "ann", "two", "").await;
    assert_eq!(rows(service, NOTICES).await.len(), 1);
}

on_both!(the_operator_turns_the_mails_about_devices_off, |c| c.notify_new_devices = false);
async fn the_operator_turns_the_mails_about_devices_off(service: &Service) {
    let ann = service.user("ann").await;
    log_in(&service.stranger(), "ann", "one", "").await;
    assert!(rows(service, NOTICES).await.is_empty());
    let page = ann.forget_access().get("/account/security").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("notify_new_devices"));
}
