//! Moving in and out, by the command line.
use crate::{
    store::rows_at,
    support::{Database, Service, config},
};
use rocket::http::Method;
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A database, and a folder for files.
struct Mover {
    folder: TempDir,
    url: String,
}

/// What a command has answered.
struct Said {
    code: i32,
    /// The lines of the standard output, as JSON.
    lines: Vec<Value>,
    out: String,
    err: String,
}

impl Mover {
    fn new(database: &Database) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: database.url.clone() }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(args).current_dir(self.folder()).stdin(Stdio::null());
        command.env_remove("ROCKET_CONFIG").env_remove("RUST_LOG").env("DATABASE_URL", &self.url);
        command
    }

    fn run(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|b| String::from_utf8(b).unwrap());
        let lines = out.lines().map(|l| serde_json::from_str(l).unwrap_or_default()).collect();
        Said { code: output.status.code().unwrap(), lines, out, err }
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> Said {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
        said
    }

    /// Imports a file with this text in it.
    fn import(&self, text: &str, options: &[&str]) -> Said {
        fs::write(self.folder().join("users"), text).unwrap();
        self.run(&[&["user", "import", "users"], options].concat())
    }

    fn users(&self) -> Vec<Value> {
        self.ok(&["user", "export"]).lines
    }
}

/// Runs `fn name(mover: &Mover)`, which blocks, on each engine.
macro_rules! on_both_by_command {
    ($name:ident) => {
        mod $name {
            use super::*;

            async fn run(database: Database) {
                let mover = Mover::new(&database);
                mover.ok(&["migrate"]);
                tokio::task::spawn_blocking(move || super::$name(&mover)).await.unwrap();
                database.end().await;
            }

            on_each_engine! { run }
        }
    };
}

/// Of "päss wörd", by Django.
const PBKDF2: &str =
    "pbkdf2_sha256$2000$0fGKZXP9DN3iZPcJ7QkS1f$uI7Di9kA4F0YFF/mgcGOdmLQdagAwb6LNd5T47FKjDI=";

/// As `dumpdata` writes users and groups.
fn dump(model: &str) -> Value {
    let user = |pk: i64, name: &str, groups: Value, password: &str| {
        json!({ "model": model, "pk": pk, "fields": {
            "password": password, "last_login": "2026-01-02T03:04:05.678Z", "is_superuser": pk == 41,
            "username": name, "first_name": "Ann", "last_name": "Lee", "is_staff": true,
            "email": if name.contains('@') { name.to_owned() } else { format!("{name}@example.com") },
            "is_active": pk == 41, "date_joined": "2020-01-01T00:00:00Z", "groups": groups,
            "user_permissions": [1],
        } })
    };
    let group = |pk: i64, name: &str| json!({ "model": "auth.group", "pk": pk, "fields": { "name": name, "permissions": [] } });
    json!([
        { "model": "contenttypes.contenttype", "pk": 1, "fields": { "app_label": "auth" } },
        user(41, "ann", json!([3, 2]), PBKDF2),
        user(42, "bob@example.com", json!([]), "!unusable"),
        group(2, "Content Editors"),
        group(3, "ADMIN"),
    ])
}

/// As it is exported.
fn exported(id: i64, name: &str) -> Value {
    json!({
        "id": id, "email": format!("{name}@example.com"), "username": name, "first_name": "Ann Ä",
        "is_email_confirmed": true, "is_active": true, "role": "ADMIN", "roles": ["EDITOR", "ADMIN"],
        "is_superuser": false, "language": "ru", "created_at": "2020-02-29T12:00:00.123456Z",
        "email_confirmed_at": "2020-03-01T00:00:00Z", "last_login_at": null, "password_hash": PBKDF2,
    })
}

fn lines(rows: impl IntoIterator<Item = impl ToString>) -> String {
    rows.into_iter().map(|row| row.to_string()).collect::<Vec<_>>().join(
        "
",
    )
}

