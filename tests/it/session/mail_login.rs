//! Login by mail: the two calls of the API.
use super::{LIVING, MINUTE, SECOND, claims, count, text};
use crate::support::{MailServer, PASSWORD, Person, Reply, Service, acts, config, rows};
use portcullis::{
    config::{Config, Limits, Secret},
    flows::{NewUser, Operator, UserId},
};
use rocket::futures::future::join_all;
use serde_json::json;
use std::time::Duration;

const TOKENS: &str = "SELECT kind FROM auth_mail_tokens WHERE kind = 'login'";

fn on(c: &mut Config) {
    c.login_by_mail = true;
}

fn limited(c: &mut Config) {
    c.login_by_mail = true;
    c.limits = Limits::default();
}

async fn request(who: &Person<'_>, email: &str) -> Reply {
    who.post("/auth/login/mail", json!({ "email": email })).await
}

/// Requests a mail, and returns the ticket.
async fn ticket(who: &Person<'_>, email: &str) -> String {
    let reply = request(who, email).await;
    reply.expect(202)["ticket"].as_str().unwrap().to_owned()
}

async fn confirm(who: &Person<'_>, ticket: &str, code: &str) -> Reply {
    let body = json!({ "ticket": ticket, "code": code });
    who.keep(who.post("/auth/login/mail/confirm", body).await)
}

/// Another code than this one.
fn other(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[track_caller]
fn is_wrong(reply: &Reply) {
    assert!(reply.refused(400, "validation")["errors"]["code"].is_array(), "{reply:?}");
}

on_both!(a_mailed_code_logs_in_once, on);
async fn a_mailed_code_logs_in_once(service: &Service) {
    let ann = service.registered("ann").await;
    let before = acts(service).await.len();
    let key = ticket(&ann, "ANN@example.com").await;
    let code = service.mailed_code(&ann.email()).await;
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    let reply = confirm(&ann, &key, &spaced).await;
    assert_eq!(reply.expect(200)["user"]["email"], ann.email());
    let first = claims(service, &text(&reply, "token"));
    assert_eq!(first.amr, ["otp"]);
    assert_eq!(first.auth_time, service.clock.now().unix());
    ann.get("/auth/me").await.expect(200);
    service.advance(MINUTE);
    let later = claims(service, &text(&ann.refresh().await, "token"));
    assert_eq!((later.amr, later.auth_time), (first.amr, first.auth_time));
    is_wrong(&confirm(&ann, &key, &code).await);
    assert_eq!(acts(service).await[before..], ["login_mail_requested", "login"]);
    let sql = "SELECT detail FROM auth_audit WHERE kind = 'login'";
    assert_eq!(rows(service, sql).await, ["mail"]);
    // The password still says what it says.
    let by_password = claims(service, &text(&ann.login().await, "token"));
    assert_eq!(by_password.amr, ["pwd"]);
}

on_both!(five_codes_may_be_tried_with_a_ticket, on);
async fn five_codes_may_be_tried_with_a_ticket(service: &Service) {
    let ann = service.registered("ann").await;
    let key = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    let wrong = other(&code);
    let replies = join_all((0..5).map(|_| confirm(&ann, &key, &wrong))).await;
    replies.iter().for_each(is_wrong);
    is_wrong(&confirm(&ann, &key, &code).await);
    service.auth().settled().await;
    // They are counted in one row.
    let failed = "SELECT CAST(times AS TEXT) FROM auth_audit WHERE kind = 'login_failed'";
    assert_eq!(rows(service, failed).await, ["5"]);
    // Another mail has a new code, and four wrong ones leave a fifth try.
    service.advance(SECOND);
    let key = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    for wrong in ["", "12345", "abcdef", &other(&code)] {
        is_wrong(&confirm(&ann, &key, wrong).await);
    }
    confirm(&ann, &key, &code).await.expect(200);
}

on_both!(a_code_needs_its_ticket_and_expires, on);
async fn a_code_needs_its_ticket_and_expires(service: &Service) {
    let (ann, eve) = (service.registered("ann").await, service.user("eve").await);
    let key = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    let own = ticket(&eve, &eve.email()).await;
    for thief in [own.as_str(), "x", "", "00000000-0000-4000-8000-000000000000"] {
        is_wrong(&confirm(&eve, thief, &code).await);
    }
    service.advance(10 * MINUTE);
    is_wrong(&confirm(&ann, &key, &code).await);

    // A newer mail replaces the code of an older one.
    let old = ticket(&ann, &ann.email()).await;
    let old_code = service.mailed_code(&ann.email()).await;
    let new = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    is_wrong(&confirm(&ann, &old, &old_code).await);
    is_wrong(&confirm(&ann, &old, &code).await);
    confirm(&ann, &new, &code).await.expect(200);
}

on_both!(of_concurrent_logins_with_one_mail_one_succeeds, on);
async fn of_concurrent_logins_with_one_mail_one_succeeds(service: &Service) {
    let ann = service.registered("ann").await;
    let key = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    // It starts now, because it could send the mail as well.
    let replica = service.replica().await;
    let browsers: Vec<_> =
        (0..4).map(|n| ann.at(if n % 2 == 0 { service } else { &replica })).collect();
    let replies = join_all(browsers.iter().map(|b| confirm(b, &key, &code))).await;
    let mut statuses: Vec<_> = replies.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400]);
    assert_eq!(count(service, LIVING).await, 1);
    replica.end().await;
}

