//! A set that every request reads, and that delays no request while it grows: it consists of
//! shards, and each of them is locked for one entry at a time.
use std::{
    array,
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use uuid::Uuid;

const SHARDS: usize = 64;

/// Ids, each kept for a time that the monotonic clock measures: a step of the wall clock removes
/// none.
pub struct Set {
    started: Instant,
    /// Until when each id is kept, in seconds since `started`.
    shards: [RwLock<HashMap<Uuid, u32>>; SHARDS],
    /// The shard from which expired ids are removed next.
    next: AtomicUsize,
}

impl Default for Set {
    fn default() -> Self {
        let shards = array::from_fn(|_| RwLock::default());
        Self { started: Instant::now(), shards, next: AtomicUsize::new(0) }
    }
}

impl Set {
    /// Whether `id` is in the set. An expired id may still be in it until it is removed.
    pub fn contains(&self, id: Uuid) -> bool {
        self.shard(id).read().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// Keeps `id` for at least `time` from now.
    pub fn insert(&self, id: Uuid, time: Duration) {
        let until = seconds(self.started.elapsed().saturating_add(time)).saturating_add(1);
        let mut shard = self.shard(id).write().unwrap_or_else(PoisonError::into_inner);
        let kept = shard.entry(id).or_insert(until);
        *kept = until.max(*kept);
    }

    /// Removes expired ids from one shard. The next call continues with the next shard.
    pub fn forget_some(&self) {
        self.forget(self.next.fetch_add(1, Ordering::Relaxed) % SHARDS, self.started.elapsed());
    }

    fn forget(&self, shard: usize, elapsed: Duration) {
        let mut shard = self.shards[shard].write().unwrap_or_else(PoisonError::into_inner);
        shard.retain(|_, until| *until > seconds(elapsed));
        if shard.capacity() > 1_024 && shard.len() < shard.capacity() / 4 {
            shard.shrink_to_fit();
        }
    }

    /// The shard of `id`. Ids are random, so any of their bits distribute them.
    fn shard(&self, id: Uuid) -> &RwLock<HashMap<Uuid, u32>> {
        &self.shards[usize::from(id.as_bytes()[15]) % SHARDS]
    }
}

fn seconds(d: Duration) -> u32 {
    u32::try_from(d.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_until_it_expires() {
        let set = Set::default();
        let (short, long) = (Uuid::new_v4(), Uuid::new_v4());
        set.insert(short, Duration::from_secs(10));
        set.insert(long, Duration::from_mins(1));
        set.insert(long, Duration::from_secs(5));
        assert!(set.contains(short) && set.contains(long) && !set.contains(Uuid::new_v4()));
        let pass = |seconds| {
            (0..SHARDS).for_each(|shard| set.forget(shard, Duration::from_secs(seconds)));
            (set.contains(short), set.contains(long))
        };
        assert_eq!(pass(10), (true, true));
        assert_eq!(pass(12), (false, true));
        assert_eq!(pass(60), (false, true));
        assert_eq!(pass(62), (false, false));
        (0..SHARDS).for_each(|_| set.forget_some());
    }
}
