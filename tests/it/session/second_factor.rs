//! Logins of users with a second factor.
use super::{MINUTE, SECOND, claims, text, verify};
use crate::support::{Authenticator, PASSWORD, Person, Service, acts, rows};
use portcullis::config::Limits;
use rocket::{futures::future::join_all, http::Method};
use serde_json::{Value, json};
use std::time::Duration;

const STEP: Duration = Duration::from_secs(30);

/// Where the dialects log in.
const DIALECTS: [&str; 5] = ["/token", "/api/login", "/api/tokens", "/u/api/login", "/api/token"];

/// A person with an authenticator app, and another browser of theirs that is not logged in.
async fn with_app<'s>(service: &'s Service, name: &str) -> (Person<'s>, Person<'s>, Authenticator) {
    let person = service.user(name).await;
    let app = person.sets_up_totp().await;
    let mut elsewhere = service.stranger();
    name.clone_into(&mut elsewhere.name);
    (person, elsewhere, app)
}

on_both!(a_login_takes_the_password_and_a_code);
async fn a_login_takes_the_password_and_a_code(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    let asked = ann.login().await;
    let body = asked.refused(401, "second_factor_required");
    assert_eq!(body["methods"], json!(["totp", "recovery_code"]));
    assert!(asked.header("set-cookie").is_none() && asked.header("authorization").is_none());
    let ticket = body["ticket"].as_str().unwrap();
    let stored = rows(service, "SELECT client FROM auth_login_challenges").await;
    assert_eq!(stored, ["native"]);

    ann.finish(ticket, &app.wrong_code(service)).await.refused(401, "invalid_code");
    let done = ann.finish(ticket, &app.code(service)).await;
    let said = claims(service, &text(&done, "token"));
    assert_eq!(said.amr, ["pwd", "otp", "mfa"]);
    assert_eq!(said.auth_time, service.clock.now().unix());
    assert!(ann.refresh_cookie().is_some() && done.body["user"]["email"] == "ann@example.com");
    assert!(done.body["recovery_codes_left"].is_null());
    // A ticket and a code work once.
    service.advance(STEP);
    ann.finish(ticket, &app.code(service)).await.refused(401, "ticket_not_valid");

    // A refresh keeps what was proven, and when.
    service.advance(MINUTE);
    let later = claims(service, &text(&ann.refresh().await, "token"));
    assert_eq!((later.amr, later.auth_time), (said.amr, said.auth_time));
    // So does a session that is opened from this one.
    let own = ann.post("/api/tokens", json!({ "id": said.user_id })).await;
    assert_eq!(claims(service, &text(&own, "token")).amr, ["pwd", "otp", "mfa"]);

    // The password and the code can come in one call.
    let both = json!({ "email": ann.email(), "password": PASSWORD, "code": app.code(service) });
    ann.login_with(both.clone()).await.expect(200);
    ann.login_with(both).await.refused(401, "invalid_credentials");
    let kinds = acts(service).await;
    for kind in ["totp_added", "login_challenged", "second_factor_refused", "second_factor_used"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind}: {kinds:?}");
    }
}

on_both!(a_call_with_both_proofs_does_not_say_which_was_wrong);
async fn a_call_with_both_proofs_does_not_say_which_was_wrong(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    let code = app.code(service);
    let login = async |password: &str, code: &str| {
        let body = json!({ "email": "ann@example.com", "password": password, "code": code });
        let mut reply = ann.post("/auth/login", body).await;
        reply.headers.retain(|(name, _)| name != "x-request-id");
        reply
    };
    let wrong_code = login(PASSWORD, &app.wrong_code(service)).await;
    wrong_code.refused(401, "invalid_credentials");
    for reply in [login("wrong", &code).await, login("wrong", "000000").await] {
        assert_eq!((&reply.body, &reply.headers), (&wrong_code.body, &wrong_code.headers));
    }
    // An empty code is none.
    login(PASSWORD, " ").await.refused(401, "second_factor_required");
    login(PASSWORD, &code).await.expect(200);
    // Without a second factor a code is not looked at.
    let bob = service.registered("bob").await;
    let body = json!({ "email": bob.email(), "password": PASSWORD, "code": "000000" });
    bob.login_with(body).await.expect(200);
}

