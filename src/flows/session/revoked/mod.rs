//! Sessions that ended while one of their access tokens may still be valid. This set makes a logout
//! take effect on every replica without a database read when a token is verified.
//!
//! Each replica keeps the set in memory. It reads the table at start, when the database sends a
//! notification (if the engine has them), and twice a second in any case. It reads only new rows:
//! the rows are numbered, and each reader remembers how far it has read. PostgreSQL assigns numbers
//! in one order and commits in another, so a reader looks for skipped numbers again until all
//! transactions that could have taken them have ended.
//!
//! The wall clock removes no entry: an entry stays for as long as its token could live by the
//! monotonic clock, and after a step of the wall clock everything is read again.
pub mod gaps;
pub mod set;
#[cfg(test)]
mod tests;

use crate::{
    db::Db,
    flows::Result,
    store::revocations::{self, Entry, Revocation},
    time::{Clock, Timestamp},
};
use gaps::Gaps;
use set::Set;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How many rows are read at once.
const BATCH: u16 = 2_000;
/// How much longer than necessary an entry is kept.
const SLACK: Duration = Duration::from_mins(1);
/// The longest lifetime of an access token.
const LONGEST: Duration = Duration::from_hours(24 * 31);
/// Ids that were skipped below a row older than this will never be committed.
const OPEN: Duration = Duration::from_mins(10);
/// How much the clock may gain or lose between two polls without counting as set.
const STEP: Duration = Duration::from_secs(1);

/// The set of ended sessions. Clones share it.
#[derive(Clone, Default)]
pub struct RevokedSessions(Arc<Inner>);

#[derive(Default)]
struct Inner {
    set: Set,
    /// Locked while the database is read.
    reader: Mutex<Reader>,
}

/// How far the table has been read.
#[derive(Default)]
struct Reader {
    /// The highest id that was read.
    last: i64,
    gaps: Gaps,
    /// By how many microseconds the clock was ahead of a monotonic one at the last read.
    ahead: Option<i64>,
}

impl Reader {
    /// Starts over if the clock has been set since the last read.
    fn reset_after_step(&mut self, ahead: i64) {
        let gained = self.ahead.map_or(0, |before| ahead.abs_diff(before));
        self.ahead = Some(ahead);
        if Duration::from_micros(gained) > STEP {
            (self.last, self.gaps) = (0, Gaps::default());
        }
    }

    /// Records the next row in the order of ids, and the ids that were skipped before it.
    fn advance_to(&mut self, row: &Entry, now: Timestamp) {
        if row.id > self.last + 1 && row.ended_at.plus(OPEN) > now {
            self.gaps.open(self.last + 1, row.id - 1, Instant::now());
        }
        self.last = row.id;
    }
}

impl RevokedSessions {
    /// Whether the access tokens of `session` are revoked.
    pub fn contains(&self, session: Uuid) -> bool {
        self.0.set.contains(session)
    }

    /// Adds the sessions that this process has ended. Call it after the commit.
    pub fn add(&self, ended: &[Revocation]) {
        for r in ended {
            self.0.set.insert(r.session_id.0, time_to_keep(r.ended_at, r.expires_at, r.ended_at));
        }
    }

    /// Reads which sessions other processes ended. Returns the number of rows it read.
    pub async fn catch_up(&self, db: &Db, clock: &Clock) -> Result<usize> {
        let mut reader = self.0.reader.lock().await;
        // Read after the lock, so that time spent waiting does not count as a step of the clock.
        let now = clock.now();
        reader.reset_after_step(clock.ahead());
        let horizon =
            if reader.gaps.is_empty() { None } else { Some(db.read().await?.horizon().await?) };
        let mut count = 0;
        loop {
            let rows = revocations::after(&mut db.read().await?, reader.last, BATCH.into()).await?;
            for row in &rows {
                reader.advance_to(row, now);
                self.keep(row, now);
            }
            count += rows.len();
            if rows.len() < usize::from(BATCH) {
                break;
            }
        }
        if let Some(horizon) = horizon {
            count += self.fill(db, &mut reader.gaps, now).await?;
            reader.gaps.prune(horizon, Instant::now());
        }
        self.0.set.forget_some();
        Ok(count)
    }

    /// Reads the rows that were skipped and have been committed since.
    async fn fill(&self, db: &Db, gaps: &mut Gaps, now: Timestamp) -> Result<usize> {
        let mut count = 0;
        loop {
            let mut more = false;
            for ranges in gaps.ranges().chunks(revocations::RANGES) {
                let rows = revocations::within(&mut db.read().await?, ranges, BATCH.into()).await?;
                for row in &rows {
                    gaps.close(row.id);
                    self.keep(row, now);
                }
                count += rows.len();
                more |= rows.len() == usize::from(BATCH);
            }
            if !more {
                return Ok(count);
            }
        }
    }

    fn keep(&self, row: &Entry, now: Timestamp) {
        if row.expires_at.plus(SLACK) > now {
            self.0.set.insert(row.session_id.0, time_to_keep(row.ended_at, row.expires_at, now));
        }
    }
}

/// How long to keep an ended session, whichever clock is right: the one that set `ended_at` or the
/// one that says `now`.
fn time_to_keep(ended_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> Duration {
    ended_at.until(expires_at).max(now.until(expires_at)).min(LONGEST) + SLACK
}