on_both!(concurrent_tries_of_a_code_are_counted_one_by_one, on);
async fn concurrent_tries_of_a_code_are_counted_one_by_one(service: &Service) {
    let ann = service.registered("ann").await;
    let key = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    let wrong = other(&code);
    let replica = service.replica().await;
    let browsers = [ann.at(service), ann.at(&replica)];
    // The audit log counts the codes that were compared.
    let failed = "SELECT CAST(times AS TEXT) FROM auth_audit
                  WHERE kind = 'login_failed' AND detail = 'wrong code from a mail'";
    let guesses = join_all((0..20).map(|n| confirm(&browsers[n % 2], &key, &wrong))).await;
    guesses.iter().for_each(is_wrong);
    service.auth().settled().await;
    replica.auth().settled().await;
    let times = rows(service, failed).await;
    assert_eq!(times.iter().map(|times| times.parse::<i64>().unwrap()).sum::<i64>(), 5);
    for browser in &browsers {
        is_wrong(&confirm(browser, &key, &code).await);
    }
    replica.end().await;
}

on_both!(requests_for_known_and_unknown_addresses_look_alike, on);
async fn requests_for_known_and_unknown_addresses_look_alike(service: &Service) {
    let ann = service.registered("ann").await;
    let dan = service.registered("dan").await;
    service.set_active(UserId(dan.id), false).await;
    let guest = service.stranger();
    let new = json!({ "email": "new@example.com", "password": PASSWORD });
    guest.post("/auth/register", new).await.expect(201);
    let mut seen = Vec::new();
    for email in ["ann@example.com", "dan@example.com", "new@example.com", "nobody@example.com"] {
        let reply = request(&guest, email).await;
        let keys: Vec<_> = reply.expect(202).as_object().unwrap().keys().cloned().collect();
        let names: Vec<_> = reply.headers.iter().map(|(name, _)| name.clone()).collect();
        let key = reply.body["ticket"].as_str().unwrap();
        let mut codes = Vec::new();
        for _ in 0..7 {
            // The code of ann's mail is another one, but for one in 200000 runs.
            let wrong = confirm(&guest, key, "000000").await;
            codes.push((wrong.status, wrong.text));
        }
        seen.push((keys, names, reply.body["expires_in"].clone(), codes));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
    service.mail("ann@example.com").await;
    // Only a confirmed, active account gets the mail. An unconfirmed one gets the mail that confirms it.
    assert_eq!(count(service, TOKENS).await, 1);
    let mails = "SELECT kind || ' ' || recipient FROM auth_outbox WHERE kind <> 'confirm_email'
                 OR recipient = 'new@example.com'";
    let confirm_new = "confirm_email new@example.com".to_owned();
    let mut mails = rows(service, mails).await;
    mails.sort();
    let login = format!("login {}", ann.email());
    assert_eq!(mails, [confirm_new.clone(), confirm_new, login]);
}

on_both!(requests_for_unknown_addresses_leave_no_rows_that_name_them, on);
async fn requests_for_unknown_addresses_leave_no_rows_that_name_them(service: &Service) {
    let guest = service.stranger();
    let sql = "SELECT 'audit' FROM auth_audit UNION ALL SELECT 'outbox' FROM auth_outbox
               UNION ALL SELECT 'token' FROM auth_mail_tokens";
    let before = count(service, sql).await;
    for n in 0..5 {
        let key = ticket(&guest, &format!("nobody{n}@example.com")).await;
        is_wrong(&confirm(&guest, &key, "123456").await);
    }
    assert_eq!(count(service, sql).await, before);
    let figures = guest.get("/metrics").await.text;
    for asked in ["login_mail_requested", "login_failed"] {
        let line = format!("portcullis_unknown_total{{asked=\"{asked}\"}}");
        assert!(figures.contains(&line), "{asked}: {figures}");
    }
    request(&guest, "not an address").await.refused(400, "validation");
}

on_both!(an_account_that_changed_after_the_mail_is_not_logged_in, on);
async fn an_account_that_changed_after_the_mail_is_not_logged_in(service: &Service) {
    let ann = service.user("ann").await;
    let phone = service.stranger();
    let (key, code) = (ticket(&phone, &ann.email()).await, service.mailed_code(&ann.email()).await);
    service.set_active(UserId(ann.id), false).await;
    is_wrong(&confirm(&phone, &key, &code).await);
    service.set_active(UserId(ann.id), true).await;
    ann.login().await.expect(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "seven green herons" });
    ann.post("/auth/password", change).await.expect(204);
    is_wrong(&confirm(&phone, &key, &code).await);
}

