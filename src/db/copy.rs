//! Copies everything from SQLite to PostgreSQL in one transaction. Ids, sessions and keys stay the same.
//!
//! Rows are passed as JSON, and PostgreSQL converts the values to the types of its columns. So no column is
//! named here, and a new one cannot be forgotten.
use super::{Db, Result};
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::{Column, PgConnection, Row, TypeInfo, ValueRef, sqlite::SqliteRow};
use std::collections::HashSet;

const BATCH: usize = 500;

const WITHOUT_LIMITS: &str = "SET LOCAL statement_timeout = 0;
                              SET LOCAL idle_in_transaction_session_timeout = 0";

/// A table and its statements.
pub struct Table {
    pub name: &'static str,
    any: &'static str,
    read: &'static str,
    write: &'static str,
}

macro_rules! tables {
    ($($name:literal)*) => { [$(Table {
        name: $name,
        any: concat!("SELECT EXISTS (SELECT 1 FROM ", $name, ")"),
        read: concat!("SELECT * FROM ", $name),
        write: concat!("INSERT INTO ", $name, "
                        SELECT * FROM json_populate_recordset(NULL::", $name, ", $1::json)"),
    }),*] };
}

/// Every table, after those that it references.
pub const TABLES: [Table; 20] = tables! {
    "auth_users" "auth_user_roles" "auth_sessions" "auth_refresh_tokens" "auth_revocations"
    "auth_legacy_tokens" "auth_invitations" "auth_invitation_tokens" "auth_settings"
    "auth_setup_tokens" "auth_mail_tokens" "auth_outbox" "auth_keys" "auth_secrets" "auth_audit"
    "auth_hash_kinds" "auth_attempts" "auth_totp" "auth_recovery_codes" "auth_login_challenges"
};

/// The outcome of a copy.
#[derive(Debug, PartialEq, Eq)]
pub enum Copied {
    /// The number of copied rows of each table.
    Rows(Vec<(&'static str, u64)>),
    /// This table of the target is not empty. Nothing was copied.
    NotEmpty(&'static str),
    /// Only SQLite can be copied, and only to PostgreSQL.
    OtherEngine,
}

impl Db {
    /// Copies everything to `target`. Both must have every migration. Locks this database against writes.
    pub async fn copy(&self, target: &Self) -> Result<Copied> {
        let (Self::Sqlite { write, .. }, Self::Postgres { pool: target, .. }) = (self, target)
        else {
            return Ok(Copied::OtherEngine);
        };
        // Not on a `Conn`, which has a time limit.
        let mut from = write.begin_with("BEGIN IMMEDIATE").await?;
        let mut to = target.begin().await?;
        sqlx::raw_sql(WITHOUT_LIMITS).execute(&mut *to).await?;
        for table in &TABLES {
            if sqlx::query_scalar(table.any).fetch_one(&mut *to).await? {
                return Ok(Copied::NotEmpty(table.name));
            }
        }
        let uuids = uuid_columns(&mut to).await?;
        let mut copied = Vec::new();
        for table in &TABLES {
            let rows = sqlx::query(table.read).fetch(&mut *from).try_chunks(BATCH);
            let mut count = 0;
            let mut rows = std::pin::pin!(rows);
            while let Some(rows) = rows.try_next().await.map_err(|e| e.1)? {
                let json = rows.iter().map(|row| json(row, table.name, &uuids));
                let json = Value::Array(json.collect::<Result<_>>()?).to_string();
                count +=
                    sqlx::query(table.write).bind(json).execute(&mut *to).await?.rows_affected();
            }
            copied.push((table.name, count));
        }
        let sql = "SELECT name, seq FROM sqlite_sequence WHERE seq > 0";
        let ids: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut *from).await?;
        for (table, last) in ids.iter().filter(|(name, _)| TABLES.iter().any(|t| t.name == name)) {
            let set = sqlx::query("SELECT setval(pg_get_serial_sequence($1, 'id'), $2)");
            set.bind(table).bind(last).execute(&mut *to).await?;
        }
        to.commit().await?;
        Ok(Copied::Rows(copied))
    }
}

/// The columns that hold UUIDs, as `TABLE.COLUMN`. SQLite has bytes only.
async fn uuid_columns(db: &mut PgConnection) -> Result<HashSet<String>> {
    let sql = "SELECT CAST(table_name || '.' || column_name AS TEXT)
               FROM information_schema.columns
               WHERE table_schema = current_schema() AND data_type = 'uuid'";
    Ok(sqlx::query_scalar(sql).fetch_all(db).await?.into_iter().collect())
}

fn json(row: &SqliteRow, table: &str, uuids: &HashSet<String>) -> Result<Value> {
    let mut object = Map::new();
    for column in row.columns() {
        let (name, at) = (column.name(), column.ordinal());
        let raw = row.try_get_raw(at)?;
        let value = match raw.type_info().name() {
            _ if raw.is_null() => Value::Null,
            "INTEGER" => Value::from(row.try_get::<i64, _>(at)?),
            "BLOB" => {
                let mark = if uuids.contains(&format!("{table}.{name}")) { "" } else { "\\x" };
                Value::from(format!("{mark}{}", hex::encode(row.try_get::<&[u8], _>(at)?)))
            }
            _ => Value::from(row.try_get::<String, _>(at)?),
        };
        object.insert(name.to_owned(), value);
    }
    Ok(Value::Object(object))
}
