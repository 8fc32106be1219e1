//! The SQLite file: its permissions, its syncs, and a disk that is full or broken.
use crate::{
    db::Db,
    store::{
        fixtures::{migrated, named},
        secrets,
        users::{self, UserId},
    },
    support::{Database, rows_at},
};
use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_commit_is_synced_and_commits_share_a_sync() {
    let database = Database::sqlite();
    let db = &Db::open(&database.url, 8).await.unwrap();
    db.migrate().await.unwrap();
    let Db::Sqlite { sync, .. } = db else { unreachable!() };
    let commit = async |n: usize| {
        let email = format!("{n}@example.com");
        tx!(db, |tx| users::insert(tx, &named(&email, None)));
    };
    let before = sync.syncs();
    for n in 0..16 {
        commit(n).await;
        assert_eq!(sync.syncs(), before + n as u64 + 1);
    }
    let before = sync.syncs();
    join_all((100..164).map(commit)).await;
    assert!((1..=64).contains(&(sync.syncs() - before)));
    // Reading needs no sync.
    let before = sync.syncs();
    users::page(&mut db.read().await.unwrap(), UserId(0), 9).await.unwrap();
    assert_eq!(sync.syncs(), before);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    let db = Db::open(&database.url, 2).await.unwrap();
    db.migrate().await.unwrap();
    let path = database.url.trim_start_matches("sqlite://");
    for file in [path.to_owned(), format!("{path}-wal"), format!("{path}-shm")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

const SOON: Duration = Duration::from_secs(3);

fn path(database: &Database) -> PathBuf {
    PathBuf::from(database.url.trim_start_matches("sqlite://"))
}

/// Writes a megabyte, which fails, and returns the error code.
async fn write_much(db: &Db) -> Option<String> {
    let mut tx = db.write().await.unwrap();
    let e = secrets::get_or_insert(&mut tx, "much", &vec![7; 1 << 20]).await.unwrap_err();
    // Later statements would not be part of the transaction.
    assert!(secrets::get_or_insert(&mut tx, "little", b"x").await.is_err());
    assert!(tx.commit().await.is_err());
    e.code().map(Into::into)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_reported_and_writes_resume_once_there_is_room() {
    let database = Database::sqlite();
    let db = migrated(&database).await;
    let Db::Sqlite { write, .. } = &db else { unreachable!() };
    let roomy: SqliteConnectOptions = (*write.connect_options()).clone();
    let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(write).await.unwrap();
    write.set_connect_options(roomy.clone().pragma("max_page_count", pages.to_string()));
    write.acquire().await.unwrap().close().await.unwrap();
    for _ in 0..2 {
        assert_eq!(write_much(&db).await.as_deref(), Some("13"));
        assert!(!db.ready().await.unwrap_or_default());
    }
    let sql = "INSERT INTO auth_secrets (purpose, secret) VALUES ($1, $2)";
    let mut conn = db.read().await.unwrap();
    assert!(conn.execute(sql, ("a", b"x".as_slice())).await.is_ok());
    drop(conn);
    write.set_connect_options(roomy);
    assert!(db.ready().await.unwrap());
    let mut tx = db.write().await.unwrap();
    secrets::get_or_insert(&mut tx, "much", &vec![7; 1 << 20]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        rows_at(&database.url, "SELECT purpose FROM auth_secrets ORDER BY 1").await,
        ["a", "much"]
    );
}

#[tokio::test]
async fn writes_resume_after_the_log_could_not_be_opened() {
    let database = Database::sqlite();
    let db = migrated(&database).await;
    let wal = path(&database).with_extension("db-wal");
    let aside = wal.with_extension("aside");
    let write = async || {
        let mut tx = db.write().await.unwrap();
        users::lock(&mut tx, users::UserId(1)).await.unwrap();
        secrets::get_or_insert(&mut tx, "a", b"x").await.unwrap();
        tx.commit().await
    };
    write().await.unwrap();
    fs::rename(&wal, &aside).unwrap();
    write().await.unwrap_err();
    assert!(!db.ready().await.unwrap_or_default() && !db.is_lost());
    fs::rename(&aside, &wal).unwrap();
    assert!(db.ready().await.unwrap());
    write().await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_disk_blocks_a_request_no_longer_than_its_deadline() {
    let database = Database::sqlite();
    let db = migrated(&database).await;
    let wal = path(&database).with_extension("db-wal");
    fs::rename(&wal, wal.with_extension("aside")).unwrap();
    // Opening a FIFO blocks until another process opens it for writing.
    assert!(std::process::Command::new("mkfifo").arg(&wal).status().unwrap().success());
    for _ in 0..2 {
        let since = Instant::now();
        let mut tx = db.write().await.unwrap();
        secrets::get_or_insert(&mut tx, "a", b"x").await.unwrap();
        tx.commit().await.unwrap_err();
        assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    }
    drop(File::options().write(true).open(&wal).unwrap());
}

#[tokio::test]
async fn a_damaged_database_is_not_mistaken_for_a_new_one() {
    let database = Database::sqlite();
    let file = path(&database);
    migrated(&database).await.close().await;
    let refused = async |why: &str| {
        let e = Db::open(&database.url, 1).await.unwrap_err().to_string();
        assert!(e.contains(why) && e.contains(file.to_str().unwrap()), "{e}");
    };
    File::create(&file).unwrap();
    refused("the file is empty").await;
    assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    fs::remove_file(&file).unwrap();
    fs::write(file.with_extension("db-wal"), "frames").unwrap();
    refused("no database").await;
    assert!(!file.exists());
    fs::remove_file(file.with_extension("db-wal")).unwrap();
    migrated(&database).await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_later_damage_is_reported() {
    let database = Database::sqlite();
    let db = migrated(&database).await;
    let Db::Sqlite { write, .. } = &db else { unreachable!() };
    let (page, size): (i64, i64) = sqlx::query_as(
        "SELECT rootpage, (SELECT page_size FROM pragma_page_size)
         FROM sqlite_schema WHERE name = 'auth_users'",
    )
    .fetch_one(write)
    .await
    .unwrap();
    db.close().await;
    let mut file = File::options().write(true).open(path(&database)).unwrap();
    file.seek(SeekFrom::Start(u64::try_from((page - 1) * size).unwrap())).unwrap();
    file.write_all(&[0xff; 512]).unwrap();
    let db = Db::open(&database.url, 2).await.unwrap();
    assert!(db.ready().await.unwrap());
    let mut conn = db.read().await.unwrap();
    users::by_id(&mut conn, users::UserId(1)).await.unwrap_err();
    assert!(!db.ready().await.unwrap());
    let e = db.migrate().await.unwrap_err().to_string();
    assert!(e.contains("damaged") && e.contains(path(&database).to_str().unwrap()), "{e}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let database = Database::sqlite();
    let text = "restore me\n".repeat(1000);
    fs::write(path(&database), &text).unwrap();
    let e = Db::open(&database.url, 2).await.unwrap_err().to_string();
    for what in [path(&database).to_str().unwrap(), "damaged", "restore a backup"] {
        assert!(e.contains(what), "{what} in {e}");
    }
    assert_eq!(fs::read_to_string(path(&database)).unwrap(), text);
}

#[tokio::test]
async fn a_read_only_database_is_refused_at_the_start() {
    let database = Database::sqlite();
    migrated(&database).await.close().await;
    let db = Db::open(&format!("{}?mode=ro", database.url), 2).await.unwrap();
    let e = db.migrate().await.unwrap_err().to_string();
    for what in [path(&database).to_str().unwrap(), "readonly", "writable"] {
        assert!(e.contains(what), "{what} in {e}");
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_never_appears_empty() {
    for _ in 0..8 {
        let database = Database::sqlite();
        let file = path(&database);
        let seen = std::thread::spawn({
            let file = file.clone();
            move || loop {
                if let Ok(found) = fs::metadata(&file) {
                    return found.len();
                }
                std::thread::yield_now();
            }
        });
        let (one, other) = tokio::join!(Db::open(&database.url, 2), Db::open(&database.url, 2));
        assert!(seen.join().unwrap() > 0);
        one.unwrap().close().await;
        other.unwrap().close().await;
        let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
