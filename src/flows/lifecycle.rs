//! [`Lifecycle`]: whether this process should be sent requests, and whether it is about to end.
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::sleep_until};

/// After so long without having heard of the logouts of other processes, this one takes tokens that it
/// should not. They are polled for twice a second.
const DEAF: Duration = Duration::from_secs(5);

/// Its clones are the same state.
#[derive(Clone)]
pub(crate) struct Lifecycle(Arc<Inner>);

struct Inner {
    draining: AtomicBool,
    /// Until when the last mails may take.
    ending: watch::Sender<Option<Instant>>,
    heard: Mutex<Instant>,
}

impl Lifecycle {
    /// Of a process that has just heard of everything.
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

    /// Notes that everything other processes did has just been heard of.
    pub fn heard(&self) {
        *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub fn is_deaf(&self) -> bool {
        self.is_deaf_at(Instant::now())
    }

    fn is_deaf_at(&self, now: Instant) -> bool {
        let heard = *self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        now.saturating_duration_since(heard) >= DEAF
    }

    /// No mail is begun any more; those under way may take until `deadline`.
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

    /// Returns once no mail is to be begun any more.
    pub async fn ending(&self) {
        let _ = self.0.ending.subscribe().wait_for(Option::is_some).await;
    }

    /// Returns once no mail may take any longer.
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
    fn who_hears_nothing_for_some_seconds_is_deaf_until_it_hears_again() {
        let state = Lifecycle::new();
        assert!(!state.is_deaf());
        assert!(!state.is_deaf_at(Instant::now() + DEAF / 2));
        assert!(state.is_deaf_at(Instant::now() + DEAF));
        let later = Instant::now() + DEAF;
        while Instant::now() + DEAF <= later {
            std::hint::spin_loop();
        }
        state.heard();
        assert!(!state.is_deaf_at(later));
    }

    #[tokio::test]
    async fn the_first_deadline_counts() {
        let state = Lifecycle::new();
        assert!(!state.is_ending());
        state.end(Instant::now());
        state.end(Instant::now() + Duration::from_hours(1));
        assert!(state.is_ending());
        state.ending().await;
        state.ended().await;
    }
}
