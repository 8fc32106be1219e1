//! A database of the previous version: the service migrates it and keeps everything in it.
//!
//! The previous version made `tests/fixtures/schema-7.*`: the users root (superuser), ann (role EDITOR), bob
//! (email not confirmed) and dan (disabled), a session and links of theirs, a waiting mail, an invitation, a
//! changed setting and audit events.
use crate::support::{Database, PASSWORD, Person, Service, acts, config, rows, says};
use flate2::read::GzDecoder;
use portcullis::{
    config::{Algorithm, Config, Secret},
    time::{Clock, Timestamp},
};
use serde_json::json;
use sqlx::Connection;
use std::{
    io::Read,
    time::{Duration, Instant},
};

const NEW: &str = "another horse battery";

/// Audit kinds of the previous version, and their names now.
const RENAMED: [(&str, &str); 5] = [
    ("keys_settled", "keys_provisioned"),
    ("set_up", "setup_completed"),
    ("simplejwt_token_taken", "legacy_token_adopted"),
    ("registered_again", "registration_repeated"),
    ("password_reset_asked", "password_reset_requested"),
];

/// What clients of the old database know.
struct Known {
    /// Ann's refresh token.
    cookie: &'static str,
    /// The token of the link that resets ann's password.
    reset: &'static str,
    /// The token of the link that confirms bob's email.
    confirm: &'static str,
    /// The time of the newest audit event, in microseconds.
    newest: i64,
}

fn unpacked(gz: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(gz).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Restores the old database into an empty one.
async fn restore(database: &Database) -> Known {
    if let Some(path) = database.url.strip_prefix("sqlite://") {
        std::fs::write(path, unpacked(include_bytes!("../fixtures/schema-7.sqlite.gz"))).unwrap();
        return Known {
            cookie: "4b78dbe7-d3de-4666-8863-c4c355c25ff7",
            reset: "ace81fd0-a80d-4605-9c91-888f9cd70293",
            confirm: "d65857a2-3665-41bb-a4e5-e89ee857c1fd",
            newest: 1_795_282_072_302_388,
        };
    }
    let dump = unpacked(include_bytes!("../fixtures/schema-7.postgres.sql.gz"));
    // Lines with a backslash are commands for psql.
    let dump: String = String::from_utf8(dump)
        .unwrap()
        .split_inclusive('\n')
        .filter(|line| !line.starts_with('\\'))
        .collect();
    let mut db = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(dump)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    Known {
        cookie: "ca29e9c1-9c7d-44e0-881d-e729d4575e4f",
        reset: "37584acb-31b4-4e76-b612-97fa1f4d0c6e",
        confirm: "aa1bf6ba-12a3-4d9c-9fbd-994f0ca6fda3",
        newest: 1_795_282_093_486_142,
    }
}

/// The settings of the old service.
fn old_settings() -> Config {
    let mut config = config();
    config.jwt.algorithm = Algorithm::HS256;
    config.jwt.secret = Some(Secret("0123456789abcdef0123456789abcdef-shared".into()));
    config
}

fn person<'s>(service: &'s Service, name: &str) -> Person<'s> {
    Person { name: name.into(), ..service.stranger() }
}

