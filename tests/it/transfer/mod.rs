//! Importing, exporting and copying users and databases on the command line.

/// Runs `fn name(mover: &Mover)`, which blocks, on both engines.
macro_rules! on_both_by_command {
    ($name:ident) => {
        on_both_databases!($name, |database| {
            let mover = Mover::new(&database);
            mover.ok(&["migrate"]);
            tokio::task::spawn_blocking(move || $name(&mover)).await.unwrap();
            database.end().await;
        });
    };
}

mod backup;
mod django;
mod import;

use crate::support::Database;
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A database and a folder for files.
struct Mover {
    folder: TempDir,
    url: String,
}

/// The exit code and output of a command.
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

    /// Imports a file with this text.
    fn import(&self, text: &str, options: &[&str]) -> Said {
        fs::write(self.folder().join("users"), text).unwrap();
        self.run(&[&["user", "import", "users"], options].concat())
    }

    fn users(&self) -> Vec<Value> {
        self.ok(&["user", "export"]).lines
    }
}

/// Django's hash of "päss wörd".
const PBKDF2: &str =
    "pbkdf2_sha256$2000$0fGKZXP9DN3iZPcJ7QkS1f$uI7Di9kA4F0YFF/mgcGOdmLQdagAwb6LNd5T47FKjDI=";

/// Users and groups as `dumpdata` writes them.
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

/// A user as the export writes them.
fn exported(id: i64, name: &str) -> Value {
    json!({
        "id": id, "email": format!("{name}@example.com"), "username": name, "first_name": "Ann Ä",
        "is_email_confirmed": true, "is_active": true, "role": "ADMIN", "roles": ["EDITOR", "ADMIN"],
        "is_superuser": false, "language": "ru", "notify_new_devices": true, "created_at": "2020-02-29T12:00:00.123456Z",
        "email_confirmed_at": "2020-03-01T00:00:00Z", "last_login_at": null, "password_hash": PBKDF2,
    })
}

fn lines(rows: impl IntoIterator<Item = impl ToString>) -> String {
    rows.into_iter().map(|row| row.to_string()).collect::<Vec<_>>().join(
        "
",
    )
}
