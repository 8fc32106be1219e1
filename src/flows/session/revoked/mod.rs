//! Sessions that have ended while an access token of theirs may still be out: what makes a logout
//! take effect on every replica without a database read when a token is verified.
//!
//! Each replica holds the set in memory. It is filled at start, told by the database's notifications
//! where there are such, and polled twice a second in any case. What is read is only what is new: the
//! rows are numbered, and each reader knows how far it has come. PostgreSQL gives out numbers in one
//! order and commits in another, so numbers that were skipped are asked for again until all
//! transactions that could have taken them have ended.
//!
//! Nothing is forgotten by the wall clock: an entry is kept for as long as its token could live, by the
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
/// By how much longer than it must an entry is kept.
const SLACK: Duration = Duration::from_mins(1);
/// No access token lives longer.
const LONGEST: Duration = Duration::from_hours(24 * 31);
/// Whatever was skipped below a row that is older than this will not come any more.
const OPEN: Duration = Duration::from_mins(10);
/// What the clock may gain or lose between two polls without having been set.
const STEP: Duration = Duration::from_secs(1);

/// The set of ended sessions; its clones are the same set.
#[derive(Clone, Default)]
pub struct RevokedSessions(Arc<Inner>);

#[derive(Default)]
struct Inner {
    set: Set,
    /// Held while the database is read.
    reader: Mutex<Reader>,
}

/// How far the table has been read.
#[derive(Default)]
struct Reader {
    /// The highest id that was seen.
    last: i64,
    gaps: Gaps,
    /// By how many microseconds the clock was ahead of a monotonic one.
    ahead: Option<i64>,
}

impl Reader {
    /// Starts over if the clock has been set since the last time.
    fn mind_steps(&mut self, ahead: i64) {
        let gained = self.ahead.map_or(0, |before| ahead.abs_diff(before));
        self.ahead = Some(ahead);
        if Duration::from_micros(gained) > STEP {
            (self.last, self.gaps) = (0, Gaps::default());
        }
    }

    /// Takes note of the next row in the order of ids.
    fn come_to(&mut self, row: &Entry, now: Timestamp) {
        if row.id > self.last + 1 && row.ended_at.plus(OPEN) > now {
            self.gaps.open(self.last + 1, row.id - 1, Instant::now());
        }
        self.last = row.id;
    }
}

impl RevokedSessions {
    /// Whether an access token of `session` is dead.
    pub fn contains(&self, session: Uuid) -> bool {
        self.0.set.contains(session)
    }

    /// Adds what this process has just ended and committed.
    pub fn add(&self, ended: &[Revocation]) {
        for r in ended {
            self.0.set.insert(r.session_id.0, time_to_keep(r.ended_at, r.expires_at, r.ended_at));
        }
    }

    /// Reads what others have ended, and gives how many rows it read.
    pub async fn catch_up(&self, db: &Db, clock: &Clock) -> Result<usize> {
        let mut reader = self.0.reader.lock().await;
        // Looked at once it is this one's turn: time spent waiting is no step.
        let now = clock.now();
        reader.mind_steps(clock.ahead());
        let horizon =
            if reader.gaps.is_empty() { None } else { Some(db.read().await?.horizon().await?) };
        let mut count = 0;
        loop {
            let rows = revocations::after(&mut db.read().await?, reader.last, BATCH.into()).await?;
            for row in &rows {
                reader.come_to(row, now);
                self.keep(row, now);
            }
            count += rows.len();
            if rows.len() < usize::from(BATCH) {
                break;
            }
        }
        if let Some(horizon) = horizon {
            count += self.fill(db, &mut reader.gaps, now).await?;
            reader.gaps.settle(horizon, Instant::now());
        }
        self.0.set.forget_some();
        Ok(count)
    }

    /// Reads what was skipped and has been committed since.
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

/// For how long the end of a session is of interest, whichever clock is right: the one that stamped it
/// or the one that says `now`.
fn time_to_keep(ended_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> Duration {
    ended_at.until(expires_at).max(now.until(expires_at)).min(LONGEST) + SLACK
}
