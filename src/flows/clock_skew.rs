//! Replicas that share a database use the time of its clock.
use super::{Auth, Result};
use crate::{db::Db, time::Clock};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// A skew above this, in microseconds, is logged.
const LARGE_SKEW: u64 = 3_000_000;
/// A logged skew that falls to this, in microseconds, counts as corrected.
const CORRECTED_SKEW: u64 = 2_000_000;

/// Whether this machine's clock differs much from the database's. Clones share the state.
#[derive(Clone, Default)]
pub(crate) struct ClockSkew(Arc<AtomicBool>);

impl ClockSkew {
    pub fn is_large(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Records by how many microseconds the clock is ahead, and logs when the skew becomes large or
    /// is corrected.
    fn note(&self, ahead: i64) {
        let was_large = self.is_large();
        let is_large = ahead.unsigned_abs() > if was_large { CORRECTED_SKEW } else { LARGE_SKEW };
        self.0.store(is_large, Ordering::Relaxed);
        let ahead_ms = ahead / 1_000;
        if is_large && !was_large {
            tracing::warn!(
                ahead_ms,
                "the clock of this machine differs from the database's by more than 3 s; using the \
                 database's clock"
            );
        } else if was_large && !is_large {
            tracing::info!(ahead_ms, "the clock of this machine agrees with the database's again");
        }
    }
}

/// Sets `clock` by the database's clock, if the database has one of its own.
pub(crate) async fn follow(db: &Db, clock: &Clock, skew: &ClockSkew) -> Result<()> {
    if !clock.can_follow() {
        return Ok(());
    }
    let mut db = db.read().await?;
    let asked = Instant::now();
    if let Some(time) = db.time().await? {
        clock.follow(asked, time);
        skew.note(clock.skew());
    }
    Ok(())
}

impl Auth {
    /// Whether this machine's clock differs from the database's by more than three seconds. This is
    /// only a warning: the service uses the database's time.
    pub fn clock_is_off(&self) -> bool {
        self.skew.is_large()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_skew_is_reported_above_three_seconds_with_hysteresis() {
        let skew = ClockSkew::default();
        let mut seen = Vec::new();
        for ahead in [0, 2_900_000, -3_100_000, 2_900_000, 1_900_000, 2_900_000, 4_000_000] {
            skew.note(ahead);
            seen.push(skew.is_large());
        }
        assert_eq!(seen, [false, false, true, true, false, false, true]);
    }
}
