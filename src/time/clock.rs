//! [`Clock`]: the only source of times.
use super::{Timestamp, micros};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use time::OffsetDateTime;

/// The current time: the machine's, that of a database whose clock it follows, or one that a test sets.
///
/// Replicas that share a database must agree on the time, or one treats as theft of a token what another
/// treats as a race. So each follows the database's clock: it reads that clock from time to time
/// ([`Clock::follow`]) and uses the machine's monotonic clock in between, which cannot be set. A clock that
/// has never followed another returns the machine's time.
///
/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    started: Instant,
    /// The time of the followed clock at `started`, in microseconds since 1970.
    base: AtomicI64,
}

#[derive(Debug)]
enum Source {
    /// The machine's clock, and its simulated error in microseconds.
    Machine { error: AtomicI64 },
    /// A clock that stands still at `at` (microseconds since 1970), and how far it was stepped
    /// (microseconds).
    Manual { at: AtomicI64, set: AtomicI64 },
}

/// The value of `base` before the clock has followed another.
const NONE: i64 = i64::MIN;

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// The machine's clock, which can follow another.
    pub fn system() -> Self {
        Self::new(Source::Machine { error: AtomicI64::new(0) })
    }

    /// A clock that stands still at `start` until it is moved. Its clones move with it. It does not follow
    /// another clock.
    pub fn manual(start: Timestamp) -> Self {
        Self::new(Source::Manual { at: AtomicI64::new(start.0), set: AtomicI64::new(0) })
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Inner { source, started: Instant::now(), base: AtomicI64::new(NONE) }))
    }

    /// Moves a manual clock forward. Does nothing to a system clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { at, .. } = &self.0.source {
            at.fetch_add(micros(by), Ordering::SeqCst);
        }
    }

    /// Steps the clock forward or back by `micros` microseconds, as an operator or NTP may do. For tests: the
    /// machine's own clock does not change.
    pub fn step(&self, micros: i64) {
        match &self.0.source {
            Source::Machine { error } => {
                error.fetch_add(micros, Ordering::SeqCst);
            }
            Source::Manual { at, set } => {
                at.fetch_add(micros, Ordering::SeqCst);
                set.fetch_add(micros, Ordering::SeqCst);
            }
        }
    }

    /// How many microseconds it is ahead of a clock that cannot be set. This changes when the clock is set,
    /// not as time passes.
    pub fn ahead(&self) -> i64 {
        match &self.0.source {
            Source::Machine { .. } => self.now().0.saturating_sub(micros(self.0.started.elapsed())),
            Source::Manual { set, .. } => set.load(Ordering::SeqCst),
        }
    }

    /// The time on a clock that cannot be set. Only differences mean anything.
    pub fn uptime(&self) -> Duration {
        match &self.0.source {
            Source::Machine { .. } => self.0.started.elapsed(),
            Source::Manual { at, set } => {
                let passed = at.load(Ordering::SeqCst) - set.load(Ordering::SeqCst);
                Duration::from_micros(u64::try_from(passed).unwrap_or(0))
            }
        }
    }

    /// Whether it can follow another clock: a manual clock cannot.
    pub fn can_follow(&self) -> bool {
        matches!(self.0.source, Source::Machine { .. })
    }

    /// Follows another clock, which was asked at `asked` and has just returned `answer`. It moves only as far
    /// as the answer proves it wrong: a slow answer may be from any moment in between.
    pub fn follow(&self, asked: Instant, answer: Timestamp) {
        if !self.can_follow() {
            return;
        }
        let since = |at: Instant| micros(at.saturating_duration_since(self.0.started));
        let latest = answer.0.saturating_sub(since(asked));
        let earliest = answer.0.saturating_sub(micros(self.0.started.elapsed())).min(latest);
        let base = match self.0.base.load(Ordering::SeqCst) {
            NONE => earliest.midpoint(latest),
            base => base.clamp(earliest, latest),
        };
        self.0.base.store(base, Ordering::SeqCst);
    }

    /// How many microseconds the machine's clock is ahead of the followed one.
    pub fn skew(&self) -> i64 {
        match &self.0.source {
            Source::Machine { error } => machine(error).0.saturating_sub(self.now().0),
            Source::Manual { .. } => 0,
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match &self.0.source {
            Source::Manual { at, .. } => Timestamp(at.load(Ordering::SeqCst)),
            Source::Machine { error } => match self.0.base.load(Ordering::SeqCst) {
                NONE => machine(error),
                base => Timestamp(base.saturating_add(micros(self.0.started.elapsed()))),
            },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the system clock")]
fn machine(error: &AtomicI64) -> Timestamp {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    Timestamp(now.saturating_add(error.load(Ordering::SeqCst)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn apart(a: Timestamp, b: Timestamp) -> i64 {
        (a.0 - b.0).abs()
    }

    #[test]
    fn a_following_clock_ignores_steps_of_the_machine_clock() {
        let (right, clock) = (Clock::system(), Clock::system());
        clock.step(30 * SECOND);
        assert!(apart(clock.now(), right.now()) > 29 * SECOND);
        assert!(clock.skew().abs() < SECOND);
        clock.follow(Instant::now(), right.now());
        assert!(apart(clock.now(), right.now()) < SECOND);
        assert!((clock.skew() - 30 * SECOND).abs() < SECOND);
        let ahead = clock.ahead();
        clock.step(-100 * SECOND);
        assert!((clock.ahead() - ahead).abs() < SECOND);
        assert!(apart(clock.now(), right.now()) < SECOND);
        assert!((clock.skew() + 70 * SECOND).abs() < SECOND);
    }

    #[test]
    fn a_slow_answer_moves_the_clock_only_as_far_as_it_proves() {
        let (right, clock) = (Clock::system(), Clock::system());
        clock.follow(Instant::now(), right.now());
        let asked = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        let clock = Clock(Arc::new(Inner {
            source: Source::Machine { error: AtomicI64::new(0) },
            started: asked.checked_sub(Duration::from_mins(1)).unwrap(),
            base: AtomicI64::new(clock.0.base.load(Ordering::SeqCst) - 120 * SECOND),
        }));
        let at = |ago: i64| Timestamp(right.now().0 - ago * SECOND);
        // The answer took a minute, so it does not prove this clock wrong.
        for answer in [0, 30, 59] {
            clock.follow(asked, at(answer));
            assert!(apart(clock.now(), right.now()) < SECOND, "{answer}");
        }
        clock.follow(asked, at(70));
        assert!(apart(clock.now(), at(10)) < SECOND);
        clock.follow(asked, at(-20));
        assert!(apart(clock.now(), at(-20)) < SECOND);
    }

    #[test]
    fn a_manual_clock_does_not_follow() {
        let clock = Clock::manual(Timestamp(5));
        clock.follow(Instant::now(), Timestamp(SECOND));
        clock.advance(Duration::from_micros(2));
        clock.step(-1);
        assert_eq!((clock.now(), clock.skew(), clock.ahead()), (Timestamp(6), 0, -1));
    }
}
