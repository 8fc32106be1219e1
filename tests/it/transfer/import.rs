//! Importing users, and exporting them.
use super::{Mover, exported, lines};
use crate::support::{Database, Service, config, rows_at};
use serde_json::{Value, json};
use std::{fs, process::Stdio};

on_both_by_command!(an_export_can_be_imported_unchanged);
fn an_export_can_be_imported_unchanged(mover: &Mover) {
    let mut bob = exported(7, "bob");
    for (key, value) in [
        ("is_active", json!(false)),
        ("is_superuser", json!(true)),
        ("roles", json!([])),
        ("role", json!("USER")),
        ("language", Value::Null),
        ("notify_new_devices", json!(false)),
        ("username", Value::Null),
        ("is_email_confirmed", json!(false)),
        ("email_confirmed_at", Value::Null),
        ("last_login_at", json!("2026-01-01T00:00:00Z")),
        ("password_hash", Value::Null),
    ] {
        bob[key] = value;
    }
    let all = [bob, exported(4_000, "ann")];
    let said = mover.import(&lines(&all), &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert_eq!(said.lines, [json!({ "added": 2, "skipped": 0, "dry_run": false })]);
    let export = mover.ok(&["user", "export"]);
    assert_eq!(export.lines, all);
    assert!(export.err.contains("password hashes"), "{}", export.err);
    // A new user gets an id after all imported ones.
    assert_eq!(mover.import(r#"{"email": "new@example.com"}"#, &[]).code, 0);
    assert!(mover.users()[2]["id"].as_i64().unwrap() > 4_000);
}

on_both_by_command!(an_invalid_row_is_reported_and_skipped);
fn an_invalid_row_is_reported_and_skipped(mover: &Mover) {
    assert_eq!(mover.import(&lines(&[exported(1, "ann")]), &[]).code, 0);
    let with = |key: &str, value: Value| {
        let mut user = exported(2, "bob");
        user[key] = value;
        user.to_string()
    };
    let good = exported(9, "eve").to_string();
    let rows = [
        ("hunter2".to_owned(), "no JSON object"),
        (r#"["hunter2"]"#.to_owned(), "no JSON object"),
        (with("email", json!("hunter2")), "email: "),
        (with("email", Value::Null), "email: "),
        (with("email", json!("Ann@EXAMPLE.com")), "email: "),
        (with("id", json!(1)), "id: "),
        (with("id", json!(0)), "id: "),
        (with("id", json!("hunter2")), "id: "),
        (with("id", json!(9_007_199_254_740_992_i64)), "id: "),
        (with("username", json!("ANN")), "username: "),
        (with("username", json!("hunter2@x")), "username: "),
        (with("first_name", json!(["hunter2"])), "first_name: "),
        (with("is_active", json!("hunter2")), "is_active: "),
        (with("created_at", json!("hunter2")), "created_at: "),
        (with("created_at", json!("9999-12-31T23:59:59-01:00")), "created_at: "),
        (with("last_login_at", json!("0001-01-01T00:00:00Z")), "last_login_at: "),
        (with("language", json!("hunter2")), "language: "),
        (with("roles", json!(["hunter 2"])), "roles: "),
        (with("roles", json!("hunter2")), "roles: "),
        (with("role", json!("hunter 2")), "roles: "),
        (with("password_hash", json!("hunter2")), "password_hash: "),
        (
            with(
                "password_hash",
                json!("$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"),
            ),
            "password_hash: ",
        ),
        (with("phone", json!("hunter2")), "\"phone\""),
        (good.clone(), ""),
        (good, "id: "),
    ];
    let text = lines(rows.iter().map(|(row, _)| row));
    for options in [&["--dry-run"][..], &[]] {
        let dry_run = !options.is_empty();
        let said = mover.import(&text, options);
        assert_eq!(said.code, 1);
        assert_eq!(said.err, "portcullis: 24 of 25 rows skipped\n");
        assert!(!said.out.contains("hunter2") && !said.out.contains('@'), "{}", said.out);
        let (total, told) = said.lines.split_last().unwrap();
        let mut total = total.clone();
        let dearest = total.as_object_mut().unwrap().remove("dearest_hash");
        assert_eq!(dearest.is_some(), dry_run, "{}", said.out);
        assert_eq!(total, json!({ "added": 1, "skipped": 24, "dry_run": dry_run }));
        let told_of = |row: usize| told.iter().find(|line| line["row"] == row);
        for (row, (_, why)) in (1..).zip(&rows) {
            match told_of(row) {
                Some(line) if !why.is_empty() => {
                    let reason = line["reason"].as_str().unwrap();
                    assert!(reason.contains(why), "{why} in {line}");
                }
                line => assert!(why.is_empty() && line.is_some() == dry_run, "{row}: {line:?}"),
            }
        }
        let ids: Vec<_> = mover.users().iter().map(|u| u["id"].clone()).collect();
        assert_eq!(ids, if dry_run { vec![json!(1)] } else { vec![json!(1), json!(9)] });
    }
}

on_both_by_command!(a_dry_run_reports_the_outcome_of_each_row);
fn a_dry_run_reports_the_outcome_of_each_row(mover: &Mover) {
    let rows = [exported(5, "ann"), exported(5, "bob"), json!({ "email": "eve@example.com" })];
    let said = mover.import(&lines(&rows), &["--dry-run"]);
    assert_eq!(
        said.lines[0],
        json!({ "row": 1, "id": 5, "would": "add", "roles": ["EDITOR", "ADMIN"] })
    );
    assert_eq!((&said.lines[1]["row"], &said.lines[1]["would"]), (&json!(2), &json!("skip")));
    assert_eq!(said.lines[2]["would"], "add");
    let dearest = &said.lines[3]["dearest_hash"];
    assert!(
        dearest["kind"] == "pbkdf2_sha256$2000" && dearest["milliseconds"].is_u64(),
        "{dearest}"
    );
    assert!(!said.out.contains("0fGKZXP9DN3iZPcJ7QkS1f"), "{}", said.out);
    assert!(mover.users().is_empty());
}

on_both_by_command!(a_long_import_shows_its_progress);
fn a_long_import_shows_its_progress(mover: &Mover) {
    let text = lines((1..=10_001).map(|n| json!({ "email": format!("{n}@example.com") })));
    let said = mover.import(&text, &["--confirmed"]);
    assert_eq!((said.code, said.err.as_str()), (0, "10000 of 10001 rows\n"));
    let users = mover.users();
    assert_eq!(users.len(), 10_001);
    assert!(users.iter().all(|u| u["is_email_confirmed"] == true));
}

on_both_by_command!(a_file_without_users_is_refused);
fn a_file_without_users_is_refused(mover: &Mover) {
    for (text, why) in [("", "no users"), ("[]", "malformed"), ("[{}", "malformed")] {
        let said = mover.import(text, &[]);
        assert!(said.code == 1 && said.err.contains(why), "{text}: {}", said.err);
    }
    let said = mover.run(&["user", "import", "nowhere"]);
    assert!(said.code == 1 && said.err.contains("cannot be read"), "{}", said.err);
}

on_both_databases!(an_import_records_the_kinds_of_its_hashes);
/// A running server learns which kinds of hashes an import adds.
async fn an_import_records_the_kinds_of_its_hashes(database: Database) {
    let mover = Mover::new(&database);
    let said = tokio::task::spawn_blocking(move || {
        assert_eq!(mover.run(&["migrate"]).code, 0);
        mover.import(&lines(&[exported(1, "ann")]), &[])
    });
    assert_eq!(said.await.unwrap().code, 0);
    let kinds = rows_at(&database.url, "SELECT kind FROM auth_hash_kinds").await;
    assert!(kinds.contains(&"pbkdf2-sha256 2000".to_owned()), "{kinds:?}");
    database.end().await;
}

on_both_databases!(a_killed_import_leaves_no_partial_user);
/// An import that is killed leaves only whole users, and the next import continues there.
async fn a_killed_import_leaves_no_partial_user(database: Database) {
    const ALL: u64 = 8_000;
    let mover = Mover::new(&database);
    mover.ok(&["migrate"]);
    let users = (1..=ALL).map(|n| {
        json!({ "id": n, "email": format!("{n}@example.com"), "roles": ["EDITOR", "ADMIN", "A", "B", "C"] })
    });
    fs::write(mover.folder().join("users"), lines(users)).unwrap();
    let mut child =
        mover.command(&["user", "import", "users"]).stdout(Stdio::null()).spawn().unwrap();
    let ids = "SELECT CAST(id AS TEXT) FROM auth_users";
    while rows_at(&mover.url, ids).await.is_empty() {
        assert!(child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let half = "SELECT CAST(u.id AS TEXT) FROM auth_users u
                WHERE 5 <> (SELECT count(*) FROM auth_user_roles r WHERE r.user_id = u.id)";
    assert_eq!(rows_at(&mover.url, half).await, [""; 0]);
    let said = mover.run(&["user", "import", "users"]);
    let total = said.lines.last().unwrap();
    let [added, skipped] = ["added", "skipped"].map(|key| total[key].as_u64().unwrap());
    assert!(added > 0 && skipped > 0 && added + skipped == ALL, "{total}");
    assert_eq!(rows_at(&mover.url, ids).await.len() as u64, ALL);
    assert_eq!(rows_at(&mover.url, half).await, [""; 0]);
    database.end().await;
}

on_both_databases!(an_imported_hash_is_replaced_at_the_first_login);
async fn an_imported_hash_is_replaced_at_the_first_login(database: Database) {
    let mover = Mover::new(&database);
    let ann = exported(12, "ann");
    let mover = tokio::task::spawn_blocking(move || {
        mover.ok(&["migrate"]);
        assert_eq!(mover.import(&lines(&[ann]), &[]).code, 0);
        mover
    });
    let mover = mover.await.unwrap();
    let service = Service::start(&database, config(), None).await;
    let ann = service.stranger();
    let login = |password| json!({ "email": "ann@example.com", "password": password });
    ann.login_with(login("wrong")).await.refused(401, "invalid_credentials");
    let reply = ann.login_with(login("päss wörd")).await;
    assert_eq!(
        (&reply.expect(200)["user"]["id"], &reply.body["user"]["role"]),
        (&json!(12), &json!("ADMIN"))
    );
    service.end().await;
    let hash = tokio::task::spawn_blocking(move || mover.users()[0]["password_hash"].to_string());
    assert!(hash.await.unwrap().starts_with("\"$argon2id$"));
    database.end().await;
}