on_both!(a_device_may_be_half_a_minute_off_and_a_code_works_once);
async fn a_device_may_be_half_a_minute_off_and_a_code_works_once(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    service.advance(10 * MINUTE);
    for seconds in [-60, 60, -90, 90] {
        let ticket = ann.ticket().await;
        let reply = ann.finish(&ticket, &app.code_at(service, seconds)).await;
        reply.refused(401, "invalid_code");
    }
    for seconds in [-30, 0, 30] {
        let code = app.code_at(service, seconds);
        ann.finish(&ann.ticket().await, &code).await.expect(200);
        // Neither this code nor an older one works again.
        for old in [seconds, -30] {
            let code = app.code_at(service, old);
            ann.finish(&ann.ticket().await, &code).await.refused(401, "invalid_code");
        }
    }
    service.advance(STEP);
    // The code of the step that is now the current one was used when it was ahead.
    ann.finish(&ann.ticket().await, &app.code(service)).await.refused(401, "invalid_code");
    service.advance(STEP);
    ann.finish(&ann.ticket().await, &app.code(service)).await.expect(200);
}

on_both!(of_two_servers_one_accepts_a_code);
async fn of_two_servers_one_accepts_a_code(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    let other = service.replica().await;
    for code in [app.code(service), app.recovery_codes[0].clone()] {
        let mut tickets = Vec::new();
        for _ in 0..6 {
            tickets.push(ann.ticket().await);
        }
        let replies = join_all(tickets.iter().enumerate().map(async |(n, ticket)| {
            let server = if n % 2 == 0 { service } else { &other };
            ann.at(server).finish(ticket, &code).await.status
        }));
        let statuses = replies.await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 401].contains(status)));
    }
    // Of several requests with one ticket one succeeds as well, whatever their codes are.
    service.advance(STEP);
    let ticket = ann.ticket().await;
    let codes = [app.code_at(service, 0), app.code_at(service, 30), app.recovery_codes[1].clone()];
    let replies = join_all(codes.iter().enumerate().map(async |(n, code)| {
        let server = if n % 2 == 0 { service } else { &other };
        ann.at(server).finish(&ticket, code).await.status
    }));
    assert_eq!(replies.await.iter().filter(|status| **status == 200).count(), 1);
    other.end().await;
}

on_both!(a_ticket_ends_after_five_minutes_and_after_five_wrong_codes);
async fn a_ticket_ends_after_five_minutes_and_after_five_wrong_codes(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    let ticket = ann.ticket().await;
    service.advance(299 * SECOND);
    ann.finish(&ticket, &app.wrong_code(service)).await.refused(401, "invalid_code");
    service.advance(SECOND);
    ann.finish(&ticket, &app.code(service)).await.refused(401, "ticket_not_valid");

    let ticket = ann.ticket().await;
    for _ in 0..5 {
        ann.finish(&ticket, &app.wrong_code(service)).await.refused(401, "invalid_code");
    }
    ann.finish(&ticket, &app.code(service)).await.refused(401, "ticket_not_valid");
    for unknown in ["", "no ticket", "6f1d1c5e-8a3c-4a53-9a0e-0b1f5a0c7f1e"] {
        ann.finish(unknown, &app.code(service)).await.refused(401, "ticket_not_valid");
    }
    // Expired tickets are purged.
    service.advance(6 * MINUTE);
    service.auth().purge().await.unwrap();
    assert!(rows(service, "SELECT client FROM auth_login_challenges").await.is_empty());
}

on_both!(parallel_wrong_codes_count_like_sequential_ones);
async fn parallel_wrong_codes_count_like_sequential_ones(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    let other = service.replica().await;
    let (ticket, wrong) = (ann.ticket().await, app.wrong_code(service));
    let replies = join_all((0..12).map(async |n| {
        let server = if n % 2 == 0 { service } else { &other };
        ann.at(server).finish(&ticket, &wrong).await.body["code"].clone()
    }))
    .await;
    assert_eq!(replies.iter().filter(|code| **code == "invalid_code").count(), 5, "{replies:?}");
    ann.finish(&ticket, &app.code(service)).await.refused(401, "ticket_not_valid");
    other.end().await;
}

