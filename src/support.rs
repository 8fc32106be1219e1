//! What unit tests share with each other and with the tests in `tests/it`.
#[macro_use]
#[path = "../tests/it/support/database.rs"]
mod database;
#[cfg(postgres)]
#[path = "../tests/it/support/database_proxy.rs"]
mod database_proxy;
#[cfg(postgres)]
#[path = "../tests/it/support/locks.rs"]
mod locks;
#[cfg(postgres)]
#[path = "../tests/it/support/pooler.rs"]
mod pooler;

pub use database::{Database, rows_at};
#[cfg(postgres)]
pub use database_proxy::DatabaseProxy;
#[cfg(postgres)]
pub use locks::{holder, say, until_waiting};
#[cfg(postgres)]
pub use pooler::Pooler;

/// Runs `async fn name(db: &Db)` on an empty, migrated database of each engine.
macro_rules! on_db {
    ($name:ident) => {
        on_both_databases!($name, |database| {
            let db = $crate::db::Db::open(&database.url, 8).await.unwrap();
            db.migrate().await.unwrap();
            $name(&db).await;
            db.close().await;
            database.end().await;
        });
    };
}

/// `tx!(db, |tx| call(tx))` awaits one call in a transaction of its own, and commits.
macro_rules! tx {
    ($db:expr, |$tx:ident| $work:expr) => {{
        let mut conn = $db.write().await.unwrap();
        let $tx = &mut conn;
        let done = $work.await.unwrap();
        conn.commit().await.unwrap();
        done
    }};
}
