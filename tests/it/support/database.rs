//! A database for one test, on either engine; unit tests share this file.

/// `on_both_databases!(name)` runs `async fn name(database: Database)` on an empty database of each engine.
/// With `|database| { .. }`, it runs that block, which calls `name`.
macro_rules! on_both_databases {
    ($name:ident) => {
        on_both_databases!($name, |database| {
            $name(database).await;
        });
    };
    ($name:ident, |$database:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run($database: $crate::support::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run($crate::support::Database::sqlite()).await;
            }

            #[cfg(postgres)]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run($crate::support::Database::postgres().await).await;
            }
        }
    };
}

/// The database of one test.
pub struct Database {
    pub url: String,
    pub(super) folder: Option<tempfile::TempDir>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/auth.db", folder.path().display());
        Self { url, folder: Some(folder) }
    }

    /// A new database in the server that `scripts/test` started.
    #[cfg(postgres)]
    #[expect(clippy::disallowed_methods, reason = "how scripts/test tells where the server is")]
    pub async fn postgres() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_POSTGRES").expect("scripts/test sets it");
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        admin(&server, format!("CREATE DATABASE {name}")).await;
        Self { url: format!("{server}/{name}"), folder: None }
    }

    pub async fn end(self) {
        if self.folder.is_none() {
            let (server, name) = self.url.rsplit_once('/').unwrap();
            admin(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn admin(server: &str, sql: String) {
    use sqlx::Connection;
    let mut db = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// The first column of a query, which is text, on the database at `url`.
pub async fn rows_at(url: &str, sql: &str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let db = sqlx::SqlitePool::connect(url).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        db.close().await;
        rows.into_iter().map(|(first,)| first).collect()
    } else {
        let db = sqlx::PgPool::connect(url).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        db.close().await;
        rows.into_iter().map(|(first,)| first).collect()
    }
}
