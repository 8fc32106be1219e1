//! Ids that were skipped in a sequence: whoever took them may yet commit.
use crate::db::Horizon;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// An id is taken a moment before its transaction is numbered, at worst.
const NUMBERED: Duration = Duration::from_secs(1);
/// Whatever takes longer is not one of our transactions.
const LONGEST: Duration = Duration::from_mins(10);

/// Ranges of ids, by their first.
#[derive(Debug, Default)]
pub struct Gaps(BTreeMap<i64, Gap>);

#[derive(Clone, Copy, Debug)]
struct Gap {
    last: i64,
    seen: Instant,
    /// Transactions with lower numbers may fill it, and no others.
    fillers: Option<i64>,
}

impl Gaps {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes that nothing from `first` to `last` was there while a higher id was.
    pub fn open(&mut self, first: i64, last: i64, now: Instant) {
        self.0.insert(first, Gap { last, seen: now, fillers: None });
    }

    /// Notes that `id` is there.
    pub fn close(&mut self, id: i64) {
        let Some((&first, &gap)) = self.0.range(..=id).next_back() else { return };
        if gap.last < id {
            return;
        }
        self.0.remove(&first);
        if first < id {
            self.0.insert(first, Gap { last: id - 1, ..gap });
        }
        if id < gap.last {
            self.0.insert(id + 1, gap);
        }
    }

    /// Forgets what nobody can fill any more, given that everything that had been committed at `horizon`
    /// has been read since.
    pub fn settle(&mut self, horizon: Horizon, now: Instant) {
        self.0.retain(|_, gap| {
            let age = now.saturating_duration_since(gap.seen);
            if gap.fillers.is_some_and(|fillers| horizon.ended >= fillers) || age > LONGEST {
                return false;
            }
            if gap.fillers.is_none() && age >= NUMBERED {
                gap.fillers = Some(horizon.next);
            }
            true
        });
    }

    /// From which id to which each goes.
    pub fn ranges(&self) -> Vec<(i64, i64)> {
        self.0.iter().map(|(first, gap)| (*first, gap.last)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_splits_a_gap() {
        let mut gaps = Gaps::default();
        gaps.open(3, 9, Instant::now());
        gaps.open(20, 20, Instant::now());
        for id in [1, 2, 10, 15, 21] {
            gaps.close(id);
        }
        assert_eq!(gaps.ranges(), [(3, 9), (20, 20)]);
        gaps.close(5);
        assert_eq!(gaps.ranges(), [(3, 4), (6, 9), (20, 20)]);
        for id in [3, 9, 20, 20] {
            gaps.close(id);
        }
        assert_eq!(gaps.ranges(), [(4, 4), (6, 8)]);
        for id in [4, 7, 6, 8] {
            gaps.close(id);
        }
        assert!(gaps.is_empty());
    }

    #[test]
    fn a_gap_stays_for_as_long_as_a_transaction_may_fill_it() {
        let (start, mut gaps) = (Instant::now(), Gaps::default());
        let left = |gaps: &mut Gaps, millis, ended, next| {
            gaps.settle(Horizon { ended, next }, start + Duration::from_millis(millis));
            gaps.ranges().len()
        };
        gaps.open(1, 2, start);
        // Nothing is open, but the one that took the id may be about to get its number.
        assert_eq!(left(&mut gaps, 10, 100, 100), 1);
        assert_eq!(left(&mut gaps, 1_100, 100, 102), 1);
        assert_eq!(left(&mut gaps, 1_500, 101, 110), 1);
        assert_eq!(left(&mut gaps, 2_000, 102, 110), 0);
        // Somebody else's transaction stays open for ever.
        gaps.open(5, 5, start);
        assert_eq!(left(&mut gaps, 1_100, 7, 102), 1);
        assert_eq!(left(&mut gaps, 599_000, 7, 102), 1);
        assert_eq!(left(&mut gaps, 601_000, 7, 102), 0);
    }
}
