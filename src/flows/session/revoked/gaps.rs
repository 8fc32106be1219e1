//! Ids that were skipped in a sequence: the transactions that took them may still commit.
use crate::db::Horizon;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A transaction that has taken an id gets its transaction number within this time.
const NUMBERED: Duration = Duration::from_secs(1);
/// None of our transactions takes longer.
const MAX_TRANSACTION: Duration = Duration::from_mins(10);

/// Ranges of skipped ids, by their first id.
#[derive(Debug, Default)]
pub struct Gaps(BTreeMap<i64, Gap>);

#[derive(Clone, Copy, Debug)]
struct Gap {
    last: i64,
    seen: Instant,
    /// Only transactions with lower numbers may fill it. `None` until all that may fill it have a
    /// number.
    fillers: Option<i64>,
}

impl Gaps {
    /// Whether there are no gaps: every skipped id was found, or can no longer appear.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records that no id from `first` to `last` was found while a higher id was.
    pub fn open(&mut self, first: i64, last: i64, now: Instant) {
        self.0.insert(first, Gap { last, seen: now, fillers: None });
    }

    /// Records that `id` was found.
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

    /// Removes the gaps that no transaction can fill any more. Everything that was committed at
    /// `horizon` must have been read since.
    pub fn prune(&mut self, horizon: Horizon, now: Instant) {
        self.0.retain(|_, gap| {
            let age = now.saturating_duration_since(gap.seen);
            if gap.fillers.is_some_and(|fillers| horizon.ended >= fillers) || age > MAX_TRANSACTION
            {
                return false;
            }
            if gap.fillers.is_none() && age >= NUMBERED {
                gap.fillers = Some(horizon.next);
            }
            true
        });
    }

    /// The first and the last id of each gap.
    pub fn ranges(&self) -> Vec<(i64, i64)> {
        self.0.iter().map(|(first, gap)| (*first, gap.last)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_found_id_splits_a_gap() {
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
    fn a_gap_stays_while_a_transaction_may_fill_it() {
        let (start, mut gaps) = (Instant::now(), Gaps::default());
        let left = |gaps: &mut Gaps, millis, ended, next| {
            gaps.prune(Horizon { ended, next }, start + Duration::from_millis(millis));
            gaps.ranges().len()
        };
        gaps.open(1, 2, start);
        // No transaction is open, but the one that took the id may be about to get its number.
        assert_eq!(left(&mut gaps, 10, 100, 100), 1);
        assert_eq!(left(&mut gaps, 1_100, 100, 102), 1);
        assert_eq!(left(&mut gaps, 1_500, 101, 110), 1);
        assert_eq!(left(&mut gaps, 2_000, 102, 110), 0);
        // A transaction that is not ours stays open forever.
        gaps.open(5, 5, start);
        assert_eq!(left(&mut gaps, 1_100, 7, 102), 1);
        assert_eq!(left(&mut gaps, 599_000, 7, 102), 1);
        assert_eq!(left(&mut gaps, 601_000, 7, 102), 0);
    }
}