on_both!(the_database_holds_neither_code_nor_ticket_nor_link, on);
async fn the_database_holds_neither_code_nor_ticket_nor_link(service: &Service) {
    let ann = service.registered("ann").await;
    let key = ticket(&ann, &ann.email()).await;
    let code = service.mailed_code(&ann.email()).await;
    let token = service.mailed_token(&ann.email()).await;
    let args = rows(service, "SELECT args FROM auth_outbox WHERE kind = 'login'").await;
    assert_eq!(args.len(), 1);
    for secret in [&key, &code, &token] {
        assert!(!args[0].contains(secret.as_str()), "{args:?}");
    }
    let shown = if service.url().starts_with("sqlite:") {
        "SELECT lower(hex(hash)) || ' ' || lower(hex(ticket)) FROM auth_mail_tokens WHERE kind = 'login'"
    } else {
        "SELECT encode(hash, 'hex') || ' ' || replace(CAST(ticket AS TEXT), '-', '')
         FROM auth_mail_tokens WHERE kind = 'login' AND code_hash IS NULL"
    };
    let stored = rows(service, shown).await;
    assert_eq!(stored.len(), 1);
    for secret in [&key, &token] {
        assert!(!stored[0].contains(&secret.replace('-', "")), "{stored:?}");
    }
}

on_both_databases!(a_mail_that_waited_for_too_long_or_whose_user_was_disabled_is_not_sent);
async fn a_mail_that_waited_for_too_long_or_whose_user_was_disabled_is_not_sent(
    database: crate::support::Database,
) {
    let (server, url) = MailServer::start().await;
    let mut config = config();
    (config.login_by_mail, config.mail.url) = (true, Secret(url));
    let service = Service::start(&database, config, None).await;
    let new = NewUser {
        email: "ann@example.com",
        password: PASSWORD,
        confirmed: true,
        ..NewUser::default()
    };
    let id = service.auth().admin(&Operator::cli()).add_user(new).await.unwrap().id;
    let ann = service.stranger();
    for (disabled, wait) in [(false, 10 * MINUTE), (true, 5 * MINUTE)] {
        server.refuse("ann@example.com", 451);
        ticket(&ann, "ann@example.com").await;
        service.auth().settled().await;
        service.auth().deliver_due().await.unwrap();
        server.refuse("ann@example.com", 250);
        if disabled {
            service.set_active(id, false).await;
        }
        service.advance(wait);
        service.auth().deliver_due().await.unwrap();
    }
    assert_eq!(rows(&service, "SELECT state FROM auth_outbox").await, ["dropped", "dropped"]);
    assert!(server.received().is_empty());
    service.end().await;
    database.end().await;
}

on_both!(login_by_mail_is_off_by_default);
async fn login_by_mail_is_off_by_default(service: &Service) {
    let ann = service.registered("ann").await;
    request(&ann, &ann.email()).await.refused(404, "not_found");
    confirm(&ann, "x", "x").await.refused(404, "not_found");
    for path in ["/login/mail", "/login/mail/code", "/login/mail/link?token=x"] {
        assert_eq!(ann.get(path).await.status, 404, "{path}");
    }
    assert!(!ann.get("/login").await.text.contains("/login/mail"));
    let docs = ann.get("/openapi.json").await;
    assert!(!docs.text.contains("/auth/login/mail"));
}

on_both!(a_foreign_page_cannot_log_a_browser_in_by_mail, on);
async fn a_foreign_page_cannot_log_a_browser_in_by_mail(service: &Service) {
    let eve = service.registered("eve").await;
    let key = ticket(&eve, &eve.email()).await;
    let code = service.mailed_code(&eve.email()).await;
    let body = json!({ "ticket": key, "code": code }).to_string();
    let headers = [("Content-Type", "application/json"), ("Origin", "https://evil.example.com")];
    let victim = service.stranger();
    victim
        .send(rocket::http::Method::Post, "/auth/login/mail/confirm", Some(body), &headers)
        .await
        .refused(403, "csrf_failed");
    confirm(&eve, &key, &code).await.expect(200);
}

