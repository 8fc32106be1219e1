//! Credential stuffing: an attacker tries leaked passwords of many accounts, few for each, from many
//! addresses. No budget of an account or an address runs out, but far more logins fail than usual.
use super::limiter::PERIOD;
use crate::time::Clock;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

const MINUTE: Duration = Duration::from_mins(1);

/// The logins from unknown devices on this server, in the last 10 minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stuffing {
    /// Whether so many of them failed that it must be an attack.
    pub noticed: bool,
    /// How many failed: unknown name or wrong password.
    pub failed: u64,
    /// How many there were.
    pub logins: u64,
}

/// Notices attacks.
pub(super) struct Detector {
    threshold: u64,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// For each minute with logins: its number, how many failed, how many there were. The oldest is first.
    minutes: VecDeque<(u64, u64, u64)>,
    /// The accounts with a right login in the last of these minutes.
    right: HashSet<i64>,
    noticed: bool,
}

impl Detector {
    pub fn new(threshold: u32, clock: &Clock) -> Self {
        Self { threshold: threshold.into(), clock: clock.clone(), state: Mutex::default() }
    }

    /// Counts the answer to a login: the bucket of the account if it was right, otherwise `None`. Right logins to
    /// one account count once a minute, so that an attacker cannot hide behind those to their own. Returns the
    /// figures if an attack is noticed with it.
    pub fn note(&self, right: Option<i64>) -> Option<Stuffing> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = self.minute();
        if state.minutes.back().is_none_or(|last| last.0 != minute) {
            state.minutes.push_back((minute, 0, 0));
            state.right.clear();
        }
        if right.is_some_and(|account| !state.right.insert(account)) {
            return None;
        }
        if let Some((_, failures, logins)) = state.minutes.back_mut() {
            *failures += u64::from(right.is_none());
            *logins += 1;
        }
        let before = state.noticed;
        let now = self.figures(&mut state);
        state.noticed = now.noticed;
        Some(now).filter(|now| now.noticed && !before)
    }

    /// The figures at this moment.
    pub fn now(&self) -> Stuffing {
        self.figures(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn figures(&self, state: &mut State) -> Stuffing {
        let first = (self.minute() + 1).saturating_sub(PERIOD.as_secs() / MINUTE.as_secs());
        while state.minutes.front().is_some_and(|oldest| oldest.0 < first) {
            state.minutes.pop_front();
        }
        let failed = state.minutes.iter().map(|minute| minute.1).sum();
        let logins = state.minutes.iter().map(|minute| minute.2).sum();
        let noticed = failed >= self.threshold && 3 * failed > 2 * logins;
        Stuffing { noticed, failed, logins }
    }

    fn minute(&self) -> u64 {
        self.clock.uptime().as_secs() / MINUTE.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn detector(threshold: u32) -> (Detector, Clock) {
        let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
        (Detector::new(threshold, &clock), clock)
    }

    #[test]
    fn an_attack_is_noticed_once_and_ends_after_ten_minutes() {
        let (detector, clock) = detector(5);
        for _ in 0..4 {
            assert_eq!(detector.note(None), None);
            clock.advance(MINUTE);
        }
        let noticed = Stuffing { noticed: true, failed: 5, logins: 5 };
        assert_eq!(detector.note(None), Some(noticed));
        assert_eq!(detector.note(None), None);
        assert!(detector.now().noticed);
        clock.advance(9 * MINUTE);
        assert_eq!(detector.now(), Stuffing { noticed: false, failed: 2, logins: 2 });
        clock.advance(MINUTE);
        assert_eq!(detector.now(), Stuffing::default());
        for _ in 0..4 {
            assert_eq!(detector.note(None), None);
        }
        assert!(detector.note(None).is_some(), "it is noticed again");
    }

    #[test]
    fn a_busy_service_is_not_under_attack() {
        let (detector, _) = detector(5);
        for n in 0..300 {
            assert_eq!(detector.note((n % 3 == 0).then_some(n)), None);
        }
        assert_eq!(detector.now(), Stuffing { noticed: false, failed: 200, logins: 300 });
    }

    #[test]
    fn right_logins_to_one_account_hide_no_attack() {
        let (detector, clock) = detector(20);
        let mut noticed = false;
        for n in 0..40 {
            if n % 8 == 0 {
                clock.advance(MINUTE);
            }
            // As many right ones as wrong ones.
            noticed |= detector.note(None).is_some() | detector.note(Some(7)).is_some();
        }
        assert!(noticed);
    }
}