on_both!(a_ticket_is_bound_to_the_surface_and_to_the_account_as_it_was);
async fn a_ticket_is_bound_to_the_surface_and_to_the_account_as_it_was(service: &Service) {
    let (here, ann, app) = with_app(service, "ann").await;
    // A ticket of the API does not work on the page.
    let ticket = ann.ticket().await;
    ann.cookies.lock().unwrap().insert("__Host-portcullis-ticket".into(), ticket.clone());
    let page = ann.get("/login/code").await;
    assert_eq!((page.status, page.header("location")), (303, Some("/login")));
    ann.finish(&ticket, &app.code(service)).await.expect(200);

    // Neither does one of before a change of the password.
    service.advance(STEP);
    let ticket = ann.ticket().await;
    let new = "seven green herons";
    let change = json!({ "current_password": PASSWORD, "new_password": new });
    here.post("/auth/password", change).await.expect(204);
    ann.finish(&ticket, &app.code(service)).await.refused(401, "ticket_not_valid");

    // Nor one of a user who was disabled meanwhile.
    let again = json!({ "email": ann.email(), "password": new });
    let reply = ann.login_with(again).await;
    let ticket = reply.refused(401, "second_factor_required")["ticket"].clone();
    service.set_active(portcullis::flows::UserId(here.id), false).await;
    let reply = ann.finish(ticket.as_str().unwrap(), &app.code(service)).await;
    reply.refused(403, "account_disabled");
    assert_eq!(rows(service, super::LIVING).await.len(), 0);
}

on_both!(dialects_take_the_code_with_the_password);
async fn dialects_take_the_code_with_the_password(service: &Service) {
    let (here, ann, app) = with_app(service, "ann").await;
    for path in DIALECTS {
        service.advance(STEP);
        let login = async |code: Value| {
            let mut body = json!({ "email": ann.email(), "password": PASSWORD });
            if !code.is_null() {
                body["code"] = code;
            }
            service.stranger().post(path, body).await
        };
        let reply = login(Value::Null).await;
        let body = reply.refused(401, "second_factor_required");
        assert!(body["ticket"].is_null(), "{path}: no second step takes a ticket");
        assert!(body["detail"].as_str().unwrap().contains("authenticator app"), "{path}");
        login(json!(app.wrong_code(service))).await.refused(401, "invalid_credentials");
        let reply = login(json!(app.code(service))).await;
        let body = reply.expect(200);
        let token = ["access", "access_token", "token"].iter().find_map(|key| body[*key].as_str());
        assert_eq!(claims(service, token.unwrap()).amr, ["pwd", "otp", "mfa"], "{path}");
        assert_eq!(verify(service, token.unwrap()).await, 200, "{path}");
    }
    // The id of a user is a name like any other.
    service.advance(STEP);
    let body = json!({ "id": here.id, "password": PASSWORD, "code": app.code(service) });
    service.stranger().post("/api/tokens", body).await.expect(200);
    assert!(rows(service, "SELECT client FROM auth_login_challenges").await.is_empty());
}

