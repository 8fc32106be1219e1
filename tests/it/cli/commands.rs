//! Commands.
use super::{failed_with_one_line, migrate, result, with_input};
use crate::support::{Database, PASSWORD, program, program_with_database};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

/// Runs a command and returns its exit code, standard output and standard error.
fn run(folder: &Path, url: &str, args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = program_with_database(folder, Some(url))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read standard input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn commands(folder: &Path, url: &str) {
    let ok = |args: &[&str], stdin: &str| {
        let (code, out, err) = run(folder, url, args, stdin);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out.lines().map(|l| serde_json::from_str(l).unwrap_or(Value::Null)).collect::<Vec<Value>>()
    };
    let failed = |args: &[&str], stdin: &str, why: &str| {
        let (code, out, err) = run(folder, url, args, stdin);
        assert_eq!(code, 1, "{args:?}: {out}{err}");
        let last = err.lines().last().unwrap();
        assert!(last.starts_with("portcullis: ") && last.contains(why), "{args:?}: {err}");
        assert!(out.is_empty(), "{out}");
    };
    ok(&["migrate"], "");
    let add = [
        "user",
        "add",
        "root@example.com",
        "--username",
        "root",
        "--first-name",
        "Root",
        "--role",
        "ADMIN",
        "--superuser",
        "--confirmed",
        "--password-stdin",
    ];
    let user = &ok(&add, "correct horse battery\n")[0];
    assert_eq!(
        (&user["id"], &user["is_superuser"], &user["role"]),
        (&json!(1), &json!(true), &json!("ADMIN"))
    );
    assert_eq!((&user["is_email_confirmed"], &user["first_name"]), (&json!(true), &json!("Root")));
    failed(&add, "correct horse battery\n", "taken");
    failed(&["user", "add", "b@example.com", "--password-stdin"], "short\n", "At least 8");
    failed(&["user", "add", "no address", "--password-stdin"], "correct horse battery\n", "e-mail");
    let bob =
        &ok(&["user", "add", "bob@example.com", "--password-stdin"], "correct horse battery")[0];
    let bob = bob["id"].to_string();
    let bob = bob.as_str();
    assert_eq!(ok(&["user", "list"], "").len(), 2);
    assert_eq!(
        ok(&["user", "list", "--after", "1", "--limit", "1"], "")[0]["email"],
        "bob@example.com"
    );
    for who in [bob, "bob@example.com"] {
        assert_eq!(ok(&["user", "show", who], "")[0]["id"].to_string(), bob);
    }
    failed(&["user", "show", "nobody"], "", "no such user");
    assert_eq!(ok(&["user", "grant", bob, "EDITOR"], "")[0]["roles"], json!(["EDITOR"]));
    failed(&["user", "grant", bob, "a,b"], "", "role");
    assert_eq!(ok(&["user", "revoke", bob, "EDITOR"], "")[0]["roles"], json!([]));
    ok(&["user", "grant", bob, "EDITOR", "--end-sessions"], "");
    failed(&["user", "revoke", bob, "OTHER"], "", "no role");
    ok(&["user", "revoke", bob, "EDITOR", "--end-sessions"], "");
    ok(&["user", "passwd", bob, "--password-stdin"], "another good password\n");
    assert_eq!(ok(&["user", "disable", bob], "")[0]["is_active"], false);
    assert_eq!(ok(&["user", "enable", bob], "")[0]["is_active"], true);
    failed(&["user", "delete", bob], "", "--yes");
    ok(&["user", "delete", bob, "--yes"], "");
    failed(&["user", "disable", "root"], "", "superuser");
    failed(&["user", "delete", "root", "--yes"], "", "superuser");
    assert_eq!(ok(&["keys", "list"], "").len(), 2);
    failed(&["keys", "rotate"], "", "--force");
    ok(&["keys", "rotate", "--force"], "");
    assert_eq!(ok(&["keys", "list"], "").len(), 3);
    ok(&["mail", "test", "ann@example.com"], "");
    failed(&["mail", "test", "nonsense"], "", "e-mail");
    for wrong in [&["nonsense"][..], &["user"], &["user", "add"], &["user", "list", "--limit", "x"]]
    {
        assert_eq!(run(folder, url, wrong, "").0, 2, "{wrong:?}");
    }
    assert_eq!(run(folder, url, &["--help"], "").0, 0);
    assert_eq!(
        run(folder, url, &["--version"], "").1,
        concat!("portcullis ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

on_both_databases!(the_commands_have_their_documented_effects);
async fn the_commands_have_their_documented_effects(database: Database) {
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url.clone());
    tokio::task::spawn_blocking(move || commands(folder.path(), &url)).await.unwrap();
    database.end().await;
}

/// Every file in a folder with its contents, except the memory that SQLite's processes share.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap());
    let mut all: Vec<_> = files
        .map(|f| (f.file_name().into_string().unwrap(), fs::read(f.path()).unwrap()))
        .filter(|(name, bytes)| {
            !(name.ends_with("-shm") || name.ends_with("-wal") && bytes.is_empty())
        })
        .collect();
    all.sort();
    all
}

/// Moves SQLite's write-ahead log into the database file. A program that ends may leave that to the next one.
fn checkpoint(file: &Path) {
    use sqlx::{Connection, SqliteConnection};
    let url = format!("sqlite://{}", file.display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut db = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    });
}

/// The commands that only read.
const LOOK: [&[&str]; 4] =
    [&["user", "list"], &["user", "show", "1"], &["user", "export"], &["keys", "list"]];

#[test]
fn a_read_command_creates_and_migrates_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["user", "add", "ann@example.com", "--password-stdin"];
    let change: [&[&str]; 3] = [&add, &["user", "delete", "1", "--yes"], &["keys", "rotate"]];
    for args in LOOK.into_iter().chain(change) {
        failed_with_one_line(&result(&mut program(folder.path(), args)), "portcullis migrate");
        assert_eq!(contents(folder.path()), []);
    }
    // The file belongs to another program or to an older version.
    let file = folder.path().join("portcullis.db");
    fs::write(&file, "").unwrap();
    #[cfg(unix)]
    {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(&file, open).unwrap();
        let (code, _, err) = result(&mut program(folder.path(), &["config", "check"]));
        assert!(code == 0 && err.contains("can be accessed by others"), "{err}");
    }
    for args in LOOK.into_iter().chain(change) {
        let (code, out, err) = result(&mut program(folder.path(), args));
        assert!(code == 1 && out.is_empty() && err.lines().count() == 1, "{args:?} {out}{err}");
    }
}