/// Waits until a query returns `expected`.
async fn eventually(service: &Service, sql: &'static str, expected: &[&str]) {
    let since = Instant::now();
    loop {
        let found = rows(service, sql).await;
        if found == expected {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{sql}: {found:?}");
        tokio::task::yield_now().await;
    }
}

on_both_databases!(an_old_database_is_migrated_and_keeps_working);
async fn an_old_database_is_migrated_and_keeps_working(database: Database) {
    let known = restore(&database).await;
    let now = Timestamp::from_micros(known.newest).plus(Duration::from_mins(1));
    let service = Service::start(&database, old_settings(), Some(Clock::manual(now))).await;
    everything_keeps_working(&service, &known).await;
    service.end().await;
    database.end().await;
}

async fn everything_keeps_working(service: &Service, known: &Known) {
    // The waiting mail is sent, with a new link.
    let waiting = "SELECT state FROM auth_outbox WHERE id = 4";
    eventually(service, waiting, &["sent"]).await;
    let mail = service.mail("ann@example.com").await;
    assert!(mail["text"].as_str().unwrap().contains("/reset-password?token="), "{mail}");
    assert!(!mail["text"].as_str().unwrap().contains(known.reset), "{mail}");

    // The refresh token is rotated, and the password still works.
    let (browser, ann) = (person(service, "ann"), person(service, "ann"));
    browser.cookies.lock().unwrap().insert("__Host-portcullis".into(), known.cookie.into());
    browser.refresh().await.expect(200);
    assert_ne!(browser.refresh_cookie().unwrap(), known.cookie);
    let me = browser.get("/auth/me").await;
    assert_eq!(
        (&me.expect(200)["email"], &me.body["roles"], &me.body["is_email_confirmed"]),
        (&json!("ann@example.com"), &json!(["EDITOR"]), &json!(true))
    );
    ann.login().await.expect(200);
    ann.get("/auth/me").await.expect(200);

    // The old reset link sets another password and ends the sessions.
    let reset = json!({ "token": known.reset, "new_password": NEW });
    service.stranger().post("/auth/password/reset", reset).await.expect(204);
    for ended in [&browser, &ann] {
        ended.get("/auth/me").await.refused(401, "token_not_valid");
        ended.refresh().await.refused(401, "token_not_valid");
    }
    ann.forget_access().login().await.refused(401, "invalid_credentials");
    let login = json!({ "email": "ann@example.com", "password": NEW });
    ann.login_with(login).await.expect(200);

    // The confirmation link works, and dan stays disabled.
    let confirm = json!({ "token": known.confirm, "password": PASSWORD });
    let bob = service.stranger().post("/auth/email/confirm", confirm).await;
    assert_eq!(bob.expect(200)["is_email_confirmed"], true);
    person(service, "dan").login().await.refused(403, "account_disabled");

    // The superuser finds the invitation, the setting and the audit log.
    let root = person(service, "root");
    root.login().await.expect(200);
    let invited = root.get("/auth/admin/invitations").await;
    let invited = invited.expect(200)["results"].as_array().unwrap();
    assert_eq!(invited.len(), 1);
    assert_eq!(
        (&invited[0]["email"], &invited[0]["roles"]),
        (&json!("eve@example.com"), &json!(["EDITOR"]))
    );
    let settings = root.get("/auth/admin/settings").await;
    assert_eq!(settings.expect(200)["access_token_lifetime"], "10m");
    let kinds = root.get("/auth/admin/audit/kinds").await;
    let kinds = kinds.expect(200).as_array().unwrap();
    for (old, new) in RENAMED {
        assert!(!kinds.contains(&json!(old)), "{old}: {kinds:?}");
        assert!(kinds.contains(&json!(new)), "{new}: {kinds:?}");
        let found = root.get(&format!("/auth/admin/audit?kind={new}")).await;
        assert!(!found.expect(200)["results"].as_array().unwrap().is_empty(), "{new}");
        let found = root.get(&format!("/auth/admin/audit?kind={old}")).await;
        assert_eq!(found.expect(200)["results"], json!([]), "{old}");
    }
    assert_eq!(acts(service).await[0], "keys_provisioned");
    let log = root.forget_access().get("/admin/audit").await;
    says(&log, "Account created with the setup link");
}

on_both!(unknown_values_of_a_newer_version_are_shown_unchanged);
async fn unknown_values_of_a_newer_version_are_shown_unchanged(service: &Service) {
    let root = service.superuser("root").await;
    let act = "INSERT INTO auth_audit (at, kind, actor, target_id)
               SELECT 1800000000000001, 'moved_to_mars', 'robot', id FROM auth_users RETURNING kind";
    assert_eq!(rows(service, act).await, ["moved_to_mars"]);
    let mail = "UPDATE auth_outbox SET kind = 'postcard' RETURNING kind";
    assert_eq!(rows(service, mail).await, ["postcard"]);

    let found = root.get("/auth/admin/audit?kind=moved_to_mars").await;
    let found = found.expect(200)["results"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["kind"], &found[0]["actor"], &found[0]["user_email"]),
        (&json!("moved_to_mars"), &json!("robot"), &json!("root@example.com"))
    );
    let kinds = root.get("/auth/admin/audit/kinds").await;
    assert!(kinds.expect(200).as_array().unwrap().contains(&json!("moved_to_mars")));
    let mails = root.get("/auth/admin/mail").await;
    let mail = &mails.expect(200)["results"][0];
    assert_eq!((&mail["kind"], &mail["state"]), (&json!("postcard"), &json!("sent")));
    let data = root.get("/account/data.json").await;
    assert_eq!(data.expect(200)["history"][0]["what"], "moved_to_mars");

    root.forget_access();
    for (path, words) in [
        ("/admin/audit", ["moved_to_mars", "robot"]),
        ("/account/security", ["moved_to_mars", "moved_to_mars"]),
        ("/admin/mail", ["postcard", "sent"]),
    ] {
        let page = root.get(path).await;
        assert_eq!(page.status, 200, "{page:?}");
        for word in words {
            says(&page, word);
        }
    }
}

on_both!(a_mail_kind_of_a_newer_version_stays_queued);
async fn a_mail_kind_of_a_newer_version_stays_queued(service: &Service) {
    service.registered("ann").await;
    let postcard = "UPDATE auth_outbox SET kind = 'postcard', state = 'waiting', due_at = 0
                    RETURNING state";
    assert_eq!(rows(service, postcard).await, ["waiting"]);
    service.auth().deliver_due().await.unwrap();
    let error = "SELECT last_error FROM auth_outbox WHERE state = 'waiting' AND attempts = 2";
    eventually(service, error, &["postcard is not a known kind of mail"]).await;
}
