//! Backups, and the move from SQLite to PostgreSQL.
use super::Mover;
#[cfg(postgres)]
use crate::support::rows_at;
use crate::support::{Database, Person, Service, config};
use rocket::http::Method;
use serde_json::json;
use std::fs;

/// A user with rotated tokens, a role, a mail, and a name with characters that are hard to encode.
async fn lived_in(service: &Service) -> Person<'_> {
    let ann = service.user("ann").await;
    service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .grant(portcullis::flows::UserId(ann.id), "ADMIN", false)
        .await
        .unwrap();
    ann.refresh().await.expect(200);
    let name = json!({ "first_name": "Ä \"n\\u0020n' {}$1, ☃" });
    ann.json(Method::Patch, "/auth/me", name).await.expect(200);
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    ann
}

/// Checks that a user who is logged in at the old service stays logged in at the new one.
async fn goes_on(ann: &Person<'_>, service: &Service) {
    let there = ann.at(service);
    let me = there.get("/auth/me").await.expect(200).clone();
    assert_eq!(me, *ann.get("/auth/me").await.expect(200));
    there.forget_access();
    there.refresh().await.expect(200);
    let next = service.registered("next").await;
    assert!(next.id > ann.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_service_is_complete() {
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = lived_in(&service).await;
    let mover = Mover::new(&database);
    let mover = tokio::task::spawn_blocking(move || {
        assert_eq!(mover.ok(&["backup", "copy.db"]).out, "");
        let again = mover.run(&["backup", "copy.db"]);
        assert!(again.code == 1 && again.err.contains("already exists"), "{}", again.err);
        // A killed backup leaves this file behind.
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
fn a_missing_database_is_neither_copied_nor_created() {
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
        .admin(&portcullis::flows::Operator::cli())
        .delete_user(portcullis::flows::UserId(gone.id))
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
    let tables = "SELECT name FROM pragma_table_list WHERE name LIKE 'auth_%'";
    for table in rows_at(&from.url, tables).await {
        assert!(copied[&table].is_u64(), "{table}: {copied}");
    }
    let there = Service::start(&to, config(), Some(service.clock.clone())).await;
    goes_on(&ann, &there).await;
    // The id of a deleted user is not used again.
    let newest = there.registered("newest").await;
    assert!(newest.id > gone.id + 1, "{}", newest.id);
    there.end().await;
    service.end().await;
    to.end().await;
}