#[test]
fn a_command_with_other_settings_leaves_the_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/a.db", folder.path().display());
    let run = |args: &[&str], algorithm: &str| {
        let mut command = program(folder.path(), args);
        command.env("DATABASE_URL", &url).env("PORTCULLIS_JWT__ALGORITHM", algorithm);
        result(&mut command)
    };
    assert_eq!(run(&["migrate"], "EdDSA").0, 0);
    let keys = run(&["keys", "list"], "EdDSA").1;
    assert_eq!((keys.matches("EdDSA").count(), keys.matches("current").count()), (2, 1), "{keys}");
    let settled = || {
        checkpoint(&folder.path().join("a.db"));
        contents(folder.path())
    };
    let before = settled();
    for args in [&["user", "list"][..], &["keys", "list"], &["config", "check"]] {
        assert_eq!(run(args, "ES256").0, 0);
        assert!(settled() == before, "{args:?}");
    }
    let (code, _, err) = run(&["keys", "rotate", "--force"], "ES256");
    assert!(code == 1 && err.contains("ES256"), "{err}");
    assert_eq!(run(&["keys", "list"], "ES256").1, keys);
    let rotated = run(&["keys", "rotate", "--force"], "EdDSA");
    assert_eq!((rotated.0, rotated.1.lines().count()), (0, 3), "{}", rotated.2);
}

