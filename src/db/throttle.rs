//! [`Throttle`]: one log line in a while about a state that every request meets, such as an outage.
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long one line stands for all.
const INTERVAL: Duration = Duration::from_secs(10);

/// When a line was last written.
#[derive(Debug)]
pub(crate) struct Throttle(Mutex<Option<Instant>>);

impl Throttle {
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether the line may be written now.
    pub fn admits(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|at| at.elapsed() < INTERVAL) {
            return false;
        }
        *last = Some(Instant::now());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stands_for_those_of_the_next_seconds() {
        let throttle = Throttle::new();
        assert!(throttle.admits());
        assert!((0..1_000).all(|_| !throttle.admits()));
    }
}
