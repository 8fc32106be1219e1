//! The limits for each account, in the database.
use super::{LOGINS, WRONG, guess, guess_until_limited, log_in, log_in_at, post_from, wait};
use crate::support::{PASSWORD, Service, rows, says};
use portcullis::config::Limits;
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

on_both!(all_surfaces_share_the_budget_of_an_account, |c| {
    c.limits = Limits::default();
    c.limits.free_failures = 8;
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn all_surfaces_share_the_budget_of_an_account(service: &Service) {
    service.registered("ann").await;
    let spellings = [
        "ann@example.com",
        "ANN@example.com",
        " ann@EXAMPLE.com ",
        "Ann@Example.Com",
        "ann@example.com\n",
    ];
    // Another surface, spelling of the name, spelling of the path and address for each guess.
    for (n, path) in LOGINS.iter().enumerate() {
        let path = if n % 2 == 0 { format!("{path}/") } else { (*path).to_owned() };
        let body = json!({ "email": spellings[n % spellings.len()], "password": WRONG });
        let reply = post_from(&service.stranger(), &format!("192.0.2.{n}"), &path, body).await;
        reply.refused(401, "invalid_credentials");
    }
    let stranger = service.stranger();
    let page =
        stranger.ask("/login", "/login", &[("login", "Ann@example.com"), ("password", WRONG)]);
    assert_eq!(page.await.status, 401);
    let either = json!({ "login": "ann@example.com", "password": WRONG });
    stranger.post("/auth/login", either).await.refused(401, "invalid_credentials");
    // The budget is used up, even for the right password.
    for (n, path) in LOGINS.iter().enumerate() {
        for email in spellings {
            let body = json!({ "email": email, "password": PASSWORD });
            let reply = post_from(&service.stranger(), &format!("192.0.2.9{n}"), path, body).await;
            assert_eq!(wait(&reply), 1, "{path} {email}");
        }
    }
    for (page, words) in [
        ("/login", ["Too many attempts", "Try again in"]),
        ("/login?lang=ru", ["Слишком много попыток", "Повторите через"]),
    ] {
        let reader = service.stranger();
        let fields = [("login", "ann@example.com"), ("password", PASSWORD)];
        let reply = reader.ask(page, "/login", &fields).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")));
        for text in words {
            says(&reply, text);
        }
        assert!(!reader.has_session());
    }
}

on_both!(unknown_accounts_are_limited_like_known_ones, |c| c.limits = Limits::default());
async fn unknown_accounts_are_limited_like_known_ones(service: &Service) {
    service.registered("ann").await;
    let mut seen = Vec::new();
    for email in ["ann@example.com", "nobody@example.com", "no address"] {
        let mut replies = Vec::new();
        for _ in 0..12 {
            let reply = guess(service, email).await;
            let mut names: Vec<_> = reply.headers.iter().map(|(name, _)| name.clone()).collect();
            names.sort();
            replies.push((reply.status, reply.body, names));
        }
        service.advance(Duration::from_secs(1));
        assert_eq!(guess(service, email).await.status, 401);
        assert_eq!(wait(&guess(service, email).await), 2);
        seen.push(replies);
    }
    assert_eq!(seen[0].iter().filter(|reply| reply.0 == 401).count(), 10);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

on_both!(a_login_in_between_resets_nothing, |c| c.limits = Limits::default());
async fn a_login_in_between_resets_nothing(service: &Service) {
    let ann = service.registered("ann").await;
    let mallory = service.registered("mallory").await;
    for _ in 0..9 {
        guess(service, &ann.email()).await.refused(401, "invalid_credentials");
        log_in_at(&service.stranger(), "/auth/login", &mallory.email(), PASSWORD).await.expect(200);
    }
    // Ann logs in on a new device, which takes back only her own attempt.
    for _ in 0..3 {
        log_in_at(&service.stranger(), "/auth/login", &ann.email(), PASSWORD).await.expect(200);
    }
    guess(service, &ann.email()).await.refused(401, "invalid_credentials");
    assert_eq!(wait(&guess(service, &ann.email()).await), 1);
    log_in_at(&service.stranger(), "/auth/login", &mallory.email(), PASSWORD).await.expect(200);
    assert_eq!(wait(&guess(service, &ann.email()).await), 1);
}

on_both!(any_number_of_right_passwords_is_accepted, |c| c.limits = Limits::default());
async fn any_number_of_right_passwords_is_accepted(service: &Service) {
    let ann = service.registered("ann").await;
    for _ in 0..40 {
        log_in_at(&service.stranger(), "/api/token", &ann.email(), PASSWORD).await.expect(200);
    }
}

on_both!(the_delay_doubles_up_to_a_cap_and_ends, |c| {
    c.limits = Limits::default();
    c.limits.longest_delay = Duration::from_mins(1);
});
async fn the_delay_doubles_up_to_a_cap_and_ends(service: &Service) {
    let ann = service.registered("ann").await;
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10);
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(wait(&guess(service, &ann.email()).await), seconds);
        service.advance(Duration::from_secs(seconds - 1));
        assert_eq!(wait(&guess(service, &ann.email()).await), 1);
        service.advance(Duration::from_secs(1));
        guess(service, &ann.email()).await.refused(401, "invalid_credentials");
    }
    // Never a lockout: after the delay the right password is accepted.
    service.advance(Duration::from_mins(1));
    log_in(&ann).await.expect(200);
    // A failure is forgotten in six hours.
    service.advance(6 * HOUR * 12);
    assert_eq!(guess_until_limited(service, &ann.email()).await, 10 - (18 - 12));
}

on_both!(servers_share_the_counts_and_a_restart_forgets_none, |c| c.limits = Limits::default());
async fn servers_share_the_counts_and_a_restart_forgets_none(service: &Service) {
    let ann = service.registered("ann").await;
    let other = service.replica().await;
    for _ in 0..5 {
        guess(service, &ann.email()).await.refused(401, "invalid_credentials");
        guess(&other, &ann.email()).await.refused(401, "invalid_credentials");
    }
    assert_eq!(wait(&guess(service, &ann.email()).await), 1);
    assert_eq!(wait(&guess(&other, &ann.email()).await), 1);
    other.end().await;
    let restarted = service.replica().await;
    assert_eq!(wait(&guess(&restarted, &ann.email()).await), 1);
    restarted.end().await;
}

on_both!(concurrent_guesses_do_not_exceed_the_budget, |c| c.limits = Limits::default());
async fn concurrent_guesses_do_not_exceed_the_budget(service: &Service) {
    let ann = service.registered("ann").await;
    let other = service.replica().await;
    let email = ann.email();
    let guesses = (0..40).map(|n| guess(if n % 2 == 0 { service } else { &other }, &email));
    let statuses: Vec<_> = join_all(guesses).await.iter().map(|reply| reply.status).collect();
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(401), count(429)), (10, 30), "{statuses:?}");
    other.end().await;
}