#[test]
fn stolen_keys_are_dropped_and_the_encryption_key_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = ["the old key of 32 bytes, or more", "the new key of 32 bytes, or more"];
    let run = |args: &[&str], environment: &[(&str, &str)]| {
        result(program(folder.path(), args).envs(environment.iter().copied()))
    };
    let kids = |out: &str| -> Vec<String> {
        let kid = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["kid"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        out.lines().map(kid).collect()
    };
    assert_eq!(run(&["migrate"], &[]).0, 0);
    let first = kids(&run(&["keys", "list"], &[]).1);
    failed_with_one_line(&run(&["keys", "drop", &first[0], "none"], &[]), "none was removed");
    // A key name may begin like an option.
    failed_with_one_line(&run(&["keys", "drop", "-3Cq"], &[]), "none was removed");
    assert_eq!(kids(&run(&["keys", "list"], &[]).1), first);
    let (code, out, err) = run(&["keys", "drop", &first[0], &first[1], &first[0]], &[]);
    assert_eq!(code, 0, "{err}");
    let second = kids(&out);
    assert!(second.len() == 2 && second.iter().all(|kid| !first.contains(kid)), "{out}");
    // With an encryption key, the next start encrypts the keys that are stored unencrypted.
    let sealed = [("PORTCULLIS_ENCRYPTION_KEY", old)];
    assert_eq!(run(&["migrate"], &sealed).0, 0);
    failed_with_one_line(&run(&["keys", "list"], &[]), "encryption_key is missing");
    let other = [("PORTCULLIS_ENCRYPTION_KEY", new)];
    failed_with_one_line(&run(&["keys", "reseal"], &other), "another encryption_key");
    let file = folder.path().join("old");
    fs::write(&file, format!("{old}\n")).unwrap();
    let file = file.to_str().unwrap();
    let both = [other[0], ("PORTCULLIS_PREVIOUS_ENCRYPTION_KEY_FILE", file)];
    let (code, out, err) = run(&["keys", "reseal"], &both);
    assert_eq!((code, out.as_str()), (0, "{\"resealed\":3}\n"), "{err}");
    assert_eq!(kids(&run(&["keys", "list"], &other).1), second);
    failed_with_one_line(&run(&["keys", "list"], &sealed), "another encryption_key");
    assert_eq!(run(&["migrate"], &other).0, 0);
}

#[test]
fn a_command_names_its_user_unambiguously() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let run = |args: &[&str]| result(&mut program(folder.path(), args));
    for (name, username) in [("ann", "ann"), ("bob", "1")] {
        let email = format!("{name}@example.com");
        let add =
            ["user", "add", &email, "--username", username, "--confirmed", "--password-stdin"];
        assert_eq!(with_input(folder.path(), &add, PASSWORD.as_bytes()).0, 0);
    }
    // `1` is the id of one user and the username of another.
    failed_with_one_line(&run(&["user", "show", "1"]), "use id:1 or username:1");
    for (who, id) in [("id:1", 1), ("username:1", 2), ("2", 2), ("ann", 1), ("bob@example.com", 2)]
    {
        let (code, out, err) = run(&["user", "show", who]);
        assert!(code == 0 && out.contains(&format!("\"id\":{id},")), "{who} {out}{err}");
    }
    for who in ["id:3", "id:ann", "username:3", "3", "nobody", "id:", "x:1"] {
        failed_with_one_line(&run(&["user", "show", who]), "there is no such user");
    }
    let (code, out, err) = run(&["user", "grant-superuser", "ann"]);
    assert!(code == 0 && out.contains("\"is_superuser\":true"), "{out}{err}");
    failed_with_one_line(&run(&["user", "revoke-superuser", "ann"]), "the last superuser");
    // A superuser who cannot log in does not count.
    assert_eq!(run(&["user", "grant-superuser", "id:2"]).0, 0);
    assert_eq!(run(&["user", "disable", "id:2"]).0, 0);
    failed_with_one_line(&run(&["user", "revoke-superuser", "ann"]), "the last superuser");
    assert_eq!(run(&["user", "enable", "id:2"]).0, 0);
    let (code, out, err) = run(&["user", "revoke-superuser", "ann", "--end-sessions"]);
    assert!(code == 0 && out.contains("\"is_superuser\":false"), "{out}{err}");
}
