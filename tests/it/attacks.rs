//! What an attacker tries that belongs to no one surface.
use crate::support::{ORIGIN, PASSWORD, Person, Reply, Service, raw};
use portcullis::{
    db::Db,
    store::outbox::{self, MailKind, NewMail},
    time::Timestamp,
};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;

/// A request of a browser on one of our pages that holds `token` in its cookie.
async fn with_cookie(
    person: &Person<'_>,
    method: Method,
    path: &str,
    token: &str,
    body: Option<serde_json::Value>,
) -> Reply {
    let headers = [
        ("Cookie", format!("__Host-portcullis={token}")),
        ("Origin", ORIGIN.to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    raw(person.service, method, path, body.map(|b| b.to_string()), &headers).await
}

fn cookie(reply: &Reply) -> String {
    reply.expect(200);
    let cookie = reply.header("set-cookie").unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

on_both!(a_superseded_cookie_proves_nothing);
async fn a_superseded_cookie_proves_nothing(service: &Service) {
    let ann = service.user("ann").await;
    let first = ann.refresh_cookie().unwrap();
    let second = cookie(&ann.refresh().await);
    // Within the grace a slow tab still counts, however far the others are.
    with_cookie(&ann, Method::Get, "/auth/me", &first, None).await.expect(200);
    cookie(&with_cookie(&ann, Method::Post, "/auth/refresh", &second, None).await);
    with_cookie(&ann, Method::Get, "/auth/me", &first, None).await.expect(200);
    service.advance(std::time::Duration::from_secs(11));
    with_cookie(&ann, Method::Get, "/auth/me", &first, None).await.refused(401, "token_not_valid");
    with_cookie(&ann, Method::Get, "/auth/verify", &first, None)
        .await
        .refused(401, "token_not_valid");
    let id = Some(json!({ "id": ann.id }));
    for path in ["/api/tokens", "/api/refresh_all"] {
        let reply = with_cookie(&ann, Method::Post, path, &first, id.clone()).await;
        reply.refused(401, "token_not_valid");
    }
}

on_both!(a_cookie_that_refresh_all_has_killed_is_dead_at_once);
async fn a_cookie_that_refresh_all_has_killed_is_dead_at_once(service: &Service) {
    let ann = service.user("ann").await;
    let old = ann.refresh_cookie().unwrap();
    let id = Some(json!({ "id": ann.id }));
    let new = cookie(&with_cookie(&ann, Method::Post, "/api/refresh_all", &old, id.clone()).await);
    with_cookie(&ann, Method::Get, "/auth/me", &old, None).await.refused(401, "token_not_valid");
    let again = with_cookie(&ann, Method::Post, "/api/refresh_all", &old, id).await;
    again.refused(401, "token_not_valid");
    with_cookie(&ann, Method::Get, "/auth/me", &new, None).await.expect(200);
}

on_both!(who_registered_with_anothers_address_cannot_move_the_account_away_later);
async fn who_registered_with_anothers_address_cannot_move_the_account_away_later(
    service: &Service,
) {
    let mallory = service.stranger();
    let ann = json!({ "email": "ann@example.com", "password": PASSWORD });
    mallory.post("/auth/register", ann.clone()).await.expect(201);
    mallory.login_with(ann).await.expect(200);
    let confirm = service.mailed_token("ann@example.com").await;
    let change = json!({ "email": "mallory@example.com", "password": PASSWORD });
    mallory.post("/auth/email", change).await.expect(202);
    let change = service.mailed_token("mallory@example.com").await;

    let owner = service.stranger();
    owner
        .post("/auth/email/confirm", json!({ "token": confirm }))
        .await
        .refused(403, "proof_required");
    let reset = json!({ "token": confirm, "new_password": "seven green herons" });
    owner.post("/auth/password/reset", reset).await.expect(204);
    let moved = mallory.post("/auth/email/confirm", json!({ "token": change })).await;
    moved.refused(400, "token_not_valid");
}

on_both!(two_links_confirmed_at_once_do_not_wait_for_each_other);
async fn two_links_confirmed_at_once_do_not_wait_for_each_other(service: &Service) {
    for n in 0..8 {
        let person = service.stranger();
        let email = format!("p{n}@example.com");
        let account = json!({ "email": email, "password": PASSWORD });
        person.post("/auth/register", account.clone()).await.expect(201);
        person.login_with(account).await.expect(200);
        let mut tokens = vec![service.mailed_token(&email).await];
        for _ in 0..3 {
            person.post("/auth/email/resend", json!({})).await.expect(202);
            tokens.push(service.mailed_token(&email).await);
        }
        let all = tokens
            .iter()
            .map(|token| person.post("/auth/email/confirm", json!({ "token": token })));
        let mut statuses: Vec<_> = join_all(all).await.iter().map(|r| r.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400, 400, 400]);
    }
}

on_both!(a_mail_that_cannot_be_made_holds_up_no_other);
async fn a_mail_that_cannot_be_made_holds_up_no_other(service: &Service) {
    let db = Db::open(service.url(), 1).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let bad = NewMail {
        kind: MailKind::PasswordChanged,
        user_id: None,
        recipient: "bad@example.com",
        language: "en",
        args: "{",
        credential_version: 0,
    };
    outbox::insert(&mut tx, &bad, Timestamp::from_unix(1_700_000_000)).await.unwrap();
    tx.commit().await.unwrap();
    service.registered("ann").await;
}

on_both!(the_case_of_an_address_does_not_open_a_second_letter_box);
async fn the_case_of_an_address_does_not_open_a_second_letter_box(service: &Service) {
    let mallory = service.user("mallory").await;
    for n in 0..12_u32 {
        let email: String = "victim@example.org"
            .chars()
            .enumerate()
            .map(|(i, c)| if n >> i & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let change = json!({ "email": email, "password": PASSWORD });
        mallory.post("/auth/email", change).await.expect(202);
        service.mail("nobody@example.com").await;
    }
    let mails = service.auth().mailer().kept().unwrap();
    let to_victim = mails.iter().filter(|m| m.to.eq_ignore_ascii_case("victim@example.org"));
    assert_eq!(to_victim.count(), 5);
}

on_both!(of_two_superusers_who_leave_at_once_one_stays);
async fn of_two_superusers_who_leave_at_once_one_stays(service: &Service) {
    for n in 0..6 {
        let mut people = Vec::new();
        for name in [format!("a{n}"), format!("b{n}")] {
            let person = service.user(&name).await;
            let db = Db::open(service.url(), 1).await.unwrap();
            let mut tx = db.write().await.unwrap();
            let id = portcullis::flows::UserId(person.id);
            portcullis::store::users::set_superuser(&mut tx, id, true).await.unwrap();
            tx.commit().await.unwrap();
            people.push(person);
        }
        let leave = people
            .iter()
            .map(|p| p.json(Method::Delete, "/auth/me", json!({ "password": PASSWORD })));
        let left = join_all(leave).await.iter().filter(|r| r.status == 204).count();
        let db = Db::open(service.url(), 1).await.unwrap();
        let mut db = db.read().await.unwrap();
        let stay = portcullis::store::users::superusers(&mut db).await.unwrap();
        assert!(!stay.is_empty(), "{left} left");
        // Those who stayed are no superusers in the next round.
        for person in &people {
            let id = portcullis::flows::UserId(person.id);
            portcullis::store::users::set_superuser(&mut db, id, false).await.unwrap();
        }
    }
}

on_both!(whoever_logs_out_twice_at_once_is_logged_out);
async fn whoever_logs_out_twice_at_once_is_logged_out(service: &Service) {
    for n in 0..5 {
        let ann = service.user(&format!("ann{n}")).await;
        let out = (0..6).map(|_| ann.send(Method::Post, "/auth/logout", None, &[]));
        for reply in join_all(out).await {
            assert!(matches!(reply.status, 204 | 401), "{reply:?}");
        }
    }
}

on_both!(a_session_that_ends_gives_no_other_any_more);
async fn a_session_that_ends_gives_no_other_any_more(service: &Service) {
    for n in 0..8 {
        let ann = service.user(&format!("ann{n}")).await;
        let id = json!({ "id": ann.id });
        let more = join_all((0..12).map(|_| ann.post("/api/tokens", id.clone())));
        let out = ann.send(Method::Post, "/auth/logout-all", None, &[]);
        let (given, out) = rocket::tokio::join!(more, out);
        out.expect(204);
        for reply in given.into_iter().filter(|r| r.status == 200) {
            let token = reply.body["token"].as_str().unwrap();
            let headers = [("Authorization", format!("Bearer {token}"))];
            let me = raw(service, Method::Get, "/auth/me", None, &headers).await;
            me.refused(401, "token_not_valid");
        }
    }
}

on_both!(mails_are_shown_to_this_machine_alone);
async fn mails_are_shown_to_this_machine_alone(service: &Service) {
    service.registered("ann").await;
    let path = "/dev/mail.json?to=ann@example.com";
    let see = |name, value: &str| {
        let headers = [(name, value.to_owned())];
        async move { raw(service, Method::Get, path, None, &headers).await.status }
    };
    for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "auth.localhost"] {
        assert_eq!(see("Host", host).await, 200, "{host}");
    }
    // A name that was rebound to us, and a proxy beside us.
    assert_eq!(see("Host", "evil.example:8000").await, 404);
    for name in [
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "Via",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "CF-Connecting-IP",
        "X-Original-Host",
        "X-Client-IP",
        "True-Client-IP",
        "CDN-Loop",
        "Fly-Client-IP",
        "X-Amzn-Trace-Id",
    ] {
        assert_eq!(see(name, "192.0.2.1").await, 404, "{name}");
    }
    // A page that was reached by another name.
    for name in ["Referer", "Origin"] {
        assert_eq!(see(name, "http://dev.example.com/dev/mail").await, 404, "{name}");
        assert_eq!(see(name, "http://localhost:8000").await, 200, "{name}");
    }
    let link = [
        ("Referer", "https://example.com/readme".to_owned()),
        ("Sec-Fetch-Site", "cross-site".to_owned()),
    ];
    raw(service, Method::Get, path, None, &link).await.expect(200);
    let id = service.auth().mailer().kept().unwrap()[0].id;
    let letter = service.stranger().get(&format!("/dev/mail/{id}")).await;
    assert_eq!((letter.status, letter.header("cache-control")), (200, Some("no-store")));
}
on_both!(one_connection_that_listens_is_not_the_only_one);
async fn one_connection_that_listens_is_not_the_only_one(service: &Service) {
    let db = Db::open(service.url(), 1).await.unwrap();
    let _listener = db.listen().await.unwrap();
    db.read().await.unwrap();
}

on_both!(a_host_has_a_name);
async fn a_host_has_a_name(service: &Service) {
    for host in [":8000", "@localhost", "local host"] {
        let headers = [("Host", host.to_owned())];
        let reply = raw(service, Method::Get, "/auth/me", None, &headers).await;
        reply.refused(400, "malformed");
    }
}
