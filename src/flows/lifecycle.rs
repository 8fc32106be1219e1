//! [`Lifecycle`]: whether this process should receive requests, and whether it is about to stop.
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::sleep_until};

/// A process that has not read the revocations of other processes for this long may accept revoked
/// tokens, so it is not ready. It polls for them twice a second.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// The state of this process. Clones share it.
#[derive(Clone)]
pub(crate) struct Lifecycle(Arc<Inner>);

struct Inner {
    draining: AtomicBool,
    /// The deadline for the last mails, once the process is about to stop.
    ending: watch::Sender<Option<Instant>>,
    /// When this process last read everything that other processes changed.
    heard: Mutex<Instant>,
}

impl Lifecycle {
    /// The state of a process that has just read everything that others changed.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            draining: AtomicBool::new(false),
            ending: watch::Sender::new(None),
            heard: Mutex::new(Instant::now()),
        }))
    }

    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
    }

    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::SeqCst)
    }

    /// Records that this process has just read everything that others changed.
    pub fn heard(&self) {
        *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub fn is_stale(&self) -> bool {
        self.is_stale_at(Instant::now())
    }

    fn is_stale_at(&self, now: Instant) -> bool {
        let heard = *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        now.saturating_duration_since(heard) >= STALE_AFTER
    }

    /// Starts no more mails. Those being sent may take until `deadline`; the first call sets it.
    pub fn end(&self, deadline: Instant) {
        self.0.ending.send_if_modified(|ending| {
            let first = ending.is_none();
            ending.get_or_insert(deadline);
            first
        });
    }

    pub fn is_ending(&self) -> bool {
        self.0.ending.borrow().is_some()
    }

    /// Returns once no more mails may be started.
    pub async fn ending(&self) {
        let _ = self.0.ending.subscribe().wait_for(Option::is_some).await;
    }

    /// Returns at the deadline for the last mails.
    pub async fn ended(&self) {
        let mut ending = self.0.ending.subscribe();
        let deadline = ending.wait_for(Option::is_some).await.ok().and_then(|d| *d);
        if let Some(deadline) = deadline {
            sleep_until(deadline.into()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_without_revocation_updates_is_stale_until_the_next_one() {
        let state = Lifecycle::new();
        assert!(!state.is_stale());
        assert!(!state.is_stale_at(Instant::now() + STALE_AFTER / 2));
        assert!(state.is_stale_at(Instant::now() + STALE_AFTER));
        let later = Instant::now() + STALE_AFTER;
        while Instant::now() + STALE_AFTER <= later {
            std::hint::spin_loop();
        }
        state.heard();
        assert!(!state.is_stale_at(later));
    }

    #[tokio::test]
    async fn the_first_deadline_is_kept() {
        let state = Lifecycle::new();
        assert!(!state.is_ending());
        state.end(Instant::now());
        state.end(Instant::now() + Duration::from_hours(1));
        assert!(state.is_ending());
        state.ending().await;
        state.ended().await;
    }
}