on_both!(an_operator_logged_in_by_mail_gives_the_password_for_dangerous_acts, on);
async fn an_operator_logged_in_by_mail_gives_the_password_for_dangerous_acts(service: &Service) {
    let root = service.superuser("root").await;
    let key = ticket(&root, &root.email()).await;
    confirm(&root, &key, &service.mailed_code(&root.email()).await).await.expect(200);
    let rotate = json!({ "force": true });
    let path = "/auth/admin/keys/rotate";
    root.post(path, rotate.clone()).await.refused(403, "password_required");
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    root.post(path, rotate).await.expect(200);
    let token = text(&root.refresh().await, "token");
    assert_eq!(claims(service, &token).amr, ["pwd"]);
}

on_both!(few_mails_to_log_in_are_sent_and_all_surfaces_share_the_limit, limited);
async fn few_mails_to_log_in_are_sent_and_all_surfaces_share_the_limit(service: &Service) {
    let ann = service.registered("ann").await;
    for email in ["ann@example.com", "nobody@example.com"] {
        for spelling in [email.to_owned(), email.to_uppercase()] {
            request(&service.stranger(), &spelling).await.expect(202);
        }
        let page = service.stranger();
        let sent = page.submit("/login/mail", "/login/mail", &[("email", email)]).await;
        assert_eq!(sent.status, 303);
        let refused = request(&service.stranger(), email).await;
        refused.refused(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), Some("900"), "{email}");
        let refused = page.submit("/login/mail", "/login/mail", &[("email", email)]).await;
        assert_eq!(refused.status, 429);
    }
    // A server that starts again, or another one, has the same counts.
    let replica = service.replica().await;
    request(&replica.stranger(), &ann.email()).await.refused(429, "rate_limited");
    replica.end().await;
    let sql = "SELECT kind FROM auth_outbox WHERE kind = 'login'";
    assert_eq!(count(service, sql).await, 3);
    service.advance(15 * MINUTE);
    request(&service.stranger(), &ann.email()).await.expect(202);
    request(&service.stranger(), &ann.email()).await.refused(429, "rate_limited");
}

on_both!(codes_are_limited_by_address_whatever_their_tickets, |c| {
    limited(c);
    c.limits.links = 10;
});
async fn codes_are_limited_by_address_whatever_their_tickets(service: &Service) {
    let eve = service.stranger();
    let mut tickets = Vec::new();
    for name in ["ann", "bob", "cem", "dan"] {
        let person = service.registered(name).await;
        tickets.push(ticket(&eve, &person.email()).await);
    }
    // Each of them has used a mailed link from this address.
    for key in tickets.iter().cycle().take(10 - tickets.len()) {
        is_wrong(&confirm(&eve, key, "000000").await);
    }
    for key in &tickets {
        confirm(&eve, key, "000000").await.refused(429, "rate_limited");
    }
}

on_both!(a_known_device_cannot_send_mails_without_end, limited);
async fn a_known_device_cannot_send_mails_without_end(service: &Service) {
    let ann = service.user("ann").await;
    let mut sent = 0;
    for _half_hour in 0..48 {
        while request(&ann, &ann.email()).await.status == 202 {
            sent += 1;
        }
        service.advance(30 * MINUTE);
    }
    assert_eq!(sent, 20);
    // Neither can many of them: an address gets as many in an hour.
    service.advance(Duration::from_hours(1));
    let since = service.clock.now().micros();
    for _ in 0..8 {
        let device = service.stranger();
        let login = json!({ "login": "ann", "password": PASSWORD });
        device.post("/auth/login", login).await.expect(200);
        for _ in 0..3 {
            request(&device, &ann.email()).await.expect(202);
        }
    }
    service.auth().settled().await;
    let mails =
        rows(service, "SELECT CAST(created_at AS TEXT) FROM auth_outbox WHERE kind = 'login'")
            .await;
    assert_eq!(mails.iter().filter(|at| at.parse::<i64>().unwrap() >= since).count(), 20);
}

on_both!(strangers_cannot_use_up_the_mails_of_a_known_device, limited);
async fn strangers_cannot_use_up_the_mails_of_a_known_device(service: &Service) {
    let ann = service.user("ann").await;
    for hour in 0..3 {
        while request(&service.stranger(), &ann.email()).await.status != 429 {}
        // A login takes back its request, so that logging in often is no reason to wait.
        for _ in 0..5 {
            let key = ticket(&ann, &ann.email()).await;
            let code = service.mailed_code(&ann.email()).await;
            confirm(&ann, &key, &code).await.expect(200);
        }
        request(&service.stranger(), &ann.email()).await.refused(429, "rate_limited");
        service.advance(Duration::from_hours(hour + 1));
    }
    // A known device that only requests waits as well.
    for _ in 0..3 {
        ticket(&ann, &ann.email()).await;
    }
    request(&ann, &ann.email()).await.refused(429, "rate_limited");
}