on_both!(a_recovery_code_works_once_and_is_mailed);
async fn a_recovery_code_works_once_and_is_mailed(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    assert_eq!(app.recovery_codes.len(), 10);
    // The mail about the set-up is sent before the next one.
    service.mail("ann@example.com").await;
    let typed = format!(" {} ", app.recovery_codes[0].to_lowercase().replace('-', " "));
    let done = ann.finish(&ann.ticket().await, &typed).await;
    assert_eq!(claims(service, &text(&done, "token")).amr, ["pwd", "mfa"]);
    assert_eq!(done.body["recovery_codes_left"], 9);
    service.auth().deliver_due().await.unwrap();
    let mail = service.mail("ann@example.com").await;
    assert!(mail["text"].as_str().unwrap().contains("9 codes are left"), "{mail}");
    assert!(!mail["text"].as_str().unwrap().contains(&app.recovery_codes[0]));
    ann.finish(&ann.ticket().await, &typed).await.refused(401, "invalid_code");

    // A code of somebody else does not work.
    let (_, bob, of_bob) = with_app(service, "bob").await;
    let ticket = bob.ticket().await;
    bob.finish(&ticket, &app.recovery_codes[1]).await.refused(401, "invalid_code");
    bob.finish(&ticket, &of_bob.recovery_codes[1]).await.expect(200);

    for code in &app.recovery_codes[1..7] {
        ann.finish(&ann.ticket().await, code).await.expect(200);
    }
    let factors = ann.get("/auth/factors").await;
    assert_eq!(factors.expect(200)["recovery_codes_left"], 3);
    assert_eq!(factors.body["recovery_codes_low"], true);
    for code in &app.recovery_codes[7..] {
        ann.finish(&ann.ticket().await, code).await.expect(200);
    }
    let asked = ann.login().await;
    assert_eq!(asked.refused(401, "second_factor_required")["methods"], json!(["totp"]));
}

on_both!(a_reset_of_the_password_neither_passes_nor_removes_the_factor);
async fn a_reset_of_the_password_neither_passes_nor_removes_the_factor(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let new = "seven green herons";
    let reset = json!({ "token": token, "new_password": new });
    let reply = ann.post("/auth/password/reset", reset).await;
    reply.expect(204);
    assert!(ann.refresh_cookie().is_none());
    let login = json!({ "email": ann.email(), "password": new });
    let reply = ann.login_with(login).await;
    let ticket = reply.refused(401, "second_factor_required")["ticket"].clone();
    ann.finish(ticket.as_str().unwrap(), &app.code(service)).await.expect(200);
}

on_both!(no_mailed_link_passes_the_factor);
async fn no_mailed_link_passes_the_factor(service: &Service) {
    let (here, ann, app) = with_app(service, "ann").await;
    let sessions = rows(service, super::LIVING).await.len();
    // A link that confirms another address, with the password in a browser that is not logged in.
    let change = json!({ "email": "new@example.com", "password": PASSWORD });
    here.post("/auth/email", change).await.expect(202);
    let token = service.mailed_token("new@example.com").await;
    let confirm = json!({ "token": token, "password": PASSWORD });
    ann.post("/auth/email/confirm", confirm).await.expect(200);
    assert!(!ann.has_session());
    // The link that undoes it, and the link to the next password.
    let undo = service.mailed_token("ann@example.com").await;
    let opened = ann.get(&format!("/restore-email?token={undo}")).await;
    ann.follow(&opened, "/restore-email").await;
    let fields = [("token", &*undo)];
    let done = ann.submit("/restore-email", "/restore-email", &fields).await;
    let page = ann.follow(&done, "/reset-password").await;
    let token = page.text.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split_once('"').unwrap().0;
    let new = "seven green herons";
    let fields = [("token", token), ("new_password", new)];
    let done = ann.submit("/reset-password", "/reset-password", &fields).await;
    ann.follow(&done, "/login").await;
    assert!(!ann.has_session() && rows(service, super::LIVING).await.len() <= sessions);
    // The app was set up before the change of address, so it stays.
    let login = json!({ "email": "ann@example.com", "password": new });
    let reply = ann.login_with(login).await;
    let ticket = reply.refused(401, "second_factor_required")["ticket"].clone();
    ann.finish(ticket.as_str().unwrap(), &app.code(service)).await.expect(200);
}

