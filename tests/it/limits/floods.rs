//! Floods: what strangers cause as often as they like takes few rows and few lines of the log, and the numbers
//! in them add up.
use super::{WRONG, guess, post_from};
use crate::support::{Database, PASSWORD, Server, Service, root, rows, says, visitor};
use portcullis::config::Limits;
use rocket::futures::future::join_all;
use serde_json::{Value, json};
use std::{
    fs,
    time::{Duration, Instant},
};

/// The rows about events of a kind, and the number of events that they count.
async fn counted(service: &Service, kind: &str) -> (u64, u64) {
    service.auth().settled().await;
    let figures = rows(
        service,
        &format!(
            "SELECT CAST(count(*) AS TEXT) || ' ' || CAST(coalesce(sum(times), 0) AS TEXT)
             FROM auth_audit WHERE kind = '{kind}'"
        ),
    )
    .await;
    let (rows, events) = figures[0].split_once(' ').unwrap();
    (rows.parse().unwrap(), events.parse().unwrap())
}

on_both!(a_thousand_wrong_passwords_from_many_addresses_are_few_rows, |c| {
    c.limits = Limits {
        logins: 100_000,
        free_failures: 100,
        stuffing: 100_000,
        audit_rows: 10,
        ..Limits::default()
    };
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn a_thousand_wrong_passwords_from_many_addresses_are_few_rows(service: &Service) {
    let people = 20;
    for n in 0..people {
        service.registered(&format!("user{n}")).await;
    }
    let stranger = &service.stranger();
    for n in 0..50 {
        let tries = (0..people).map(|person| async move {
            let body = json!({ "email": format!("user{person}@example.com"), "password": WRONG });
            let ip = format!("192.0.2.{}", n % 5);
            post_from(stranger, &ip, "/auth/login", body).await.refused(401, "invalid_credentials");
        });
        join_all(tries).await;
        service.auth().settled().await;
    }
    service.auth().store_left_out_events().await;
    let (rows, events) = counted(service, "login_failed").await;
    // Ten with an address, ten without one, and one for the others.
    assert!(rows <= 21 && events == 1_000, "{rows} rows for {events} failed logins");
    let root = root(service).await;
    let page = root.get("/auth/admin/audit?kind=login_failed").await;
    let entries = page.expect(200)["results"].as_array().unwrap();
    let others: Vec<_> = entries.iter().filter(|entry| entry["user_id"].is_null()).collect();
    assert_eq!(others.len(), 1, "{entries:?}");
    assert_eq!((&others[0]["ip"], &others[0]["user_agent"]), (&Value::Null, &Value::Null));
    let several = format!("{} times with several accounts or addresses", others[0]["times"]);
    says(&root.get("/admin/audit?kind=login_failed").await, &several);
    let several = "для разных учётных записей или с разных адресов";
    says(&root.get("/admin/audit?kind=login_failed&lang=ru").await, several);
    // The overview counts the events, not the rows.
    let overview = root.get("/auth/admin/overview").await;
    let days = overview.expect(200)["days"].as_array().unwrap().clone();
    assert_eq!(days.last().unwrap()["failures"], 1_000, "{days:?}");
}

on_both!(nobody_with_an_account_and_many_addresses_hides_what_happens_to_others, |c| {
    c.limits =
        Limits { logins: 100_000, free_failures: 100, stuffing: 100_000, ..Limits::default() };
    c.limits.audit_rows = 50;
    c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
});
async fn nobody_with_an_account_and_many_addresses_hides_what_happens_to_others(service: &Service) {
    let (ann, mallory) = (service.registered("ann").await, service.registered("mallory").await);
    let guess = async |who: &str, ip: String| {
        let body = json!({ "email": format!("{who}@example.com"), "password": WRONG });
        let stranger = &service.stranger();
        post_from(stranger, &ip, "/auth/login", body).await.refused(401, "invalid_credentials");
        service.auth().settled().await;
    };
    for n in 0..80 {
        guess("mallory", format!("192.0.2.{n}")).await;
    }
    guess("ann", "198.51.100.1".into()).await;
    let of = async |who: &str| {
        let sql = "SELECT u.email || ' ' || coalesce(a.ip, '-') || ' ' || CAST(a.times AS TEXT)
                   FROM auth_audit a JOIN auth_users u ON u.id = a.target_id
                   WHERE a.kind = 'login_failed' ORDER BY a.id";
        let all = rows(service, sql).await;
        all.into_iter().filter(|row| row.starts_with(who)).collect::<Vec<_>>()
    };
    assert_eq!(of(&ann.email()).await, ["ann@example.com 198.51.100.1 1"]);
    let own = of(&mallory.email()).await;
    assert_eq!((own.len(), own[20].as_str()), (21, "mallory@example.com - 60"));
}

on_both!(failed_logins_of_an_hour_are_one_row_that_says_who_when_and_how_many, |c| {
    c.limits = Limits { free_failures: 100, ..Limits::default() };
});
async fn failed_logins_of_an_hour_are_one_row_that_says_who_when_and_how_many(service: &Service) {
    let ann = visitor(service, "ann").await;
    let replica = service.replica().await;
    for n in 0..5 {
        let server = if n % 2 == 0 { service } else { &replica };
        guess(server, &ann.email()).await.refused(401, "invalid_credentials");
        server.auth().settled().await;
        service.advance(Duration::from_mins(1));
    }
    assert_eq!(counted(service, "login_failed").await, (1, 5));
    let root = root(service).await;
    let page = root.get("/auth/admin/audit?kind=login_failed").await;
    let entry = &page.expect(200)["results"][0];
    assert_eq!((&entry["user_id"], &entry["ip"]), (&json!(ann.id), &json!("127.0.0.1")));
    assert_eq!((&entry["times"], &entry["actor"]), (&json!(5), &json!("anonymous")));
    assert_eq!(entry["at"], "2027-01-15T08:00:00Z");
    assert_eq!(entry["last_at"], "2027-01-15T08:04:00Z");
    says(&root.get("/admin/audit").await, "5 times, most recently 15 January 2027, 08:04 UTC");
    let user = format!("/admin/users/{}?lang=ru", ann.id);
    says(&root.get(&user).await, "5 раз, последний — 15 января 2027");
    says(&ann.get("/account/security").await, "5 times, most recently 15 January 2027");
    let single = root.get("/auth/admin/audit?kind=login").await;
    let single = &single.expect(200)["results"][0];
    assert_eq!((&single["times"], &single["last_at"]), (&json!(1), &Value::Null));
    // Another hour, another reason and another address are other rows.
    service.advance(Duration::from_hours(1));
    guess(service, &ann.email()).await.refused(401, "invalid_credentials");
    assert_eq!(counted(service, "login_failed").await, (2, 6));
    replica.end().await;
}

on_both!(requested_mails_are_counted_in_one_row, |c| c.limits = Limits::default());
async fn requested_mails_are_counted_in_one_row(service: &Service) {
    let ann = service.registered("ann").await;
    let asked = json!({ "email": ann.email() });
    for _ in 0..20 {
        service.stranger().post("/auth/password/forgot", asked.clone()).await.expect(202);
        service.auth().settled().await;
    }
    assert_eq!(counted(service, "password_reset_requested").await, (1, 20));
}

on_both_databases!(a_flood_leaves_few_lines_in_the_log);
async fn a_flood_leaves_few_lines_in_the_log(database: Database) {
    const TRIES: u64 = 1_000;
    const LINES: u64 = 50;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), Some(&database.url), |command| {
        command
            .env("PORTCULLIS_LIMITS__ENABLED", "true")
            .env("PORTCULLIS_LIMITS__LOG_LINES", LINES.to_string())
            .env("PORTCULLIS_SHUTDOWN__DRAIN", "0s")
            .env("RUST_LOG", "info");
    });
    let new = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    assert_eq!(server.ask("POST", "/auth/register", "", &new).await.0, 201);
    let wrong = json!({ "email": "ann@example.com", "password": WRONG }).to_string();
    let (mut refused, since) = (0, Instant::now());
    for _ in 0..TRIES {
        refused += u64::from(server.ask("POST", "/auth/login", "", &wrong).await.0 == 429);
    }
    assert!(refused > TRIES / 2, "{refused}");
    server.end("-TERM");
    // The budget refills meanwhile.
    let most = LINES + 1 + since.elapsed().as_secs() * LINES / 600;
    let log = fs::read_to_string(&server.log).unwrap();
    let number = |line: &str, field: &str| {
        let rest = line.split_once(&format!("{field}=")).unwrap().1;
        rest.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let left_out = |act: &str| -> u64 {
        let told = log.lines().filter(|line| line.contains(&format!("act=\"{act}\" left_out=")));
        told.map(|line| number(line, "left_out")).sum()
    };
    let written = |part: &str| {
        let lines = log.lines().filter(|line| line.contains(part) && !line.contains("left_out="));
        u64::try_from(lines.count()).unwrap()
    };
    let requests = written("portcullis::request");
    assert!((LINES..=most).contains(&requests), "{requests}");
    assert_eq!(requests + left_out("request"), TRIES + 1);
    let events = written("act=\"refused\"") + written("act=\"login_failed\"");
    assert!((LINES..=most).contains(&events), "{events}");
    assert_eq!(events + left_out("refused") + left_out("login_failed"), TRIES);
    assert!(log.lines().count() < 200, "{log}");
}