on_both_by_command!(what_is_exported_can_be_imported_and_is_the_same);
fn what_is_exported_can_be_imported_and_is_the_same(mover: &Mover) {
    let mut bob = exported(7, "bob");
    for (key, value) in [
        ("is_active", json!(false)),
        ("is_superuser", json!(true)),
        ("roles", json!([])),
        ("role", json!("USER")),
        ("language", Value::Null),
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
    // A new user gets an id of its own.
    assert_eq!(mover.import(r#"{"email": "new@example.com"}"#, &[]).code, 0);
    assert!(mover.users()[2]["id"].as_i64().unwrap() > 4_000);
}

on_both_by_command!(a_bad_row_is_named_and_left_out_whole);
fn a_bad_row_is_named_and_left_out_whole(mover: &Mover) {
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

on_both_by_command!(a_dry_run_says_of_each_row_what_would_happen);
fn a_dry_run_says_of_each_row_what_would_happen(mover: &Mover) {
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

on_both_by_command!(a_long_file_shows_how_far_it_is);
fn a_long_file_shows_how_far_it_is(mover: &Mover) {
    let text = lines((1..=10_001).map(|n| json!({ "email": format!("{n}@example.com") })));
    let said = mover.import(&text, &["--confirmed"]);
    assert_eq!((said.code, said.err.as_str()), (0, "10000 of 10001 rows\n"));
    let users = mover.users();
    assert_eq!(users.len(), 10_001);
    assert!(users.iter().all(|u| u["is_email_confirmed"] == true));
}

on_both_by_command!(a_dump_of_django_is_taken_as_it_is);
fn a_dump_of_django_is_taken_as_it_is(mover: &Mover) {
    let said = mover.import(&dump("auth.user").to_string(), &["--role", "Content Editors=EDITOR"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let users = mover.users();
    let [ann, bob] = users.as_slice() else { panic!("{users:?}") };
    for (key, value) in [
        ("id", json!(41)),
        ("email", json!("ann@example.com")),
        ("username", json!("ann")),
        ("first_name", json!("Ann")),
        ("is_active", json!(true)),
        ("is_superuser", json!(true)),
        ("roles", json!(["ADMIN", "EDITOR"])),
        ("password_hash", json!(PBKDF2)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("last_login_at", json!("2026-01-02T03:04:05.678Z")),
        ("is_email_confirmed", json!(false)),
        ("language", Value::Null),
    ] {
        assert_eq!(ann[key], value, "{key}");
    }
    assert_eq!(
        (&bob["username"], &bob["is_active"], &bob["roles"]),
        (&Value::Null, &json!(false), &json!([]))
    );
    assert_eq!(bob["password_hash"], "!unusable");
}

on_both_by_command!(another_model_of_django_is_taken_by_its_fields);
fn another_model_of_django_is_taken_by_its_fields(mover: &Mover) {
    let users = lines([
        json!({ "model": "people.Member", "pk": "ann@example.com", "fields": {
            "login": "ann", "password": PBKDF2, "number": 5, "status": 2, "is_email_confirmed": true,
            "groups": [["EDITOR"]], "registered": "2020-01-01T03:00:00+03:00", "username": 7 } }),
        json!({ "model": "people.member", "pk": "bob@example.com", "fields": {
            "password": PBKDF2, "number": 6, "status": 1, "groups": [9], "registered": null } }),
    ]);
    let options = [
        "--model",
        "people.member",
        "--map",
        "email=pk",
        "--map",
        "id=number",
        "--map",
        "role=status",
        "--map",
        "created_at=registered",
        "--role",
        "2=ADMIN",
        "--role",
        "1=USER",
    ];
    let taken =
        mover.import(&users, &[&options[..], &["--map", "username=login", "--dry-run"]].concat());
    let reasons: Vec<_> = taken.lines.iter().filter_map(|l| l["reason"].as_str()).collect();
    assert!(reasons[0].contains("no field \"login\""), "{reasons:?}");
    let taken = mover.import(&users, &[&options[..], &["--map", "username="]].concat());
    assert_eq!(taken.code, 1);
    assert!(taken.lines[0]["reason"].as_str().unwrap().contains("9 is no group"), "{}", taken.out);
    let users = mover.users();
    assert_eq!(users.len(), 1);
    for (key, value) in [
        ("id", json!(5)),
        ("email", json!("ann@example.com")),
        ("username", Value::Null),
        ("roles", json!(["EDITOR", "ADMIN"])),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("is_email_confirmed", json!(true)),
    ] {
        assert_eq!(users[0][key], value, "{key}");
    }
}

on_both_by_command!(what_a_dump_lacks_is_told);
fn what_a_dump_lacks_is_told(mover: &Mover) {
    let users = dump("people.member").to_string();
    let said = mover.import(&users, &[]);
    assert!(
        said.code == 1 && said.err.contains("--model takes one of: people.member"),
        "{}",
        said.err
    );
    let said = mover.import(&users, &["--model", "people.member"]);
    assert!(
        said.lines[0]["reason"].as_str().unwrap().contains("\"Content Editors\"=NAME"),
        "{}",
        said.out
    );
    let said = mover.import(&lines([exported(1, "ann")]), &["--map", "username="]);
    assert!(said.code == 1 && said.err.contains("for dumps"), "{}", said.err);
}

on_both_by_command!(a_file_without_users_is_no_import);
fn a_file_without_users_is_no_import(mover: &Mover) {
    for (text, why) in [("", "no user"), ("[]", "breaks"), ("[{}", "breaks")] {
        let said = mover.import(text, &[]);
        assert!(said.code == 1 && said.err.contains(why), "{text}: {}", said.err);
    }
    let said = mover.run(&["user", "import", "nowhere"]);
    assert!(said.code == 1 && said.err.contains("cannot be read"), "{}", said.err);
}

/// A server that runs beside an import hears what kinds of hashes came.
async fn an_import_tells_its_kinds_of_hashes(database: Database) {
    let mover = Mover::new(&database);
    let said = tokio::task::spawn_blocking(move || {
        assert_eq!(mover.run(&["migrate"]).code, 0);
        mover.import(&lines(&[exported(1, "ann")]), &[])
    });
    assert_eq!(said.await.unwrap().code, 0);
    let kinds = crate::store::rows_at(&database.url, "SELECT kind FROM auth_hash_kinds").await;
    assert!(kinds.contains(&"pbkdf2-sha256 2000".to_owned()), "{kinds:?}");
    database.end().await;
}

mod imported_hashes {
    on_each_engine! { super::an_import_tells_its_kinds_of_hashes }
}

/// Killed in the middle, an import has brought in whole users only, and goes on where it was.
async fn a_killed_import_leaves_nobody_half(database: Database) {
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

mod killed {
    on_each_engine! { super::a_killed_import_leaves_nobody_half }
}

async fn a_foreign_hash_is_replaced_at_the_first_login(database: Database) {
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

mod rehash {
    on_each_engine! { super::a_foreign_hash_is_replaced_at_the_first_login }
}

/// Somebody logged in, whose tokens have turned, with a role, a mail and a name full of traps.
async fn lived_in(service: &Service) -> crate::support::Person<'_> {
    let ann = service.user("ann").await;
    service
        .auth()
        .grant(
            &portcullis::flows::Operator::cli(),
            portcullis::flows::UserId(ann.id),
            "ADMIN",
            false,
        )
        .await
        .unwrap();
    ann.refresh().await.expect(200);
    let name = json!({ "first_name": "Ä \"n\\u0020n' {}$1, ☃" });
    ann.json(Method::Patch, "/auth/me", name).await.expect(200);
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    ann
}

/// Whoever was logged in at the old service goes on at the new one.
async fn goes_on(ann: &crate::support::Person<'_>, service: &Service) {
    let there = ann.at(service);
    let me = there.get("/auth/me").await.expect(200).clone();
    assert_eq!(me, *ann.get("/auth/me").await.expect(200));
    there.forget_access();
    there.refresh().await.expect(200);
    let next = service.registered("next").await;
    assert!(next.id > ann.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_service_is_the_service() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = lived_in(&service).await;
    let mover = Mover::new(&database);
    let mover = tokio::task::spawn_blocking(move || {
        assert_eq!(mover.ok(&["backup", "copy.db"]).out, "");
        let again = mover.run(&["backup", "copy.db"]);
        assert!(again.code == 1 && again.err.contains("there already"), "{}", again.err);
        // What one that was killed left.
        fs::write(mover.folder().join("other.db.partial"), "half of it").unwrap();
        mover.ok(&["backup", "other.db"]);
        let files = fs::read_dir(mover.folder()).unwrap();
        assert!(
            files
                .map(|f| f.unwrap().file_name())
                .all(|f| !f.to_str().unwrap().ends_with("partial"))
        );
        let nowhere = mover.run(&["backup", "no/copy.db"]);
        assert!(nowhere.code == 1 && nowhere.err.lines().count() == 1, "{}", nowhere.err);
        assert!(nowhere.err.starts_with("portcullis: no/copy.db: "), "{}", nowhere.err);
        mover
    });
    let mover = mover.await.unwrap();
    let file = mover.folder().join("copy.db");
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let copy = Database::at(&format!("sqlite://{}", file.display()));
    let restored = Service::start(&copy, config(), Some(service.clock.clone())).await;
    goes_on(&ann, &restored).await;
    restored.end().await;
    service.end().await;
}

#[test]
fn what_is_not_there_is_not_copied_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/none.db", folder.path().display());
    let mover = Mover { folder, url };
    for args in [&["backup", "copy.db"][..], &["copy", "--to", "postgres://u@127.0.0.1:1/x"]] {
        let said = mover.run(args);
        assert!(said.code == 1 && said.err.contains("there is no such file"), "{}", said.err);
    }
    assert_eq!(fs::read_dir(mover.folder()).unwrap().count(), 0);
    let said = mover.run(&["copy", "--to", "mysql://u:hunter2@x/y"]);
    assert!(said.code == 1 && !said.err.contains("hunter2"), "{}", said.err);
}

#[cfg(postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_moves_to_postgresql_and_nobody_is_logged_out() {
    let (from, to) = (Database::sqlite(), Database::postgres().await);
    let service = Service::start(&from, config(), None).await;
    let ann = lived_in(&service).await;
    let gone = service.registered("gone").await;
    service
        .auth()
        .delete_user(&portcullis::flows::Operator::cli(), portcullis::flows::UserId(gone.id))
        .await
        .unwrap();
    let (mover, target) = (Mover::new(&from), to.url.clone());
    let said = tokio::task::spawn_blocking(move || {
        let said = mover.ok(&["copy", "--to", &target]);
        let again = mover.run(&["copy", "--to", &target]);
        assert!(again.code == 1 && again.err.contains("not empty"), "{}", again.err);
        let backwards = Mover { url: target.clone(), ..mover };
        let backup = backwards.run(&["backup", "copy"]);
        assert!(backup.code == 1 && backup.err.contains("pg_dump"), "{}", backup.err);
        let other_way = backwards.run(&["copy", "--to", &target]);
        assert!(other_way.code == 1 && other_way.err.contains("pg_dump"), "{}", other_way.err);
        said
    });
    let copied = said.await.unwrap().lines.remove(0);
    assert_eq!(copied["auth_users"], 1, "{copied}");
    assert_eq!(copied["auth_refresh_tokens"], 2, "{copied}");
    for table in portcullis::db::TABLES {
        assert!(copied[table.name].is_u64(), "{copied}");
    }
    let there = Service::start(&to, config(), Some(service.clock.clone())).await;
    goes_on(&ann, &there).await;
    // The id of somebody who was deleted is not given again.
    let newest = there.registered("newest").await;
    assert!(newest.id > gone.id + 1, "{}", newest.id);
    there.end().await;
    service.end().await;
    to.end().await;
}
