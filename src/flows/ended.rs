//! Sessions that have ended while an access token of theirs may still be out: what makes a logout
//! take effect on every replica without a database read when a token is verified.
//!
//! Each replica holds the set in memory. It is filled at start, told by the database's
//! notifications where there are such, and polled twice a second in any case.
use super::Result;
use crate::{
    store::{
        Db,
        revocations::{self, Revocation},
    },
    time::Timestamp,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use uuid::Uuid;

/// Revocations are stamped before they are committed, by clocks that may differ: each poll looks back
/// this far.
const OVERLAP: Duration = Duration::from_mins(1);

#[derive(Clone, Default)]
pub struct EndedSessions(Arc<RwLock<State>>);

#[derive(Default)]
struct State {
    /// Until when each may matter.
    sessions: HashMap<Uuid, Timestamp>,
    /// Up to when the database has been read; `None` before the first time.
    read: Option<Timestamp>,
}

impl EndedSessions {
    pub fn contains(&self, session: Uuid) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).sessions.contains_key(&session)
    }

    /// Adds what this process has just ended and committed.
    pub fn add(&self, ended: &[Revocation]) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.sessions.extend(ended.iter().map(|r| (r.session_id.0, r.expires_at)));
    }

    /// Reads what others have ended, and forgets what has expired.
    pub async fn catch_up(&self, db: &Db, now: Timestamp) -> Result<()> {
        let read = self.0.read().unwrap_or_else(PoisonError::into_inner).read;
        let since = read.map_or(Timestamp::from_micros(0), |t| t.minus(OVERLAP));
        let news = revocations::since(&mut db.read().await?, since, now).await?;
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.sessions.retain(|_, expires_at| *expires_at > now);
        state.sessions.extend(news.iter().map(|r| (r.session_id.0, r.expires_at)));
        state.read = Some(now);
        Ok(())
    }
}