on_both!(other_surfaces_share_the_limits_of_codes, |c| {
    c.limits = Limits::default();
    c.limits.free_failures = 8;
});
async fn other_surfaces_share_the_limits_of_codes(service: &Service) {
    let (_, ann, app) = with_app(service, "ann").await;
    let wrong = app.wrong_code(service);
    // Four wrong codes in the second step, four beside the password at other surfaces.
    let ticket = ann.ticket().await;
    for _ in 0..4 {
        ann.finish(&ticket, &wrong).await.refused(401, "invalid_code");
    }
    for path in &DIALECTS[..4] {
        let body = json!({ "email": ann.email(), "password": PASSWORD, "code": wrong });
        service.stranger().post(path, body).await.refused(401, "invalid_credentials");
    }
    let limited = ann.finish(&ticket, &app.code(service)).await;
    limited.refused(429, "rate_limited");
    assert_eq!(limited.header("retry-after"), Some("1"));
    // The delay passes, and a right code takes only its own attempt back.
    service.advance(SECOND);
    ann.finish(&ticket, &app.code(service)).await.expect(200);
    service.advance(STEP);
    // The browser that has logged in has a budget of its own.
    let known = ann.ticket().await;
    ann.finish(&known, &wrong).await.refused(401, "invalid_code");
    ann.finish(&known, &app.code(service)).await.expect(200);
    service.advance(STEP);
    let mut stranger = service.stranger();
    "ann".clone_into(&mut stranger.name);
    let ticket = stranger.ticket().await;
    stranger.finish(&ticket, &wrong).await.refused(401, "invalid_code");
    let limited = stranger.finish(&ticket, &app.code(service)).await;
    limited.refused(429, "rate_limited");
}

on_both!(browsers_that_never_proved_a_factor_share_the_budget_of_codes, |c| {
    c.limits = Limits::default();
    c.limits.free_failures = 8;
});
async fn browsers_that_never_proved_a_factor_share_the_budget_of_codes(service: &Service) {
    let ann = service.user("ann").await;
    let mut thieves = Vec::new();
    for _ in 0..3 {
        let mut thief = service.stranger();
        "ann".clone_into(&mut thief.name);
        thief.login().await.expect(200);
        thieves.push(thief);
    }
    let app = ann.sets_up_totp().await;
    let wrong = app.wrong_code(service);
    for thief in &thieves[..2] {
        let ticket = thief.ticket().await;
        for _ in 0..4 {
            thief.finish(&ticket, &wrong).await.refused(401, "invalid_code");
        }
    }
    let ticket = thieves[2].ticket().await;
    thieves[2].finish(&ticket, &wrong).await.refused(429, "rate_limited");
    // A right password is not counted as wrong because of that.
    let both = json!({ "email": ann.email(), "password": PASSWORD, "code": wrong });
    for _ in 0..20 {
        service.stranger().post("/api/token", both.clone()).await.refused(429, "rate_limited");
    }
    thieves[2].ticket().await;
}

on_both!(an_address_has_a_budget_of_codes, |c| {
    c.limits = Limits::default();
    c.limits.second_factors = 3;
});
async fn an_address_has_a_budget_of_codes(service: &Service) {
    let guess = async || {
        let ticket = "6f1d1c5e-8a3c-4a53-9a0e-0b1f5a0c7f1e";
        service.stranger().finish(ticket, "123456").await
    };
    for _ in 0..3 {
        guess().await.refused(401, "ticket_not_valid");
    }
    guess().await.refused(429, "rate_limited");
}

on_both!(a_superuser_who_acts_for_a_user_needs_no_code_of_theirs);
async fn a_superuser_who_acts_for_a_user_needs_no_code_of_theirs(service: &Service) {
    let (bob, _, _) = with_app(service, "bob").await;
    let root = service.superuser("root").await;
    let token = super::act_for(&root, &bob).await;
    let said = claims(service, &token);
    assert_eq!((said.auth_time, said.amr.len(), said.act.is_some()), (0, 0, true));
    // They cannot touch the factors.
    let headers = [("Authorization", format!("Bearer {token}"))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let with_type = [headers[0], ("Content-Type", "application/json")];
    let body = json!({ "password": PASSWORD, "code": "123456" }).to_string();
    let stranger = service.stranger();
    let reply = stranger.send(Method::Delete, "/auth/factors/totp", Some(body), &with_type).await;
    reply.refused(403, "forbidden");
}
