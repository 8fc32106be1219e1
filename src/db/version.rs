//! Whether a database is that of this version, without making it so.
use super::{Db, Result};
use sqlx::{Error, migrate::Migration};

impl Db {
    /// Whether every migration of this version has been applied. Nothing is changed, whatever database
    /// it is.
    pub async fn is_up_to_date(&self) -> Result<bool> {
        let migrator = match self {
            Db::Sqlite { .. } => sqlx::migrate!("migrations/sqlite"),
            Db::Postgres { .. } => sqlx::migrate!("migrations/postgres"),
        };
        let sql = "SELECT version FROM _auth_migrations WHERE success";
        let applied: Result<Vec<(i64,)>> = self.read().await?.fetch_all(sql, ()).await;
        let applied = match applied {
            Err(Error::Database(e)) if is_missing_table(&*e) => return Ok(false),
            applied => applied?,
        };
        let known = |m: &Migration| applied.iter().any(|(version,)| *version == m.version);
        Ok(migrator.iter().all(known))
    }
}

/// PostgreSQL has a code for it, SQLite but words.
fn is_missing_table(e: &dyn sqlx::error::DatabaseError) -> bool {
    e.code().as_deref() == Some("42P01") || e.message().starts_with("no such table")
}
