//! Measures how long the import of 100,000 users takes: `cargo bench --bench import` imports into a new
//! SQLite file. With `DATABASE_URL=postgres://…` it imports into that database, which must be empty.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use portcullis::flows::{Dump, Import, Source};
use serde_json::json;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

const USERS: u64 = 100_000;
const AT_MOST: Duration = Duration::from_secs(30);

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.json");
    write(&file).unwrap();
    let url = format!("sqlite://{}/auth.db", folder.path().display());
    let figment = portcullis::figment().merge(("databases.portcullis.url", url));
    rocket::async_main(async {
        let auth = portcullis::open(figment).await.unwrap();
        let start = Instant::now();
        let dump = Dump { model: "auth.user".to_owned(), ..Dump::default() };
        let source = Source::open(file, dump).unwrap();
        let mut added = 0;
        let count = |outcome: portcullis::flows::Outcome| added += u64::from(outcome.added.is_ok());
        auth.admin(&portcullis::flows::Operator::cli())
            .import(&source, Import::default(), count)
            .await
            .unwrap();
        let took = start.elapsed();
        assert_eq!(added, USERS);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = USERS as f64 / took.as_secs_f64();
        println!("{USERS} users in {:.1} s, {rate:.0} a second", took.as_secs_f64());
        assert!(took < AT_MOST, "that should take less than {AT_MOST:?}");
    });
}

/// Writes a Django dump in which each user has two groups.
fn write(file: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    let group = |pk: u64, name: &str| json!({ "model": "auth.group", "pk": pk, "fields": { "name": name, "permissions": [] } });
    write!(out, "[{}, {}", group(1, "EDITOR"), group(2, "ADMIN"))?;
    for pk in 1..=USERS {
        let user = json!({ "model": "auth.user", "pk": pk, "fields": {
            "password": "pbkdf2_sha256$1000000$0fGKZXP9DN3iZPcJ7QkS1f$uI7Di9kA4F0YFF/mgcGOdmLQdagAwb6LNd5T47FKjDI=",
            "last_login": "2026-01-02T03:04:05.678Z", "is_superuser": false, "username": format!("user {pk}"),
            "first_name": "Ann", "last_name": "Lee", "email": format!("user{pk}@example.com"),
            "is_staff": false, "is_active": true, "date_joined": "2020-01-01T00:00:00Z",
            "groups": [1, 2], "user_permissions": [],
        } });
        write!(out, ",\n{user}")?;
    }
    writeln!(out, "]")?;
    out.flush()
}
