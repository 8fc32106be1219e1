//! Whether a database has every migration of this version.
use super::{Db, Result};
use sqlx::migrate::Migration;

impl Db {
    /// Whether every migration of this version has been applied. Changes nothing, even if the database
    /// belongs to another program.
    pub async fn is_up_to_date(&self) -> Result<bool> {
        let migrator = match self {
            Db::Sqlite { .. } => sqlx::migrate!("migrations/sqlite"),
            Db::Postgres { .. } => sqlx::migrate!("migrations/postgres"),
        };
        let sql = "SELECT version FROM _auth_migrations WHERE success";
        let applied: Result<Vec<(i64,)>> = self.read().await?.fetch_all(sql, ()).await;
        let applied = match applied {
            Err(e) if e.is_missing_table() => return Ok(false),
            applied => applied?,
        };
        let known = |m: &Migration| applied.iter().any(|(version,)| *version == m.version);
        Ok(migrator.iter().all(known))
    }
}