on_both!(registrations_with_one_address_are_limited, |c| c.limits = Limits::default());
async fn registrations_with_one_address_are_limited(service: &Service) {
    service.registered("ann").await;
    for (email, statuses) in [("ann@example.com", [409; 9]), ("bob@example.com", [409; 9])] {
        let new = json!({ "email": email, "password": PASSWORD });
        if email.starts_with("bob") {
            service.stranger().post("/auth/register", new.clone()).await.expect(201);
        }
        for status in statuses {
            assert_eq!(service.stranger().post("/auth/register", new.clone()).await.status, status);
        }
        assert_eq!(wait(&service.stranger().post("/api/register", new).await), 1);
    }
}

on_both!(strangers_cannot_keep_an_address_from_registering_for_long, |c| {
    c.limits = Limits::default();
    c.limits.registrations = 1_000;
});
async fn strangers_cannot_keep_an_address_from_registering_for_long(service: &Service) {
    service.registered("taken").await;
    // It fails after it was counted, so no mail tells the owner of the address.
    let new = json!({ "email": "bob@example.com", "username": "taken", "password": PASSWORD });
    let mut most = 0;
    for _ in 0..110 {
        let reply = service.stranger().post("/auth/register", new.clone()).await;
        if reply.status == 429 {
            let seconds = wait(&reply);
            most = most.max(seconds);
            service.advance(Duration::from_secs(seconds));
        }
    }
    assert!(most <= 60, "{most}");
    let own = json!({ "email": "bob@example.com", "password": PASSWORD });
    service.advance(Duration::from_mins(1));
    service.stranger().post("/auth/register", own).await.expect(201);
}

on_both!(the_counts_contain_no_name_and_are_purged, |c| c.limits = Limits::default());
async fn the_counts_contain_no_name_and_are_purged(service: &Service) {
    for name in ["ann", "bob", "eve"] {
        guess(service, &format!("{name}@example.com")).await.refused(401, "invalid_credentials");
    }
    let buckets = "SELECT CAST(bucket AS TEXT) FROM auth_attempts";
    let found = rows(service, buckets).await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|bucket| bucket.parse::<u32>().unwrap() < 1 << 22), "{found:?}");
    service.advance(7 * 24 * HOUR);
    service.auth().purge().await.unwrap();
    assert_eq!(rows(service, buckets).await.len(), 3);
    service.advance(HOUR);
    service.auth().purge().await.unwrap();
    assert_eq!(rows(service, buckets).await.len(), 0);
}

on_both!(a_password_that_was_not_checked_does_not_count, |c| {
    c.limits = Limits::default();
    // One hash at a time, which takes longer than the other logins need to arrive.
    let (memory, passes) = (32 * 1024, 16);
    c.password =
        portcullis::config::Password { threads: 1, queue: 1, memory, passes, ..Default::default() };
});
async fn a_password_that_was_not_checked_does_not_count(service: &Service) {
    let ann = service.registered("ann").await;
    let strangers: Vec<_> = (0..9).map(|_| service.stranger()).collect();
    let email = ann.email();
    let logins = strangers.iter().map(|who| log_in_at(who, "/api/token", &email, PASSWORD));
    let replies = join_all(logins).await;
    assert!(replies.iter().any(|reply| reply.status == 503), "{replies:#?}");
    assert!(replies.iter().all(|reply| [200, 503].contains(&reply.status)), "{replies:#?}");
    let counted = "SELECT 'failure' FROM auth_attempts WHERE failures > 0 AND bucket < 4194304";
    assert_eq!(rows(service, counted).await.len(), 0);
    log_in(&ann).await.expect(200);
}

on_both!(limits_can_be_switched_off);
async fn limits_can_be_switched_off(service: &Service) {
    let ann = service.registered("ann").await;
    for _ in 0..30 {
        guess(service, &ann.email()).await.refused(401, "invalid_credentials");
    }
    log_in(&ann).await.expect(200);
    assert!(!ann.cookies.lock().unwrap().contains_key("__Host-portcullis-device"));
    assert_eq!(rows(service, "SELECT 'row' FROM auth_attempts").await.len(), 0);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
}
