//! [`Outages`]: when this process could not commit.
//!
//! A commit that timed out may have succeeded, although its client was told that it failed. The client
//! cannot retry while the database is unavailable, so that time does not count towards its time limits.
//! Each process knows only the outages that it met itself, when a transaction could not begin or commit. It
//! probes the database until the outage ends.
use crate::time::{Clock, Timestamp};
use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Outages that ended longer ago are forgotten.
const KEPT: Duration = Duration::from_hours(24);
const MAX_OUTAGES: usize = 1_000;

/// The outages that this process has met. Clones share them.
#[derive(Clone, Default)]
pub struct Outages(Arc<Inner>);

#[derive(Default)]
struct Inner {
    clock: OnceLock<Clock>,
    /// Whether `spans` has an open outage, readable without waiting for the lock.
    open: AtomicBool,
    spans: Mutex<Spans>,
}

#[derive(Default)]
struct Spans {
    /// The start of the current outage. Nothing has been committed since.
    open: Option<Timestamp>,
    /// The start and end of past outages, in order and without overlaps.
    past: VecDeque<(Timestamp, Timestamp)>,
}

/// A transaction, from the request for a connection until its outcome is known.
pub struct Attempt {
    outages: Outages,
    began: Instant,
}

impl Attempt {
    pub(crate) fn committed(self) {
        self.outages.committed();
    }

    /// Records that the transaction was not committed, or that its outcome is unknown.
    pub(crate) fn failed(self) {
        self.outages.failed(self.began.elapsed());
    }
}

impl Outages {
    /// Sets the clock. Outages before this call are not recorded.
    pub fn set_clock(&self, clock: &Clock) {
        let _ = self.0.clock.set(clock.clone());
    }

    pub(crate) fn attempt(&self) -> Attempt {
        Attempt { outages: self.clone(), began: Instant::now() }
    }

    /// Whether an outage is open: the last attempt at a transaction did not commit.
    pub fn is_open(&self) -> bool {
        self.0.open.load(Ordering::SeqCst)
    }

    /// The total time between `since` and `now` in which nothing could be committed.
    pub fn between(&self, since: Timestamp, now: Timestamp) -> Duration {
        let spans = self.spans();
        let past = spans.past.iter().copied();
        let all = past.chain(spans.open.map(|from| (from, now)));
        all.map(|(from, to)| from.max(since).until(to.min(now))).sum()
    }

    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.0.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a transaction that began this long `ago` was not committed, or has an unknown outcome.
    fn failed(&self, ago: Duration) {
        let Some(clock) = self.0.clock.get() else { return };
        let mut spans = self.spans();
        let mut from = clock.now().minus(ago);
        // It may have begun before the end of an earlier outage.
        while let Some(earlier) = spans.past.pop_back_if(|(_, to)| *to >= from) {
            from = from.min(earlier.0);
        }
        spans.open = Some(spans.open.map_or(from, |open| open.min(from)));
        self.0.open.store(true, Ordering::SeqCst);
    }

    fn committed(&self) {
        if !self.is_open() {
            return;
        }
        let Some(clock) = self.0.clock.get() else { return };
        let (now, mut spans) = (clock.now(), self.spans());
        self.0.open.store(false, Ordering::SeqCst);
        if let Some(from) = spans.open.take() {
            spans.past.push_back((from, now));
        }
        let old = now.minus(KEPT);
        while spans.past.len() > MAX_OUTAGES || spans.past.front().is_some_and(|(_, to)| *to < old)
        {
            spans.past.pop_front();
        }
    }
}

impl fmt::Debug for Outages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outages").field("open", &self.is_open()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn time_without_commits_is_counted_once() {
        let start = Timestamp::from_unix(1_800_000_000);
        let clock = Clock::manual(start);
        let outages = Outages::default();
        outages.failed(SECOND);
        assert!(!outages.is_open(), "it knows no time yet");
        outages.set_clock(&clock);
        let at = |seconds: u32| start.plus(seconds * SECOND);
        let count = |from, to| outages.between(at(from), at(to)).as_secs();
        outages.committed();
        assert_eq!(count(0, 100), 0);
        clock.advance(10 * SECOND);
        // An outage from second 8 to 20. It contains a second failure, from 15 on.
        outages.failed(2 * SECOND);
        clock.advance(8 * SECOND);
        outages.failed(3 * SECOND);
        assert_eq!((count(0, 18), count(10, 18), count(17, 18)), (10, 8, 1));
        clock.advance(2 * SECOND);
        outages.committed();
        clock.advance(SECOND);
        assert_eq!((count(0, 21), count(19, 21), count(20, 21)), (12, 1, 0));
        // A slow transaction that began at 19 extends it.
        outages.failed(2 * SECOND);
        assert!(outages.is_open());
        clock.advance(4 * SECOND);
        outages.committed();
        assert_eq!((count(0, 30), count(19, 30)), (17, 6));
        clock.advance(KEPT + 10 * SECOND);
        outages.failed(SECOND);
        outages.committed();
        assert_eq!(count(0, 30), 0);
    }
}
