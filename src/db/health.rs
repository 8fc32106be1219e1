//! Whether the database can be written and is whole, as the last work with it has shown.
use super::{Db, Result, outages::Outages};
use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Mutex;

/// Some pages of any engine, so that a full disk is noticed.
const PROBE: [u8; 16 * 1024] = [0; 16 * 1024];

/// Shared by all handles to one database.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The last write failed.
    unwritable: AtomicBool,
    /// The file is damaged; that does not heal.
    damaged: AtomicBool,
    outages: Outages,
    probing: Mutex<()>,
}

impl Health {
    /// Notes that a transaction could not begin.
    pub(crate) fn not_begun(&self, e: &sqlx::Error) {
        self.see(e);
        self.0.unwritable.store(true, Ordering::SeqCst);
    }

    pub(crate) fn committed(&self, outcome: &Result<()>) {
        if let Err(e) = outcome {
            self.see(e);
        }
        self.0.unwritable.store(outcome.is_err(), Ordering::SeqCst);
    }

    /// Notes what an error of a statement tells of the database.
    pub(crate) fn see(&self, e: &sqlx::Error) {
        let Some(code) = code(e) else { return };
        if is_damage(&code) && !self.0.damaged.swap(true, Ordering::SeqCst) {
            tracing::error!(error = %e, "the database file is damaged: restore a backup");
        }
        if is_storage(&code) {
            self.0.unwritable.store(true, Ordering::SeqCst);
        }
    }

    pub(crate) fn outages(&self) -> &Outages {
        &self.0.outages
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.0.damaged.load(Ordering::SeqCst)
    }
}

impl Db {
    /// Whether a write that takes some space succeeds, if the last one did not.
    pub(crate) async fn is_writable(&self) -> Result<bool> {
        let health = self.health();
        if !health.0.unwritable.load(Ordering::SeqCst) {
            return Ok(true);
        }
        // One asks for all.
        let Ok(_one) = health.0.probing.try_lock() else { return Ok(false) };
        let mut db = self.write().await?;
        db.execute(
            "INSERT INTO auth_secrets (purpose, secret) VALUES ('probe', $1)
             ON CONFLICT DO NOTHING",
            [&PROBE[..]],
        )
        .await?;
        db.execute("DELETE FROM auth_secrets WHERE purpose = 'probe'", ()).await?;
        db.commit().await?;
        Ok(true)
    }
}

/// The code of an error that the database gave: five characters of PostgreSQL, or SQLite's number.
pub(crate) fn code(e: &sqlx::Error) -> Option<Cow<'_, str>> {
    e.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// SQLite's primary result code (<https://www.sqlite.org/rescode.html>).
pub(crate) fn primary(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

/// SQLite: corrupt, not a database.
fn is_damage(code: &str) -> bool {
    matches!(primary(code), Some(11 | 26))
}

/// SQLite: read-only, I/O, corrupt, full, cannot open, not a database. PostgreSQL: read-only (25006),
/// disk full (53100), I/O error (58030).
fn is_storage(code: &str) -> bool {
    matches!(primary(code), Some(8 | 10 | 11 | 13 | 14 | 26))
        || ["25006", "53100", "58030"].contains(&code)
}
