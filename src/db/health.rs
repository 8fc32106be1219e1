//! [`Health`]: whether the database takes writes and its file is intact, as recent work has shown.
use super::{
    error::{code, primary},
    outages::Outages,
};
use sqlx::Result;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::{Mutex, MutexGuard};

/// Shared by all handles to one database.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The last write failed.
    unwritable: AtomicBool,
    /// The file is damaged. This never becomes false again.
    damaged: AtomicBool,
    outages: Outages,
    probing: Mutex<()>,
}

impl Health {
    /// Records that a transaction could not begin.
    pub(crate) fn begin_failed(&self, e: &sqlx::Error) {
        self.see(e);
        self.0.unwritable.store(true, Ordering::SeqCst);
    }

    pub(crate) fn committed(&self, outcome: &Result<()>) {
        if let Err(e) = outcome {
            self.see(e);
        }
        self.0.unwritable.store(outcome.is_err(), Ordering::SeqCst);
    }

    /// Records what the error of a statement shows about the database.
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

    /// Whether the last write failed.
    pub(crate) fn is_unwritable(&self) -> bool {
        self.0.unwritable.load(Ordering::SeqCst)
    }

    /// The right to probe the database with a write; `None` while another task probes it.
    pub(crate) fn probe_turn(&self) -> Option<MutexGuard<'_, ()>> {
        self.0.probing.try_lock().ok()
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.0.damaged.load(Ordering::SeqCst)
    }
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
