//! [`Limiter`]: budgets in memory, one for each key, which refill evenly (GCRA, by the crate `governor`).
use crate::time;
use governor::{
    Quota, RateLimiter, clock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::HashMapStateStore,
};
use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{PoisonError, RwLock},
    time::Duration,
};

/// The time in which an empty budget refills.
pub const PERIOD: Duration = Duration::from_mins(10);

/// How many keys a limiter has, at most. A key takes about 50 bytes.
const MOST: usize = 50_000;

type Governor<K> = RateLimiter<K, HashMapStateStore<K>, Ticks, NoOpMiddleware<Nanos>>;

/// The injected clock, as `governor` reads it. It cannot be set, so that a step of the time blocks nobody.
#[derive(Clone)]
struct Ticks(time::Clock);

impl clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.uptime().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A budget for each key.
pub struct Limiter<K: Hash + Eq + Clone> {
    quota: Quota,
    ticks: Ticks,
    governor: RwLock<Governor<K>>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// Budgets of `most` actions, which refill within [`PERIOD`].
    pub fn new(most: u32, clock: &time::Clock) -> Self {
        let most = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(PERIOD / most.get())
            .unwrap_or_else(|| Quota::per_second(most))
            .allow_burst(most);
        let ticks = Ticks(clock.clone());
        let governor = RwLock::new(RateLimiter::hashmap_with_clock(quota, ticks.clone()));
        Self { quota, ticks, governor }
    }

    /// Counts an action of `key`.
    ///
    /// # Errors
    /// The time until the next action, if the budget is exhausted. Then nothing is counted.
    pub fn count(&self, key: &K) -> Result<(), Duration> {
        let governor = self.governor.read().unwrap_or_else(PoisonError::into_inner);
        let outcome = governor.check_key(key);
        let is_full = governor.len() >= MOST;
        drop(governor);
        if is_full {
            self.make_room();
        }
        outcome.map_err(|refused| refused.wait_time_from(clock::Clock::now(&self.ticks)))
    }

    /// Forgets the keys that have their whole budget again.
    pub fn forget_idle(&self) {
        self.governor.read().unwrap_or_else(PoisonError::into_inner).retain_recent();
    }

    /// Bounds the memory. If too few keys can be forgotten, it forgets all: whoever has that many addresses is
    /// not held by a limit for each address, and the limits for each account remain.
    fn make_room(&self) {
        let mut governor = self.governor.write().unwrap_or_else(PoisonError::into_inner);
        if governor.len() < MOST {
            return;
        }
        governor.retain_recent();
        if governor.len() > MOST / 2 {
            tracing::warn!("limits: too many addresses to remember, starting afresh");
            *governor = RateLimiter::hashmap_with_clock(self.quota, self.ticks.clone());
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.governor.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Clock, Timestamp};

    fn clock() -> Clock {
        Clock::manual(Timestamp::from_unix(1_800_000_000))
    }

    #[test]
    fn a_budget_may_be_used_at_once_and_refills_evenly() {
        let clock = clock();
        let limiter = Limiter::new(10, &clock);
        for _ in 0..10 {
            assert_eq!(limiter.count(&1), Ok(()));
        }
        assert_eq!(limiter.count(&1), Err(Duration::from_mins(1)));
        assert_eq!(limiter.count(&2), Ok(()), "keys are separate");
        clock.advance(Duration::from_secs(59));
        assert_eq!(limiter.count(&1), Err(Duration::from_secs(1)));
        clock.advance(Duration::from_secs(1));
        assert_eq!(limiter.count(&1), Ok(()));
        assert!(limiter.count(&1).is_err());
    }

    #[test]
    fn a_step_of_the_clock_changes_no_budget() {
        let clock = clock();
        let limiter = Limiter::new(1, &clock);
        assert_eq!(limiter.count(&1), Ok(()));
        for hours in [1, -2] {
            clock.step(hours * 3_600_000_000);
            assert_eq!(limiter.count(&1), Err(PERIOD));
        }
        clock.advance(PERIOD);
        assert_eq!(limiter.count(&1), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let clock = clock();
        let limiter = Limiter::new(2, &clock);
        for key in 0..3 * MOST {
            assert_eq!(limiter.count(&key), Ok(()));
            assert!(limiter.len() <= MOST);
        }
        clock.advance(PERIOD);
        limiter.forget_idle();
        assert_eq!(limiter.len(), 0);
    }
}
